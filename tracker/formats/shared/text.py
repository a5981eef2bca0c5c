"""Text of rule files: page text made fit for a comment, and lines made text and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_FOR_COMMENTS = re.compile(r"[A-Za-z0-9._:/()-]+(?: [A-Za-z0-9._:/()-]+)*")
_NOT_FOR_COMMENTS = re.compile(r"[^A-Za-z0-9 ._:/()-]+")


def to_comment(text: str, limit: int = 120) -> str:
    """Return page text on one line, without characters that mean something to a firewall."""
    if len(text) <= limit and _FOR_COMMENTS.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(_NOT_FOR_COMMENTS.sub(" ", plain).split())[:limit].rstrip()


def comment_lines(sign: str, notes: Iterable[str]) -> Iterator[str]:
    """Return each note behind a format's comment sign: `# note`."""
    return (f"{sign} {note}".rstrip() for note in notes)


def join_lines(lines: Iterable[str]) -> str:
    """Return the text of a file that has these lines, each with a line feed after it."""
    return "".join(f"{line}\n" for line in lines)


def split_lines(text: str) -> list[str]:
    """Return the lines of a file; a line feed ends one, and no other character does."""
    return text.removesuffix("\n").split("\n") if text else []
