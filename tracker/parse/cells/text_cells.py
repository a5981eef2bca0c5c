"""Parses the cells of words: purpose and requirement, components, action, and region."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

from tracker.errors import Unreadable
from tracker.model import Requirement
from tracker.parse.grid import Cell
from tracker.parse.values import find_values
from tracker.text import quote

_LEVELS = {
    "required": "required",
    "mandatory": "required",
    "recommended": "recommended",
    "optional": "optional",
}
_BRACKET = re.compile(
    r"^\(\s*(?P<level>required|mandatory|recommended|optional)\b(?P<rest>[^)]*)\)\s*(?P<text>.*)$",
    re.IGNORECASE | re.DOTALL,
)
# "Required: ...", "Optional - ...", or just the level. If a condition or an answer follows, the
# level means something else.
_PREFIX = re.compile(
    r"^(?P<level>required|mandatory|recommended|optional)\.?"
    r"(?:$|(?:\s*:|\s+[-–—])\s+(?P<text>(?!(?:yes|no|not|none|only|if|when|for|in|unless|except"
    r"|until|from|since|after|before|by|on|with|to|either|n/?a)\b)\w.*)$)",
    re.IGNORECASE | re.DOTALL,
)
# A product's name in a sentence: "Connection to Booking.com for travel".
_BRAND = re.compile(r"(?<=[a-z] )[A-Z][a-z0-9]+\.(?:com|net|org|io|ai|app)(?=[\s,.;:!?)]|$)")
_AUDIENCE = re.compile(
    r"^\s*[-–—:,]?\s*(?:only\s+)?(?:for|in)\s+(?:the\s+)?(.+?)(?:\s+only)?\s*$",
    re.IGNORECASE,
)
_COMMA_OR_BRACKET = re.compile(r"[,;()]")
_COMPONENT = re.compile(r"^[\w][\w &+/'’-]*(?:\([\w &+/,'’-]+\))?$")
_COMPONENT_LENGTH = 60
# The start of a continuation line: the break before it does not separate names.
_CONTINUES = re.compile(r"^[(,;&+/-]|^(?:and|or)\b", re.IGNORECASE)
_ALLOWED = (
    "allow allowed accept accepted permit permitted open opened pass enable enabled yes"
    " allow-outbound allow-inbound"
)
_ALLOWS = frozenset(_ALLOWED.split())
_FILLED = "always traffic access connection connections outbound inbound all"
_FILLERS = frozenset(_FILLED.split())
_SEVERAL = re.compile(r"[,;/&+|]|\band\b|\bor\b", re.IGNORECASE)
_NAME_LENGTH = 60


class Purpose(NamedTuple):
    """The parts of a purpose cell: `(Required - only for Europe) Connection ...`."""

    requirement: Requirement | None
    only_for: str | None
    text: str


def read_purpose(text: str, where: str) -> Purpose:
    """Return the parts of a purpose cell. Raises Unreadable for an unknown condition."""
    try:
        return _parse_purpose(text)
    except Unreadable as problem:
        raise Unreadable(f"{where}: {problem}", cell=(text,), field="purpose") from None


def _parse_purpose(text: str) -> Purpose:
    match = _BRACKET.match(text)
    if not match:
        prefix = _PREFIX.match(text)
        if prefix:
            return Purpose(_parse_level(prefix), None, prefix["text"] or "")
        return Purpose(None, None, text)
    level = _parse_level(match)
    if not match["rest"].strip():
        return Purpose(level, None, match["text"])
    audience = _AUDIENCE.match(match["rest"])
    if not audience or "(" in match["rest"]:
        raise Unreadable(
            f"the bracket in {quote(text)} states a condition that is not understood"
        )
    return Purpose(level, audience[1], match["text"])


def _parse_level(match: re.Match[str]) -> Requirement:
    return cast("Requirement", _LEVELS[match["level"].lower()])


def join_components(cell: Cell) -> str:
    """Return a components cell on one line; a line break separates names like a comma."""
    text = ""
    for line in cell.lines:
        is_open = not text or text.endswith((",", ";", "&", "/"))
        is_continued = is_open or _CONTINUES.match(line.text)
        text += f" {line.text}" if is_continued else f", {line.text}"
    return text.strip()


def read_components(text: str, where: str) -> tuple[str, ...]:
    """Return the names in a components cell. Raises Unreadable for an impossible name."""
    names = _split_components(text)
    for name in names:
        if len(name) > _COMPONENT_LENGTH or not _COMPONENT.match(name):
            raise Unreadable(
                f"{where}: {quote(name)} is not the name of a component",
                cell=(text,),
                field="components",
            )
    return names


def read_components_cell(cell: Cell, where: str) -> tuple[str, ...]:
    """Return the names in a components cell with any number of lines. Raises Unreadable."""
    try:
        return read_components(join_components(cell), where)
    except Unreadable as error:
        error.cell = tuple(line.text for line in cell.lines)
        raise


def _split_components(text: str) -> tuple[str, ...]:
    return tuple(filter(None, _split_at_commas(text)))


def _split_at_commas(text: str) -> list[str]:
    """Return the pieces between commas outside brackets."""
    parts: list[str] = []
    end, is_inside = len(text), False
    for match in reversed(list(_COMMA_OR_BRACKET.finditer(text))):
        if match[0] in "()":
            is_inside = match[0] == ")"
        elif not is_inside:
            parts.append(text[match.end() : end].strip())
            end = match.start()
    return [text[:end].strip(), *reversed(parts)]


def find_values_in_words(text: str) -> tuple[str, ...]:
    """Return addresses and hosts in a cell of words, where they are unexpected."""
    values = find_values(_BRAND.sub("", text))
    return values.addresses + values.hosts


def check_allows(cell: Cell, where: str) -> None:
    """Raise Unreadable unless the cell states that the row is allowed."""
    words = re.findall(r"[a-z-]+", cell.text.lower())
    if not set(words) & _ALLOWS or not set(words) <= _ALLOWS | _FILLERS:
        raise Unreadable(
            f"{where}: {quote(cell.text)} does not say that the row is allowed",
            cell=(cell.text,),
            field="action",
        )


def read_region(cell: Cell, where: str) -> str:
    """Return the name in a region cell. Raises Unreadable unless there is exactly one."""
    text = cell.text
    if not text:
        raise Unreadable(f"{where}: its region cell is empty")
    if len(cell.lines) > 1 or len(text) > _NAME_LENGTH or _SEVERAL.search(text):
        raise Unreadable(
            f"{where}: {quote(text)} is not the name of one region",
            cell=(text,),
            field="region",
        )
    return text
