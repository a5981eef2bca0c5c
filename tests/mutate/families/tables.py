"""Whole tables: one is gone, or stands under another heading."""

from __future__ import annotations

import re
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import INDEX, Facts, Families, Mutated, entries_of, with_region
from tests.mutate.layout import cut_out, headings, sections, swapped_in
from tests.mutate.oracle import NOTHING, Oracle, between, exactly
from tracker.model import Entry


def without_region(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page as if the region had never been on it."""
    number = dice.randrange(len(facts.generation.regions))
    left = with_region(facts.generation, number)
    if not left.regions:
        return None
    what = f"the page without region {number + 1}"
    return Mutated(facts.render(left), what, exactly(entries_of(left)))


def without_section(page: str, dice: Random, facts: Facts) -> Mutated:
    """Heading and table are gone from the source."""
    number, part = _one(page, dice, facts)
    return Mutated(cut_out(page, part), f"table {number + 1} cut out", _without(facts, number))


def without_body(page: str, dice: Random, facts: Facts) -> Mutated:
    """The heading is still there, and nothing below it: the page announces what it lacks."""
    number, part = _one(page, dice, facts)
    title = next((h[0] for h in headings(facts.markup, part[0])), "")
    return Mutated(
        swapped_in(page, part.span(), title),
        f"table {number + 1} cut out below its heading",
        NOTHING if title else _without(facts, number),
    )


def without_table_tags(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Cells and rows, but no table around them."""
    number, part = _one(page, dice, facts)
    if "<table" not in part[0]:
        return None
    return Mutated(
        swapped_in(page, part.span(), re.sub(r"</?table[^>]*>", "", part[0])),
        f"no table tags around table {number + 1}",
        between(facts.entries, facts.entries),
    )


def headings_swapped(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two regions have changed names."""
    found = headings(facts.markup, page)
    if len(found) < 2:
        return None
    one, other = sorted(dice.sample(range(len(found)), 2))
    mutated = swapped_in(page, found[other].span(1), found[one][1])
    mutated = swapped_in(mutated, found[one].span(1), found[other][1])
    names = _names(facts)
    said = _renamed(facts, {one: names[other], other: names[one]})
    return Mutated(mutated, f"headings {one + 1} and {other + 1} swapped", exactly(said))


def heading_repeated(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A table stands under a second heading with another region's name."""
    found = headings(facts.markup, page)
    if len(found) < 2:
        return None
    one, other = dice.sample(range(len(found)), 2)
    mutated = swapped_in(page, found[one].span(1), found[other][1])
    said = _renamed(facts, {one: _names(facts)[other]})
    return Mutated(mutated, f"heading {one + 1} says {found[other][1]!r}", exactly(said))


def heading_lost(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A table without a heading: of the region above it, or of none that is known."""
    found = headings(facts.markup, page)
    if not found:
        return None
    number = dice.randrange(len(found))
    above = _names(facts)[number - 1] if number else _page_region(facts)
    ways = [_renamed(facts, {number: name}) for name in {above, None}]
    return Mutated(cut_out(page, found[number]), f"heading {number + 1} lost", exactly(*ways))


def heading_unknown(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A table under unknown words is of no region that is named elsewhere."""
    found = headings(facts.markup, page)
    if not found:
        return None
    number, name = dice.randrange(len(found)), dice.choice(_UNKNOWN)
    names = {name, name.removeprefix("Region: "), None}
    if not number:
        names.add(_page_region(facts))
    ways = [_renamed(facts, {number: name}) for name in names]
    mutated = swapped_in(page, found[number].span(1), name)
    return Mutated(mutated, f"heading {number + 1} says {name!r}", exactly(*ways))


def sections_swapped(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two tables have changed places, with their headings: nothing new is said."""
    found = sections(facts.markup, page)
    if len(found) < 2:
        return None
    one, other = sorted(dice.sample(range(len(found)), 2))
    mutated = swapped_in(page, found[other].span(), found[one][0])
    mutated = swapped_in(mutated, found[one].span(), found[other][0])
    return Mutated(mutated, f"tables {one + 1} and {other + 1} swapped", exactly(facts.entries))


_UNKNOWN: Final = ("Atlantis", "Region: Atlantis", "Our newest data center", "Zone 3")


def _one(page: str, dice: Random, facts: Facts) -> tuple[int, re.Match[str]]:
    return dice.choice(list(enumerate(sections(facts.markup, page))))


def _without(facts: Facts, number: int) -> Oracle:
    left = with_region(facts.generation, number)
    return exactly(entries_of(left)) if left.regions or facts.rest else NOTHING


def _names(facts: Facts) -> list[str | None]:
    return [region.name for region in facts.generation.regions]


def _page_region(facts: Facts) -> str | None:
    """What a page below an index names by its address."""
    return facts.generation.regions[0].name if facts.markup == INDEX else None


def _renamed(facts: Facts, names: dict[int, str | None]) -> list[Entry]:
    """The entries, where some regions were renamed."""
    return [
        msgspec.structs.replace(entry, region=names[at.region]) if at.region in names else entry
        for entry, at in zip(facts.entries, facts.places, strict=True)
    ]


FAMILIES: Families = {
    "dropped table": (without_region, without_section, without_body, without_table_tags),
    "moved table": (
        headings_swapped,
        heading_repeated,
        heading_lost,
        heading_unknown,
        sections_swapped,
    ),
}
