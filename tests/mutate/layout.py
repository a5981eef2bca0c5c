"""Where the parts of a sample page stand in its source: regions, headers, rows, values.

Nothing here reads a page in general; it undoes the markups of `tests.pages`.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from tests.mutate.facts import INDEX
from tests.support.stacked import COUNT, Column, regions

ADDRESS: Final = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
LIST_GLUE: Final = r"(?:</li><li>|<br>\n(?:• )?|\n  • |, |`<br>• `)"
_BEFORE: Final = "resources through:"
_SECTIONS: Final = {
    "table-spans": r'(?:<h3>[^<]*</h3>\n)?<figure class="wp-block-table">.*?</figure>\n',
    "table-blanks": r'<table class="doc-table" border="1">.*?</table>\n',
    "stacks": r'<div class="pb-section .*?\n</div>\n</div>\n</div>\n',
    "bare": r'(?:<h3>[^<]*</h3>\n)?<div class="columns">\n.*?\n</div>\n</div>\n',
    "one-row": r'<table class="doc-table">\n<tbody>.*?</table>\n',
    "text": r"(?:Region: [^\n]+\n\n)?Resource\n\n.*?\n\n(?=Region: |Note: )",
}
_HEADERS: Final = {
    "table-spans": '<th scope="col">{}</th>',
    "table-blanks": "<td><strong>{}</strong></td>",
    "stacks": 'pb-head">{}</div>',
    "bare": "<h4>{}</h4>",
    "one-row": "<th>{}</th>",
    "text": "{}\n\n",
}
_HEADINGS: Final = {
    "table-spans": "<h3>{}</h3>",
    "table-blanks": "<caption>{}</caption>",
    "stacks": "<h2>{}</h2>",
    "bare": "<h3>{}</h3>",
    "one-row": '<td colspan="5">{}</td>',
    "text": "{}\n\n",
}
_ROW: Final = re.compile(r"<tr>.*?</tr>\n?", re.DOTALL)
_CELL: Final = re.compile(r"<td.*?</td>", re.DOTALL)


class Untaken(Exception):
    """The parts of this markup's source are not known here; its tables as a whole are."""


def markup_of(markup: str) -> str:
    """The markup of the tables: a page below an index is made as table-spans is."""
    return "table-spans" if markup == INDEX else markup


def sections(markup: str, page: str) -> list[re.Match[str]]:
    """Each region, with the heading that is right above it. Raises Untaken."""
    _check(markup)
    return list(re.finditer(_SECTIONS[markup_of(markup)], page, re.DOTALL))


def headings(markup: str, page: str) -> list[re.Match[str]]:
    """The heading of each region, as it is marked up; group 1 is its words. Raises Untaken."""
    _check(markup)
    before, after = re.escape(_HEADINGS[markup_of(markup)]).split(r"\{\}")
    return list(re.finditer(f"{before}(Region: [^<\n]+){after}", page))


def headers(markup: str, page: str, name: str) -> list[re.Match[str]]:
    """Where the name of a column stands as a header; group 1 is the name. Raises Untaken."""
    _check(markup)
    before, after = re.escape(_HEADERS[markup_of(markup)]).split(r"\{\}")
    written = name if markup == "text" else escape(name, quote=False)
    if markup == "text":
        before = "(?:(?<=\n\n)|(?<=\n))"
    return list(re.finditer(f"{before}({re.escape(written)}){after}", page))


def _check(markup: str) -> None:
    if markup_of(markup) not in _SECTIONS:
        raise Untaken


def renamed(markup: str, page: str, names: dict[str, str], region: int | None = None) -> str:
    """The page with other words in its headers, of one region or of all."""
    spots = [
        (match.span(1), new)
        for name, new in names.items()
        for number, match in enumerate(headers(markup, page, name))
        if region in {None, number}
    ]
    for (start, end), new in sorted(spots, reverse=True):
        page = page[:start] + new + page[end:]
    return page


def rows(page: str) -> list[re.Match[str]]:
    """The rows of a table of rows, without header rows."""
    return [match for match in _ROW.finditer(page) if "bound</td>" in match[0]]


def cells(row: str) -> list[str]:
    """The cells of one row, with their tags."""
    return _CELL.findall(row)


def columns(markup: str, page: str) -> list[list[Column]]:
    """The columns of each region of a column-major page. Raises Untaken."""
    if markup not in COUNT:
        raise Untaken
    return regions(markup, page)


def area(page: str) -> tuple[int, int]:
    """Where all tables of a page stand, in any markup."""
    start = page.index(_BEFORE) + len(_BEFORE)
    start += len("</p>\n") if page.startswith("</p>\n", start) else 0
    note = page.find('<p class="note">')
    return start, note if note > 0 else page.index("Note: ")


def is_plain(page: str) -> bool:
    """Whether it is text without markup of HTML."""
    return not page.startswith("<")


def inside(page: str, pattern: str | re.Pattern[str]) -> list[re.Match[str]]:
    """What is found in the tables, in any markup."""
    return list(re.compile(pattern).finditer(page, *area(page)))


def addresses(page: str) -> list[re.Match[str]]:
    """The addresses in the tables."""
    return inside(page, ADDRESS)


def swapped_in(page: str, span: tuple[int, int], new: str) -> str:
    """The page with other text in one place."""
    return page[: span[0]] + new + page[span[1] :]


def cut_out(page: str, match: re.Match[str]) -> str:
    """The page without one part."""
    return swapped_in(page, match.span(), "")


def replaced(page: str, old: str, new: str) -> str:
    """The page with another value in all places."""
    return re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)", lambda _: new, page)
