"""Raw source in one cell, a resource of our own, and the places around the tables.

A cell is filled by rendering the page with a sign in it that stands on no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import INDEX, Facts, Place, with_region, with_resource, with_uses
from tests.mutate.layout import Untaken, area, sections
from tests.pages.cells import AGENTS, CLOUD, HTTPS
from tests.pages.facts import Generation, Region, Resource, Use
from tests.pages.markups.table_spans import table
from tests.support.readings import services
from tracker.model import Entry

VALUE: Final = "54.9.8.7"
EXTRA: Final = Resource("Console servers", (Use(HTTPS, CLOUD, AGENTS),), addresses=(VALUE,))
UNTOLD: Final = "Canada"  # a region that no sample page has
PLAIN: Final = ("text", "text-rows", "markdown")
TABLED: Final = (
    *("table-spans", "table-blanks", INDEX, "tabs", "accordion"),
    *("region-rows", "region-column"),
)
# Each row is one element on a line of its own.
LINED: Final = ("boxes", "aria", "cards", "definitions")
# Each cell is one element, so that a line break in it begins no new cell.
CELLED: Final = (*TABLED, *LINED, "stacks", "apart")
_HOLE: Final = "\ue000"
_FIRST_TAG: Final = re.compile(r"^<(\w+)([^>]*)>")


def with_ports(facts: Facts, place: Place, source: str) -> str:
    """The page with this source as one of its port cells."""
    use = replace(facts.use(place), ports=_HOLE)
    return facts.render(with_uses(facts, place, use)).replace(_HOLE, source)


def with_value(facts: Facts, place: Place, at: int, source: str) -> str:
    """The page with this source as one of the listed values of a resource."""
    resource = facts.resource(place)
    hosts, addresses = list(resource.listed_hosts), list(resource.addresses)
    values = hosts if at < len(hosts) else addresses
    values[at if at < len(hosts) else at - len(hosts)] = _HOLE
    changed = replace(resource, listed_hosts=tuple(hosts), addresses=tuple(addresses))
    page = facts.render(with_resource(facts.generation, place, changed))
    return page.replace(_HOLE, source)


def with_named(facts: Facts, place: Place, source: str) -> str:
    """The page with this source in place of the host that a label names."""
    resource = facts.resource(place)
    label = resource.label.replace(resource.named or "", _HOLE)
    page = facts.render(with_resource(facts.generation, place, replace(resource, label=label)))
    return page.replace(_HOLE, source)


def with_label(facts: Facts, place: Place, more: str) -> str:
    """The page with this source behind the label of a resource."""
    resource = facts.resource(place)
    changed = replace(resource, label=resource.label + _HOLE)
    page = facts.render(with_resource(facts.generation, place, changed))
    return page.replace(_HOLE, more)


def said(facts: Facts, place: Place, *means: str) -> list[Entry]:
    """The entries, where one row has these services."""
    return altered(facts, place, services=services(*means))


def altered(facts: Facts, place: Place, **fields: object) -> list[Entry]:
    """The entries, where the one of this row has other fields."""
    found = list(facts.entries)
    number = facts.places.index(place)
    found[number] = msgspec.structs.replace(found[number], **fields)
    return found


def of_resource(facts: Facts, place: Place, **fields: object) -> list[Entry]:
    """The entries, where all rows of one resource have other fields."""
    return [
        msgspec.structs.replace(entry, **fields) if at[:2] == place[:2] else entry
        for entry, at in zip(facts.entries, facts.places, strict=True)
    ]


def without(facts: Facts, number: int) -> list[Entry]:
    """The entries of all regions but one."""
    return [e for e, at in zip(facts.entries, facts.places, strict=True) if at[0] != number]


def listed(facts: Facts, *, addresses: bool = True) -> list[tuple[Place, int]]:
    """Every value of every list: the row where its resource begins, and its number."""
    return [
        (place, at)
        for place in facts.places
        if not place.use
        for at in range(len(facts.resource(place).listed))
        if addresses or at < len(facts.resource(place).listed_hosts)
    ]


def with_extra(facts: Facts, dice: Random, extra: Resource = EXTRA) -> Generation:
    """The facts with one resource more, anywhere in one of the regions."""
    number = dice.randrange(len(facts.generation.regions))
    region = facts.generation.regions[number]
    at = dice.randrange(1, len(region.resources) + 1)
    resources = (*region.resources[:at], extra, *region.resources[at:])
    return with_region(facts.generation, number, replace(region, resources=resources))


def row_span(page: str, facts: Facts, value: str = VALUE) -> tuple[int, int]:
    """Where the row with this value stands. Raises Untaken where rows are no elements."""
    at = page.index(value)
    if facts.markup in TABLED:
        return page.rindex("<tr>", 0, at), page.index("</tr>", at) + len("</tr>")
    if facts.markup in LINED:
        return page.rindex("\n", 0, at) + 1, page.index("\n", at)
    raise Untaken


def with_attributes(source: str, more: str) -> str:
    """The source with other attributes on its first tag; `class` and the like are joined."""
    tag = _FIRST_TAG.match(source)
    assert tag
    old = tag[2]
    added = re.fullmatch(r'class="([^"]*)"(.*)', more)
    if added and 'class="' in old:
        old = old.replace('class="', f'class="{added[1]} ', 1)
        more = added[2]
    return f"<{tag[1]} {more}{old}>{source[tag.end() :]}"


def in_head(page: str, source: str) -> str:
    """The page with more in its head."""
    return page.replace("</head>", f"{source}</head>", 1)


def behind(page: str, source: str) -> str:
    """The page with more behind its tables."""
    at = area(page)[1]
    return page[:at] + source + page[at:]


def gaps(page: str, facts: Facts) -> list[int]:
    """Before, behind and, where they can be told apart, between the tables."""
    try:
        parts = sections(facts.markup, page)
    except Untaken:
        return list(area(page))
    return [parts[0].start(), *(part.end() for part in parts)]


def between_tables(page: str, dice: Random, facts: Facts, source: str) -> str:
    """The page with more before, between or behind its tables."""
    at = dice.choice(gaps(page, facts))
    return page[:at] + source + page[at:]


def table_of(*resources: Resource) -> str:
    """A table of rows with the usual header."""
    return table(Region(None, resources, ""))


def fits(facts: Facts, source: str) -> bool:
    """Whether the source says in this markup what it says in HTML."""
    if facts.markup in PLAIN:
        return not any(sign in source for sign in ("<", "&", "\n", "|"))
    return facts.markup in CELLED or not re.search(r"<br|<p>|<ul>|<div", source)


def every(found: Iterator[str] | list[str], dice: Random, facts: Facts) -> str | None:
    """One of the sources that fit this markup."""
    fitting = [source for source in found if fits(facts, source)]
    return dice.choice(fitting) if fitting else None
