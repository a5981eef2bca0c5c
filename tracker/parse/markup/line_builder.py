"""Builds one visible line from the words of the elements on it.

It records where elements begin and end among the words, because they may split a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tracker.parse.markup.browser_tree import EMPHASIS_TAGS, PLACEHOLDER_TAGS
from tracker.parse.markup.document import Control, PageLine
from tracker.text import clean

_BULLET = re.compile(r"^[•◦▪‣·●○■–-]\s+")
_DASHED_NUMBER = re.compile(r"^[–-]\s+\d")
_VALUE_LIKE = re.compile(r"\w\.\w")
_NO_EDGE_TAGS = frozenset({"wbr", "br"})

WordParts = tuple[tuple[str, ...], ...]


class BuiltLine(NamedTuple):
    """The text of a line, and how its words are split over elements (see `Document`)."""

    text: str
    linked: bool
    control: Control
    word_joins: WordParts
    placeholder_words: tuple[str, ...]


class LineBuilder:
    """Collects the words of one line."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._cuts: list[int] = []  # indexes in the words at which an element begins or ends
        self._emphasis_edges: list[int] = []
        self._placeholder_cuts: list[int] = []  # the same for emphasis of placeholders
        self._has_unlinked = False  # whether some words are outside a link
        self._has_unclicked = False  # or outside a control
        self._clicked: Control = ""  # the control of the last words

    @property
    def is_started(self) -> bool:
        """Return whether there are words or edges of elements for a line."""
        return bool(self.words or self._cuts)

    @property
    def control(self) -> Control:
        """Return the line's control, if all words so far are in one."""
        return "" if self._has_unclicked else self._clicked

    def add_text(self, text: str, *, linked: bool, control: Control) -> None:
        """Add words, which may be inside a link or a control."""
        self.words.append(text)
        if not text or text.isspace():
            return
        self._has_unlinked = self._has_unlinked or not linked
        if control or any(map(str.isalnum, text)):  # a bar between tabs has none
            self._has_unclicked = self._has_unclicked or not control
            self._clicked = control

    def mark_edge(self, tag: str) -> None:
        """Record that an element with this tag begins or ends after the words so far."""
        at = len(self.words)
        if tag in PLACEHOLDER_TAGS:
            self._placeholder_cuts.append(at)
            self._cuts.append(at)
        elif tag in EMPHASIS_TAGS:
            self._emphasis_edges.append(at)
        elif tag not in _NO_EDGE_TAGS:
            self._cuts.append(at)

    def build(self) -> BuiltLine | None:
        """Return the line; None if it has no visible text."""
        text = clean("".join(self.words))
        if not text:
            return None
        cuts = (*self._cuts, *self._find_value_edges())
        placeholders = _split_words(self.words, self._placeholder_cuts)
        return BuiltLine(
            text=text,
            linked=not self._has_unlinked,
            control=self.control,
            word_joins=_split_words(self.words, cuts),
            placeholder_words=tuple("".join(parts) for parts in placeholders),
        )

    def _find_value_edges(self) -> Iterator[int]:
        """Yield the indexes at which emphasis of a possible value begins or ends."""
        for start, end in pairwise(self._emphasis_edges):
            if _VALUE_LIKE.search("".join(self.words[start:end])):
                yield from (start, end)


def _split_words(words: Sequence[str], cuts: Iterable[int]) -> WordParts:
    """Return the words that have a cut inside, each as its parts."""
    inner = sorted({cut for cut in cuts if 0 < cut < len(words)})
    if not inner:
        return ()
    found: list[tuple[str, ...]] = []
    parts: list[str] = []

    def end_word() -> None:
        """Record the word so far if it has several parts."""
        if len(parts) > 1:
            found.append(tuple(parts))
        parts.clear()

    for start, stop in pairwise((0, *inner, len(words))):
        piece = "".join(words[start:stop])
        if not piece:
            continue
        if piece[0].isspace():
            end_word()
        for number, word in enumerate(piece.split()):
            if number:
                end_word()
            parts.append(clean(word))
        if piece[-1].isspace():
            end_word()
    end_word()
    return tuple(found)


def measure_bullet(text: str, above: PageLine | None, *, in_item: bool) -> int:
    """Return the length of the bullet that a line begins with; 0 if there is none.

    A dash before a number is not a bullet in a list item, which has one already, or if the line
    `above` ends with a number: it may be the middle of a range.
    """
    continues_range = in_item or (
        above is not None and above.text[-1:].isdecimal() and not above.bullet
    )
    if continues_range and _DASHED_NUMBER.match(text):
        return 0
    found = _BULLET.match(text)
    return found.end() if found else 0
