"""Port cells that say nothing, too much, or the impossible; and some that are only unusual."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import Facts, Families, Mutated, with_uses
from tests.mutate.oracle import NOTHING, exactly
from tests.support.readings import services

_NONSENSE: Final = (
    *("443-80 TCP", "65535-49152 TCP", "0 TCP", "0-443 TCP", "TCP 0-65535", "65536 TCP"),
    *("49152-65536 TCP", "70000 UDP", "99999999999 TCP", "443-99999 TCP"),
    *("any", "Any", "any TCP", "TCP any", "all", "All ports", "TCP (all ports)", "*", "TCP *"),
    *("any/any", "443 TCP or any", "TCP 443 except 80", "all TCP but 25", "not 443 TCP"),
    *("1024+ TCP", "> 1023 TCP", "1024- TCP", "-443 TCP", "443- TCP", "up to 1024 TCP"),
    *("443.5 TCP", "4 43", "1e3 TCP", "0x1BB TCP", "443 TCP/80/UDP/x"),
    *("443 ICMP", "ICMP", "GRE", "ESP 50", "IP 41", "443 SCTP"),
    *("see below", "N/A", "-", "?", "443 TCP?", "TBD", "depends on the configuration", ""),
    *("443 TCP closed", "443 TCP (disabled)", "no ports", "none", "443 TCP unless blocked"),
    *("5.221.608.1 TCP", "TCP 1.2.3.4", "server.action1.com TCP", "54.210.188.13:443 TCP"),
    *("443 TCP 80 to 20", "443–80 TCP", "443,,TCP,,x"),
    *("443 HTTPS or any other port", "TCP 443; everything else", "TCP/443:80"),
)
# As printed, and what it says.
_UNUSUAL: Final = {
    "443": ("tcp/443-443?",),
    "TCP": ("tcp/",),
    "UDP": ("udp/",),
    "TCP/UDP": ("tcp/", "udp/"),
    "443/tcp": ("tcp/443-443",),
    "TCP/443": ("tcp/443-443",),
    "TCP 443": ("tcp/443-443",),
    "tcp port 443": ("tcp/443-443",),
    "TCP/5100:6200": ("tcp/5100-6200",),
    "50,000-59,999 UDP": ("udp/50000-59999",),
    "UDP/80,443,3478": ("udp/80-80", "udp/443-443", "udp/3478-3478"),
    "TCP 80, 443, 8080": ("tcp/80-80", "tcp/443-443", "tcp/8080-8080"),
    "80 and 443 TCP": ("tcp/80-80", "tcp/443-443"),
    "443 TCP and UDP": ("tcp/443-443", "udp/443-443"),
    "TCP: 443, UDP: 53": ("tcp/443-443", "udp/53-53"),
    "6771 UDP, 22551 TCP/UDP": ("udp/6771-6771", "tcp/22551-22551", "udp/22551-22551"),
    "1024 to 2048 TCP": ("tcp/1024-2048",),
    "from 1024 to 2048 TCP": ("tcp/1024-2048",),
    "between 1024 and 2048 TCP": ("tcp/1024-2048",),
    "1024–2048 TCP": ("tcp/1024-2048",),
    "443--445 TCP": ("tcp/443-445",),
    "443 - - 445 TCP": ("tcp/443-445",),
    "tcp://443": ("tcp/443-443",),
    "1-1 TCP": ("tcp/1-1",),
    "65535 TCP": ("tcp/65535-65535",),
    "TCP 1-65535": ("tcp/1-65535",),
}


def nonsense(page: str, dice: Random, facts: Facts) -> Mutated:
    """What no rule can be made of, in place of a port cell."""
    place, text = dice.choice(facts.places), dice.choice(_NONSENSE)
    changed = with_uses(facts, place, replace(facts.use(place), ports=text))
    return Mutated(facts.render(changed), f"ports of {place} became {text!r}", NOTHING)


def unusual(page: str, dice: Random, facts: Facts) -> Mutated:
    """Another spelling, or other ports, in place of a port cell."""
    place, (text, means) = dice.choice(facts.places), dice.choice(list(_UNUSUAL.items()))
    changed = with_uses(facts, place, replace(facts.use(place), ports=text))
    number = facts.places.index(place)
    said = list(facts.entries)
    said[number] = msgspec.structs.replace(said[number], services=services(*means))
    what = f"ports of {place} became {text!r}"
    return Mutated(facts.render(changed), what, exactly(said))


FAMILIES: Families = {"ports mangled": (nonsense, nonsense, unusual)}
