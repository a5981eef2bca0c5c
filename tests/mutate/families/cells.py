"""Cells that have become one: side by side, one above the other, or in their column."""

from __future__ import annotations

from random import Random

import msgspec

from tests.mutate.facts import ROWS, Facts, Families, Mutated, Place
from tests.mutate.layout import cells, rows, swapped_in
from tests.mutate.layout import columns as columns_of
from tests.mutate.oracle import exactly
from tests.pages.markups.common import COLUMNS
from tests.support.stacked import rewritten
from tracker.model import Entry

_FIELDS = (
    ("direction",),
    ("services",),
    ("requirement", "only_for", "purpose"),
    ("components",),
)


def side_by_side(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One cell says what two said, with or without a span over both columns."""
    if facts.markup not in ROWS:
        return None
    match = dice.choice(rows(page))
    found = cells(match[0])
    at = dice.randrange(len(found) - 1)
    start, span = dice.choice(("<td>", '<td colspan="2">')), found[at].index(">") + 1
    next_span = found[at + 1].index(">") + 1
    glue = dice.choice((" ", "<br>", ", "))
    merged = start + found[at][span:-5] + glue + found[at + 1][next_span:-5] + "</td>"
    row = f"<tr>{''.join([*found[:at], merged, *found[at + 2 :]])}</tr>"
    return Mutated(
        swapped_in(page, match.span(), row),
        f"{merged!r} is one cell",
        exactly(facts.entries),
    )


def above_each_other(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A cell spans the row below it, too, whose own cell is gone."""
    if facts.markup not in ROWS:
        return None
    number = dice.choice([i for i, (a, b) in enumerate(_pairs(facts)) if a.region == b.region])
    upper, lower = rows(page)[number : number + 2]
    above, below = cells(upper[0]), cells(lower[0])
    at = dice.randrange(1, len(COLUMNS))
    above[at - 5] = above[at - 5].replace("<td>", '<td rowspan="2">')
    del below[at - 5]
    mutated = swapped_in(page, lower.span(), f"<tr>{''.join(below)}</tr>\n")
    mutated = swapped_in(mutated, upper.span(), f"<tr>{''.join(above)}</tr>\n")
    said = list(facts.entries)
    said[number + 1] = _with(said[number + 1], said[number], _FIELDS[at - 1])
    return Mutated(mutated, f"{above[at - 5]!r} spans row {number + 2}, too", exactly(said))


def in_a_column(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two cells of a column are one, with both texts."""
    if facts.markup in ROWS:
        return None
    column = dice.choice(dice.choice(columns_of(facts.markup, page)))
    at = dice.randrange(len(column.cells) - 1)
    glue = dice.choice((" ", ", ", "; "))
    one, other = column.cells[at : at + 2]
    if facts.markup == "bare" and one.endswith("</ul>"):
        return None  # the list ends the cell in any case
    merged = _unwrapped(one, end=True) + glue + _unwrapped(other, end=False)
    left = [*column.cells[:at], merged, *column.cells[at + 2 :]]
    what = f"{merged!r} is one cell"
    return Mutated(rewritten(page, [(column, left)]), what, exactly(facts.entries, words=False))


def _pairs(facts: Facts) -> list[tuple[Place, Place]]:
    return list(zip(facts.places, facts.places[1:], strict=False))


def _unwrapped(cell: str, *, end: bool) -> str:
    """A cell without the tags on the side where another one is joined to it."""
    if end:
        for tag in ("</div>", "</p>", "<br>"):
            cell = cell.removesuffix(tag)
        return cell
    return cell[cell.rindex("<p>") + 3 :] if "<p>" in cell else cell


def _with(entry: Entry, other: Entry, fields: tuple[str, ...]) -> Entry:
    return msgspec.structs.replace(entry, **{name: getattr(other, name) for name in fields})


FAMILIES: Families = {"merged cells": (side_by_side, above_each_other, in_a_column)}
