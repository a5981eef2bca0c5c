"""HTML to a Document: one pass over the tree that a browser builds, in the page's order.

Knows how elements nest and what is seen of them; no words of any page. What a person cannot see
is put aside, with where it stood, so that the reader can tell whether it was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bs4 import BeautifulSoup, Tag

from tracker.errors import NotAPage
from tracker.parse.markup.browser_tree import Walk, attribute, build_tree, texts_of
from tracker.parse.markup.document import Aside, Control, Document, Line, Link, Panel, Table
from tracker.parse.markup.document import TableCell as Cell
from tracker.parse.markup.elements import (
    EMPHASIS_TAGS,
    NOTE_TAGS,
    PLACEHOLDER_TAGS,
    Kind,
    column_of,
    is_aside,
    is_button_label,
    is_icon,
    is_permalink,
    kind_of,
    mark_of,
    part_of,
    span,
)
from tracker.parse.markup.markup_scan import scan_markup
from tracker.parse.markup.tabs import one_title, ties_of
from tracker.parse.markup.visibility import DRAWN_TAGS, UNSEEN_TAGS, Visibility
from tracker.text import clean, remembered

_BULLET = re.compile(r"^[•◦▪‣·●○■–-]\s+")
# Signs of icon fonts, and the signs for further information: NFKC would make letters of them.
_SIGNS = re.compile("[\ue000-\uf8ff\u2139\u24d8\U0001f6c8]\ufe0f?")
_VALUE_LIKE = re.compile(r"\w\.\w")
_DASHED_NUMBER = re.compile(r"^[–-]\s+\d")
_DEPTH_LIMIT = 512  # as in browsers; what lies deeper they show somewhere else
_NAMERS_AT_ONCE = 8
_line_text = remembered(clean)
_ONE_CELL = (1, 1, None)  # spans and column of a cell without attributes


def read_html(text: str) -> Document:
    """Markup as a document. Raises NotAPage where it is not bounded or holds no element."""
    scan = scan_markup(text)
    soup = build_tree(scan.markup)
    document = _Reader(soup).read()
    soup.decompose()  # its nodes hold each other; what they take is free at once
    document.has_end, document.left_open = scan.has_end, scan.left_open
    for content in scan.inert:
        tabular = "<td" in content.lower()
        plain = clean(re.sub(r"<[^<>]*>", " ", content))
        document.strings.append(plain)
        if plain:
            document.hidden.append(Aside(plain, len(document.lines), tabular))
    return document


class _Reader:
    """One pass over the tree, in document order, without recursion."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self.soup = soup
        self.document = Document()
        self.strings: list[str] = []  # in which a value can be, of all elements and comments
        self.ties = ties_of(soup)
        self.visibility = Visibility(soup, self.ties)
        self.walk = Walk(soup)
        self.block = 0
        self.words: list[str] = []
        self.cuts: list[int] = []  # where, in the words, a visible element begins or ends
        self.emphasis_edges: list[int] = []
        self.placeholder_cuts: list[int] = []  # the same of what a reader has to fill in
        self.items = 0  # how many list items are open around the current line
        self.heading = 0
        # Elements that make the text in them invisible, or visible again.
        self.invisible: list[tuple[Tag, bool]] = []
        self.preformatted = 0  # how many elements that keep line breaks are open
        self.asides = 0  # how many menus and the like are open around the current line
        self.control: Control = ""
        self.clicked: Control = ""  # of the last words
        self.open: list[tuple[Kind, bool]] = []  # and whether it is an aside
        self.open_controls: list[tuple[Tag, Control]] = []
        self.open_tables: list[Table] = []
        # First line, items open outside, spans and column of each.
        self.open_cells: list[tuple[int, int, tuple[int, int, int | None]]] = []
        self.open_link: tuple[str, list[str]] | None = None
        self.unlinked = False  # whether the current line has words outside a link
        self.uncontrolled = False  # or outside what is there to be clicked
        self.namers: dict[int, list[str]] = {}
        self.open_namers: list[Tag] = []
        self.open_panels: list[tuple[Tag, int]] = []
        self.panels: list[tuple[Tag, int, int]] = []
        self.outer: set[int] = set()  # panels that hold panels

    def read(self) -> Document:
        for event, node in self.walk:
            if isinstance(node, Tag):
                if event == "end":
                    self._end(node)
                elif self._is_content(node):
                    self._start(node)
                else:
                    self.walk.skip_element()
            elif event == "comment":
                self._note(str(node))
            elif self.invisible and self.invisible[-1][1]:
                self._put_aside_invisible(str(node))
            elif self.preformatted:
                self._preformatted_text(str(node))
            else:
                self._text(str(node))
        self._flush()
        self.document.panels = sorted(self._panels(), key=lambda p: (p.first_line, -p.end_line))
        self.document.strings = self.strings
        return self.document

    def _is_content(self, element: Tag) -> bool:
        """Whether its text is to be read; else what it says is put aside or replaced."""
        tag = element.name
        if tag in UNSEEN_TAGS or tag in DRAWN_TAGS:
            self._put_aside_unseen(element)
            return False
        state = self.visibility.state_of(element)
        if state in {"invisible", "visible"}:
            self.invisible.append((element, state == "invisible"))
            return True
        if state == "shown":
            return not self._replaced(element)
        self._note(*texts_of(element))
        if state == "struck":
            self.document.struck += self._asides(element, element.get_text())
            self._text(" ")  # what it stands between is not joined
        else:
            self.document.hidden += self._asides(element, *element.stripped_strings)
        return False

    def _put_aside_unseen(self, element: Tag) -> None:
        """Keep the title of the page, and the text of a template or of a drawing."""
        tag = element.name
        self._note(*texts_of(element))
        if tag == "title" and not self.document.title and not self.open_tables:
            self.document.title = clean(element.get_text())
        elif tag in DRAWN_TAGS and not self.asides:
            texts = element.stripped_strings
            self.document.hidden += (
                Aside(t, len(self.document.lines), tabular=True) for t in texts
            )
        elif tag == "template":
            self.document.hidden += self._asides(element, *element.stripped_strings)

    def _put_aside_invisible(self, text: str) -> None:
        self._note(text)
        cleaned = clean(text)
        if cleaned and not self.asides:
            tabular = bool(self.open_tables)
            self.document.hidden.append(Aside(cleaned, len(self.document.lines), tabular))

    def _replaced(self, element: Tag) -> bool:
        """Put a sign in place of short elements: footnotes, permalinks, icons, copy buttons."""
        sign = self._sign_for(element)
        if sign is None:
            return False
        self._note(*texts_of(element))
        self._text(f" {sign} ")
        return True

    def _sign_for(self, element: Tag) -> str | None:
        """The footnote's mark, or nothing for what is no text; None for an element to read."""
        if self._is_decoration(element):
            return ""
        if element.name in NOTE_TAGS:
            return mark_of(element.get_text())
        if element.name != "a" or not attribute(element, "href").startswith("#"):
            return None
        text = element.get_text()
        if is_permalink(element, text) and (self.words or self.heading):
            return ""
        return mark_of(text) if self.words or self.open_cells else None

    def _is_decoration(self, element: Tag) -> bool:
        """Whether this is an icon, or a button for what stands beside it."""
        tag = element.name
        if tag in {"i", "span", "em", "b"} and "class" in element.attrs:
            return is_icon(element, element.get_text())
        is_button = (
            tag in {"button", "clipboard-copy"} or attribute(element, "role") == "button"
        )
        if not is_button and not (tag == "a" and self.ties.is_control(element)):
            return False
        return bool(self.open_cells or self.items) and is_button_label(element.get_text())

    def _asides(self, element: Tag, *texts: str) -> Iterator[Aside]:
        """What is put aside of a page's content; of menus and consent dialogs nothing is."""
        if self.asides or is_aside(element):
            return
        tabular = bool(self.open_tables)
        tabular = (
            tabular or part_of(element.name, attribute(element, "role") or None) is not None
        )
        tabular = tabular or element.find("td") is not None
        for text in texts:
            if cleaned := clean(text):
                yield Aside(cleaned, len(self.document.lines), tabular)

    def _start(self, element: Tag) -> None:
        attributes = element.attrs
        kind = kind_of(element.name, attribute(element, "role") or None)
        aside = is_aside(element)
        self.open.append((kind, aside))
        self.asides += aside
        self.preformatted += kind.tag == "pre"
        if kind.is_block:
            self._start_block(element, kind)
        elif kind.tag == "br":
            self._flush()
        else:
            self._edge(kind.tag)
        if kind.tag in {"a", "area"} and "href" in attributes:
            self.open_link = (attribute(element, "href"), [])
        is_tied = id(element) in self.ties.namers or id(element) in self.ties.openers
        if kind.is_clicked or is_tied:
            self._start_control(element)
        if self.ties.is_panel(element):
            self.outer.update(id(panel) for panel, _ in self.open_panels[-1:])
            self.open_panels.append((element, len(self.document.lines)))

    def _start_block(self, element: Tag, kind: Kind) -> None:
        if self.words or self.cuts:
            self._flush()
        look = f"{kind.tag} {attribute(element, 'class')}"
        self.block = self.document.new_block(self.block, look)
        if self.document.depths[self.block] > _DEPTH_LIMIT:
            raise NotAPage(f"more than {_DEPTH_LIMIT} elements stand inside each other")
        self.heading = kind.heading or self.heading
        self.items += self._is_list_item(element, kind)
        if kind.part:
            self._start_table_part(kind.part, element)

    def _is_list_item(self, element: Tag, kind: Kind) -> bool:
        """Whether its lines are items; a list item around a table is layout."""
        return kind.is_item and id(element) not in self.ties.layout_items

    def _end(self, element: Tag) -> None:
        kind, aside = self.open.pop()
        if self.invisible and self.invisible[-1][0] is element:
            self.invisible.pop()
        if kind.is_block:
            if self.words or self.cuts:
                self._flush()
            self.block = self.document.parents[self.block]
            self.heading = 0 if kind.heading else self.heading
            self.items -= self._is_list_item(element, kind)
            if kind.part:
                self._end_table_part(kind.part)
        else:
            self._edge(kind.tag)
        if kind.tag in {"a", "area"} and self.open_link is not None:
            href, words = self.open_link
            label = "".join(words) or attribute(element, "alt")
            self.document.links.append(Link(href.strip(), clean(label)))
            self.open_link = None
        if self.open_controls or self.open_namers:
            self._end_control(element)
        if self.open_panels and self.open_panels[-1][0] is element:
            self._flush()
            first_line = self.open_panels.pop()[1]
            self.panels.append((element, first_line, len(self.document.lines)))
        self.asides -= aside
        self.preformatted -= kind.tag == "pre"

    def _edge(self, tag: str) -> None:
        """An element within a line begins or ends here."""
        if tag in NOTE_TAGS:
            self._text(" ")
        elif tag in PLACEHOLDER_TAGS:
            self.placeholder_cuts.append(len(self.words))
            self.cuts.append(len(self.words))
        elif tag in EMPHASIS_TAGS:
            self.emphasis_edges.append(len(self.words))
        elif tag not in {"wbr", "br"}:
            self.cuts.append(len(self.words))

    def _start_control(self, element: Tag) -> None:
        opens_panel = id(element) in self.ties.openers
        if opens_panel or self.ties.is_control(element):
            if self.clicked and not (self.uncontrolled or self.control or self.open_cells):
                self._flush()  # tabs side by side are no words of one line
            self.open_controls.append((element, self.control))
            self.control = "bound" if opens_panel else self.control or "loose"
        if id(element) in self.ties.namers and len(self.open_namers) < _NAMERS_AT_ONCE:
            self.namers[id(element)] = []
            self.open_namers.append(element)

    def _end_control(self, element: Tag) -> None:
        if self.open_controls and self.open_controls[-1][0] is element:
            self.control = self.open_controls.pop()[1]
        if self.open_namers and self.open_namers[-1] is element:
            self.open_namers.pop()

    def _start_table_part(self, part: str, element: Tag) -> None:
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
            place = _place(element) if element.attrs else _ONE_CELL
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
            key = id(element)
            namers = self.ties.panels.get(key) or self.ties.anchors.get(key, [])
            title = one_title("".join(self.namers.get(id(namer), [])) for namer in namers)
            is_part_of_page = key in self.outer and key not in self.ties.panels
            if title and not is_part_of_page:
                yield Panel(title, first_line, end_line)

    def _note(self, *texts: str) -> None:
        """Keep what the cross-check has to know of these."""
        self.strings += (text for text in texts if "." in text or ":" in text)

    def _text(self, text: str) -> None:
        if not text.isascii():
            text = _SIGNS.sub("", text)
        self.words.append(text)
        if "." in text or ":" in text:
            self.strings.append(text)
        for namer in self.open_namers:
            self.namers[id(namer)].append(text)
        if self.open_link is not None:
            self.open_link[1].append(text)
        if not text or text.isspace():
            return
        self.unlinked = self.unlinked or self.open_link is None
        if self.control or any(map(str.isalnum, text)):  # else a bar between tabs
            self.uncontrolled = self.uncontrolled or not self.control
            self.clicked = self.control

    def _preformatted_text(self, text: str) -> None:
        """Text whose line breaks are drawn."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._flush()
            self._text(line)

    def _flush(self) -> None:
        """End the current line, if there is anything to see on it."""
        words, placeholder_cuts = self.words, self.placeholder_cuts
        cuts = sorted([*self.cuts, *self._edges_of_values()])
        self.words, self.cuts, self.placeholder_cuts, self.emphasis_edges = [], [], [], []
        if not words:
            return
        text, linked = _line_text("".join(words)), not self.unlinked
        control: Control = "" if self.uncontrolled else self.clicked
        self.unlinked = self.uncontrolled = False
        self.clicked = ""
        if not text:
            return
        number = len(self.document.lines)
        if cuts and (joints := _joints(words, cuts)):
            self.document.joints[number] = joints
        if placeholder_cuts and (apart := _joints(words, placeholder_cuts)):
            self.document.set_apart[number] = tuple("".join(parts) for parts in apart)
        marked = None if self._continues_range(text) else _BULLET.match(text)
        self.document.lines.append(
            Line(
                text=text[marked.end() :] if marked else text,
                bullet=self.items > 0 or marked is not None,
                heading=self.heading,
                block=self.block,
                linked=linked,
                control=control,
                in_content=not self.asides,
            )
        )

    def _edges_of_values(self) -> Iterator[int]:
        """Where emphasis of what can be a whole value begins or ends."""
        for start, end in pairwise(self.emphasis_edges):
            if _VALUE_LIKE.search("".join(self.words[start:end])):
                yield from (start, end)

    def _continues_range(self, text: str) -> bool:
        """Whether a dash in front of a number is none of a bullet: `52.10.11.0` is above it."""
        if not _DASHED_NUMBER.match(text):
            return False
        if self.items:  # the item has a bullet already
            return True
        above = self.document.lines[-1] if self.document.lines else None
        return above is not None and above.text[-1:].isdecimal() and not above.bullet


def _place(cell: Tag) -> tuple[int, int, int | None]:
    return span(cell, "rowspan"), span(cell, "colspan"), column_of(cell)


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
