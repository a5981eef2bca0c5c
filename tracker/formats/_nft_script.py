"""The commands of an nftables file: what declares, empties and fills its sets and chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracker.formats._nft_hosts import Host, set_name
from tracker.formats._nft_names import DIRECTIONS, FAMILIES, TABLE, Names
from tracker.formats._nft_plan import Element, LanRule, port_span
from tracker.formats._policy import LAN_NETWORKS, comment
from tracker.model import Direction

# Text of an element, and what the page calls it.
Members = list[tuple[str, str]]
# Of the sets of endpoints that have some.
Sets = dict[tuple[Direction, int], Members]


def host_sets(names: Names, hosts: Iterable[Host]) -> Iterator[str]:
    """Declares the sets that dnsmasq fills, where they are missing, and empties none of them.

    What dnsmasq has answered from its cache since is in no set that was emptied.
    """
    hosts = list(hosts)
    if hosts:
        yield f"table {TABLE} {{"
    for host in hosts:
        yield f"# {host.name}{': ' if host.words else ''}{host.words}"
        for family in FAMILIES:
            yield f"\tset {set_name(names, host.name, family)} {{"
            yield f"\t\ttype ipv{family}_addr"
            yield "\t}"
    if hosts:
        yield "}"


def members(found: Iterable[Element]) -> Sets:
    """The elements of each set of endpoints that has some."""
    sets: Sets = defaultdict(list)
    for each in found:
        sets[each.direction, each.family].append((each.text, each.words))
    return dict(sets)


def fill(names: Names, sets: Sets) -> Iterator[str]:
    """Adds elements to sets of endpoints."""
    for direction, family in _sides():
        if (direction, family) in sets:
            yield from commands_of(
                "add", names.endpoints(direction, family), sets[direction, family]
            )


def fill_lan(names: Names, rules: Iterable[LanRule]) -> Iterator[str]:
    """Adds the local networks to their sets, where a rule looks in there."""
    for family in FAMILIES if any(True for _ in rules) else ():
        networks = [(network, "") for network in LAN_NETWORKS[family]]
        yield from commands_of("add", names.lan(family), networks)


def commands_of(verb: str, name: str, found: Members) -> Iterator[str]:
    """`add` or `delete` elements, with what the page calls them."""
    yield f"{verb} element {TABLE} {name} {{"
    last = len(found) - 1
    for number, (member, text) in enumerate(found):
        comma = "" if number == last else ","
        said = f" # {words}" if (words := comment(text)) else ""
        yield f"\t{member}{comma}{said}"
    yield "}"


def rules(
    names: Names,
    filled: Iterable[tuple[Direction, int]],
    lan: Iterable[LanRule],
    hosts: Iterable[Host],
    version: str,
) -> Iterator[str]:
    """All rules of the chains: for the sets that have elements, the LAN, and the hosts."""
    filled, lan = set(filled), list(lan)
    for direction, family in _sides():
        if (direction, family) in filled:
            key = f"{_field(direction, family)} . meta l4proto . th dport"
            match = f"{key} @{names.endpoints(direction, family)}"
            yield _rule(names.chain(direction), match, version)
    for family in FAMILIES:
        for rule in lan:
            match = f"{_field(rule.direction, family)} @{names.lan(family)}"
            match = f"{match} {rule.protocol} dport {_ports(rule.ports)}"
            yield _rule(names.chain(rule.direction), match, rule.words)
    looked_up = [(_field("outbound", family), family) for family in FAMILIES]
    for host in hosts:
        sets = [f"{field} @{set_name(names, host.name, each)}" for field, each in looked_up]
        for protocol, spans in host.services:
            ports = f"{protocol} dport {_ports(spans)}"
            for match in sets:
                yield _rule(names.chain("outbound"), f"{match} {ports}", host.comment)


def _rule(chain: str, match: str, text: str) -> str:
    # nft takes at most 128 characters; comment() cuts before that and leaves no quote.
    said = f' comment "{words}"' if (words := comment(text)) else ""
    return f"add rule {TABLE} {chain} {match} accept{said}"


def _ports(spans: Iterable[tuple[int, int]]) -> str:
    return f"{{ {', '.join(map(port_span, spans))} }}"


def _field(direction: Direction, family: int) -> str:
    end = "daddr" if direction == "outbound" else "saddr"
    return f"{'ip' if family == FAMILIES[0] else 'ip6'} {end}"


def _sides() -> Iterator[tuple[Direction, int]]:
    for direction in DIRECTIONS:
        for family in FAMILIES:
            yield direction, family
