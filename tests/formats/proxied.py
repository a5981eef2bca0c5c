"""What web proxies must let through and what not, the same for every format that tells one."""

from __future__ import annotations

from typing import Final

from tests.formats.samples import SAMPLES, entry, rule_set

RULES: Final = rule_set(
    *SAMPLES["2024-04-europe"].entries,
    entry("2001:db8::1", "192.0.2.0/24", "*.example.org", "a.b.example.org"),
    entry("deep.under.example.net", "203.0.113.9", ports=((8000, 8010),)),
)
# (host as it stands in a URL, port) -> is it let through?
CASES: Final = {
    ("server.eu.action1.com", 22543): True,
    ("SERVER.EU.Action1.com", 22543): True,
    ("server.eu.action1.com", 443): False,
    ("server.eu.action1.com", 445): False,
    ("x.server.eu.action1.com", 22543): False,
    ("eu.action1.com", 22543): False,
    ("3.74.63.86", 22543): True,
    ("3.74.63.86", 22542): False,
    ("3.74.63.87", 22543): False,
    ("3.74.63.86", 445): False,
    # A wildcard: its bare name, children at two depths, and what only looks like one.
    ("windowsupdate.com", 443): True,
    ("a.windowsupdate.com", 443): True,
    ("a.b.windowsupdate.com", 80): True,
    ("xwindowsupdate.com", 443): False,
    ("windowsupdate.com.example", 443): False,
    ("a.windowsupdate.com", 8080): False,
    ("emdl.ws.microsoft.com", 80): True,
    ("emdl.ws.microsoft.com", 443): False,
    ("a.b.example.org", 443): True,
    ("c.b.example.org", 443): True,
    ("192.0.2.255", 443): True,
    ("192.0.3.0", 443): False,
    ("203.0.113.9", 8000): True,
    ("deep.under.example.net", 8010): True,
    ("deep.under.example.net", 8011): False,
    ("under.example.net", 8005): False,
    ("[2001:db8::1]", 443): True,
    ("[2001:db8:0:0::1]", 443): True,
    ("[2001:db8::2]", 443): False,
    ("[::ffff:192.0.2.1]", 8000): False,
    ("unrelated.example", 443): False,
}
