"""Chains of netfilter rules, for the readers of nftables and iptables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tracker.audit.parsed_config import (
    ANYWHERE_IN,
    AddressRange,
    Location,
    Ports,
)
from tracker.model import Direction

Hook = Literal["prerouting", "input", "forward", "output", "postrouting"]
RuleVerdict = Literal["accept", "drop", "jump", "goto", "return", "none"]


@dataclass(frozen=True, slots=True)
class Flow:
    """The traffic that a match accepts; None is any. `source` is the end that connects."""

    target: AddressRange | None = None
    source: AddressRange | None = None
    protocol: str | None = None
    ports: Ports | None = None
    family: int | None = None

    def intersect(self, other: Flow) -> Flow | None:
        """Return the traffic that both accept; None if there is none."""
        target, source = (
            _intersect(self.target, other.target),
            _intersect(self.source, other.source),
        )
        ports = _intersect_ports(self.ports, other.ports)
        same = all(
            one is None or two is None or one == two
            for one, two in ((self.protocol, other.protocol), (self.family, other.family))
        )
        if target is False or source is False or ports is False or not same:
            return None
        family = self.family or other.family
        return Flow(target, source, self.protocol or other.protocol, ports, family)


@dataclass(frozen=True, slots=True)
class ChainRule:
    """One rule: any of `flows` and all of `conditions`, then the verdict.

    `conditions` are understood, but not evaluated (an interface, a user): an accept counts, and
    a drop may stop what comes after it. `unknown` is a condition that is not understood. `skip`
    marks a rule that is only about replies or loopback and decides nothing new. `only` is the
    only direction in which it can match: a destination that is the machine itself is inbound.
    """

    location: Location
    verdict: RuleVerdict
    flows: tuple[Flow, ...] = (Flow(),)
    to: str = ""
    conditions: tuple[str, ...] = ()
    skip: bool = False
    unknown: str = ""
    only: Direction | None = None


@dataclass(slots=True)
class Chain:
    """A chain; one without a hook runs only if another jumps to it.

    `name` is unique in the file, `label` is the user's name for it.
    """

    name: str
    location: Location
    families: tuple[int, ...]
    hook: Hook | None = None
    policy: Literal["accept", "drop"] = "accept"
    rules: list[ChainRule] = field(default_factory=list)
    label: str = ""


Chains = dict[str, Chain]


def _intersect(
    one: AddressRange | None, other: AddressRange | None
) -> AddressRange | Literal[False] | None:
    """Return the intersection, where None is any; False if it is empty."""
    if one is None or other is None:
        return one or other
    first, last = max(one.first, other.first), min(one.last, other.last)
    return (
        AddressRange(one.family, first, last)
        if one.family == other.family and first <= last
        else False
    )


def _intersect_ports(one: Ports | None, other: Ports | None) -> Ports | Literal[False] | None:
    if one is None or other is None:
        return one or other
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else False


def restricts_anything(chain: Chain, chains: Chains) -> bool:
    """Return whether a base chain, or one that it leads to, drops anything."""
    if chain.policy == "drop":
        return True
    return any(
        rule.verdict == "drop" and not rule.skip
        for name in _find_reachable([chain.name], chains)
        for rule in chains[name].rules
    )


def _find_reachable(ahead: list[str], chains: Chains) -> set[str]:
    """Return the names of these chains and of all chains that they lead to."""
    reached: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name not in reached and name in chains:
            reached.add(name)
            ahead += [rule.to for rule in chains[name].rules if rule.to]
    return reached


def find_gaps(
    taken: Iterable[tuple[int, int]], first: int, last: int
) -> Iterator[tuple[int, int]]:
    """Yield the gaps between sorted ranges, from `first` to `last`."""
    for low, high in taken:
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


def find_address_gaps(spans: Iterable[AddressRange], family: int) -> Iterator[AddressRange]:
    """Yield all addresses of a family except these."""
    whole = ANYWHERE_IN[family]
    taken = sorted((span.first, span.last) for span in spans)
    for gap in find_gaps(taken, whole.first, whole.last):
        yield AddressRange(family, *gap)
