"""Damaged pages: each is read as a person would read it, or refused by name.

A smoke from a fixed seed. What may be lost on the way is a whole entry; no entry may ever
have the values of another one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import Any

import pytest

from tests.pages import GENERATIONS, MARKUPS, expected
from tests.pages.markups.common import COLUMNS
from tests.support.readings import plain, read
from tests.support.stacked import COUNT, regions, rewritten
from tracker.errors import FwtrackerError
from tracker.parse.page import Reading

SEED = 20240418
ROWS = ("table-spans", "table-blanks")
ADDRESS = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
Entries = list[dict[str, Any]]
Page = tuple[str, str, random.Random]


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Page:
    name, markup = request.param
    return name, markup, random.Random(f"{SEED}-{name}-{markup}")


def samples_in(markups: Iterable[str]) -> pytest.MarkDecorator:
    """The test gets the last generation in each of these markups, the others where asked."""
    *older, last = GENERATIONS
    found = [pytest.param((last, markup), id=f"{last}-{markup}") for markup in markups]
    found += [
        pytest.param((name, markup), id=f"{name}-{markup}", marks=pytest.mark.slow)
        for name in older
        for markup in markups
    ]
    return pytest.mark.parametrize("sample", found, indirect=True)


in_rows = samples_in(ROWS)
in_columns = samples_in(COUNT)
in_any = samples_in(MARKUPS)


def outcome(page: str) -> Reading | None:
    """What the page reads to; None where it is refused by name. Nothing else may happen."""
    try:
        return read(page)
    except FwtrackerError as error:
        refusal = error
    assert refusal.name != FwtrackerError.name
    assert "\n" not in str(refusal)
    return None


def is_held(reading: Reading) -> bool:
    return any(finding.verdict == "hold" for finding in reading.findings)


def facts(entry: dict[str, Any]) -> tuple[Any, ...]:
    """All of an entry that a firewall rule is made of."""
    fields = ("region", "resource", "hosts", "addresses", "scope", "direction", "services")
    return tuple(str(entry[field]) for field in fields)


def assert_only_lost(page: str, name: str, *, held: bool = False) -> None:
    """Refused, or every entry that is left is an original one, unchanged."""
    reading = outcome(page)
    if reading is not None:
        assert is_held(reading) or not held
        originals = {facts(entry) for entry in expected(GENERATIONS[name])}
        assert {facts(entry) for entry in plain(reading.entries)} <= originals


def assert_refused(page: str) -> None:
    assert outcome(page) is None


def render(sample: Page) -> str:
    name, markup, _ = sample
    return MARKUPS[markup](GENERATIONS[name])


def rows_of(page: str) -> list[re.Match[str]]:
    return [m for m in re.finditer(r"<tr>.*?</tr>", page, re.DOTALL) if "bound</td>" in m[0]]


def cut_out(page: str, match: re.Match[str]) -> str:
    return page[: match.start()] + page[match.end() :]


def values_of(name: str) -> list[str]:
    return sorted({a for entry in expected(GENERATIONS[name]) for a in entry["addresses"]})


def replaced(page: str, old: str, new: str) -> str:
    """The page with another value in all places."""
    found, count = re.subn(rf"(?<![\d.]){re.escape(old)}(?![\d.])", new, page)
    assert count
    return found


def replaced_in_entries(name: str, old: str, new: str) -> Entries:
    entries = expected(GENERATIONS[name])
    for entry in entries:
        entry["addresses"] = [new if value == old else value for value in entry["addresses"]]
    return entries


def is_address(text: str) -> bool:
    parts = text.split(".")
    return all(part == str(int(part)) and int(part) < 256 for part in parts)


@in_rows
def test_a_dropped_row_takes_no_other_entry_with_it(sample: Page) -> None:
    name, _, dice = sample
    page = render(sample)
    for match in dice.sample(rows_of(page), 8):
        assert_only_lost(cut_out(page, match), name)


@in_rows
def test_a_dropped_cell_of_a_row_is_refused(sample: Page) -> None:
    *_, dice = sample
    page = render(sample)
    for match in dice.sample(rows_of(page), 6):
        cell = dice.choice(list(re.finditer(r"<td.*?</td>", match[0], re.DOTALL)))
        assert_refused(
            page[: match.start()] + cut_out(match[0], cell) + page[match.end() :],
        )


@in_columns
def test_a_dropped_cell_of_a_column_is_refused(sample: Page) -> None:
    _, markup, dice = sample
    page = render(sample)
    for _ in range(8):
        column = dice.choice(dice.choice(regions(markup, page)))
        at = dice.randrange(len(column.cells))
        cells = column.cells[:at] + column.cells[at + 1 :]
        assert_refused(rewritten(page, [(column, cells)]))


@in_columns
def test_a_doubled_cell_of_a_column_is_refused(sample: Page) -> None:
    _, markup, dice = sample
    page = render(sample)
    for _ in range(5):
        column = dice.choice(dice.choice(regions(markup, page)))
        at = dice.randrange(len(column.cells))
        cells = [*column.cells[: at + 1], *column.cells[at:]]
        assert_refused(rewritten(page, [(column, cells)]))


@in_any
def test_two_swapped_columns_are_refused_or_held(sample: Page) -> None:
    name, markup, dice = sample
    page = render(sample)
    pairs = [(one, other) for other in range(5) for one in range(other)]
    for one, other in dice.sample(pairs, 4):
        if markup in COUNT:
            columns = regions(markup, page)[0]
            swap = [(columns[one], columns[other].cells), (columns[other], columns[one].cells)]
            assert_only_lost(rewritten(page, swap), name, held=True)
        elif one and markup in ROWS:  # the resource cell spans several rows
            assert_refused(_rows_swapped(page, one - 5, other - 5))


def _rows_swapped(page: str, one: int, other: int) -> str:
    for match in reversed(rows_of(page)):
        cells = re.findall(r"<td.*?</td>", match[0], re.DOTALL)
        cells[one], cells[other] = cells[other], cells[one]
        page = f"{page[: match.start()]}<tr>{''.join(cells)}</tr>{page[match.end() :]}"
    return page


@in_any
def test_two_joined_addresses_are_refused(sample: Page) -> None:
    page = render(sample)
    *_, dice = sample
    between = r"(?:</li><li>|<br>\n(?:• )?|\n  • |, |`<br>• `)"
    for match in dice.sample(list(re.finditer(f"({ADDRESS}){between}({ADDRESS})", page)), 3):
        assert_refused(f"{page[: match.start()]}{match[1]}{match[2]}{page[match.end() :]}")


@in_any
def test_an_address_with_a_digit_more_is_read_as_it_stands_or_refused(sample: Page) -> None:
    page = render(sample)
    name, _, dice = sample
    for value in dice.sample(values_of(name), 4):
        at, digit = dice.randrange(len(value) + 1), dice.choice("0123456789")
        wrong = value[:at] + digit + value[at:]
        mutated = replaced(page, value, wrong)
        if is_address(wrong):
            reading = outcome(mutated)
            assert reading is not None
            assert plain(reading.entries) == replaced_in_entries(name, value, wrong)
        else:
            assert_refused(mutated)


ALIKE = ("1l", "1І", "1١", "0O", "0О", "3З")


@in_any
def test_a_digit_replaced_by_a_look_alike_is_refused(sample: Page) -> None:
    """Each in some markups; `test_every_look_alike_is_refused_in_every_markup` in all."""
    _, markup, _ = sample
    at = list(MARKUPS).index(markup)
    refuse_look_alike(sample, ALIKE[at % len(ALIKE)])


@pytest.mark.slow
@pytest.mark.parametrize("alike", ALIKE)
@in_any
def test_every_look_alike_is_refused_in_every_markup(sample: Page, alike: str) -> None:
    refuse_look_alike(sample, alike)


def refuse_look_alike(sample: Page, alike: str) -> None:
    page = render(sample)
    name, _, dice = sample
    digit, letter = alike
    value = dice.choice([value for value in values_of(name) if digit in value])
    assert_refused(replaced(page, value, value.replace(digit, letter, 1)))


@in_any
def test_zero_width_characters_inside_an_address_change_nothing(sample: Page) -> None:
    page = render(sample)
    name, _, dice = sample
    for value in dice.sample(values_of(name), 3):
        at, sign = dice.randrange(1, len(value)), dice.choice("\u200b\u00ad\u2060\u200e\ufeff")
        reading = outcome(replaced(page, value, value[:at] + sign + value[at:]))
        assert reading is not None
        assert plain(reading.entries) == expected(GENERATIONS[name])


@in_any
def test_a_page_that_is_cut_off_has_no_wrong_entry(sample: Page) -> None:
    cut_off(sample, 6)


@pytest.mark.slow
@in_any
def test_a_page_that_is_cut_off_anywhere_has_no_wrong_entry(sample: Page) -> None:
    cut_off(sample, 20)


def cut_off(sample: Page, parts: int) -> None:
    """Cut the page once in each of so many parts of it."""
    page = render(sample)
    name, _, dice = sample
    for step in range(parts):
        assert_only_lost(page[: int(len(page) * (step + dice.random()) / parts)], name)


@in_rows
def test_a_doubled_row_changes_nothing_or_is_refused(sample: Page) -> None:
    name, _, dice = sample
    page = render(sample)
    for match in dice.sample(rows_of(page), 6):
        reading = outcome(page[: match.end()] + match[0] + page[match.end() :])
        if reading is not None:
            assert plain(reading.entries) == expected(GENERATIONS[name])


@in_any
def test_a_nonsense_header_loses_no_entry_unnoticed(sample: Page) -> None:
    page = render(sample)
    name, *_ = sample
    for header in COLUMNS:
        before, _, after = page.partition(header.replace("&", "&amp;"))
        if not after:
            before, _, after = page.partition(header)
        reading = outcome(f"{before}Zxqv{after}")
        if reading is None:
            continue
        originals = [facts(entry) for entry in expected(GENERATIONS[name])]
        found = [facts(entry) for entry in plain(reading.entries)]
        assert set(found) <= set(originals)
        assert len(found) == len(originals) or is_held(reading)
