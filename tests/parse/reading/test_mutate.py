"""Damaged pages, a smaller run of `make mutate`: nothing wrong is published or kept.

What stops a page has a name, and what changes nothing stops none.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from tests.mutate.facts import Facts, Mutated, subjects
from tests.mutate.families import FAMILIES
from tests.mutate.harmless import EDITS
from tests.mutate.layout import Untaken
from tests.mutate.oracle import NOTHING, between, exactly
from tests.mutate.pipeline import shelf, verdict
from tests.mutate.run import HARMLESS, Result, judged, lines, made, tallied
from tests.mutate.spots import LINED, TABLED, VALUE, row_span, with_extra, with_ports
from tests.mutate.standin_pages import PAGES
from tests.support.readings import entry, services

EACH = 2  # mutations of a family, at most; `make mutate` takes all
MOST_STOPPED = 0.02

# What a page that comes in place of ours is called, by the first word of its own name.
NAMES = {
    "challenge": {"challenged"},
    "login": {"login-page"},
    "maintenance": {"maintenance"},
    "moved": {"moved"},
}
SUBJECTS = subjects()
PAGE = next(facts for facts in SUBJECTS if facts.name == "2024-04 table-spans")


def describe(result: Result) -> str:
    """A result as a line to look it up by: `python -m tests.mutate --show FAMILY NUMBER`."""
    case, found = result.case, result.verdict
    return (
        f"{case.family!r} {case.number}, {case.page}: {case.what}: {found.kind} {found.names}"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_of_damaged_pages_nothing_wrong_is_published(family: str) -> None:
    mutations = FAMILIES[family]
    numbers = [mutations.index(mutation) for mutation in dict.fromkeys(mutations)]
    numbers = numbers[:: -(-len(numbers) // EACH)]
    results = [judged((family, number)) for number in numbers]
    assert [describe(result) for result in results if result.is_wrong] == []
    assert [describe(result) for result in results if result.is_nameless] == []


def test_of_harmless_edits_hardly_any_is_stopped() -> None:
    results = [judged((HARMLESS, number)) for number in range(len(EDITS))]
    assert [describe(result) for result in results if result.is_wrong] == []
    stopped = [describe(result) for result in results if result.verdict.kind != "unchanged"]
    assert len(stopped) <= MOST_STOPPED * len(results), stopped


@pytest.mark.parametrize("facts", SUBJECTS, ids=lambda facts: facts.name)
def test_an_undamaged_page_says_what_it_was_made_of(facts: Facts) -> None:
    found = verdict(facts, Mutated(facts.render(facts.generation), "nothing", NOTHING))
    assert found.kind == "unchanged"
    assert exactly(facts.entries).also(facts.others).accepts(found.entries)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_place_of_ours_is_called_what_it_is(name: str) -> None:
    text = PAGES[name].format(ip="198.51.100.7", id="0123456789abcdef")
    found = verdict(PAGE, Mutated(text, name, NOTHING))
    assert found.kind in {"refused", "held"}
    assert set(found.names) == NAMES.get(name.split(maxsplit=1)[0], {"nothing-read"})


def test_the_same_number_makes_the_same_page() -> None:
    family = next(iter(FAMILIES))
    one, again = (judged((family, 7)) for _ in range(2))
    assert one == again
    other = judged((family, 8))
    assert one.case != other.case


def test_a_mutation_is_a_function_of_its_dice() -> None:
    for family, mutations in FAMILIES.items():
        for mutation in mutations:
            pages = [mutation(PAGE.render(PAGE.generation), Random(3), PAGE) for _ in range(2)]
            assert pages[0] == pages[1], (family, mutation)


def test_every_mutation_changes_its_page_or_one_beside_it() -> None:
    for family, mutations in FAMILIES.items():
        for number in range(len(mutations)):
            facts, mutation, mutated = made(family, number)
            same = mutated.page == facts.render(facts.generation)
            assert not same or mutated.beside, (family, mutation)


def test_a_page_beside_the_damaged_one_is_handed_out() -> None:
    page = PAGE.render(PAGE.generation).replace("Need help", '<a href="faq/">x</a>')
    beside = (("faq", "<p>Ask.</p>"), ("gone", None))
    pages = shelf(PAGE, Mutated(page, "a link", NOTHING, beside=beside)).pages
    assert pages == {"": page.encode(), "faq": b"<p>Ask.</p>"}


def test_a_row_of_ours_is_found_in_the_source_where_rows_are_elements() -> None:
    for facts in SUBJECTS:
        page = facts.render(with_extra(facts, Random(1)))
        if facts.markup in {*TABLED, *LINED}:
            start, end = row_span(page, facts)
            assert page[start:end].count(VALUE) == 1, facts.name
            assert "Outbound" in page[start:end], facts.name
        else:
            with pytest.raises(Untaken):
                row_span(page, facts)


def test_a_cell_is_filled_with_the_source_as_it_is() -> None:
    for facts in SUBJECTS:
        place = facts.places[0]
        assert with_ports(facts, place, "<i>1</i>").count("<i>1</i>") == 1, facts.name


def test_what_a_page_does_not_say_is_seen() -> None:
    right = [entry(), entry(addresses=("3.124.175.10",))]
    more = [*right, entry(addresses=("0.0.0.0/0",))]
    other = [right[0], msgspec.structs.replace(right[1], services=services("tcp/444-444"))]
    assert exactly(right).accepts(right[::-1])
    for wrong in (right[:1], more, other, []):
        assert not exactly(right).accepts(wrong)
        assert not NOTHING.accepts(wrong)
    assert between(right[:1], right).accepts(right[:1])
    assert not between(right[:1], right).accepts(right[1:])
    assert not between(right[:1], right).accepts(more)


def test_the_table_counts_every_page_once() -> None:
    families = list(FAMILIES)[:2]
    tallies = tallied([(family, number) for family in families for number in range(3)], 1)
    assert {family: tally.pages for family, tally in tallies.items()} == dict.fromkeys(
        families, 3
    )
    assert len(list(lines(tallies.items()))) == 3
