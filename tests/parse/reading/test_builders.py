"""Every generation in the class structure of real site builders, with a whole page around it.

A page is read exactly, without a finding that holds it; what is held instead stands in
`HELD`, with the finding's name. Nothing here is ever refused: a builder's own doings are no
reason to send somebody away without a way on. The quick tests read every generation in the
first form of each builder, and the two with most to mix up in its other forms; `-m slow` reads
all in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import pytest

from tests.mutate.pipeline import Shelf
from tests.pages import BUILDERS, GENERATIONS, expected
from tests.pages.builders import datatables, divi
from tests.support.readings import ACTION1, URL, plain, read
from tracker.model import Finding
from tracker.parse.page import Reading
from tracker.parse.pages.page_set import fetch_pages, read_page_set

# Builder -> the names of the findings that may hold its pages, and nothing else may.
HELD: dict[str, frozenset[str]] = {}
# The first form of each builder, and the one whose rows go on below themselves.
FIRST_FORMS = {
    "datatables-child-rows",
    *{name.partition("-")[0]: name for name in reversed(BUILDERS)}.values(),
}
QUICK = ("2024-04", "2026-02")
CASES = [
    pytest.param(
        *(builder, name),
        marks=() if builder in FIRST_FORMS or name in QUICK else pytest.mark.slow,
    )
    for builder, name in product(BUILDERS, GENERATIONS)
]
INDEXED = (
    *("divi-columns", "wp-block-headings", "sphinx-sections", "docfx", "docusaurus-headings"),
    *("confluence", "bootstrap-tabs"),
)
INDEXED_TOO = ("elementor-tabs", "tablepress", "mkdocs-headings", "radio-tabs")


def held(findings: Iterable[Finding]) -> dict[str, str]:
    """The findings that hold the page: name -> message."""
    return {found.name: found.message for found in findings if found.verdict == "hold"}


def read_pages_of(pages: Mapping[str, str]) -> Reading:
    """An index and the pages of its regions, fetched as a check does it."""
    shelf = Shelf({path: page.encode() for path, page in pages.items()}, "text/html")
    return read_page_set(fetch_pages(shelf, ACTION1, (URL,)), ACTION1, URL)


@pytest.mark.parametrize(("builder", "name"), CASES)
def test_every_generation_is_read_exactly_in_every_builder(builder: str, name: str) -> None:
    generation = GENERATIONS[name]
    reading = read(BUILDERS[builder].page(generation))
    holding = held(reading.findings)
    assert holding.keys() <= HELD.get(builder, frozenset()), holding
    assert holding or plain(reading.entries) == expected(generation)


@pytest.mark.parametrize(
    "builder",
    [*INDEXED, *(pytest.param(builder, marks=pytest.mark.slow) for builder in INDEXED_TOO)],
)
def test_an_index_is_read_exactly_in_every_builder(builder: str) -> None:
    generation = GENERATIONS["2026-02"]
    reading = read_pages_of(BUILDERS[builder].index_pages(generation))
    assert plain(reading.entries) == expected(generation)
    assert not held(reading.findings)


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_table_that_shows_only_its_first_rows_is_held(name: str) -> None:
    """The last words above its pages say it: "Showing 1 to 10 of 25 entries"."""
    reading = read(datatables.PAGED.page(GENERATIONS[name]))
    assert len(reading.entries) < len(expected(GENERATIONS[name]))
    assert any("1 to 10 of" in words for words in held(reading.findings).values())


def test_links_that_only_a_script_knows_are_followed_or_stop_the_page() -> None:
    """Divi's modules lead to pages that no `href` names; a person reaches them by a click."""
    generation = GENERATIONS["2026-02"]
    pages = divi.SCRIPTED.index_pages(generation)
    assert 'href="region-europe/"' in pages[""]
    assert 'href="region-australia/"' not in pages[""]
    reading = read_pages_of(pages)
    if not held(reading.findings):
        assert plain(reading.entries) == expected(generation)


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_page_is_whole_and_has_its_traps(builder: str) -> None:
    """Else a maker that lost its surroundings would make reading easy, and say nothing."""
    page = BUILDERS[builder].page(GENERATIONS["2024-04"])
    for sign in ("</html>", "555 0142", "<style", "<footer", "5.221.608.1", "<nav"):
        assert sign in page
