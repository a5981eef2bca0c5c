"""Texts of rule files: comment lines, and conversion between lines and text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def comment_lines(sign: str, notes: Iterable[str]) -> Iterator[str]:
    """Yield each note after a format's comment sign: `# note`."""
    return (f"{sign} {note}".rstrip() for note in notes)


def join_lines(lines: Iterable[str]) -> str:
    """Return the text of a file with these lines, each ended by a line feed."""
    return "\n".join([*lines, ""])


def split_lines(text: str) -> list[str]:
    """Return the lines of a file, which only line feeds separate."""
    return text.removesuffix("\n").split("\n") if text else []
