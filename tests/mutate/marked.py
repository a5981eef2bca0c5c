"""One row or one item of ours in a page, to be hidden or struck by a style sheet."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

from tests.mutate.facts import Facts, Mutated, entries_of, with_resource
from tests.mutate.layout import is_plain
from tests.mutate.oracle import Oracle, exactly
from tests.mutate.spots import VALUE, in_head, row_span, with_attributes, with_extra

CLASS: Final = 'class="x9"'


class Spot(NamedTuple):
    """A page with a row or an item of ours: where, and what it says with it."""

    page: str
    span: tuple[int, int]
    seen: Oracle
    shown: str  # how such an element is displayed

    @property
    def source(self) -> str:
        return self.page[slice(*self.span)]

    def marked(self, more: str, sheet: str = "") -> str:
        """The page with other attributes on the element, and a style sheet."""
        start, end = self.span
        element = with_attributes(self.source, more)
        page = self.page[:start] + element + self.page[end:]
        return in_head(page, sheet.replace("SHOWN", self.shown)) if sheet else page


def ruled(
    spot: Spot | None,
    dice: Random,
    rules: tuple[str, ...],
    oracle: Oracle,
    plain: bool = False,
) -> Mutated | None:
    if spot is None:
        return None
    sheet = f"<style>{dice.choice(rules)}</style>"
    changed = spot.marked(CLASS, sheet)
    return Mutated(changed, f"{sheet} for {spot.source[:60]!r}", oracle, plain=plain)


def spot_in(page: str, dice: Random, facts: Facts) -> Spot | None:
    """A row more, or an address more in a list."""
    if is_plain(page):
        return None
    if dice.random() < 0.5:
        more = with_extra(facts, dice)
        changed = facts.render(more)
        span = row_span(changed, facts)
        shown = "table-row" if changed.startswith("<tr", span[0]) else "block"
        return Spot(changed, span, exactly(entries_of(more)), shown)
    place = dice.choice([at for at in facts.places if facts.resource(at).addresses])
    resource = facts.resource(place)
    at = dice.randrange(len(resource.addresses) + 1)
    values = (*resource.addresses[:at], VALUE, *resource.addresses[at:])
    more = with_resource(facts.generation, place, replace(resource, addresses=values))
    changed, item = facts.render(more), f"<li>{VALUE}</li>"
    if changed.count(item) != 1:  # none in a markup without lists, several in one of cards
        return None
    start = changed.index(item)
    span = (start, start + len(item))
    return Spot(changed, span, exactly(entries_of(more)), "list-item")
