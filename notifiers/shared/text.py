"""Safe and short text for every channel, before the channel's own escaping."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MORE_ROOM = 130  # characters kept free for the line that says what was left out


def to_line(text: str) -> str:
    """Return one line of printable characters.

    Line breaks become spaces; escape codes, zero-width and bidirectional controls are removed,
    because they could forge a line or a header, or disguise an address.
    """
    if not text.isprintable():
        kept = (char if char.isprintable() else " " if char.isspace() else "" for char in text)
        text = "".join(kept)
    return " ".join(text.split())


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters of one line; "..." marks a cut."""
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
    """Yield the values in rows of at most `budget` characters; values are never cut."""
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


def count_fitting(sizes: Iterable[int], number: int, budget: int) -> int:
    """Return how many items fit, counted from the first.

    Args:
        sizes: The size of each item; read only as far as the items fit.
        number: How many items there are.
        budget: The total size, with one between items and room for the line about the others.
    """
    room = budget
    for index, size in enumerate(sizes):
        room -= size + 1
        if room < (0 if index == number - 1 else MORE_ROOM):
            return index
    return number
