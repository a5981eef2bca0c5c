"""Addresses and ports as rectangles, so that covering and subtracting are arithmetic.

A plane is one direction, protocol and address family, with a host name or without: rectangles
of a host name have no width. The plane of the host name "*" means any destination.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracker.audit.parsed_config import ANY_PORT, AddressRange, Ports, Target
from tracker.model import Direction, Protocol

T = TypeVar("T")
Rect = tuple[int, int, int, int]  # first and last address, first and last port
Plane = tuple[Direction, Protocol, int, str]  # the family, and the host name or ""
ANY_HOST = "*"
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")
PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")


def planes_of(
    direction: Direction | None,
    protocol: Protocol | None,
    target: Target,
    families: tuple[int, ...] = (4, 6),
) -> Iterator[Plane]:
    """Yield the planes of a target, for every protocol, direction and family that it has."""
    host = "" if isinstance(target, AddressRange) else target
    own = (target.family,) if isinstance(target, AddressRange) else families
    for way in DIRECTIONS if direction is None else (direction,):
        for each in PROTOCOLS if protocol is None else (protocol,):
            for family in own:
                yield way, each, family, host


def to_rect(target: Target, ports: Ports | None) -> Rect:
    """Return a target and its ports as a rectangle; no ports means all ports."""
    ports = ports or ANY_PORT
    return (
        (target.first, target.last, *ports)
        if isinstance(target, AddressRange)
        else (0, 0, *ports)
    )


def wider_planes(plane: Plane) -> Iterator[Plane]:
    """Yield the plane itself and, for a host name, those of the wildcards that cover it."""
    yield plane
    host = plane[3]
    if host not in {"", ANY_HOST}:
        labels = host.removeprefix("*.").split(".")
        for at in range(1, len(labels)):
            yield *plane[:3], "*." + ".".join(labels[at:])
        yield *plane[:3], ANY_HOST


def covers_host(wider: str, host: str) -> bool:
    """Return whether a host pattern includes another one."""
    if wider in {host, ANY_HOST}:
        return True
    return wider.startswith("*.") and host.endswith(wider[1:])


def overlaps(one: Rect, other: Rect) -> bool:
    """Return whether two rectangles overlap."""
    return (
        one[0] <= other[1] and other[0] <= one[1] and one[2] <= other[3] and other[2] <= one[3]
    )


def intersect(one: Rect, other: Rect) -> Rect:
    """Return the intersection of two rectangles that overlap."""
    return (
        max(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        min(one[3], other[3]),
    )


def subtract(whole: Rect, holes: Iterable[Rect]) -> list[Rect]:
    """Return the rest of a rectangle without the holes, in pieces that do not overlap."""
    left = [whole]
    for hole in holes:
        left = [piece for rect in left for piece in _cut(rect, hole)]
        if not left:
            break
    return left


def _cut(one: Rect, hole: Rect) -> Iterator[Rect]:
    """Yield the up to four pieces of a rectangle around a hole."""
    if not overlaps(one, hole):
        yield one
        return
    first, last, low, high = one
    if first < hole[0]:
        yield first, hole[0] - 1, low, high
    if hole[1] < last:
        yield hole[1] + 1, last, low, high
    first, last = max(first, hole[0]), min(last, hole[1])
    if low < hole[2]:
        yield first, last, low, hole[2] - 1
    if hole[3] < high:
        yield first, last, hole[3] + 1, high


@dataclass
class RectIndex(Generic[T]):
    """Rectangles by plane, each with its owner, to look up those that overlap another."""

    _planes: dict[Plane, list[tuple[Rect, T]]] = field(default_factory=dict)
    _sorted: dict[Plane, tuple[list[tuple[Rect, T]], list[int], list[int]]] = field(
        default_factory=dict
    )

    def add(self, plane: Plane, area: Rect, owner: T) -> None:
        """Add a rectangle."""
        self._planes.setdefault(plane, []).append((area, owner))
        self._sorted.pop(plane, None)

    def has_any(self, direction: Direction, protocol: Protocol) -> bool:
        """Return whether there are rectangles of a direction and protocol."""
        return any(plane[:2] == (direction, protocol) for plane in self._planes)

    def host_planes(self, plane: Plane) -> Iterator[Plane]:
        """Yield the planes of the host names that `plane`, of a wildcard or "*", covers."""
        *side, wider = plane
        for other in self._planes:
            host = other[3]
            below = host not in {"", wider} and covers_host(wider, host)
            if below and [*other[:3]] == side:
                yield other

    def overlapping(self, plane: Plane, area: Rect) -> Iterator[tuple[Rect, T]]:
        """Yield the rectangles that overlap another one, by first address."""
        if plane not in self._planes:
            return
        if plane not in self._sorted:
            self._sorted[plane] = _sort_by_start(self._planes[plane])
        found, starts, reach = self._sorted[plane]
        # `reach` never decreases: what ends before the area is left of the first that does not.
        for at in range(bisect_left(reach, area[0]), bisect_right(starts, area[1])):
            if overlaps(found[at][0], area):
                yield found[at]

    def covering(self, plane: Plane, area: Rect) -> Iterator[tuple[Rect, T]]:
        """Yield overlapping rectangles, also those of wildcards that cover the host name."""
        for wider in wider_planes(plane):
            yield from self.overlapping(wider, area)


def _sort_by_start(
    found: list[tuple[Rect, T]],
) -> tuple[list[tuple[Rect, T]], list[int], list[int]]:
    """Return rectangles by start, their starts, and the furthest end up to each."""
    ordered = sorted(found, key=lambda each: each[0])
    reach: list[int] = []
    for area, _ in ordered:
        reach.append(max(area[1], reach[-1]) if reach else area[1])
    return ordered, [area[0] for area, _ in ordered], reach
