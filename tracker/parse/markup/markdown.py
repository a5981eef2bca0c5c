"""Converts Markdown with HTML tables to HTML, so that its headings apply to the tables.

Only elements that separate or name tables are converted: headings, paragraphs, lists, fences,
tables with bars. HTML stays as it is. As in CommonMark, an HTML block ends at the next blank
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from tracker.parse.markup.plain_text import (
    FENCE,
    HEADING,
    MARKED_LENGTH,
    UNDERLINE,
    TextTable,
    find_text_tables,
    strip_marks,
)

_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TABLE = re.compile(r"<table\b.{0,400}?<t[rhdb]", re.IGNORECASE | re.DOTALL)
_MARKED = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]+\S.*|(?:\*\*|__)\S.*(?:\*\*|__).*"
    r"|\S.*\n {0,3}(?:={3,}|-{3,})[ \t]*)$",
    re.MULTILINE,
)
_HEAD = 4096
_BLOCK = re.compile(
    r"^ {0,3}(?:<!--|</?(?:address|article|aside|blockquote|caption|center|col|colgroup|dd"
    r"|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|iframe"
    r"|legend|li|link|main|menu|nav|ol|p|pre|script|section|style|summary|table|tbody|td"
    r"|template|textarea|tfoot|th|thead|title|tr|ul)\b)",
    re.IGNORECASE,
)
_RAW = re.compile(r"<(pre|script|style|textarea|!--)", re.IGNORECASE)
_ITEM = re.compile(r"^\s*[-*+•]\s+(?P<text>\S.*)$")
_CODE = re.compile(r"(`{1,3})(?P<text>[^`]+)\1")
_HELD = re.compile(r"\x00(\d+)\x00")
_AUTOLINK = re.compile(r"<(?P<text>(?:https?://|mailto:)[^<>\s]*)>", re.IGNORECASE)
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<href>[^)\s]*)[^)]*\)")


def is_markdown_with_tables(text: str) -> bool:
    """Return whether a text has the titles of Markdown, and HTML tables."""
    return (
        _PAGE.search(text[:_HEAD]) is None
        and _TABLE.search(text) is not None
        and _MARKED.search(text) is not None
    )


def convert_to_html(text: str) -> str:
    """Return the text as HTML."""
    raw = text.replace("\x00", "").splitlines()
    return "\n".join(_Converter(raw).convert_blocks())


class _Converter:
    """Converts the lines block by block."""

    def __init__(self, raw: Sequence[str]) -> None:
        self.raw = raw
        self.at = 0
        self.tables = {
            table.start: table for table in find_text_tables(raw) if _has_bars(raw, table)
        }

    def convert_blocks(self) -> Iterator[str]:
        """Yield each block as HTML."""
        while self.at < len(self.raw):
            line = self.raw[self.at]
            if table := self.tables.get(self.at):
                self.at = table.end
                yield _format_table(table)
            elif FENCE.match(line):
                yield self._convert_fence()
            elif heading := HEADING.match(line):
                self.at += 1
                yield _format_heading(len(heading[1]), heading[2])
            elif _BLOCK.match(line):
                yield from self._copy_html()
            elif line.strip():
                yield self._convert_words()
            else:
                self.at += 1

    def _copy_html(self) -> Iterator[str]:
        """Yield lines of HTML up to a blank line, or to the end of an element of raw text."""
        while self.at < len(self.raw) and self.raw[self.at].strip():
            line = self.raw[self.at]
            if HEADING.match(line):
                return
            yield line
            self.at += 1
            opened = _RAW.search(line)
            if opened:
                yield from self._copy_raw_text(line[opened.end() :], opened[1].lower())

    def _copy_raw_text(self, rest: str, tag: str) -> Iterator[str]:
        end = "-->" if tag == "!--" else f"</{tag}"
        while end not in rest.lower() and self.at < len(self.raw):
            rest = self.raw[self.at]
            yield rest
            self.at += 1

    def _convert_fence(self) -> str:
        """Return a code block, up to the next fence."""
        start = self.at + 1
        end = start
        while end < len(self.raw) and not FENCE.match(self.raw[end]):
            end += 1
        self.at = end + 1
        return f"<pre>{escape(chr(10).join(self.raw[start:end]))}</pre>"

    def _convert_words(self) -> str:
        """Return an underlined heading, a list, or a paragraph."""
        start = self.at
        while self.at < len(self.raw) and self._continues():
            self.at += 1
        lines = self.raw[start : self.at]
        under = UNDERLINE.match(self.raw[self.at]) if self.at < len(self.raw) else None
        if under:
            self.at += 1
            if not _ITEM.match(lines[0]):
                return _format_heading(1 if "=" in under[0] else 2, " ".join(lines))
        items = [match["text"] for line in lines if (match := _ITEM.match(line))]
        if len(items) == len(lines):
            return f"<ul>{''.join(f'<li>{_convert_inline(item)}</li>' for item in items)}</ul>"
        return f"<p>{'<br>'.join(map(_convert_inline, lines))}</p>"

    def _continues(self) -> bool:
        line = self.raw[self.at]
        is_other = FENCE.match(line) or HEADING.match(line) or _BLOCK.match(line)
        is_end = not line.strip() or UNDERLINE.match(line) or self.at in self.tables
        return not is_other and not is_end


def _has_bars(raw: Sequence[str], table: TextTable) -> bool:
    return "|" in raw[table.start] and "<" not in raw[table.start]


def _format_heading(level: int, text: str) -> str:
    return f"<h{level}>{_convert_inline(text)}</h{level}>"


def _format_table(table: TextTable) -> str:
    width = max(len(row) for row in table.rows)
    rows: list[str] = []
    for row in table.rows:
        span = f' colspan="{width}"' if len(row) == 1 else ""
        cells = ("<br>".join(map(escape, cell)) for cell in row)
        rows.append(f"<tr>{''.join(f'<td{span}>{cell}</td>' for cell in cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _convert_inline(text: str) -> str:
    """Return a line of Markdown as HTML: code as text, links as links."""
    if len(text) > MARKED_LENGTH:
        return text
    codes: list[str] = []

    def hold(match: re.Match[str]) -> str:
        """Store a code span, and return a mark that takes its place."""
        codes.append(escape(match["text"]))
        return f"\x00{len(codes) - 1}\x00"

    text = _CODE.sub(hold, text.strip())
    text = _LINK.sub(_convert_link, _AUTOLINK.sub(r"\g<text>", text))
    return _HELD.sub(lambda match: codes[int(match[1])], strip_marks(text))


def _convert_link(match: re.Match[str]) -> str:
    if match["image"]:
        return ""
    return f'<a href="{escape(match["href"])}">{match["text"]}</a>'
