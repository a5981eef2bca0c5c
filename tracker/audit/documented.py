"""What the page documents, ready to be compared: needed now, leaving, for others, and once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from tracker.audit.intervals import Layer, Plane, Rect, planes, rect
from tracker.audit.parsed_config import Ports, Target, span_of
from tracker.formats import RuleSet
from tracker.formats._policy import LAN_NETWORKS, Allowed, rules_of
from tracker.model import LAN, Endpoint, Entry, Requirement, endpoint_key, flatten

LAN_SPANS = tuple(
    span for text in (*LAN_NETWORKS[4], *LAN_NETWORKS[6]) if (span := span_of(text))
)


@dataclass(frozen=True, slots=True)
class Needed:
    """An endpoint to let through: once, whatever rows and regions name it.

    Its endpoint has no region: `regions` names them all. `bare_of` is the wildcard whose bare
    name this is; the page's own note says that a wildcard includes it. `leaves` is when its
    days of grace end, for what is no longer on the page.
    """

    endpoint: Endpoint
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    bare_of: str | None = None
    leaves: str | None = None

    @property
    def target(self) -> Target:
        """As the readers of dumps say it."""
        return span_of(self.endpoint.target) or self.endpoint.target

    @property
    def ports(self) -> Ports | None:
        """Null is "not stated": some port of the protocol, which the page does not name."""
        first, last = self.endpoint.from_port, self.endpoint.to_port
        return None if first is None or last is None else (first, last)

    def areas(self) -> Iterator[tuple[Plane, Rect]]:
        """Where openings for it lie; the LAN is whatever private network it is."""
        lan: tuple[Target, ...] = (*LAN_SPANS, LAN)
        for target in lan if self.target == LAN else (self.target,):
            for plane in planes(self.endpoint.direction, self.endpoint.protocol, target):
                yield plane, rect(target, self.ports)


Found = dict[Endpoint, Needed]


@dataclass(frozen=True, slots=True)
class Documented:
    """What is needed, and layers to look openings up in.

    `fine` is what is needed, what stays through its days of grace, and any port of a target
    whose ports the page does not state; `others` is for other regions and components; `once`
    was documented, with the last version that had it. `unstated` is what cannot be compared,
    for want of a port.
    """

    needed: tuple[Needed, ...]
    fine: Layer[Needed]
    others: Layer[Needed]
    once: Layer[tuple[Needed, int]]
    unstated: tuple[Needed, ...]


def documented(
    chosen: Sequence[RuleSet],
    stated: Iterable[Entry],
    every: Sequence[RuleSet],
    older: Iterable[tuple[int, Sequence[RuleSet]]],
) -> Documented:
    """The comparison's one side.

    `chosen` are the rule sets asked for and `stated` their entries as on the page; `every` are
    all of the version; `older` are those of earlier versions, newest first.
    """
    all_of_it = _needed_of(chosen)
    now = {key: each for key, each in all_of_it.items() if not each.leaves}
    portless = _portless(stated)
    found = Documented(
        tuple(now.values()), Layer(), Layer(), Layer(), _unassumed(portless, now)
    )
    _fill(found.fine, (*all_of_it.values(), *portless))
    _fill(found.others, (each for key, each in _needed_of(every).items() if key not in now))
    seen = set(all_of_it)
    for version, sets in older:
        for key, each in _needed_of(sets, seen).items():
            seen.add(key)
            for plane, area in each.areas():
                found.once.add(plane, area, (each, version))
    return found


def _needed_of(sets: Iterable[RuleSet], known: Collection[Endpoint] = ()) -> Found:
    """Every endpoint that a rule may open and is not `known`, and each wildcard's bare name."""
    found: Found = {}
    for rule_set in sets:
        for allowed in rules_of(rule_set, _can_say_all)[0]:
            each = _needed(allowed)
            if each.endpoint not in known:
                _merge(found, each)
                if each.endpoint.target.startswith("*."):
                    _merge(found, _bare(each))
    return {key: found[key] for key in sorted(found, key=endpoint_key)}


def _can_say_all(_: Endpoint) -> None:
    return None


def _needed(allowed: Allowed) -> Needed:
    region = allowed.endpoint.region
    return Needed(
        msgspec.structs.replace(allowed.endpoint, region=None),
        () if region is None else (region,),
        allowed.resource,
        allowed.requirement,
        leaves=allowed.until,
    )


def _portless(entries: Iterable[Entry]) -> tuple[Needed, ...]:
    """What the page names without a port, and the bare names of it."""
    found: Found = {}
    for entry in entries:
        for endpoint in flatten(entry):
            if endpoint.from_port is None or endpoint.to_port is None:
                each = _needed(Allowed(endpoint, entry.resource, entry.requirement, None))
                _merge(found, each)
                if endpoint.target.startswith("*."):
                    _merge(found, _bare(each))
    return tuple(found.values())


def _unassumed(portless: Iterable[Needed], now: Iterable[Endpoint]) -> tuple[Needed, ...]:
    """Those for which no port is assumed either; bare names go without saying."""
    assumed = {(each.target, each.protocol) for each in now}
    return tuple(
        each
        for each in portless
        if not each.bare_of and (each.endpoint.target, each.endpoint.protocol) not in assumed
    )


def _bare(wildcard: Needed) -> Needed:
    target = wildcard.endpoint.target
    bare = msgspec.structs.replace(wildcard.endpoint, target=target[2:])
    return replace(wildcard, endpoint=bare, bare_of=target)


def _merge(found: Found, each: Needed) -> None:
    """The same endpoint of another row or region: all regions, and the strongest word."""
    before = found.setdefault(each.endpoint, each)
    regions = tuple(dict.fromkeys(before.regions + each.regions))
    required = each if each.requirement == "required" != before.requirement else before
    found[each.endpoint] = Needed(
        each.endpoint,
        regions,
        required.resource,
        required.requirement,
        before.bare_of if each.bare_of else None,
        before.leaves if each.leaves else None,
    )


def _fill(layer: Layer[Needed], found: Iterable[Needed]) -> None:
    for each in found:
        for plane, area in each.areas():
            layer.add(plane, area, each)
