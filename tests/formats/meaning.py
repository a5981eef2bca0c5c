"""What the lines of `expected_lines` mean, so that two ways to say the same can be compared.

A line is `outbound 192.0.2.0/24 tcp/443-450`, `lan 10.0.0.0/8` for what the LAN is, or of
lists the target alone. Formats join and
cut networks and ports; whether that opens more or less is asked of single points: addresses
and ports at and beside each edge, names at and beside each wildcard.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(
    r"(?:(?P<way>outbound|inbound|lan) )?(?P<target>[^ ]+)"
    r"(?: (?P<protocol>tcp|udp)/(?P<first>\d+)(?:-(?P<last>\d+))?)?"
)
_RANGE = re.compile(r"(?P<version>[46]) (?P<low>\d+)-(?P<high>\d+)")
_MOST_POINTS = 400
Where = tuple[int, int, int] | str  # version, first and last address; or a name, or "lan"
Point = tuple[str | None, tuple[int, int] | str, str | None, int | None]


@dataclass(frozen=True)
class Line:
    """One line; None where lists do not say it."""

    way: str | None
    where: Where
    protocol: str | None
    first: int | None
    last: int | None

    def holds(self, point: Point) -> bool:
        """Whether the line opens this point."""
        way, target, protocol, port = point
        return (
            (self.way, self.protocol) == (way, protocol)
            and (self.first is None or (port is not None and self.first <= port <= self.last))
            and _within(self.where, target)
        )

    def points(self) -> Iterator[Point]:
        """Points at and beside the edges."""
        ports = {None} if self.first is None else _beside(self.first, self.last, 1, 65535)
        for target, port in itertools.product(_targets(self.where), sorted(ports, key=str)):
            yield self.way, target, self.protocol, port


@lru_cache(maxsize=65536)
def line_of(text: str) -> Line:
    """A line of `expected_lines`. Raises ValueError for one of another shape."""
    if found := _RANGE.fullmatch(text):
        where = (int(found["version"]), int(found["low"]), int(found["high"]))
        return Line(None, where, None, None, None)
    found = _LINE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    first = int(found["first"]) if found["first"] else None
    last = int(found["last"]) if found["last"] else first
    return Line(found["way"], _where(found["target"]), found["protocol"], first, last)


def same(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two sets of lines open the same points, by as many of them as are worth it."""
    if set(one) == set(other):
        return True
    ours, theirs = ([line_of(text) for text in sorted(each)] for each in (one, other))
    points = {point for line in (*ours, *theirs) for point in line.points()}
    chosen = sorted(points, key=str)[:: len(points) // _MOST_POINTS + 1]
    return all(
        any(line.holds(point) for line in ours) == any(line.holds(point) for line in theirs)
        for point in chosen
    )


def _where(target: str) -> Where:
    try:
        network = ipaddress.ip_network(target)
    except ValueError:
        return target
    return network.version, int(network[0]), int(network[-1])


def _within(where: Where, target: tuple[int, int] | str) -> bool:
    if isinstance(where, str) or isinstance(target, str):
        if isinstance(where, str) and where.startswith("*.") and isinstance(target, str):
            return target == where[2:] or target.endswith(where[1:])
        return where == target
    version, low, high = where
    return version == target[0] and low <= target[1] <= high


def _targets(where: Where) -> list[tuple[int, int] | str]:
    if isinstance(where, str):
        bare = where.removeprefix("*.")
        return [where] if where == "lan" else [bare, f"a.{bare}", f"b.a.{bare}", f"x{bare}"]
    version, low, high = where
    return [(version, each) for each in sorted(_beside(low, high, 0, 2**128))]


def _beside(low: int, high: int, least: int, most: int) -> set[int]:
    edges = {low - 1, low, (low + high) // 2, high, high + 1}
    return {each for each in edges if least <= each <= most}
