"""Port ranges: those of rules, without overlaps, and their texts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from tracker.errors import RuleError
from tracker.formats.shared.addresses import address_key, span_of
from tracker.formats.shared.policy import Rule
from tracker.text import to_comment

Ports = tuple[int, int]  # first and last, both included


def ports_of(rule: Rule) -> Ports:
    """Return the port range of a rule. Raises RuleError if it has none."""
    first, last = rule.endpoint.from_port, rule.endpoint.to_port
    if first is None or last is None:
        raise RuleError(f"a rule without a port ({rule.words}): none is written")
    return first, last


def range_text(ports: Ports, to: str = "-") -> str:
    """Return `443` or `49152-65535`."""
    first, last = ports
    return str(first) if first == last else f"{first}{to}{last}"


def parse_ranges(text: str, between: str, to: str = "-") -> list[Ports]:
    """Return `443 80-90` as pairs. Raises RuleError if a part is not a port or a range."""
    try:
        found = [tuple(map(int, each.split(to))) for each in text.split(between)]
    except ValueError:
        found = []
    if not found or any(len(each) not in {1, 2} for each in found):
        raise RuleError(f'"{to_comment(text)}" is no list of ports')
    return [(each[0], each[-1]) for each in found]


def split_ranges(ranges: Iterable[Ports], most: int, to: str = "-") -> Iterator[str]:
    """Yield lists `80,443,3478-3481` of at most `most` ports; a range counts as two."""
    part: list[str] = []
    room = most
    for ports in ranges:
        takes = 1 if ports[0] == ports[1] else 2
        if takes > room:
            yield ",".join(part)
            part, room = [], most
        part.append(range_text(ports, to))
        room -= takes
    if part:
        yield ",".join(part)


def cut_overlaps(opened: Mapping[str, Iterable[Ports]]) -> dict[str, list[Ports]]:
    """Return the same addresses and ports without overlaps, by address.

    The wider network keeps a port range, a network within it only the rest. Call it for one
    protocol and direction. Targets are addresses and networks in canonical spelling.

    A set of (network, protocol, ports) in the Linux kernel refuses an element that is within
    another one or overlaps it ("File exists", nftables 1.0.6 on Linux 6.18), and `auto-merge`
    does not help in sets of more than one field. Adjacent ranges are not merged.
    """
    kept: dict[str, list[Ports]] = {}
    around: list[tuple[str, int, int]] = []  # networks that contain this one, widest first
    for target in sorted(opened, key=address_key):
        version, _, end = span_of(target)
        while around and not (around[-1][1] == version and end <= around[-1][2]):
            around.pop()
        ports = merge_ranges(opened[target])
        for wider, _, _ in around:
            ports = subtract_ranges(ports, kept.get(wider, []))
        around.append((target, version, end))
        if ports:
            kept[target] = ports
    return kept


def merge_ranges(ranges: Iterable[Ports]) -> list[Ports]:
    """Return the same ports in the fewest ranges, sorted: overlapping or adjacent ones join."""
    ordered = sorted(ranges)
    if len(ordered) == 1:
        return ordered
    result: list[Ports] = []
    for first, last in ordered:
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def subtract_ranges(ranges: Iterable[Ports], holes: Iterable[Ports]) -> list[Ports]:
    """Return the parts of ranges outside all holes, sorted; `ranges` must not overlap."""
    ahead = deque(merge_ranges(holes))
    return [left for ports in sorted(ranges) for left in _cut(ports, ahead)]


def _cut(ports: Ports, ahead: deque[Ports]) -> Iterator[Ports]:
    """Yield what the holes leave of a range; drop holes that no later range can overlap."""
    first, last = ports
    while ahead and ahead[0][1] < first:
        ahead.popleft()
    for low, high in takewhile(lambda hole: hole[0] <= last, ahead):
        if first < low:
            yield first, low - 1
        first = high + 1
    if first <= last:
        yield first, last
