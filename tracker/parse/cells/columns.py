"""What the cells of a column with an unknown header say: is it of any meaning for its rows?

Plain words are of none. Protocols, ports, yes and no, dates, states, addresses and single
marks may each turn or limit what their rows say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tracker.parse.cells.force import DATE, MONTH, out_of_force
from tracker.parse.cells.values import find_values

_BLANK = re.compile(r"^(?:[\s–—_-]*|n/?a\.?|none)$", re.IGNORECASE)
_PROTOCOL = re.compile(
    r"\b(?:tcp|udp|sctp|dccp|icmp(?:v6)?|igmp|gre|esp|ah|quic)\b", re.IGNORECASE
)
_PROTOCOLS = re.compile(
    r"^(?:both\b[\s:]*)?(?:tcp|udp)(?:\s*(?:[/,&+|]|and|or)?\s*(?:tcp|udp))?$", re.IGNORECASE
)
_ANSWER = re.compile(
    r"^\W*(?:(?:yes|no|not|true|false|required|mandatory|recommended|optional|always|never"
    r"|conditional\w*|depends)\b|(?:y|n|on|off|x|ok)\W*$)",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"^\W*(?:active|inactive|live|current|new|beta|preview|ga|in use|in force|enabled|disabled"
    r"|allow(?:ed)?|open(?:ed)?|accept(?:ed)?|permit(?:ted)?|operational|online|offline|standby"
    r"|pending|testing|valid|invalid|available|supported|up|down|primary|secondary|temporary"
    r"|temporarily|migrat(?:ed|ing)|moved)\b(?!\s*\w{3})",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:until|till?|since|except|unless|only (?:if|when|for|in|from)|expires?|before"
    r"|after|from \d)\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"^\W*(?:{DATE}\W*)+$|\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}([./])\d{{1,2}}\1\d{{2,4}}\b"
    rf"|\b{MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?,?\s+\d{{4}}\b|\b(?:in|by|since)\s+(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_PORT = re.compile(
    r"^\W*\d{1,5}\b(?![.\d])|(?<![\w.:-])(?!365\b|(?:19|20)\d\d\b)\d{3,5}(?![\w.]*\w)|\bports?\b",
    re.IGNORECASE,
)
_MARK = re.compile(r"^[^\w\s]{1,3}$|^[xX]$")
_NUMBERING = re.compile(
    r"^(?:#|no|nr|num|number|id|row|line|item|rule|s\.? ?no)\.?$", re.IGNORECASE
)
_ABOUT_ROWS = re.compile(
    r"\b(?:status|state|lifecycle|validity|valid|expir\w*|until|since|required|mandatory|needed"
    r"|in use|active|enabled|allowed|mode|decision|verdict|schedule|condition|phase"
    r"|ports?|protocols?)\b",
    re.IGNORECASE,
)

_CELL_LENGTH = 400  # of which what a cell is about can be told

_KINDS = (
    ("a protocol", _PROTOCOL),
    ("a date", _DATED),
    ("a mark", _MARK),
    ("yes or no", _ANSWER),
    ("a state", _STATE),
    ("a limit", _LIMIT),
    ("a port", _PORT),
)


def is_protocol(text: str) -> bool:
    """Whether the cell says TCP, UDP or both, and nothing else."""
    return _PROTOCOLS.match(text.strip()) is not None


def is_blank(text: str) -> bool:
    """Whether the cell is empty, or a dash in place of nothing."""
    return _BLANK.match(text) is not None


def meaning_of_column(header: str, cells: Sequence[str]) -> tuple[str, str] | None:
    """Return what makes a column more than words, and the first cell that does; else None."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled or _is_numbering(header, cells):
        return None
    if words := out_of_force(header):
        return f"its header says {words}", filled[0]
    for cell in dict.fromkeys(filled):
        if kind := meaning_of_cell(cell):
            return f"it holds {kind}", cell
    return ("it is about the rows", filled[0]) if is_about_rows(header) else None


def is_about_rows(header: str) -> bool:
    """Whether a header says that its cells are about rows and not about what they open."""
    return _ABOUT_ROWS.search(header) is not None


def meaning_of_cell(cell: str) -> str | None:
    """Return what a cell of an unknown column holds, None where it holds words."""
    cell = cell[:_CELL_LENGTH]
    if out_of_force(cell):
        return "words that take a row out of force"
    values = find_values(cell)
    if values.hosts or values.addresses or values.odd:
        return "an address or a host"
    return next((kind for kind, pattern in _KINDS if pattern.search(cell)), None)


def _is_numbering(header: str, cells: Iterable[str]) -> bool:
    """Whether the column counts its rows: 1, 2, 3."""
    if not _NUMBERING.match(header.strip()):
        return False
    numbers = [cell.strip(" .)#") for cell in cells]
    return numbers == [str(number) for number in range(1, len(numbers) + 1)]
