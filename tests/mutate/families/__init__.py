"""The families of damage, a few to a module. Each mutation is a pure function of its dice."""

from __future__ import annotations

from typing import Final

from tests.mutate.facts import Families

from . import (
    addresses,
    announced,
    banners,
    broken,
    cells,
    columns,
    cuts,
    digits,
    folded,
    force,
    gaps,
    hidden,
    language,
    letters,
    linked,
    lists,
    notes,
    outside,
    placeholders,
    ports,
    ranges,
    retired,
    rows,
    standins,
    tables,
    tree,
    unknown,
    unseen,
)

FAMILIES: Final[Families] = {
    **tables.FAMILIES,
    **rows.FAMILIES,
    **columns.FAMILIES,
    **cells.FAMILIES,
    **addresses.FAMILIES,
    **letters.FAMILIES,
    **unseen.FAMILIES,
    **cuts.FAMILIES,
    **language.FAMILIES,
    **standins.FAMILIES,
    **digits.FAMILIES,
    **ports.FAMILIES,
    **banners.FAMILIES,
    **retired.FAMILIES,
    **broken.FAMILIES,
    **notes.FAMILIES,
    **lists.FAMILIES,
    **gaps.FAMILIES,
    **ranges.FAMILIES,
    **placeholders.FAMILIES,
    **force.FAMILIES,
    **hidden.FAMILIES,
    **folded.FAMILIES,
    **announced.FAMILIES,
    **linked.FAMILIES,
    **outside.FAMILIES,
    **unknown.FAMILIES,
    **tree.FAMILIES,
}
