"""Columns: two have changed places, or one has lost a cell."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import ROWS, Facts, Families, Mutated, Place, entries_of, with_uses
from tests.mutate.layout import cells, renamed, rows, swapped_in
from tests.mutate.layout import columns as columns_of
from tests.mutate.oracle import NOTHING, Oracle, exactly
from tests.pages.facts import Purpose
from tests.pages.markups.common import COLUMNS, html
from tests.support.stacked import rewritten

_EMPTY: Final = Purpose("", "")


def headers_swapped(page: str, dice: Random, facts: Facts) -> Mutated:
    """Two headers have changed places, and what is below them has not."""
    one, other = dice.sample(COLUMNS, 2)
    number = dice.choice([None, *range(len(facts.generation.regions))])
    mutated = _headers(page, facts, one, other, number)
    return Mutated(mutated, f"headers {one!r} and {other!r} swapped", NOTHING)


def bodies_swapped(page: str, dice: Random, facts: Facts) -> Mutated:
    """What is below two headers has changed places, and they have not."""
    one, other = _two(dice, facts)
    mutated = _bodies(page, facts, one, other)
    return Mutated(mutated, f"bodies {COLUMNS[one]!r} and {COLUMNS[other]!r} swapped", NOTHING)


def columns_swapped(page: str, dice: Random, facts: Facts) -> Mutated:
    """Two columns have changed places, with their headers: nothing new is said."""
    one, other = _two(dice, facts)
    mutated = _headers(page, facts, COLUMNS[one], COLUMNS[other], None)
    mutated = _bodies(mutated, facts, one, other)
    what = f"columns {COLUMNS[one]!r} and {COLUMNS[other]!r} swapped"
    return Mutated(mutated, what, exactly(facts.entries))


def cell_lost(page: str, dice: Random, facts: Facts) -> Mutated:
    """One cell is gone, and what follows it moves up or to the left."""
    if facts.markup in ROWS:
        match = dice.choice(rows(page))
        found = cells(match[0])
        at = dice.randrange(len(found))
        row = f"<tr>{''.join(found[:at] + found[at + 1 :])}</tr>"
        return Mutated(swapped_in(page, match.span(), row), f"{found[at]!r} lost", NOTHING)
    column = dice.choice(dice.choice(columns_of(facts.markup, page)))
    at = dice.randrange(len(column.cells))
    left = [*column.cells[:at], *column.cells[at + 1 :]]
    return Mutated(rewritten(page, [(column, left)]), f"{column.cells[at]!r} lost", NOTHING)


def cells_lost(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two neighbours are gone from one column."""
    if facts.markup in ROWS:
        return None
    column = dice.choice(dice.choice(columns_of(facts.markup, page)))
    at = dice.randrange(len(column.cells) - 1)
    left = [*column.cells[:at], *column.cells[at + 2 :]]
    what = f"{column.cells[at : at + 2]!r} lost"
    return Mutated(rewritten(page, [(column, left)]), what, NOTHING)


def cell_twice(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One cell stands twice in its column."""
    if facts.markup in ROWS:
        return None
    column = dice.choice(dice.choice(columns_of(facts.markup, page)))
    at = dice.randrange(len(column.cells))
    more = [*column.cells[: at + 1], *column.cells[at:]]
    return Mutated(rewritten(page, [(column, more)]), f"{column.cells[at]!r} twice", NOTHING)


def cell_emptied(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A cell of a row is there, and empty. Only words may be missing on a page."""
    if facts.markup not in ROWS:
        return None
    number = dice.randrange(len(facts.places))
    match, place = rows(page)[number], facts.places[number]
    found = cells(match[0])
    at = dice.randrange(len(found))
    field = at + len(COLUMNS) - len(found)
    empty = found[at][: found[at].index(">") + 1] + "</td>"
    row = f"<tr>{''.join([*found[:at], empty, *found[at + 1 :]])}</tr>"
    return Mutated(
        swapped_in(page, match.span(), row),
        f"{COLUMNS[field]} of row {number + 1} emptied",
        _emptied(facts, place, field),
    )


def _emptied(facts: Facts, place: Place, field: int) -> Oracle:
    """What a page says with an empty cell. An empty resource goes on with the one above,
    where that is how the table writes it."""
    use = facts.use(place)
    if field == 0 and facts.markup == "table-blanks":
        return _goes_on(facts, place)
    if field == 3:
        return exactly(entries_of(with_uses(facts, place, replace(use, purpose=_EMPTY))))
    if field == 4:
        return exactly(entries_of(with_uses(facts, place, replace(use, components=()))))
    return NOTHING


def _goes_on(facts: Facts, place: Place) -> Oracle:
    """A row whose resource is blank is of the one above, if it can be of that."""
    number = facts.places.index(place)
    if place.use:
        return exactly(facts.entries)
    if place.resource == 0 or len(facts.resource(place).uses) > 1:
        return NOTHING
    above, below = facts.entries[number - 1 : number + 1]
    if above.only_for != below.only_for or above.direction != below.direction:
        return NOTHING
    said = list(facts.entries)
    said[number] = msgspec.structs.replace(
        below,
        resource=above.resource,
        hosts=above.hosts,
        addresses=above.addresses,
        scope=above.scope,
    )
    return exactly(said)


def _two(dice: Random, facts: Facts) -> tuple[int, int]:
    """Two columns; in a table of rows not the first, which has no cell in some rows."""
    first = 1 if facts.markup in ROWS else 0
    one, other = sorted(dice.sample(range(first, len(COLUMNS)), 2))
    return one, other


def _headers(page: str, facts: Facts, one: str, other: str, number: int | None) -> str:
    names = {one: other, other: one}
    if facts.markup != "text":
        names = {old: html(new) for old, new in names.items()}
    return renamed(facts.markup, page, names, number)


def _bodies(page: str, facts: Facts, one: int, other: int) -> str:
    if facts.markup in ROWS:
        for match in reversed(rows(page)):
            found = cells(match[0])
            a, b = one - len(COLUMNS), other - len(COLUMNS)
            found[a], found[b] = found[b], found[a]
            page = swapped_in(page, match.span(), f"<tr>{''.join(found)}</tr>\n")
        return page
    changes = []
    for columns in columns_of(facts.markup, page):
        body, body_of_other = (c.glue.join(c.cells) for c in (columns[one], columns[other]))
        changes += [(columns[one], [body_of_other]), (columns[other], [body])]
    return rewritten(page, changes)


FAMILIES: Families = {
    "swapped columns": (headers_swapped, bodies_swapped, columns_swapped),
    "lost cell": (cell_lost, cells_lost, cell_twice, cell_emptied),
}
