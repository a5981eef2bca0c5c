"""A page as a reader sees it: lines in order, the blocks they sit in, tables, links.

Both markup and plain text become a Document; the shapes are found in it. No markup library
and no meaning of any word in here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

NOWHERE = -1  # the parent of the outermost block


class Line(NamedTuple):
    """One visible line. `heading` is 1 to 6, or 0; `block` is an index of the document.

    `linked` says that all of it is one link, as in a menu.
    """

    text: str
    bullet: bool = False
    heading: int = 0
    block: int = 0
    linked: bool = False


class TableCell(NamedTuple):
    """One cell of a table: its spans as written, and the range of its lines."""

    rowspan: int
    colspan: int
    first_line: int
    end_line: int


@dataclass(slots=True)
class Table:
    """One table element: rows of cells, and where it stands among the lines."""

    first_line: int
    end_line: int = 0
    rows: list[list[TableCell]] = field(default_factory=list)
    holds_tables: bool = False


class Link(NamedTuple):
    """A link to another page: its target as written, and the words on it."""

    href: str
    text: str


@dataclass(slots=True)
class Document:
    """Lines, blocks (`parents[i]` is the block around block `i`, -1 for the root), tables."""

    lines: list[Line] = field(default_factory=list)
    parents: list[int] = field(default_factory=lambda: [NOWHERE])
    depths: list[int] = field(default_factory=lambda: [0])
    tables: list[Table] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    title: str = ""

    def new_block(self, parent: int) -> int:
        """Add a block inside `parent`; returns its index."""
        self.parents.append(parent)
        self.depths.append(self.depths[parent] + 1)
        return len(self.parents) - 1

    def ancestor(self, block: int, depth: int) -> int:
        """The block around `block` (or itself) at `depth`; itself where it is not deeper."""
        while self.depths[block] > depth:
            block = self.parents[block]
        return block

    def common(self, first: int, second: int) -> int:
        """The innermost block around both."""
        first = self.ancestor(first, self.depths[second])
        second = self.ancestor(second, self.depths[first])
        while first != second:
            first, second = self.parents[first], self.parents[second]
        return first
