"""Address and port ranges without overlap, because the kernel refuses sets that overlap.

A set of (network, protocol, ports) refuses an element that lies within another one or
crosses it ("File exists", nftables 1.0.6 on Linux 6.18), and `auto-merge` does not mend
sets of more than one field. Only what two elements share is cut; neighbours stay as the
page has them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from tracker.formats._policy import span_key, span_of

Ports = tuple[int, int]  # first and last, both included


def disjoint(opened: Mapping[str, Iterable[Ports]]) -> dict[str, list[Ports]]:
    """The same addresses and ports, each covered once; by address, as `span_key` sorts.

    The wider network keeps a port range, a network inside it only what is left. For one
    protocol and direction. Targets are addresses and networks in their one spelling.
    """
    kept: dict[str, list[Ports]] = {}
    around: list[tuple[str, int, int]] = []  # what holds the present one, widest first
    for target in sorted(opened, key=span_key):
        version, _, end = span_of(target)
        while around and not (around[-1][1] == version and end <= around[-1][2]):
            around.pop()
        ports = joined(opened[target])
        for wider, _, _ in around:
            ports = without(ports, kept.get(wider, []))
        around.append((target, version, end))
        if ports:
            kept[target] = ports
    return kept


def joined(ranges: Iterable[Ports]) -> list[Ports]:
    """The same ports as few ranges, sorted: what overlaps or touches becomes one."""
    result: list[Ports] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def without(ports: Iterable[Ports], holes: Iterable[Ports]) -> list[Ports]:
    """What of the port ranges is in none of the holes, sorted; no two ranges overlap."""
    ahead = deque(joined(holes))
    return [left for range_ in sorted(ports) for left in _cut(range_, ahead)]


def _cut(range_: Ports, ahead: deque[Ports]) -> Iterator[Ports]:
    """What the holes leave of a range. Those before it are taken away: no later one has any."""
    first, last = range_
    while ahead and ahead[0][1] < first:
        ahead.popleft()
    for low, high in takewhile(lambda hole: hole[0] <= last, ahead):
        if first < low:
            yield first, low - 1
        first = high + 1
    if first <= last:
        yield first, last
