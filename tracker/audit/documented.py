"""What the page documents, ready to be compared: needed now, leaving, for others, and once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from tracker.audit.areas import Layer, Plane, Rect, planes, rect
from tracker.audit.dump import Ports, Target, span_of
from tracker.formats._nft_names import LAN_NETWORKS
from tracker.formats._policy import unfit
from tracker.model import LAN, Endpoint, Entry, Requirement, endpoint_key, flatten

LAN_SPANS = tuple(
    span for text in (*LAN_NETWORKS[4], *LAN_NETWORKS[6]) if (span := span_of(text))
)


@dataclass(frozen=True, slots=True)
class Needed:
    """An endpoint to let through: once, whatever rows and regions name it.

    Its endpoint has no region: `regions` names them all. `bare_of` is the wildcard whose bare
    name this is; the page's own note says that a wildcard includes it.
    """

    endpoint: Endpoint
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    bare_of: str | None = None

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

    `fine` is what is needed and what stays through its days of grace; `others` is for other
    regions and components; `once` was documented, with the last version that had it.
    """

    needed: tuple[Needed, ...]
    fine: Layer[Needed] = field(default_factory=Layer)
    others: Layer[Needed] = field(default_factory=Layer)
    once: Layer[tuple[Needed, int]] = field(default_factory=Layer)


def documented(
    chosen: Iterable[Entry],
    late: Iterable[Entry],
    every: Iterable[Entry],
    older: Iterable[tuple[int, Iterable[Entry]]],
) -> Documented:
    """The comparison's one side.

    `chosen` are the entries asked for and `late` those in their days of grace; `every` are all
    of the version; `older` are the chosen ones of earlier versions, newest first.
    """
    now, leaving = needed_of(chosen), needed_of(late)
    found = Documented(tuple(now.values()))
    _fill(found.fine, now.values())
    _fill(found.fine, leaving.values())
    _fill(found.others, (each for key, each in needed_of(every).items() if key not in now))
    seen = now.keys() | leaving.keys()
    for version, entries in older:
        for key, each in needed_of(entries, seen).items():
            seen.add(key)
            for plane, area in each.areas():
                found.once.add(plane, area, (each, version))
    return found


def needed_of(entries: Iterable[Entry], known: Collection[Endpoint] = ()) -> Found:
    """Every endpoint that a rule may open and is not `known`, and each wildcard's bare name."""
    found: Found = {}
    for entry in entries:
        for endpoint in flatten(entry):
            plain = msgspec.structs.replace(endpoint, region=None)
            if plain in known or unfit(endpoint) is not None:
                continue
            _merge(found, Needed(plain, _regions(entry), entry.resource, entry.requirement))
            if plain.target.startswith("*."):
                bare = msgspec.structs.replace(plain, target=plain.target[2:])
                _merge(found, _bare(found[plain], bare))
    return {key: found[key] for key in sorted(found, key=endpoint_key)}


def _bare(wildcard: Needed, bare: Endpoint) -> Needed:
    named = (wildcard.regions, wildcard.resource, wildcard.requirement)
    return Needed(bare, *named, wildcard.endpoint.target)


def _merge(found: Found, each: Needed) -> None:
    """The same endpoint of another row or region: all regions, and the strongest word."""
    before = found.setdefault(each.endpoint, each)
    regions = tuple(dict.fromkeys(before.regions + each.regions))
    required = each if each.requirement == "required" != before.requirement else before
    bare_of = before.bare_of if each.bare_of else None
    found[each.endpoint] = Needed(
        each.endpoint, regions, required.resource, required.requirement, bare_of
    )


def _regions(entry: Entry) -> tuple[str, ...]:
    return () if entry.region is None else (entry.region,)


def _fill(layer: Layer[Needed], found: Iterable[Needed]) -> None:
    for each in found:
        for plane, area in each.areas():
            layer.add(plane, area, each)
