"""Rules and chains of netfilter as types, and what two matches let pass together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tracker.audit.parsed_config import Place, Ports, Span

Hook = Literal["input", "forward", "output"]
Verdict = Literal["accept", "drop", "jump", "goto", "return", "none"]


@dataclass(frozen=True, slots=True)
class Flow:
    """What a match lets pass: null is any. `source` where connections come from."""

    target: Span | None = None
    source: Span | None = None
    protocol: str | None = None
    ports: Ports | None = None

    def meet(self, other: Flow) -> Flow | None:
        """What both let pass; None where that is nothing."""
        target, source = _both(self.target, other.target), _both(self.source, other.source)
        ports = _both_ports(self.ports, other.ports)
        same = None in {self.protocol, other.protocol} or self.protocol == other.protocol
        if target is False or source is False or ports is False or not same:
            return None
        return Flow(target, source, self.protocol or other.protocol, ports)


@dataclass(frozen=True, slots=True)
class ChainRule:
    """One rule: any of `flows` and all of `conditions`, then the verdict.

    `conditions` are what we do not judge (an interface, a mark); `skip` says that the rule is
    only about replies or loopback and opens nothing new.
    """

    place: Place
    verdict: Verdict
    flows: tuple[Flow, ...] = (Flow(),)
    to: str = ""
    conditions: tuple[str, ...] = ()
    skip: bool = False


@dataclass(slots=True)
class Chain:
    """A chain; one without a hook runs only where another jumps to it."""

    name: str
    place: Place
    families: tuple[int, ...]
    hook: Hook | None = None
    policy: Literal["accept", "drop"] = "accept"
    rules: list[ChainRule] = field(default_factory=list)


def _both(one: Span | None, other: Span | None) -> Span | Literal[False] | None:
    """What lies in both; False where nothing does."""
    if one is None or other is None:
        return one or other
    first, last = max(one.first, other.first), min(one.last, other.last)
    return (
        Span(one.family, first, last) if one.family == other.family and first <= last else False
    )


def _both_ports(one: Ports | None, other: Ports | None) -> Ports | Literal[False] | None:
    if one is None or other is None:
        return one or other
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else False
