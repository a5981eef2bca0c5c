"""What is left between ranges: for rules that match everything but something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracker.audit.parsed_config import ANYWHERE, Span


def gaps(taken: Iterable[tuple[int, int]], first: int, last: int) -> Iterator[tuple[int, int]]:
    """What lies between sorted ranges, from `first` to `last`."""
    for low, high in taken:
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


def span_gaps(spans: Iterable[Span], family: int) -> Iterator[Span]:
    """All addresses of a family but these."""
    whole = ANYWHERE[0 if family == 4 else 1]  # noqa: PLR2004  IPv4
    taken = sorted((span.first, span.last) for span in spans)
    for gap in gaps(taken, whole.first, whole.last):
        yield Span(family, *gap)
