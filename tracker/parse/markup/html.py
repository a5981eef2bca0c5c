"""Turns HTML into a Document, in one pass over the tree that a browser builds.

This module handles nesting and visibility, not the words of pages. Text that a person cannot
see is kept separately, with its position, so that the checks can decide whether it matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from tracker.errors import NotAPage
from tracker.parse.markup.browser_tree import (
    Kind,
    TreeWalker,
    build_tree,
    get_attribute,
    get_kind,
    get_table_part,
    is_aside,
    iter_texts,
    read_place,
)
from tracker.parse.markup.document import (
    Control,
    Document,
    HiddenText,
    Link,
    PageLine,
    Table,
    TableCell,
)
from tracker.parse.markup.line_builder import LineBuilder, measure_bullet
from tracker.parse.markup.markup_scan import scan_markup
from tracker.parse.markup.page_rules import NO_RULES, PageRules, Selection, iter_visible_texts
from tracker.parse.markup.signs import NOTE_TAGS, Surroundings, choose_sign, remove_drawn_signs
from tracker.parse.markup.tabs import find_aria_links, name_panels
from tracker.parse.markup.visibility import DRAWN_TAGS, UNSEEN_TAGS, Visibility
from tracker.text import clean

_DEPTH_LIMIT = 512  # levels, as in browsers, which show deeper elements elsewhere
_LABELS_AT_ONCE = 8


def read_html(text: str, rules: PageRules = NO_RULES) -> Document:
    """Return markup as a document, read by the rules of a definition.

    Raises NotAPage if it is nested too deeply or has no element, Unreadable if `select` matches
    nothing, or an element twice.
    """
    scan = scan_markup(text)
    soup = build_tree(scan.markup)
    document = _Reader(soup, rules).read()
    soup.decompose()  # frees memory: the tree is much larger than the document
    document.has_end, document.left_open = scan.has_end, scan.left_open
    for content in scan.inert:
        tabular = "<td" in content.lower()
        plain = clean(re.sub(r"<[^<>]*>", " ", content))
        document.strings.append(plain)
        if plain and not rules.select:
            document.hidden.append(HiddenText(plain, len(document.lines), tabular))
    return document


class _Reader:
    """Reads the tree in one pass, in document order, without recursion."""

    def __init__(self, soup: BeautifulSoup, rules: PageRules) -> None:
        self.document = Document()
        self.selection = Selection(soup, rules)
        self.readings = rules.readings
        self.document.unmatched = self.selection.unmatched
        self.selected = 0  # how many selected elements are open
        self.open_marks: list[tuple[Tag, int]] = []
        self.strings: list[str] = []  # those that may have a value, also in comments
        self.links = find_aria_links(soup)
        self.visibility = Visibility(soup, self.links)
        self.walk = TreeWalker(soup)
        self.block = 0
        self.line = LineBuilder()
        self.items = 0  # how many list items contain the current line
        self.heading = 0
        # Open elements that make the text in them invisible (True), or visible again.
        self.invisible: list[tuple[Tag, bool]] = []
        self.preformatted = 0  # how many elements with preformatted text are open
        self.asides = 0  # how many menus or similar elements contain the current line
        self.control: Control = ""
        self.open_blocks: list[int] = []  # their first lines
        self.open: list[tuple[Kind, bool]] = []  # with whether each is an aside
        self.open_controls: list[tuple[Tag, Control]] = []
        self.open_tables: list[Table] = []
        # First line, number of open items outside, and spans and column of each.
        self.open_cells: list[tuple[int, int, tuple[int, int, int | None]]] = []
        self.open_link: tuple[str, list[str]] | None = None
        self.labels: dict[int, list[str]] = {}
        self.open_labels: list[Tag] = []
        self.open_panels: list[tuple[Tag, int]] = []
        self.panels: list[tuple[Tag, int, int]] = []
        self.outer: set[int] = set()  # panels that contain panels

    def read(self) -> Document:
        """Return the document of the whole tree."""
        for event, node in self.walk:
            if isinstance(node, Tag):
                if event == "end":
                    self._end(node)
                elif self._is_content(node):
                    self._start(node)
                else:
                    self.walk.skip_element()
            elif event == "comment" or self._is_outside():
                self._keep_strings(str(node))
            elif self.invisible and self.invisible[-1][1]:
                self._keep_invisible(str(node))
            elif self.preformatted:
                self._add_preformatted(str(node))
            else:
                self._add_text(str(node))
        self._end_line()
        named = name_panels(self.links, self.panels, self.outer, self.labels)
        self.document.panels = sorted(named, key=lambda p: (p.first_line, -p.end_line))
        self.document.strings = self.strings
        return self.document

    def _is_content(self, element: Tag) -> bool:
        """Return whether to read the element's text; if not, it is recorded or replaced."""
        tag = element.name
        if self._is_outside() and not self.selection.leads_to_content(element):
            self._keep_strings(*iter_texts(element))
            return False
        if tag in UNSEEN_TAGS or tag in DRAWN_TAGS:
            self._keep_unseen(element)
            return False
        if id(element) in self.selection.excluded:
            self._keep_strings(*iter_texts(element))
            self.document.excluded += iter_visible_texts(element)
            self._add_text(" ")  # do not join the texts around it
            return False
        state = self.visibility.judge(element)
        if state in {"invisible", "visible"}:
            self.invisible.append((element, state == "invisible"))
            return True
        if state == "shown":
            return not self._replace_with_sign(element)
        self._keep_strings(*iter_texts(element))
        if state == "struck":
            self.document.struck += self._make_hidden_texts(element, element.get_text())
            self._add_text(" ")  # do not join the texts around it
        else:
            self.document.hidden += self._make_hidden_texts(element, *element.stripped_strings)
        return False

    def _is_outside(self) -> bool:
        """Return whether the current element is outside the selected part of the page."""
        return self.selection.is_narrowed and not self.selected

    def _keep_unseen(self, element: Tag) -> None:
        """Record the page's title, and hidden text of a template, drawing or form field."""
        tag = element.name
        self._keep_strings(*iter_texts(element))
        if tag == "title" and not self.document.title and not self.open_tables:
            self.document.title = clean(element.get_text())
        elif tag in DRAWN_TAGS and not self.asides:
            texts = element.stripped_strings
            self.document.hidden += (
                HiddenText(t, len(self.document.lines), tabular=True) for t in texts
            )
        elif tag == "template":
            self.document.hidden += self._make_hidden_texts(element, *element.stripped_strings)

    def _keep_invisible(self, text: str) -> None:
        self._keep_strings(text)
        cleaned = clean(text)
        if cleaned and not self.asides:
            tabular = bool(self.open_tables)
            self.document.hidden.append(HiddenText(cleaned, len(self.document.lines), tabular))

    def _replace_with_sign(self, element: Tag) -> bool:
        """Replace a footnote mark, permalink, icon or copy button by a sign or nothing."""
        around = Surroundings(
            self.links,
            in_line=bool(self.line.words),
            in_heading=bool(self.heading),
            in_cell=bool(self.open_cells),
            in_item=bool(self.items),
        )
        sign = choose_sign(element, around)
        if sign is None:
            return False
        self._keep_strings(*iter_texts(element))
        self._add_text(f" {sign} ")
        return True

    def _make_hidden_texts(self, element: Tag, *texts: str) -> Iterator[HiddenText]:
        """Yield the texts as hidden ones, except those in menus and consent dialogs."""
        if self.asides or is_aside(element):
            return
        tabular = (
            bool(self.open_tables)
            or get_table_part(element.name, get_attribute(element, "role")) is not None
            or element.find("td") is not None
        )
        for text in texts:
            if cleaned := clean(text):
                yield HiddenText(cleaned, len(self.document.lines), tabular)

    def _start(self, element: Tag) -> None:
        attributes = element.attrs
        self.selected += id(element) in self.selection.scopes
        kind = get_kind(element.name, get_attribute(element, "role"))
        aside = is_aside(element)
        self.open.append((kind, aside))
        self.asides += aside
        self.preformatted += kind.tag == "pre"
        if kind.is_block:
            self._start_block(element, kind)
        elif kind.tag == "br":
            self._end_line()
        else:
            self._mark_edge(kind.tag)
        if kind.tag in {"a", "area"} and "href" in attributes:
            self.open_link = (get_attribute(element, "href"), [])
        if kind.is_clicked or self.links.is_label_or_opener(element):
            self._start_control(element)
        if id(element) in self.selection.marks:
            self._end_line()
            self.open_marks.append((element, len(self.document.lines)))
        if self.links.is_panel(element):
            self.outer.update(id(panel) for panel, _ in self.open_panels[-1:])
            self.open_panels.append((element, len(self.document.lines)))

    def _start_block(self, element: Tag, kind: Kind) -> None:
        if self.line.is_started:
            self._end_line()
        self.open_blocks.append(len(self.document.lines))
        look = f"{kind.tag} {get_attribute(element, 'class')}"
        self.block = self.document.add_block(self.block, look)
        if self.document.depths[self.block] > _DEPTH_LIMIT:
            raise NotAPage(f"more than {_DEPTH_LIMIT} elements stand inside each other")
        self.heading = kind.heading or self.heading
        self.items += self._is_list_item(element, kind)
        if kind.part:
            self._start_table_part(kind.part, element)

    def _is_list_item(self, element: Tag, kind: Kind) -> bool:
        """Return whether its lines are list items; an item around a table is only layout."""
        return kind.is_item and id(element) not in self.links.layout_items

    def _end(self, element: Tag) -> None:
        kind, aside = self.open.pop()
        if self.invisible and self.invisible[-1][0] is element:
            self.invisible.pop()
        if kind.is_block:
            if self.line.is_started:
                self._end_line()
            first = self.open_blocks.pop()
            if self.readings and (kind.part == "cell" or not self.open_cells):
                self._apply_reading(first)
            self.block = self.document.parents[self.block]
            self.heading = 0 if kind.heading else self.heading
            self.items -= self._is_list_item(element, kind)
            if kind.part:
                self._end_table_part(kind.part)
        else:
            self._mark_edge(kind.tag)
        if kind.tag in {"a", "area"} and self.open_link is not None:
            href, words = self.open_link
            label = "".join(words) or get_attribute(element, "alt")
            self.document.links.append(Link(href.strip(), clean(label)))
            self.open_link = None
        if self.open_controls or self.open_labels:
            self._end_control(element)
        if self.open_panels and self.open_panels[-1][0] is element:
            self._end_line()
            first_line = self.open_panels.pop()[1]
            self.panels.append((element, first_line, len(self.document.lines)))
        if self.open_marks and self.open_marks[-1][0] is element:
            self._end_line()
            self._keep_mark(element, self.open_marks.pop()[1])
        self.asides -= aside
        self.preformatted -= kind.tag == "pre"
        self.selected -= id(element) in self.selection.scopes

    def _keep_mark(self, element: Tag, first: int) -> None:
        """Record the lines of an element that a selector of the definition matched."""
        for selector in self.selection.marks[id(element)]:
            ranges = self.document.marks.setdefault(selector, [])
            ranges.append((first, len(self.document.lines)))

    def _apply_reading(self, first: int) -> None:
        """Replace the text of the block that ends, if the definition has a reading for it.

        The block is a whole table cell, or outside tables.
        """
        text = " ".join(line.text for line in self.document.lines[first:])
        if text and (reading := self.readings.get(text)) is not None:
            self.document.replace_lines(first, reading, block=self.block)

    def _mark_edge(self, tag: str) -> None:
        """Record that an inline element begins or ends here."""
        if tag in NOTE_TAGS:
            self._add_text(" ")
        else:
            self.line.mark_edge(tag)

    def _start_control(self, element: Tag) -> None:
        opens_panel = id(element) in self.links.openers
        if opens_panel or self.links.is_control(element):
            if self.line.control and not (self.control or self.open_cells):
                self._end_line()  # adjacent tabs are separate lines
            self.open_controls.append((element, self.control))
            self.control = "bound" if opens_panel else self.control or "loose"
        if id(element) in self.links.label_elements and len(self.open_labels) < _LABELS_AT_ONCE:
            self.labels[id(element)] = []
            self.open_labels.append(element)

    def _end_control(self, element: Tag) -> None:
        if self.open_controls and self.open_controls[-1][0] is element:
            self.control = self.open_controls.pop()[1]
        if self.open_labels and self.open_labels[-1] is element:
            self.open_labels.pop()

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
            self.open_cells.append((lines, self.items, read_place(element)))
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
            table.rows[-1].append(TableCell(rowspan, colspan, first_line, lines, column))

    def _keep_strings(self, *texts: str) -> None:
        """Record the strings of these elements for the cross-check."""
        self.strings += (text for text in texts if "." in text or ":" in text)

    def _add_text(self, text: str) -> None:
        text = remove_drawn_signs(text)
        self.line.add_text(text, linked=self.open_link is not None, control=self.control)
        self._keep_strings(text)
        for element in self.open_labels:
            self.labels[id(element)].append(text)
        if self.open_link is not None:
            self.open_link[1].append(text)

    def _add_preformatted(self, text: str) -> None:
        """Add text whose line breaks are visible."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_line()
            self._add_text(line)

    def _end_line(self) -> None:
        """End the current line, and add it to the document if it has visible text."""
        built, self.line = self.line.build(), LineBuilder()
        if built is None:
            return
        number, text = len(self.document.lines), built.text
        if built.word_joins:
            self.document.word_joins[number] = built.word_joins
        if built.placeholder_words:
            self.document.placeholder_words[number] = built.placeholder_words
        above = self.document.lines[-1] if self.document.lines else None
        start = measure_bullet(text, above, in_item=self.items > 0)
        self.document.lines.append(
            PageLine(
                text=text[start:],
                bullet=self.items > 0 or start > 0,
                heading=self.heading,
                block=self.block,
                linked=built.linked,
                control=built.control,
                in_content=not self.asides,
            )
        )
