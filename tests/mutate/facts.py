"""A sample page and the facts that it was made of; places in them, and edits of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Final, NamedTuple

import msgspec

from tests.mutate.oracle import Oracle
from tests.pages import GENERATIONS, MARKUPS, expected, index_pages
from tests.pages.facts import Generation, Region, Resource, Use
from tracker.model import Entry

INDEX: Final = "index"
ROWS: Final = ("table-spans", "table-blanks", INDEX)


class Place(NamedTuple):
    """One row: the numbers of its region, its resource and its use."""

    region: int
    resource: int
    use: int


@dataclass(frozen=True)
class Facts:
    """One page: its generation, cut down to the regions on it, and its markup.

    `folder` is where the page of an index lies; `rest` the facts of the other pages.
    """

    generation: Generation
    markup: str
    folder: str = ""
    rest: tuple[Region, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.generation.name} {self.markup}{self.folder and ' '}{self.folder}"

    @cached_property
    def entries(self) -> list[Entry]:
        """What the page says, row by row."""
        return entries_of(self.generation)

    @cached_property
    def others(self) -> list[Entry]:
        """What the pages beside it say."""
        return entries_of(replace(self.generation, regions=self.rest))

    @cached_property
    def places(self) -> list[Place]:
        """Where each of the entries stands."""
        return list(_places(self.generation))

    def render(self, generation: Generation) -> str:
        """The page with other facts, in the same markup."""
        if self.markup == INDEX:
            return index_pages(generation)[f"{self.folder}/index.html"]
        return MARKUPS[self.markup](generation)

    def region(self, number: int) -> list[Entry]:
        """The entries of one region."""
        return [e for e, at in zip(self.entries, self.places, strict=True) if at[0] == number]

    def resource(self, place: Place) -> Resource:
        return self.generation.regions[place.region].resources[place.resource]

    def use(self, place: Place) -> Use:
        return self.resource(place).uses[place.use]


class Mutated(NamedTuple):
    """A damaged page, what was done to it, and what may be published of it.

    `beside` are other pages, by their path below the main one; None: there is no such page.
    `counted` says that the transfer itself shows that this is all of the page; `plain` that
    anybody reads it without a doubt, so that a refusal would be needless. A hold is not.
    """

    page: str | bytes
    what: str
    oracle: Oracle
    counted: bool = True
    plain: bool = False
    beside: tuple[tuple[str, str | None], ...] = ()


Mutation = Callable[[str, Random, Facts], Mutated | None]
Families = dict[str, tuple[Mutation, ...]]


def entries_of(generation: Generation) -> list[Entry]:
    """The entries of a generation, one a row."""
    return msgspec.convert(expected(generation), list[Entry])


def subjects() -> list[Facts]:
    """Every generation in every markup, and every page of a region below an index."""
    single = [Facts(generation, markup) for generation in _all() for markup in MARKUPS]
    return single + [facts for generation in _all() for facts in _indexed(generation)]


def with_resource(generation: Generation, place: Place, *found: Resource) -> Generation:
    """Another resource, several, or none in the place of one."""
    region = generation.regions[place.region]
    at = place.resource
    resources = (*region.resources[:at], *found, *region.resources[at + 1 :])
    return with_region(generation, place.region, replace(region, resources=resources))


def with_uses(facts: Facts, place: Place, *found: Use) -> Generation:
    """Another row, several, or none in the place of one; no resource without a row."""
    resource = facts.resource(place)
    uses = (*resource.uses[: place.use], *found, *resource.uses[place.use + 1 :])
    changed = [replace(resource, uses=uses)] if uses else []
    return with_resource(facts.generation, place, *changed)


def with_region(generation: Generation, number: int, *found: Region) -> Generation:
    """Another region, several, or none in the place of one."""
    regions = (*generation.regions[:number], *found, *generation.regions[number + 1 :])
    return replace(generation, regions=regions)


def _all() -> list[Generation]:
    return list(GENERATIONS.values())


def _indexed(generation: Generation) -> Iterator[Facts]:
    """The pages of regions; a region without a name has no page to be named by."""
    for folder in dict.fromkeys(r.page for r in generation.regions if r.name):
        here = tuple(r for r in generation.regions if r.page == folder)
        rest = tuple(r for r in generation.regions if r.page != folder)
        yield Facts(replace(generation, regions=here), INDEX, folder, rest)


def _places(generation: Generation) -> Iterator[Place]:
    for r, region in enumerate(generation.regions):
        for s, resource in enumerate(region.resources):
            for u in range(len(resource.uses)):
                yield Place(r, s, u)
