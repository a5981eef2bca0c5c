"""Each promise in docs/promises.md names tests, and these tests are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/promises.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TABLE)
PROMISES = 26


def test_every_promise_names_a_test() -> None:
    rows = [row for row in TABLE.splitlines() if re.match(r"\| \d+\. ", row)]
    assert [row.split(".")[0] for row in rows] == [f"| {n}" for n in range(1, PROMISES + 1)]
    assert all(re.search(r"`tests/\w", row) for row in rows)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    source = (ROOT / path).read_text()
    assert f"\ndef {name}(" in source if name else "\ndef test_" in source
