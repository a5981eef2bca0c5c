"""Each format's delta from one generation of the sample page to another, byte for byte.

What leads there and what leads back. After a wanted change: FWTRACKER_UPDATE_GOLDEN=1
python -m pytest tests/formats/test_golden_deltas.py writes them again; look at the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.formats.samples import sample
from tracker.formats import Format, load, names
from tracker.publish.deltas import delta_file_name

WILDCARD = "*.windowsupdate.com"
GOLDEN = Path(__file__).parents[1] / "golden" / "deltas"
OLD = sample("2024-04", "North America")
# Both name the same wildcard; without it in the first, formats of wildcards alone differ too.
BEFORE = replace(
    OLD, entries=tuple(each for each in OLD.entries if not set(each.hosts) & {WILDCARD})
)
AFTER = replace(
    sample("2026-02", "North America"), version=3, captured_at="2026-02-11T10:00:00Z"
)
WAYS = {"apply": (BEFORE, AFTER), "rollback": (AFTER, BEFORE)}
WITH_DELTA = [fmt for fmt in map(load, names()) if fmt.delta]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fmt", WITH_DELTA, ids=lambda fmt: fmt.name)
def test_a_delta_is_as_it_was(fmt: Format, way: str) -> None:
    assert fmt.delta is not None
    path = GOLDEN / delta_file_name(fmt, way)
    text = fmt.delta(*WAYS[way])
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1" and text is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text is not None, "the two generations differ in what every format can say"
    assert path.read_bytes().decode() == text, "see this file's first lines"


def test_no_golden_delta_is_left_over() -> None:
    found = {path.name for path in GOLDEN.iterdir()}
    assert found == {delta_file_name(fmt, way) for fmt in WITH_DELTA for way in WAYS}
