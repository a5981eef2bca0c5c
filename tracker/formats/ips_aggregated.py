"""Plain list of addresses with neighbours joined into networks, for firewalls short of room.

Holds exactly the addresses of ips.txt, in as few networks as there can be (RFC 4632): two
halves become one network only where both are there, so nothing beside them gets in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._boxes import joined
from tracker.formats._delta import by_lines
from tracker.formats._policy import Network, address_of, rules_of, spelled
from tracker.formats.ips import cannot


def render(rule_set: RuleSet) -> Rendered:
    """The networks, IPv4 first, by number."""
    allowed, left_out = rules_of(rule_set, cannot)
    networks = _collapsed({address_of(rule.endpoint.target) for rule in allowed})
    return Rendered("".join(f"{spelled(each)}\n" for each in networks) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """The address ranges of a list, whatever networks they are written as.

    Raises RuleError for a line that is no network.
    """
    return _ranges(address_of(line) for line in text.splitlines())


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """The address ranges that the list must cover, counted without making networks."""
    allowed, _ = rules_of(rule_set, cannot)
    return _ranges(address_of(rule.endpoint.target) for rule in allowed)


def _collapsed(networks: Iterable[Network]) -> list[Network]:
    every = list(networks)
    four = [each for each in every if isinstance(each, ipaddress.IPv4Network)]
    six = [each for each in every if isinstance(each, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]


def _ranges(networks: Iterable[Network]) -> frozenset[str]:
    """`4 50350678-50350679`: the family, the first and the last number of each range."""
    spans: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for each in networks:
        ends = int(each.network_address), int(each.broadcast_address)
        spans[each.version].append(ends)
    return frozenset(
        f"{family} {first}-{last}"
        for family, found in spans.items()
        for first, last in joined(found)
    )


FORMAT = Format(
    name="ips-aggregated",
    file="ips-aggregated.txt",
    about="the addresses of ips.txt in as few networks as they fill exactly",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=by_lines(render),
)
