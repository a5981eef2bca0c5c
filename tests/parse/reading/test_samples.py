"""The sample pages: shipped as generated, and true to the facts typed by hand.

Whether a reader reads them is tested elsewhere.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.pages import GENERATIONS, MARKUPS, expected, index_pages
from tests.pages.build import SAMPLES, files
from tracker.model import Entry, EntryContent

SEED = Path(__file__).parents[2] / "expected" / "seed.json"
FILES = files()
PAGES = [path for path in FILES if path.endswith(".html")]
COUNTS = {
    "2024-01": {None: 25},
    "2024-04": {"North America": 25, "Europe": 15},
    "2024-11": {"North America": 25, "Europe": 15},
    "2025-06": {"North America": 27, "Europe": 15, "Australia": 15},
    "2026-02": {
        "North America": 27,
        "North America 2": 15,
        "Europe": 15,
        "Australia": 15,
    },
}


def seed() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(SEED.read_text("utf-8"))
    return entries


def without_purpose(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in entry.items() if k != "purpose"} for entry in entries]


def test_shipped_samples_are_what_the_generator_makes() -> None:
    shipped = {
        path.relative_to(SAMPLES).as_posix(): path.read_bytes().decode()
        for path in SAMPLES.rglob("*")
        if path.suffix in {".html", ".txt"}
    }
    assert sorted(shipped) == sorted(FILES), "run: python -m tests.pages.build"
    for path, content in FILES.items():
        assert shipped[path] == content, f"{path}: run python -m tests.pages.build"


def test_the_seed_counts_25_and_15_entries() -> None:
    regions = Counter(entry["region"] for entry in seed())
    assert regions == {"North America": 25, "Europe": 15}


def test_generation_2_has_the_facts_of_the_seed() -> None:
    assert without_purpose(expected(GENERATIONS["2024-04"])) == without_purpose(seed())


@pytest.mark.parametrize("name", GENERATIONS)
def test_expected_entries_are_counted(name: str) -> None:
    found = Counter(entry["region"] for entry in expected(GENERATIONS[name]))
    assert found == COUNTS[name]


@pytest.mark.parametrize(
    "entries",
    [seed(), *map(expected, GENERATIONS.values())],
    ids=["seed", *GENERATIONS],
)
def test_expected_entries_have_exactly_the_fields_of_the_model(
    entries: list[dict[str, Any]],
) -> None:
    fields = EntryContent.__struct_fields__
    assert all(tuple(entry)[: len(fields)] == fields for entry in entries)
    converted = msgspec.to_builtins(msgspec.convert(entries, list[Entry]))
    required = [entry.pop("required") for entry in converted]
    plain = [{k: v for k, v in entry.items() if k != "required"} for entry in entries]
    assert converted == [{**entry, **_tuples(entry)} for entry in plain]
    assert required == [entry["requirement"] in {None, "required"} for entry in entries]


def _tuples(entry: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}


@pytest.mark.parametrize("path", PAGES)
def test_a_sample_page_looks_like_a_page(path: str) -> None:
    page = FILES[path]
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")
    assert 8_000 < len(page.encode()) < 60_000
    assert "5.221.608.1" in page
    assert "Booth #" in page


@pytest.mark.parametrize("name", [name for name in GENERATIONS if name != "2026-02"])
@pytest.mark.parametrize("markup", MARKUPS)
def test_every_markup_prints_every_value(name: str, markup: str) -> None:
    page = MARKUPS[markup](GENERATIONS[name])
    for entry in expected(GENERATIONS[name]):
        for value in (*entry["hosts"], *entry["addresses"], entry["purpose"]):
            assert value in page


def test_the_index_holds_no_table_and_links_to_every_region_page() -> None:
    pages = index_pages(GENERATIONS["2026-02"])
    index = pages["index.html"]
    assert "<table" not in index
    links = set(re.findall(r'href="([a-z-]+)/(?:#rules)?"', index))
    assert {f"{link}/index.html" for link in links} == set(pages) - {"index.html"}


def test_a_region_page_of_one_region_names_it_in_its_title_only() -> None:
    pages = index_pages(GENERATIONS["2026-02"])
    assert pages["region-north-america/index.html"].count("Region: ") == 2
    for region in ("Europe", "Australia"):
        page = pages[f"region-{region.lower()}/index.html"]
        assert "Region: " not in page
        assert f"Firewall Configuration: {region}</h1>" in page
