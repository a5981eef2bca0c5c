"""Edits that change nothing that the page says: each check has to find it unchanged."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Mutated, Mutation
from tests.mutate.harmless import beside, cells, frame, markup, order, panels, regions, values
from tests.mutate.oracle import exactly

Change = Callable[[str, Random, Facts], str | None]


def _edit(change: Change) -> Mutation:
    def edit(page: str, dice: Random, facts: Facts) -> Mutated | None:
        changed = change(page, dice, facts)
        if changed is None or changed == page:
            return None
        return Mutated(changed, edit.__name__, exactly(facts.entries))

    edit.__name__ = change.__name__
    return edit


_MODULES: Final = (markup, order, beside, cells, regions, frame, values, panels)
EDITS: Final[tuple[Mutation, ...]] = tuple(
    _edit(change) for module in _MODULES for change in module.EDITS
)
