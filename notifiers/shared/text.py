"""Text rendered safe and short: for every channel, before its own escaping.

Nothing here is about a channel or a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MORE_ROOM = 32  # characters kept free for "... and 1,234,567 more"


def to_line(text: str) -> str:
    """Return one line of printable characters.

    Line breaks become spaces; escape codes, zero-width and bidirectional controls are removed:
    they could forge a line or a header, or show another address than the real one.
    """
    if not text.isprintable():
        kept = (char if char.isprintable() else " " if char.isspace() else "" for char in text)
        text = "".join(kept)
    return " ".join(text.split())


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters of one line; "..." shows that it goes on."""
    text = to_line(text)
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def count_noun(number: int, one: str, many: str = "") -> str:
    """Return `1 endpoint`, `3 endpoints`, `2 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def join_and(words: Sequence[str]) -> str:
    """Return `A`, `A and B`, `A, B and C`."""
    if len(words) < 2:  # noqa: PLR2004
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def pack_rows(values: Iterable[str], budget: int) -> Iterator[tuple[str, ...]]:
    """Yield the values in rows of at most `budget` characters, none of them cut."""
    row: list[str] = []
    for value in values:
        if row and sum(len(kept) + 2 for kept in row) + len(value) > budget:
            yield tuple(row)
            row = []
        row.append(value)
    if row:
        yield tuple(row)


def list_within(values: Sequence[str], budget: int, separator: str = ", ") -> str:
    """Return `a, b, c` within the budget, whole values only, then `and N more`."""
    first = next(pack_rows(values, budget), ())
    left = len(values) - len(first)
    return separator.join(first) + (f" and {left:,} more" if left else "")


def fit(texts: Iterable[str], weights: Sequence[int], budget: int) -> list[str]:
    """Return the first lines within `budget` characters, and `... and N more` for the others.

    Args:
        texts: Each line as shown in the channel; taken no further than they fit.
        weights: The number of things on each line.
        budget: Characters in all, with one for the break after each line.
    """
    rendered: list[str] = []

    def sizes() -> Iterator[int]:
        """Render one text after the other, and yield the length of each."""
        for text in texts:
            rendered.append(text)
            yield len(text)

    fitting, left = count_fitting(sizes(), weights, budget)
    return [*rendered[:fitting], more_line(left)] if left else rendered


def count_fitting(sizes: Iterable[int], weights: Sequence[int], budget: int) -> tuple[int, int]:
    """Return how many of the first ones fit, and how many things are on the others.

    Args:
        sizes: Each one's size; taken no further than they fit.
        weights: The number of things on each.
        budget: Size in all, with one between two and room for `more`.
    """
    room = budget
    for index, size in enumerate(sizes):
        last = index == len(weights) - 1
        room -= size + 1
        if room < (0 if last else MORE_ROOM):
            return index, sum(weights[index:])
    return len(weights), 0


def more_line(left: int) -> str:
    """Return the line that stands for what was left out."""
    return f"... and {left:,} more"
