"""The endpoints that are documented now, in grace, for others, or in older versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from tracker.audit.intervals import Plane, Rect, RectIndex, planes_of, to_rect
from tracker.audit.parsed_config import Ports, Target, parse_range
from tracker.formats import RuleSet
from tracker.formats.shared.lan import USUAL_LAN
from tracker.formats.shared.policy import Rule, allowed_rules
from tracker.model import LAN, Endpoint, Entry, Requirement, endpoint_key, flatten

LAN_SPANS = tuple(span for text in USUAL_LAN.networks if (span := parse_range(text)))


@dataclass(frozen=True, slots=True)
class DocumentedEndpoint:
    """An endpoint to allow, joined from all rows and regions that have it.

    `endpoint` has no region: `regions` has all of them. `bare_of` is the wildcard whose bare
    name this is; by the page's own note a wildcard includes it. `leaves` is the end of the
    grace days of an endpoint that is no longer on the page.
    """

    endpoint: Endpoint
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    bare_of: str | None = None
    leaves: str | None = None

    @property
    def target(self) -> Target:
        """The target, as in a parsed configuration."""
        return parse_range(self.endpoint.target) or self.endpoint.target

    @property
    def is_host(self) -> bool:
        """Return whether the target is a host name or a wildcard."""
        return isinstance(self.target, str) and self.target != LAN

    @property
    def ports(self) -> Ports | None:
        """The port range; None if the page does not state it."""
        first, last = self.endpoint.from_port, self.endpoint.to_port
        return None if first is None or last is None else (first, last)

    def areas(self) -> Iterator[tuple[Plane, Rect]]:
        """Yield the areas of permits for it; the LAN may be any private network."""
        lan: tuple[Target, ...] = (*LAN_SPANS, LAN)
        for target in lan if self.target == LAN else (self.target,):
            for plane in planes_of(self.endpoint.direction, self.endpoint.protocol, target):
                yield plane, to_rect(target, self.ports)


ByEndpoint = dict[Endpoint, DocumentedEndpoint]


@dataclass(frozen=True, slots=True)
class DocumentedState:
    """The endpoints that are needed, and indexes to look up permits.

    `fine` are those needed, those still in removal grace, and any port of a target whose ports
    the page does not state. `others` are for other regions and components. `once` were
    documented earlier, with the last version that had them. `unstated` cannot be compared
    because no port is known.
    """

    needed: tuple[DocumentedEndpoint, ...]
    fine: RectIndex[DocumentedEndpoint]
    others: RectIndex[DocumentedEndpoint]
    once: RectIndex[tuple[DocumentedEndpoint, int]]
    unstated: tuple[DocumentedEndpoint, ...]


def collect_documented(
    chosen: Sequence[RuleSet],
    stated: Iterable[Entry],
    every: Sequence[RuleSet],
    older: Iterable[tuple[int, Sequence[RuleSet]]],
) -> DocumentedState:
    """Return the documented state for a choice of regions and components.

    `chosen` are the chosen rule sets and `stated` their entries as on the page; `every` are
    all rule sets of the version; `older` are those of earlier versions, newest first.
    """
    allowed = _collect_endpoints(chosen)
    now = {key: each for key, each in allowed.items() if not each.leaves}
    portless = _collect_portless(stated)
    found = DocumentedState(
        tuple(now.values()),
        RectIndex(),
        RectIndex(),
        RectIndex(),
        _without_assumed_port(portless, now),
    )
    _add_all(found.fine, (*allowed.values(), *portless))
    others = _collect_endpoints(every)
    _add_all(found.others, (each for key, each in others.items() if key not in now))
    seen = set(allowed)
    for version, sets in older:
        for key, each in _collect_endpoints(sets, seen).items():
            seen.add(key)
            for plane, area in each.areas():
                found.once.add(plane, area, (each, version))
    return found


def _collect_endpoints(sets: Iterable[RuleSet], known: Collection[Endpoint] = ()) -> ByEndpoint:
    """Return each endpoint that a rule may open and that is not `known`, with bare names."""
    found: ByEndpoint = {}
    for rule_set in sets:
        for allowed in allowed_rules(rule_set, _accept_all):
            each = _from_rule(allowed)
            if each.endpoint not in known:
                _merge(found, each)
                if each.endpoint.target.startswith("*."):
                    _merge(found, _bare_name(each))
    return {key: found[key] for key in sorted(found, key=endpoint_key)}


def _accept_all(_: Endpoint) -> None:
    return None


def _from_rule(allowed: Rule) -> DocumentedEndpoint:
    region = allowed.endpoint.region
    return DocumentedEndpoint(
        msgspec.structs.replace(allowed.endpoint, region=None),
        () if region is None else (region,),
        allowed.resource,
        allowed.requirement,
        leaves=allowed.until,
    )


def _collect_portless(entries: Iterable[Entry]) -> tuple[DocumentedEndpoint, ...]:
    """Return the endpoints without a port on the page, with bare names."""
    found: ByEndpoint = {}
    for entry in entries:
        for endpoint in flatten(entry):
            if endpoint.from_port is None or endpoint.to_port is None:
                each = _from_rule(Rule(endpoint, entry.resource, entry.requirement, None))
                _merge(found, each)
                if endpoint.target.startswith("*."):
                    _merge(found, _bare_name(each))
    return tuple(found.values())


def _without_assumed_port(
    portless: Iterable[DocumentedEndpoint], now: Iterable[Endpoint]
) -> tuple[DocumentedEndpoint, ...]:
    """Return those whose port is not assumed either, without bare names."""
    assumed = {(each.target, each.protocol) for each in now}
    return tuple(
        each
        for each in portless
        if not each.bare_of and (each.endpoint.target, each.endpoint.protocol) not in assumed
    )


def _bare_name(wildcard: DocumentedEndpoint) -> DocumentedEndpoint:
    target = wildcard.endpoint.target
    bare = msgspec.structs.replace(wildcard.endpoint, target=target[2:])
    return replace(wildcard, endpoint=bare, bare_of=target)


def _merge(found: ByEndpoint, each: DocumentedEndpoint) -> None:
    """Add an endpoint, or join it with the same one: all regions, strictest requirement."""
    before = found.setdefault(each.endpoint, each)
    regions = tuple(dict.fromkeys(before.regions + each.regions))
    required = each if each.requirement == "required" != before.requirement else before
    found[each.endpoint] = DocumentedEndpoint(
        each.endpoint,
        regions,
        required.resource,
        required.requirement,
        before.bare_of if each.bare_of else None,
        before.leaves if each.leaves else None,
    )


def _add_all(index: RectIndex[DocumentedEndpoint], found: Iterable[DocumentedEndpoint]) -> None:
    for each in found:
        for plane, area in each.areas():
            index.add(plane, area, each)
