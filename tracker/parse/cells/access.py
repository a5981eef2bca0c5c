"""The cells that say whether a row opens anything, and for which region it is."""

from __future__ import annotations

import re

from tracker.errors import Unreadable
from tracker.parse.shapes.grid import Cell
from tracker.text import quote

_ALLOWED = (
    "allow allowed accept accepted permit permitted open opened pass enable enabled yes"
    " allow-outbound allow-inbound"
)
_ALLOWS = frozenset(_ALLOWED.split())
_FILLED = "always traffic access connection connections outbound inbound all"
_FILLERS = frozenset(_FILLED.split())
_SEVERAL = re.compile(r"[,;/&+|]|\band\b|\bor\b", re.IGNORECASE)
_NAME_LENGTH = 60


def check_allows(cell: Cell, where: str) -> None:
    """Raise Unreadable unless the cell says that the row is to be let through."""
    words = re.findall(r"[a-z-]+", cell.text.lower())
    if not set(words) & _ALLOWS or not set(words) <= _ALLOWS | _FILLERS:
        raise Unreadable(f"{where}: {quote(cell.text)} does not say that the row is allowed")


def read_region(cell: Cell, where: str) -> str:
    """The name in a region cell. Raises Unreadable for none and for several."""
    text = cell.text
    if not text:
        raise Unreadable(f"{where}: its region cell is empty")
    if len(cell.lines) > 1 or len(text) > _NAME_LENGTH or _SEVERAL.search(text):
        raise Unreadable(f"{where}: {quote(text)} is not the name of one region")
    return text
