"""Text of rule files: page text made fit for a comment, and lines made text and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def comment_lines(sign: str, notes: Iterable[str]) -> Iterator[str]:
    """Return each note behind a format's comment sign: `# note`."""
    return (f"{sign} {note}".rstrip() for note in notes)


def join_lines(lines: Iterable[str]) -> str:
    """Return the text of a file that has these lines, each with a line feed after it."""
    return "\n".join([*lines, ""])


def split_lines(text: str) -> list[str]:
    """Return the lines of a file; a line feed ends one, and no other character does."""
    return text.removesuffix("\n").split("\n") if text else []
