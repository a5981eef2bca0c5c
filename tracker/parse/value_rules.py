"""Applies a definition's rules that turn the text of a cell into values. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine
from tracker.parse.values import find_values
from tracker.sources.definition import ValueRules
from tracker.text import clean

NO_RULES = ValueRules()
# A host within a URL, or before a path; one with a port is left as it is.
_NAME = r"(?:\*\.)?(?:[\w-]+\.)+[a-z]{2,63}"
_HOST = rf"{_NAME}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}"
_URL = re.compile(
    rf"(?<![\w.*/-])(?:[a-z][a-z0-9+.-]*://)(?:[^/@\s]*@)?({_HOST})(?!:\d)(?:[/?#:][^\s,;]*)?",
    re.IGNORECASE,
)
_PATH = re.compile(rf"(?<![\w.*/-])({_NAME})/[^\s,;]*", re.IGNORECASE)


class ReadText(NamedTuple):
    """The lines of a text after the rules, and the values that `drop` removed."""

    lines: tuple[str, ...]
    removed: tuple[str, ...]


def apply_value_rules(text: str, rules: ValueRules, *, is_resource: bool) -> ReadText:
    """Return a text of one or more lines as it is after the rules."""
    for old, new in rules.replace.items():
        text = text.replace(old, new)
    removed: list[str] = []
    for pattern in rules.drop:
        for match in re.finditer(pattern, text):
            removed += list_values(match[0])
        text = re.sub(pattern, "", text)
    lines = [_strip_footnotes(line, rules) for line in text.split("\n")]
    if is_resource:
        lines = [value for line in lines for value in _split_values(line, rules)]
    cleaned = (clean(line) for line in lines)
    return ReadText(tuple(line for line in cleaned if line), tuple(removed))


def _strip_footnotes(line: str, rules: ValueRules) -> str:
    line = line.strip()
    while mark := next((mark for mark in rules.footnotes if line.endswith(mark)), None):
        line = line.removesuffix(mark).rstrip()
    return line


def _split_values(line: str, rules: ValueRules) -> list[str]:
    for placeholder, value in rules.placeholders.items():
        line = line.replace(placeholder, value)
    pieces = line.split(rules.split) if rules.split else [line]
    pieces = [_strip_footnotes(piece, rules) for piece in pieces]
    if rules.urls == "host":
        pieces = [_PATH.sub(r"\1", _URL.sub(r"\1", piece)) for piece in pieces]
    return pieces


def apply_to_cell(
    cell: Cell, rules: ValueRules, *, is_resource: bool
) -> tuple[Cell, tuple[str, ...]]:
    """Return a cell as it is after the rules, and the values that they removed.

    Lines that the rules do not change stay the same objects, with their bullets.
    """
    if rules == NO_RULES or not cell.lines:
        return cell, ()
    read = apply_value_rules(
        "\n".join(line.text for line in cell.lines), rules, is_resource=is_resource
    )
    if read.lines == tuple(line.text for line in cell.lines):
        return cell, read.removed
    by_text = {line.text: line for line in cell.lines}
    plain = msgspec.structs.replace(cell.lines[0], bullet=False)
    lines = (
        by_text.get(text) or msgspec.structs.replace(plain, text=text) for text in read.lines
    )
    return Cell(tuple(lines)), read.removed


def make_cell(*texts: str) -> Cell:
    """Return a cell with these lines."""
    return Cell(tuple(PageLine(text) for text in texts if text))


def list_values(text: str) -> tuple[str, ...]:
    """Return the hosts and addresses in a text."""
    found = find_values(text)
    return found.hosts + found.addresses
