"""LAN rules of formats: which formats have them, and how their files say what the LAN is.

A format that writes rules for the LAN has them in a chain, list, group or file of their own,
for the networks of the rule set and no others. Its file proves that: `read_back` and
`expected_lines` have a line `lan 10.0.0.0/8` for each network of the LAN.
"""

from __future__ import annotations

from tests.contract.properties import DATA
from tests.formats.samples import entry, rule_set
from tracker.formats import Format, load, names
from tracker.formats.shared.lan import Lan
from tracker.model import LAN

NARROW = Lan(("10.1.0.0/16", "192.168.7.0/24"), ("2001:db8:77::/48",))
IN, OUT = (
    entry(LAN, ports=(22551, 445), direction=direction) for direction in ("inbound", "outbound")
)


def has_lan_rules(fmt: Format) -> bool:
    """Whether the format writes rules for the LAN at all."""
    return fmt.name not in DATA and bool(fmt.expected_lines(rule_set(IN, OUT)))


def lan_lines(lines: frozenset[str]) -> set[str]:
    """The lines that say what the LAN is."""
    return {line for line in lines if line.startswith("lan ")}


WITH_LAN = [fmt for fmt in map(load, names()) if has_lan_rules(fmt)]
