"""HTML to a Document, with libxml2. Knows how elements nest; no words of any page.

libxml2 gives up on deep nesting and huge text without an error (it only logs), so its log is
read after each parse, and `witness.py` compares with another parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from lxml import etree

from tracker.errors import NotAPage
from tracker.extract.document import Aside, Control, Document, Line, Link, Panel, Table
from tracker.extract.document import TableCell as Cell
from tracker.extract.elements import (
    NOTE_TAGS,
    STRUCK_TAGS,
    UNSEEN_TAGS,
    Kind,
    column_of,
    is_hidden,
    is_struck,
    kind_of,
    part_of,
    span,
)
from tracker.extract.panels import is_control, one_title, ties_of
from tracker.memory import give_back
from tracker.text import clean, remembered

if TYPE_CHECKING:
    from lxml.etree import _Element

_LOST = re.compile(
    r"excessive depth|resource limit|huge|input too|out of memory", re.IGNORECASE
)
_BULLET = re.compile(r"^[•◦▪‣·●○■–-]\s+")
_DEPTH_LIMIT = 512  # as in browsers; what lies deeper they show somewhere else
_NAMERS_AT_ONCE = 8
_line_text = remembered(clean)
_ONE_CELL = (1, 1, None)  # spans and column of a cell without attributes


def parse(text: str) -> _Element:
    """The tree of markup of any quality. Raises NotAPage where there is nothing to parse."""
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8", remove_pis=True)
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
    for later in list(root.itersiblings()):  # what follows a first </html>, as browsers show
        root.append(later)
    return root


def read_html(text: str) -> Document:
    """Markup as a document. Raises NotAPage where it cannot be parsed."""
    document = _walked(parse(text))
    give_back(len(text))  # the tree
    return document


def _walked(root: _Element) -> Document:
    return _Walk(root).through(root)


class _Walk:
    """One pass over the tree, in document order, without recursion."""

    def __init__(self, root: _Element) -> None:
        self.document = Document()
        self.strings: list[str] = []  # in which a value can be, of all elements and comments
        self.ties = ties_of(root)
        self.tied = self.ties.openers | self.ties.namers | {*self.ties.panels}
        self.tied |= {*self.ties.anchors}
        self.block = 0
        self.words: list[str] = []
        self.cuts: list[int] = []  # where, in the words, a visible element begins or ends
        self.items = 0  # how many list items are open around the current line
        self.heading = 0
        self.control: Control = ""
        self.clicked: Control = ""  # of the last words
        self.open: list[Kind] = []
        self.open_controls: list[tuple[_Element, Control]] = []
        self.open_tables: list[Table] = []
        # First line, items open outside, spans and column of each.
        self.open_cells: list[tuple[int, int, tuple[int, int, int | None]]] = []
        self.open_link: tuple[str, list[str]] | None = None
        self.unlinked = False  # whether the current line has words outside a link
        self.uncontrolled = False  # or outside what is there to be clicked
        self.namers: dict[_Element, list[str]] = {}
        self.open_namers: list[_Element] = []
        self.open_panels: list[tuple[_Element, int]] = []
        self.panels: list[tuple[_Element, int, int]] = []
        self.outer: set[_Element] = set()  # panels that hold panels

    def through(self, root: _Element) -> Document:
        walk = etree.iterwalk(root, events=("start", "end", "comment"))
        skipped: _Element | None = None
        for event, element in walk:
            if event == "start":
                names = element.keys()
                if self._is_no_content(element, names):
                    self._witness(*_all_texts(element))
                    skipped = element
                    walk.skip_subtree()
                else:
                    self._start(element, names)
                continue
            if event == "comment":
                self._witness(element.text)
            elif element is skipped:
                skipped = None
            else:
                self._end(element)
            if tail := element.tail:
                self._text(tail)
        self._flush()
        self.document.panels = sorted(self._panels(), key=lambda p: (p.first_line, -p.end_line))
        self.document.strings = self.strings
        return self.document

    def _is_no_content(self, element: _Element, names: Sequence[str]) -> bool:
        """Whether nobody sees it; what it says is put aside where it could have been meant."""
        tag = element.tag
        if tag in UNSEEN_TAGS:
            if tag == "title" and not self.document.title:
                self.document.title = clean(element.text or "")
            return True
        if tag in STRUCK_TAGS or ("style" in names and is_struck(element)):
            self.document.struck += self._asides(element, "".join(_texts(element)))
            self._text(" ")  # what it stands between is not joined
            return True
        if names and is_hidden(element, names) and not self._is_panel(element):
            self.document.hidden += self._asides(element, *_texts(element))
            return True
        return False

    def _is_panel(self, element: _Element) -> bool:
        """Hidden panels show as soon as somebody clicks on their title."""
        return (
            element.get("role") == "tabpanel"
            or element in self.ties.panels
            or element in self.ties.anchors
        )

    def _asides(self, element: _Element, *texts: str) -> Iterator[Aside]:
        tabular = bool(self.open_tables)
        tabular = tabular or part_of(element.tag, element.get("role")) is not None
        tabular = tabular or element.find(".//td") is not None
        for text in texts:
            if cleaned := clean(text):
                yield Aside(cleaned, len(self.document.lines), tabular)

    def _start(self, element: _Element, names: Sequence[str]) -> None:
        """`names` are those of its attributes; most elements have none, or few that matter."""
        kind = kind_of(element.tag, element.get("role") if "role" in names else None)
        self.open.append(kind)
        if kind.is_block:
            if self.words or self.cuts:
                self._flush()
            self.block = self.document.new_block(self.block)
            if self.document.depths[self.block] > _DEPTH_LIMIT:
                raise NotAPage(f"more than {_DEPTH_LIMIT} elements stand inside each other")
            self.heading = kind.heading or self.heading
            self.items += kind.is_item
            if kind.part:
                self._start_table_part(kind.part, element if names else None)
        elif kind.tag == "br":
            self._flush()
        else:
            self._edge(kind.tag)
        if kind.tag == "a":
            self.open_link = (element.get("href", ""), [])
        is_tied = element in self.tied
        if kind.is_clicked or is_tied:
            self._start_control(element)
        if is_tied and (element in self.ties.panels or element in self.ties.anchors):
            self.outer.update(panel for panel, _ in self.open_panels[-1:])
            self.open_panels.append((element, len(self.document.lines)))
        if text := element.text:
            self._text(text)

    def _end(self, element: _Element) -> None:
        kind = self.open.pop()
        if kind.is_block:
            if self.words or self.cuts:
                self._flush()
            self.block = self.document.parents[self.block]
            self.heading = 0 if kind.heading else self.heading
            self.items -= kind.is_item
            if kind.part:
                self._end_table_part(kind.part)
        else:
            self._edge(kind.tag)
        if kind.tag == "a" and self.open_link is not None:
            href, words = self.open_link
            self.document.links.append(Link(href.strip(), clean("".join(words))))
            self.open_link = None
        if self.open_controls or self.open_namers:
            self._end_control(element)
        if self.open_panels and self.open_panels[-1][0] is element:
            self._flush()
            first_line = self.open_panels.pop()[1]
            self.panels.append((element, first_line, len(self.document.lines)))

    def _edge(self, tag: str) -> None:
        """An element within a line begins or ends here."""
        if tag in NOTE_TAGS:
            self._text(" ")
        elif tag not in {"wbr", "br"}:
            self.cuts.append(len(self.words))

    def _start_control(self, element: _Element) -> None:
        opens_panel = element in self.ties.openers
        if opens_panel or is_control(element):
            self.open_controls.append((element, self.control))
            self.control = "bound" if opens_panel else self.control or "loose"
        if element in self.ties.namers and len(self.open_namers) < _NAMERS_AT_ONCE:
            self.namers[element] = []
            self.open_namers.append(element)

    def _end_control(self, element: _Element) -> None:
        if self.open_controls and self.open_controls[-1][0] is element:
            self.control = self.open_controls.pop()[1]
        if self.open_namers and self.open_namers[-1] is element:
            self.open_namers.pop()

    def _start_table_part(self, part: str, attributed: _Element | None) -> None:
        """`attributed` is the element, if it has attributes."""
        lines = len(self.document.lines)
        if part == "table":
            for outer in self.open_tables[-1:]:
                outer.holds_tables = True
            self.open_tables.append(Table(first_line=lines))
            self.document.tables.append(self.open_tables[-1])
        elif not self.open_tables:
            return
        elif part == "row":
            self.open_tables[-1].rows.append([])
        else:
            place = _ONE_CELL if attributed is None else _place(attributed)
            self.open_cells.append((lines, self.items, place))
            self.items = 0

    def _end_table_part(self, part: str) -> None:
        lines = len(self.document.lines)
        if not self.open_tables:
            return
        table = self.open_tables[-1]
        if part == "table":
            table.end_line = lines
            self.open_tables.pop()
        elif part == "cell" and self.open_cells:
            first_line, self.items, (rowspan, colspan, column) = self.open_cells.pop()
            if not table.rows:
                table.rows.append([])
            table.rows[-1].append(Cell(rowspan, colspan, first_line, lines, column))

    def _panels(self) -> Iterator[Panel]:
        for element, first_line, end_line in self.panels:
            namers = self.ties.panels.get(element) or self.ties.anchors.get(element, [])
            title = one_title("".join(self.namers.get(namer, [])) for namer in namers)
            is_part_of_page = element in self.outer and element not in self.ties.panels
            if title and not is_part_of_page:
                yield Panel(title, first_line, end_line)

    def _witness(self, *texts: str | None) -> None:
        """Keep what the witness has to know of these."""
        self.strings += (text for text in texts if text and ("." in text or ":" in text))

    def _text(self, text: str) -> None:
        self.words.append(text)
        if "." in text or ":" in text:
            self.strings.append(text)
        for namer in self.open_namers:
            self.namers[namer].append(text)
        if self.open_link is not None:
            self.open_link[1].append(text)
        if text.isspace():
            return
        self.unlinked = self.unlinked or self.open_link is None
        self.uncontrolled = self.uncontrolled or not self.control
        self.clicked = self.control

    def _flush(self) -> None:
        """End the current line, if there is anything to see on it."""
        if not self.words:
            self.cuts.clear()
            return
        text, linked = _line_text("".join(self.words)), not self.unlinked
        control: Control = "" if self.uncontrolled else self.clicked
        joints = _joints(self.words, self.cuts) if self.cuts else ()
        self.words.clear()
        self.cuts.clear()
        self.unlinked = self.uncontrolled = False
        if not text:
            return
        if joints:
            self.document.joints[len(self.document.lines)] = joints
        marked = _BULLET.match(text)
        self.document.lines.append(
            Line(
                text=text[marked.end() :] if marked else text,
                bullet=self.items > 0 or marked is not None,
                heading=self.heading,
                block=self.block,
                linked=linked,
                control=control,
            )
        )


def _place(cell: _Element) -> tuple[int, int, int | None]:
    return span(cell, "rowspan"), span(cell, "colspan"), column_of(cell)


def _all_texts(element: _Element) -> Iterator[str | None]:
    """All text inside an element, and inside comments in it."""
    for inner in element.iter(etree.Element, etree.Comment):
        yield inner.text
        if inner is not element:
            yield inner.tail


def _texts(element: _Element) -> Iterator[str]:
    """All text inside an element that a browser could show."""
    for inner in element.iter(etree.Element):
        if inner.text and inner.tag not in UNSEEN_TAGS:
            yield inner.text
        if inner.tail and inner is not element:
            yield inner.tail


def _joints(words: list[str], cuts: list[int]) -> tuple[tuple[str, ...], ...]:
    """Words of which one part stands in one element and the next in another."""
    edges = [0, *dict.fromkeys(cuts), len(words)]
    found: list[tuple[str, ...]] = []
    parts: list[str] = []

    def end() -> None:
        if len(parts) > 1:
            found.append(tuple(parts))
        parts.clear()

    for start, stop in pairwise(edges):
        piece = "".join(words[start:stop])
        if not piece:
            continue
        if piece[0].isspace():
            end()
        for number, word in enumerate(piece.split()):
            if number:
                end()
            parts.append(clean(word))
        if piece[-1].isspace():
            end()
    end()
    return tuple(found)
