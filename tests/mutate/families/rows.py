"""Whole rows: one is gone, or stands there twice."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.mutate.facts import (
    ROWS,
    Facts,
    Families,
    Mutated,
    Place,
    entries_of,
    with_region,
    with_resource,
    with_uses,
)
from tests.mutate.layout import columns as columns_of
from tests.mutate.layout import cut_out, rows, sections, swapped_in
from tests.mutate.oracle import NOTHING, Oracle, exactly
from tests.support.stacked import rewritten


def without_row(page: str, dice: Random, facts: Facts) -> Mutated:
    """The page as if the row had never been on it."""
    place = dice.choice(facts.places)
    left = with_uses(facts, place)
    return Mutated(
        facts.render(left), f"without row {place}", exactly(entries_of(left)), plain=True
    )


def without_resource(page: str, dice: Random, facts: Facts) -> Mutated:
    """The page without a resource and all of its rows."""
    place = dice.choice(facts.places)
    left = with_resource(facts.generation, place)
    return Mutated(
        facts.render(left), f"without resource {place}", exactly(entries_of(left)), plain=True
    )


def row_cut_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A row is gone from the source; where it held a spanning cell, that is gone, too."""
    if facts.markup not in ROWS:
        return None
    number = dice.randrange(len(facts.places))
    mutated = cut_out(page, rows(page)[number])
    return Mutated(mutated, f"row {number + 1} cut out", _without(facts, number))


def cells_cut_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The cells of a row are gone from all columns; its resource, where it has no other row."""
    if facts.markup in ROWS:
        return None
    place = dice.choice(facts.places)
    columns = columns_of(facts.markup, page)[place.region]
    row = _row_of(facts, place)
    at = [row] * len(columns)
    at[0] = place.resource
    single = len(facts.resource(place).uses) == 1
    keep = dice.random() < 0.3
    changes = [
        (column, [*column.cells[:i], *column.cells[i + 1 :]])
        for column, i in list(zip(columns, at, strict=True))[0 if single and not keep else 1 :]
    ]
    left = entries_of(with_uses(facts, place))
    return Mutated(
        rewritten(page, changes),
        f"the cells of row {place} cut out, its resource {'kept' if keep else 'too'}",
        NOTHING if single and keep else exactly(left),
    )


def row_twice(page: str, dice: Random, facts: Facts) -> Mutated:
    """The page as if the row had always been there twice."""
    place = dice.choice(facts.places)
    twice = with_uses(facts, place, facts.use(place), facts.use(place))
    return Mutated(facts.render(twice), f"row {place} twice", exactly(facts.entries))


def resource_twice(page: str, dice: Random, facts: Facts) -> Mutated:
    """The page as if the resource had always been there twice, with its rows."""
    place = dice.choice(facts.places)
    twice = with_resource(facts.generation, place, *[facts.resource(place)] * 2)
    return Mutated(facts.render(twice), f"resource {place} twice", exactly(facts.entries))


def row_source_twice(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The source of a row stands there twice, its spanning cell, too."""
    if facts.markup not in ROWS:
        return None
    number = dice.randrange(len(facts.places))
    match = rows(page)[number]
    mutated = swapped_in(page, match.span(), match[0] * 2)
    return Mutated(mutated, f"row {number + 1} doubled", exactly(facts.entries))


def region_twice(page: str, dice: Random, facts: Facts) -> Mutated:
    """The page as if the region had always been there twice."""
    number = dice.randrange(len(facts.generation.regions))
    region = facts.generation.regions[number]
    twice = with_region(facts.generation, number, region, region)
    return Mutated(facts.render(twice), f"region {number + 1} twice", exactly(facts.entries))


def tables_twice(page: str, dice: Random, facts: Facts) -> Mutated:
    """All tables of the page stand there twice, one set below the other."""
    found = sections(facts.markup, page)
    start, end = found[0].start(), found[-1].end()
    mutated = swapped_in(page, (start, end), page[start:end] * 2)
    return Mutated(mutated, "all tables doubled", exactly(facts.entries))


def row_twice_but_for_the_ports(page: str, dice: Random, facts: Facts) -> Mutated:
    """A second row with other ports is a second row, and no repetition."""
    place = dice.choice(facts.places)
    other = replace(facts.use(place), ports=dice.choice(_PORTS))
    more = with_uses(facts, place, facts.use(place), other)
    return Mutated(
        facts.render(more),
        f"row {place} again with {other.ports!r}",
        exactly(entries_of(more)),
    )


_PORTS = ("443 HTTPS", "389 LDAP TCP", "HTTP")


def _row_of(facts: Facts, place: Place) -> int:
    return [at for at in facts.places if at.region == place.region].index(place)


def _without(facts: Facts, number: int) -> Oracle:
    """What is left of a table of rows; rows without their resource cell have no resource."""
    place = facts.places[number]
    if place.use == 0 and len(facts.resource(place).uses) > 1:
        return NOTHING
    return exactly(entries_of(with_uses(facts, place)))


FAMILIES: Families = {
    "dropped row": (without_row, without_resource, row_cut_out, cells_cut_out),
    "doubled rows": (
        row_twice,
        resource_twice,
        row_source_twice,
        region_twice,
        tables_twice,
        row_twice_but_for_the_ports,
    ),
}
