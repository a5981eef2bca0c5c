"""A page as a person sees it: lines in order, the blocks that contain them, tables, links.

Markup and plain text both become a Document, in which the shapes are found. This module uses no
markup library and gives no meaning to words.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

NOWHERE = -1  # the parent of the outermost block

Control = Literal["", "loose", "bound"]


class PageLine(msgspec.Struct, frozen=True):
    """One visible line. `heading` is 1 to 6, or 0; `block` is the index of its block.

    `linked` is true if the whole line is a link to elsewhere, as in a menu. `control` is set if
    the whole line is a control: `bound` if its panel is known, `loose` if not. `in_content` is
    false in menus, headers, footers, asides and consent dialogs.
    """

    text: str
    bullet: bool = False
    heading: int = 0
    block: int = 0
    linked: bool = False
    control: Control = ""
    in_content: bool = True


class TableCell(msgspec.Struct, frozen=True):
    """One cell of a table: its spans as written, and the range of its lines.

    `column` is its column in the few tables whose markup states it.
    """

    rowspan: int
    colspan: int
    first_line: int
    end_line: int
    column: int | None = None


class Table(msgspec.Struct):
    """One table: rows of cells, and the range of its lines."""

    first_line: int
    end_line: int = 0
    rows: list[list[TableCell]] = msgspec.field(default_factory=list)
    holds_tables: bool = False


class Link(NamedTuple):
    """A link to another page: its target as written, and its text."""

    href: str
    text: str


class Panel(NamedTuple):
    """Lines with a title that is elsewhere on the page, such as a tab."""

    title: str
    first_line: int
    end_line: int


class HiddenText(NamedTuple):
    """Text that is not content: the line after it, and whether it is in a table."""

    text: str
    line: int
    tabular: bool


class ReplacedText(NamedTuple):
    """The text of a cell that a definition replaces, the replacement, and its line."""

    text: str
    reading: str
    line: int


class Document(msgspec.Struct):
    """Lines, blocks (`parents[i]` is the block around block `i`, -1 for the root), tables.

    `looks` has the tag and classes of each block: those of a tab row's panels are similar.
    `struck` is struck-out text, and `hidden` is text that the markup hides. `word_joins` has,
    by line, the words made of several elements, as their parts; `placeholder_words` has those
    that are partly in emphasis for placeholders (em, i, var, cite). `strings` are all texts of
    markup that may have a value, visible or not, for the cross-check.

    By the definition, `marks` are the line ranges that a selector matched, `excluded` the
    removed texts, `unmatched` the selectors without a match, and `replaced` the replaced cells.
    `has_end` is false for markup without `</html>` or `</body>`, and `left_open` then lists the
    content elements that are open at its end.
    """

    lines: list[PageLine] = msgspec.field(default_factory=list)
    parents: array[int] = msgspec.field(default_factory=lambda: array("l", [NOWHERE]))
    depths: array[int] = msgspec.field(default_factory=lambda: array("l", [0]))
    looks: list[str] = msgspec.field(default_factory=lambda: [""])
    tables: list[Table] = msgspec.field(default_factory=list)
    links: list[Link] = msgspec.field(default_factory=list)
    panels: list[Panel] = msgspec.field(default_factory=list)
    struck: list[HiddenText] = msgspec.field(default_factory=list)
    hidden: list[HiddenText] = msgspec.field(default_factory=list)
    word_joins: dict[int, tuple[tuple[str, ...], ...]] = msgspec.field(default_factory=dict)
    placeholder_words: dict[int, tuple[str, ...]] = msgspec.field(default_factory=dict)
    title: str = ""
    has_end: bool = True
    left_open: tuple[str, ...] = ()
    strings: list[str] = msgspec.field(default_factory=list)
    marks: dict[str, list[tuple[int, int]]] = msgspec.field(default_factory=dict)
    excluded: list[str] = msgspec.field(default_factory=list)
    unmatched: list[str] = msgspec.field(default_factory=list)
    replaced: list[ReplacedText] = msgspec.field(default_factory=list)

    def add_block(self, parent: int, look: str = "") -> int:
        """Add a block inside `parent` and return its index."""
        self.looks.append(look)
        self.parents.append(parent)
        self.depths.append(self.depths[parent] + 1)
        return len(self.parents) - 1

    def replace_lines(self, first: int, reading: str, *, block: int) -> None:
        """Replace the lines from `first` to the last by those of `reading`."""
        old = self.lines[first:]
        text = " ".join(line.text for line in old)
        self.replaced.append(ReplacedText(text, reading, first))
        for number in range(first, len(self.lines)):
            self.word_joins.pop(number, None)
            self.placeholder_words.pop(number, None)
        self.lines[first:] = [
            PageLine(line, bullet=old[0].bullet, block=block, in_content=old[0].in_content)
            for line in reading.split("\n")
            if line
        ]

    def ancestor(self, block: int, depth: int) -> int:
        """Return the block at `depth` that contains `block`, or `block` if it is not deeper."""
        while self.depths[block] > depth:
            block = self.parents[block]
        return block

    def common(self, first: int, second: int) -> int:
        """Return the innermost block that contains both."""
        first = self.ancestor(first, self.depths[second])
        second = self.ancestor(second, self.depths[first])
        while first != second:
            first, second = self.parents[first], self.parents[second]
        return first

    def around(self, block: int) -> set[int]:
        """Return the block and all blocks around it."""
        found: set[int] = set()
        while block != NOWHERE:
            found.add(block)
            block = self.parents[block]
        return found


def find_heading(document: Document, line: int) -> str:
    """Return the nearest heading above a line; "" if there is none."""
    above = (one.text for one in reversed(document.lines[:line]) if one.heading)
    return next(above, "")


class Blocks:
    """The blocks of a document top-down: their children, and the lines inside each.

    A document only has the parent of each block. `first` and `end` are the range of lines
    inside each block, which is empty if it has none.
    """

    def __init__(self, document: Document) -> None:
        parents, lines = document.parents, document.lines
        self.parents = parents
        self._children: list[list[int]] = [[] for _ in parents]
        self._places = [0] * len(parents)  # index among the parent's children
        for block, parent in enumerate(parents):
            if parent >= 0:
                self._places[block] = len(self._children[parent])
                self._children[parent].append(block)
        self.first = [len(lines)] * len(parents)
        self.end = [0] * len(parents)
        for at, line in enumerate(lines):
            if self.end[line.block] == 0:
                self.first[line.block] = at
            self.end[line.block] = at + 1
        for block in range(len(parents) - 1, 0, -1):  # children come after their parents
            parent, first, end = parents[block], self.first[block], self.end[block]
            self.first[parent] = min(self.first[parent], first)
            self.end[parent] = max(self.end[parent], end)
        self._place_empty()

    def _place_empty(self) -> None:
        """Set the range of each block without lines to the place where they would be."""
        for siblings in self._children:
            if siblings and self.end[siblings[0]] == 0:
                self.first[siblings[0]] = self.end[siblings[0]] = self.first[
                    self.parents[siblings[0]]
                ]
            for before, block in pairwise(siblings):
                if self.end[block] == 0:
                    self.first[block] = self.end[block] = self.end[before]

    def children(self, block: int) -> Sequence[int]:
        """Return the direct children of a block, in order, including empty ones."""
        return self._children[block]

    def after(self, block: int) -> Iterator[int]:
        """Yield the following siblings of a block."""
        siblings = self._children[self.parents[block]]
        return (siblings[at] for at in range(self._places[block] + 1, len(siblings)))

    def size(self, block: int) -> int:
        """Return the number of lines inside a block."""
        return self.end[block] - self.first[block]
