"""The blocks of a document from above: their children, and the lines inside each.

A document only knows the block around each line. Made once, in one pass up and down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tracker.parse.markup.document import Document


class Blocks:
    """`first` and `end` are the range of lines inside each block, empty where it has none."""

    def __init__(self, document: Document) -> None:
        parents, lines = document.parents, document.lines
        self.parents = parents
        self._children: list[list[int]] = [[] for _ in parents]
        self._places = [0] * len(parents)  # among the children of the block around it
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
        """Give a block without lines the place where its lines would be."""
        for siblings in self._children:
            if siblings and self.end[siblings[0]] == 0:
                self.first[siblings[0]] = self.end[siblings[0]] = self.first[
                    self.parents[siblings[0]]
                ]
            for before, block in pairwise(siblings):
                if self.end[block] == 0:
                    self.first[block] = self.end[block] = self.end[before]

    def children(self, block: int) -> Sequence[int]:
        """The blocks right inside a block, in order, empty ones included."""
        return self._children[block]

    def after(self, block: int) -> Iterator[int]:
        """The blocks that follow in the same block."""
        siblings = self._children[self.parents[block]]
        return (siblings[at] for at in range(self._places[block] + 1, len(siblings)))

    def size(self, block: int) -> int:
        """How many lines are inside."""
        return self.end[block] - self.first[block]
