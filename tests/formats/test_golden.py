"""Each format's file for the samples, byte for byte, so that a change shows in review.

After a wanted change: FWTRACKER_UPDATE_GOLDEN=1 python -m pytest tests/formats/test_golden.py
writes them again; look at the diff before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.formats.samples import SAMPLES
from tracker.formats import load, names

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", names())
def test_a_file_is_as_it_was(sample: str, name: str) -> None:
    fmt = load(name)
    path = GOLDEN / sample / fmt.file
    text = fmt.render(SAMPLES[sample]).text
    assert text is not None
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text, "see this file's first lines"


def test_no_golden_file_is_left_over() -> None:
    found = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.*")}
    assert found == {f"{sample}/{load(name).file}" for sample in SAMPLES for name in names()}
