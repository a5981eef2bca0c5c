"""Addresses and ports as rectangles, so that "covered", "wider" and "left" are arithmetic.

A plane is one direction and protocol with either one address family, or one host name, whose
rectangles have no width. The plane "*" of host names stands for any destination at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tracker.audit.parsed_config import ANY_PORT, Ports, Span, Target
from tracker.model import Direction, Protocol

T = TypeVar("T")
Rect = tuple[int, int, int, int]  # first and last address, first and last port
Plane = tuple[Direction, Protocol, int | str]
ANY_HOST = "*"
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")
PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")


def planes(
    direction: Direction | None, protocol: Protocol | None, target: Target
) -> Iterator[Plane]:
    """The planes that a target lies in: one, or one for each protocol and direction."""
    where = target.family if isinstance(target, Span) else target
    for way in DIRECTIONS if direction is None else (direction,):
        for each in PROTOCOLS if protocol is None else (protocol,):
            yield way, each, where


def rect(target: Target, ports: Ports | None) -> Rect:
    """A target with its ports; no ports are all of them."""
    ports = ports or ANY_PORT
    return (target.first, target.last, *ports) if isinstance(target, Span) else (0, 0, *ports)


def above(plane: Plane) -> Iterator[Plane]:
    """The plane itself and, for a host name, those of the wildcards that cover it."""
    yield plane
    direction, protocol, host = plane
    if isinstance(host, str) and host != ANY_HOST:
        labels = host.removeprefix("*.").split(".")
        for at in range(1, len(labels)):
            yield direction, protocol, "*." + ".".join(labels[at:])
        yield direction, protocol, ANY_HOST


def covers_host(wider: str, host: str) -> bool:
    """Whether a host pattern includes another one."""
    if wider in {host, ANY_HOST}:
        return True
    return wider.startswith("*.") and host.endswith(wider[1:])


def meet(one: Rect, other: Rect) -> bool:
    """Whether two rectangles share anything."""
    return (
        one[0] <= other[1] and other[0] <= one[1] and one[2] <= other[3] and other[2] <= one[3]
    )


def without(whole: Rect, holes: Iterable[Rect]) -> list[Rect]:
    """What is left of a rectangle, in pieces that do not overlap."""
    left = [whole]
    for hole in holes:
        left = [piece for one in left for piece in _cut(one, hole)]
        if not left:
            break
    return left


def _cut(one: Rect, hole: Rect) -> Iterator[Rect]:
    if not meet(one, hole):
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
class Layer(Generic[T]):
    """Rectangles by plane, each with what it belongs to, found by what they touch."""

    _planes: dict[Plane, list[tuple[Rect, T]]] = field(default_factory=dict)
    _sorted: dict[Plane, tuple[list[tuple[Rect, T]], list[int], list[int]]] = field(
        default_factory=dict
    )

    def add(self, plane: Plane, area: Rect, owner: T) -> None:
        """One rectangle more."""
        self._planes.setdefault(plane, []).append((area, owner))
        self._sorted.pop(plane, None)

    def hosts(self, plane: Plane) -> Iterator[Plane]:
        """The planes of host names that `plane`, a wildcard's or any host's, covers."""
        *side, wider = plane
        for other in self._planes:
            host = other[2]
            below = isinstance(host, str) and host != wider and covers_host(str(wider), host)
            if below and [*other[:2]] == side:
                yield other

    def touching(self, plane: Plane, area: Rect) -> Iterator[tuple[Rect, T]]:
        """What shares something with a rectangle, by first address."""
        if plane not in self._planes:
            return
        if plane not in self._sorted:
            self._sorted[plane] = _ordered(self._planes[plane])
        found, starts, reach = self._sorted[plane]
        # `reach` never falls: what ends before the area is left of the first that does not.
        for at in range(bisect_left(reach, area[0]), bisect_right(starts, area[1])):
            if meet(found[at][0], area):
                yield found[at]


def _ordered(
    found: list[tuple[Rect, T]],
) -> tuple[list[tuple[Rect, T]], list[int], list[int]]:
    ordered = sorted(found, key=lambda each: each[0])
    reach: list[int] = []
    for area, _ in ordered:
        reach.append(max(area[1], reach[-1]) if reach else area[1])
    return ordered, [area[0] for area, _ in ordered], reach
