"""HTML to a Document, with libxml2. Knows elements and visibility; no words of any page.

libxml2 gives up on deep nesting and huge text without an error (it only logs), so its log is
read after each parse, and `witness.py` counts again with another parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree, html

from tracker.errors import NotAPage
from tracker.extract.document import Document, Line, Link, Table, TableCell
from tracker.text import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_UNSEEN_TAGS = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "canvas",
        "object",
        "iframe",
        "audio",
        "video",
        "select",
        "textarea",
        "input",
        "title",
    ]
)
_BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_CELL_TAGS = frozenset({"td", "th"})
_NOTE_TAGS = frozenset({"sup", "sub"})  # a footnote's number is no digit of the value before
_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 6, "caption": 5}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LOST = re.compile(
    r"excessive depth|resource limit|huge|input too|out of memory", re.IGNORECASE
)
_BULLET = re.compile(r"^[•◦▪‣·●○■–-]\s+")
_SPAN_LIMIT = {"rowspan": 65534, "colspan": 1000}  # the HTML standard's own caps


def read_html(text: str) -> Document:
    """Parse markup of any quality. Raises NotAPage where there is nothing to parse."""
    parser = html.HTMLParser(huge_tree=True, encoding="utf-8", remove_pis=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise NotAPage(f"the page is not markup that can be parsed: {error}") from None
    if root is None:
        raise NotAPage("the page is empty: no element in it")
    for entry in parser.error_log:
        if _LOST.search(entry.message):
            raise NotAPage(
                f"the parser gave up inside the page at line {entry.line}:"
                f" {clean(entry.message)}"
            )
    return _Walk().through(root)


class _Walk:
    """One pass over the tree, in document order, without recursion."""

    def __init__(self) -> None:
        self.document = Document()
        self.block = 0
        self.words: list[str] = []
        self.items = 0  # how many list items are open around the current line
        self.heading = 0
        self.open_tables: list[Table] = []
        self.open_cells: list[tuple[int, int]] = []  # first line, items open outside
        self.open_link: tuple[str, list[str]] | None = None
        self.unlinked = False  # whether the current line has words outside a link

    def through(self, root: _Element) -> Document:
        walk = etree.iterwalk(root, events=("start", "end", "comment"))
        for event, element in walk:
            if event == "comment":
                self._text(element.tail)
            elif event == "end":
                self._end(element)
            elif _unseen(element):
                if element.tag == "title" and not self.document.title:
                    self.document.title = clean(element.text or "")
                walk.skip_subtree()
            else:
                self._start(element)
        self._flush()
        return self.document

    def _start(self, element: _Element) -> None:
        tag = element.tag
        if tag == "br":
            self._flush()
        elif tag in _BLOCK_TAGS:
            self._flush()
            self.block = self.document.new_block(self.block)
            self.heading = _HEADINGS.get(tag, self.heading)
            self.items += tag == "li"
            self._start_table_part(tag)
        elif tag == "a":
            self.open_link = (element.get("href", ""), [])
        elif tag in _NOTE_TAGS:
            self._text(" ")
        self._text(element.text)

    def _end(self, element: _Element) -> None:
        tag = element.tag
        if not _unseen(element):
            if tag in _BLOCK_TAGS:
                self._flush()
                self.block = self.document.parents[self.block]
                self.heading = 0 if tag in _HEADINGS else self.heading
                self.items -= tag == "li"
                self._end_table_part(element)
            elif tag == "a" and self.open_link is not None:
                href, words = self.open_link
                self.document.links.append(Link(href.strip(), clean("".join(words))))
                self.open_link = None
            elif tag in _NOTE_TAGS:
                self._text(" ")
        self._text(element.tail)

    def _start_table_part(self, tag: str) -> None:
        lines = len(self.document.lines)
        if tag == "table":
            for outer in self.open_tables[-1:]:
                outer.holds_tables = True
            self.open_tables.append(Table(first_line=lines))
            self.document.tables.append(self.open_tables[-1])
        elif not self.open_tables:
            return
        elif tag == "tr":
            self.open_tables[-1].rows.append([])
        elif tag in _CELL_TAGS:
            self.open_cells.append((lines, self.items))
            self.items = 0

    def _end_table_part(self, element: _Element) -> None:
        if not self.open_tables:
            return
        table, lines = self.open_tables[-1], len(self.document.lines)
        if element.tag == "table":
            table.end_line = lines
            self.open_tables.pop()
        elif element.tag in _CELL_TAGS and self.open_cells:
            first_line, self.items = self.open_cells.pop()
            if not table.rows:
                table.rows.append([])
            spans = _span(element, "rowspan"), _span(element, "colspan")
            table.rows[-1].append(TableCell(*spans, first_line, lines))

    def _text(self, text: str | None) -> None:
        if text:
            self.words.append(text)
            if self.open_link is not None:
                self.open_link[1].append(text)
            elif not text.isspace():
                self.unlinked = True

    def _flush(self) -> None:
        """End the current line, if there is anything to see on it."""
        if not self.words:
            return
        text, linked = clean("".join(self.words)), not self.unlinked
        self.words.clear()
        self.unlinked = False
        if not text:
            return
        marked = _BULLET.match(text)
        self.document.lines.append(
            Line(
                text=text[marked.end() :] if marked else text,
                bullet=self.items > 0 or marked is not None,
                heading=self.heading,
                block=self.block,
                linked=linked,
            )
        )


def _unseen(element: _Element) -> bool:
    """Whether a browser would show nothing of this element."""
    if element.tag in _UNSEEN_TAGS:
        return True
    attributes = element.attrib
    if not attributes:
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and bool(_HIDDEN_STYLE.search(str(attributes["style"]))))
    )


def _span(element: _Element, name: str) -> int:
    written = element.get(name, "1").strip()
    return min(max(int(written), 1), _SPAN_LIMIT[name]) if written.isdecimal() else 1
