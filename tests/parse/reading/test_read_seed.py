"""The real page of spring 2024 reads to the entries that were checked by hand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.readings import plain, read
from tracker.parse.page import Reading

HERE = Path(__file__).resolve()
SEED = HERE.parents[4] / "shared" / "seed" / "firewall-configuration.txt"
EXPECTED = HERE.parents[2] / "expected" / "seed.json"

pytestmark = pytest.mark.skipif(
    not SEED.is_file(),
    reason="the page's text is not part of the repository: ../shared/seed/ is missing",
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read(SEED.read_text("utf-8"))


def test_the_page_reads_to_exactly_the_expected_entries(reading: Reading) -> None:
    assert plain(reading.entries) == json.loads(EXPECTED.read_text("utf-8"))


def test_the_page_gives_no_finding(reading: Reading) -> None:
    assert reading.findings == ()


def test_there_are_25_and_15_entries_and_the_first_resource_covers_six(
    reading: Reading,
) -> None:
    assert Counter(entry.region for entry in reading.entries) == {
        "North America": 25,
        "Europe": 15,
    }
    first = reading.entries[0].resource
    assert [entry.resource for entry in reading.entries[:7]].count(first) == 6
