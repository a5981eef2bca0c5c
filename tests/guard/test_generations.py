"""The sample pages, one after the other as history had them: what is held, and what is not."""

from __future__ import annotations

from itertools import combinations, pairwise

import msgspec
import pytest

from tests.guard.judged import findings
from tests.pages import GENERATIONS, expected
from tracker.model import Entry, digest

ENTRIES = {
    name: msgspec.convert(expected(generation), tuple[Entry, ...])
    for name, generation in GENERATIONS.items()
}
NAMES = list(ENTRIES)
OLDER = {digest(entries): number for number, entries in enumerate(ENTRIES.values(), 1)}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_alone_has_no_finding(name: str) -> None:
    assert findings((), ENTRIES[name]) == ()


@pytest.mark.parametrize(("before", "after"), list(pairwise(NAMES[1:])))
def test_a_step_of_history_has_no_finding(before: str, after: str) -> None:
    older = {key: number for key, number in OLDER.items() if number <= NAMES.index(before) + 1}
    assert findings(ENTRIES[before], ENTRIES[after], older=older) == ()


def test_from_one_table_to_regions_is_held() -> None:
    found = findings(ENTRIES["2024-01"], ENTRIES["2024-04"])
    assert [(one.name, one.verdict, one.region) for one in found] == [
        ("region-gone", "hold", None)
    ]


@pytest.mark.parametrize(("old", "new"), list(combinations(NAMES, 2)))
def test_every_step_back_is_held(old: str, new: str) -> None:
    found = findings(ENTRIES[new], ENTRIES[old], older=OLDER)
    assert "rollback" in {one.name for one in found if one.verdict == "hold"}
