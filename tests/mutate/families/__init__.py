"""The families of damage, a few to a module. Each mutation is a pure function of its dice."""

from __future__ import annotations

from typing import Final

from tests.mutate.facts import Families

from . import (
    addresses,
    banners,
    broken,
    cells,
    columns,
    cuts,
    digits,
    language,
    letters,
    ports,
    retired,
    rows,
    standins,
    tables,
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
}
