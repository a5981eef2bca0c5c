"""Finds the part of a page that a finding is about, to show it in a terminal.

Pure. The values and the quoted words of the finding's message are searched for on the visible
page: lines, and rows of tables with their cells on one line. On a page that is not markup, such
as a feed, the lines of its text are searched.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from tracker.errors import PageError
from tracker.model import Finding
from tracker.parse.markup.document import Document, HiddenText, Table, TableCell
from tracker.parse.shapes.find import is_markup, read_document
from tracker.parse.values import find_values
from tracker.text import clean

MOST_LINES = 12
WIDTH = 100
_MOST_FOUND = 5  # lines with a match
_LONGEST_NEEDLE = 200
_MOST_NEEDLES = 40
_QUOTED = re.compile(r'"([^"]{2,})"')
_MORE = re.compile(r" and \d+ more \([0-9a-f]+\)$")
_GAP = "  …"


class PageLines(NamedTuple):
    """One page for display: its lines, and which of them are headings.

    `headers[i]` is the line with the first row of the table in which line `i` is a row.
    """

    url: str
    lines: tuple[str, ...]
    headings: frozenset[int] = frozenset()
    headers: Mapping[int, int] = MappingProxyType({})


def show_page(url: str, text: str) -> PageLines:
    """Return a page, given as decoded text, in lines to show."""
    if is_markup(text):
        try:
            return _show_document(url, read_document(text))
        except PageError:
            pass  # not a document: show its source
    return PageLines(url, tuple(filter(None, map(clean, text.splitlines()))))


def find_excerpt(finding: Finding, pages: Sequence[PageLines]) -> tuple[str, ...]:
    """Return the lines that a finding is about: at most twelve, with the matches marked.

    The result is empty if no page has a match.
    """
    message = finding.message
    named = [page for page in pages if page.url in message] or list(pages)
    for page in named:
        message = message.replace(page.url, " ")
    for needles in (_list_values(message), _list_words(message, finding)):
        pattern = _compile(needles)
        for page in named if pattern else ():
            if found := _find_lines(page, pattern):
                return tuple(_show_lines(page, found, pattern))
    return ()


def _list_values(message: str) -> list[str]:
    """Return the values in a message, and the items of the list at its end."""
    values = find_values(message)
    tail = _MORE.sub("", message.rpartition(": ")[2]) if ": " in message else ""
    return [*values.hosts, *values.addresses, *tail.split(", ")]


def _list_words(message: str, finding: Finding) -> list[str]:
    """Return the quoted words of a message, the resource, and the region."""
    quoted = [words.rstrip("…") for words in _QUOTED.findall(message)]
    return [*quoted, *filter(None, (finding.resource, finding.region))]


def _compile(needles: Iterable[str]) -> re.Pattern[str] | None:
    wanted = [needle.strip(" \"'") for needle in dict.fromkeys(needles)]
    wanted = [one for one in wanted if 1 < len(one) <= _LONGEST_NEEDLE][:_MOST_NEEDLES]
    if not wanted:
        return None
    any_of = "|".join(map(re.escape, sorted(wanted, key=len, reverse=True)))
    return re.compile(rf"(?<![\w.])(?:{any_of})(?!\w)", re.IGNORECASE)


def _find_lines(page: PageLines, pattern: re.Pattern[str] | None) -> list[int]:
    if pattern is None:
        return []
    found = [at for at, line in enumerate(page.lines) if pattern.search(line)]
    return [at for at in found if at not in page.headings] or found


def _show_lines(
    page: PageLines, found: Sequence[int], pattern: re.Pattern[str] | None
) -> Iterator[str]:
    """Yield the matches with the lines around them, their headings and header rows."""
    shown, marked = _choose_lines(page, found), set(found)
    before = -1
    for at in shown:
        if before >= 0 and at > before + 1:
            yield _GAP
        yield f"{'>' if at in marked else ' '} {_cut(page.lines[at], pattern)}"
        before = at
    if (more := len(marked.difference(shown))) > 0:
        yield f"{_GAP} and {more} more"


def _choose_lines(page: PageLines, found: Sequence[int]) -> list[int]:
    """Return the lines to show, in order, so that with the gaps there are at most twelve."""
    chosen: set[int] = set()
    for at in found[:_MOST_FOUND]:
        heading = max((line for line in page.headings if line <= at), default=at)
        above = at if at in page.headings else at - 1  # above a heading is another section
        for line in (at, page.headers.get(at, at), heading, above, at + 1):
            more = chosen | {line}
            if 0 <= line < len(page.lines) and len(more) + _count_gaps(more) < MOST_LINES:
                chosen = more
    return sorted(chosen)


def _count_gaps(lines: Iterable[int]) -> int:
    ordered = sorted(lines)
    return sum(below > above + 1 for above, below in pairwise(ordered))


def _cut(line: str, pattern: re.Pattern[str] | None) -> str:
    """Return a line cut to the width, around its match."""
    if len(line) <= WIDTH:
        return line
    match = pattern.search(line) if pattern else None
    start = max(0, min((match.start() if match else 0) - WIDTH // 3, len(line) - WIDTH))
    end = start + WIDTH
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def _show_document(url: str, document: Document) -> PageLines:
    lines: list[str] = []
    headings: set[int] = set()
    headers: dict[int, int] = {}
    rows = {row[0].first_line: (table, row) for table, row in _iter_rows(document)}
    first: dict[int, int] = {}  # shown line of the first row, by the first line of its table
    asides = deque(sorted(_iter_asides(document), key=lambda aside: aside.line))
    at = 0
    while at < len(document.lines) or asides:
        if asides and (at >= len(document.lines) or asides[0].line <= at):
            lines.append(clean(asides.popleft().text))
        elif at in rows:
            table, row = rows[at]
            headers[len(lines)] = first.setdefault(table.first_line, len(lines))
            lines.append(" | ".join(_join_cell(document, cell) for cell in row))
            at = max(at + 1, row[-1].end_line)
        else:
            if document.lines[at].heading:
                headings.add(len(lines))
            lines.append(clean(document.lines[at].text))
            at += 1
    return PageLines(url, tuple(lines), frozenset(headings), headers)


def _iter_rows(document: Document) -> Iterator[tuple[Table, Sequence[TableCell]]]:
    for table in document.tables:
        if not table.holds_tables:
            yield from ((table, row) for row in table.rows if row)


def _iter_asides(document: Document) -> Iterator[HiddenText]:
    """Yield hidden and struck-out texts, labelled as such."""
    for how, asides in (("hidden", document.hidden), ("struck out", document.struck)):
        yield from (aside._replace(text=f"({how}) {aside.text}") for aside in asides)


def _join_cell(document: Document, cell: TableCell) -> str:
    lines = document.lines[cell.first_line : cell.end_line]
    return clean(" ".join(line.text for line in lines))
