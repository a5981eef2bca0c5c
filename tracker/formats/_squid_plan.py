"""From endpoints to what Squid compares: for each port range its names and its addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from tracker.formats import RuleSet
from tracker.formats._boxes import Ports
from tracker.formats._names import Words, called, gathered
from tracker.formats._nft_plan import port_span, ports_of
from tracker.formats._once import once
from tracker.formats._policy import network_of, rules_of, span_key, span_of
from tracker.formats._proxied import cannot, wider


class Group(msgspec.Struct):
    """Names and addresses on the same ports, each with what the page calls it.

    `covered` are those that Squid would warn of, beside the wider one that stands for them.
    """

    ports: str
    names: dict[str, str] = msgspec.field(default_factory=dict)
    addresses: dict[str, str] = msgspec.field(default_factory=dict)
    covered: dict[str, str] = msgspec.field(default_factory=dict)


@once
def groups(rule_set: RuleSet) -> list[Group]:
    """One group for each port range, by port; in each of them nothing covers another."""
    found: dict[Ports, list[tuple[str, str]]] = defaultdict(list)
    for rule in rules_of(rule_set, cannot)[0]:
        found[ports_of(rule)].append((rule.endpoint.target, rule.words))
    return [_group(port_span(ports), gathered(said)) for ports, said in sorted(found.items())]


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must allow, without what a wider one of the same ports stands for."""
    return frozenset(line for group in groups(rule_set) for line in lines(group))


def lines(group: Group) -> Iterable[str]:
    """As a format proves it: `outbound 192.0.2.1 tcp/443`."""
    for target in (*group.names, *group.addresses):
        yield f"outbound {target} tcp/{group.ports}"


def _group(ports: str, said: dict[str, Words]) -> Group:
    group = Group(ports)
    addresses: list[str] = []
    for target, words in sorted(said.items()):
        if network_of(target):
            addresses.append(target)
        elif wide := wider(target, said):
            group.covered[target] = wide
        else:
            group.names[target] = called(target, words)
    last, around = (0, 0), ""
    for target in sorted(addresses, key=span_key):
        version, first, end = span_of(target)
        if (version, first) <= last:
            group.covered[target] = around
        else:
            around, last = target, (version, end)
            group.addresses[target] = called(target, said[target])
    return group
