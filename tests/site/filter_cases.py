"""What a text in the filter means: one table for the server and for the script of the page."""

from __future__ import annotations

from tests.site.readings import entry


def _listed(resource, *targets, region="Europe", port=443, **more):
    addresses = [text for text in targets if text[0].isdigit() or ":" in text]
    hosts = [text for text in targets if text not in addresses]
    more = {"purpose": "Use.", "components": [], "requirement": None, **more}
    return entry(region, port=port, resource=resource, addresses=addresses, hosts=hosts, **more)


_RANGE = [{"protocol": "tcp", "from_port": 49152, "to_port": 65535}]
_UDP = [{"protocol": "udp", "from_port": 3478, "to_port": 3478}]
_UNSTATED = [{"protocol": "tcp", "from_port": None, "to_port": None}]

ENTRIES = [
    _listed("Servers", "3.74.63.86", "server.example.com", components=["Agents"]),
    _listed("Servers", "3.74.63.86", "server.example.com", services=_RANGE),
    _listed("Net", "10.1.0.0/16", port=8080, purpose="Relays. In Straße 5."),
    _listed("Six", "2001:db8:1::/48", port=8080, purpose="Relays. Elsewhere."),
    _listed("Wild", "*.update.example.net", region="Middle East", services=_UNSTATED),
    _listed("Voice", "192.0.2.7", region="Middle East", services=_UDP, direction="inbound"),
    _listed("Peers", region=None, scope="lan", services=_UDP, requirement="recommended"),
]

# A text, the resources that stay, and how many entries it means.
CASES = [
    ("3.74.63.86", "Servers", 2),
    ("3.74.0.0/16", "Servers", 2),
    ("3.74.63.80-3.74.63.90", "Servers", 2),
    ("3.74.63.87", "", 0),
    ("10.1.2.3", "Net", 1),
    ("10.0.0.0/8", "Net", 1),
    ("10.1.255.255-10.3.0.0", "Net", 1),
    ("10.2.0.0-10.3.0.0", "", 0),
    ("10.1.2.3/8", "", 0),
    ("0.0.0.0/0", "Servers Net Voice", 4),
    ("2001:DB8:1::5", "Six", 1),
    ("2001:db8::/32", "Six", 1),
    ("2001:db8:2::1", "", 0),
    ("::/0", "Six", 1),
    ("::ffff:10.1.2.3", "", 0),
    ("server.example.com", "Servers", 2),
    ("SERVER.Example.COM", "Servers", 2),
    ("https://server.example.com/", "Servers", 2),
    ("server.example.com.", "Servers", 2),
    ("*.example.com", "Servers", 2),
    ("*.example.org", "", 0),
    ("www.update.example.net", "Wild", 1),
    ("*.a.update.example.net", "Wild", 1),
    ("*.net", "", 0),
    ("update.example.net", "Wild", 1),
    ("443", "Servers", 1),
    ("tcp/443", "Servers", 1),
    ("UDP/3478", "Voice Peers", 2),
    ("tcp/3478", "", 0),
    ("50000", "Servers", 1),
    ("8000-9000", "Net Six", 2),
    ("1-65535", "Servers Net Six Voice Peers", 6),
    ("inbound", "Voice", 1),
    ("middle east", "Wild Voice", 2),
    ("EAST voice", "Voice", 1),
    ("agents", "Servers", 1),
    ("relays", "Net Six", 2),
    ("relays elsewhere", "Six", 1),
    ("STRAßE", "Net", 1),
    ("recommended lan", "Peers", 1),
    ("not stated", "Wild", 1),
    ("outbound tcp/443 3.74.63.86 Europe", "Servers", 1),
    ("outbound tcp/443 3.74.63.86 Asia", "", 0),
    ("outbound tcp/unstated *.update.example.net Middle East", "Wild", 1),
    ("outbound udp/3478 lan", "Peers", 1),
    ("nothing of the kind", "", 0),
    ("  ", "Servers Net Six Wild Voice Peers", 7),
]
