"""Edits that change nothing that a reader is told: each page is to be found unchanged."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Mutated, Mutation
from tests.mutate.harmless import beside, markup, order
from tests.mutate.oracle import exactly

Change = Callable[[str, Random, Facts], str | None]


def _edit(change: Change) -> Mutation:
    def edit(page: str, dice: Random, facts: Facts) -> Mutated | None:
        changed = change(page, dice, facts)
        if changed is None or changed == page:
            return None
        return Mutated(changed, edit.__name__, exactly(facts.entries))

    edit.__name__ = change.__name__  # type: ignore[attr-defined]
    return edit


EDITS: Final[tuple[Mutation, ...]] = tuple(
    map(_edit, (*markup.EDITS, *order.EDITS, *beside.EDITS))
)
