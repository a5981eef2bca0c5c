"""Which entries a damage in the source cannot have touched."""

from __future__ import annotations

from tests.mutate.facts import Facts
from tests.mutate.layout import Untaken, sections
from tracker.model import Entry


def entries_above(page: str, end: int, facts: Facts) -> list[Entry]:
    """Those of the regions that end before a place of the page."""
    parts = enumerate(_parts(page, facts))
    return [e for number, (_, stop) in parts if stop <= end for e in facts.region(number)]


def entries_beside(page: str, start: int, end: int, facts: Facts) -> list[Entry]:
    """Those of the regions that do not overlap a part of the page."""
    return [
        entry
        for number, (first, stop) in enumerate(_parts(page, facts))
        if stop <= start or end <= first
        for entry in facts.region(number)
    ]


def _parts(page: str, facts: Facts) -> list[tuple[int, int]]:
    """Where each region stands; none where that is not known."""
    try:
        return [part.span() for part in sections(facts.markup, page)]
    except Untaken:
        return []
