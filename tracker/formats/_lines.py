"""The lines of a long text one by one: a list of all takes more than the text itself."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice

_TOGETHER = 4096  # lines
_AT_ONCE = 2**16  # characters


def lines_of(text: str) -> Iterator[str]:
    """Each line without its end, which is a line feed and nothing else."""
    start = 0
    while (end := text.find("\n", start + _AT_ONCE)) >= 0:
        yield from text[start:end].split("\n")
        start = end + 1
    if start < len(text):
        yield from text[start:].removesuffix("\n").split("\n")


def text_of(lines: Iterable[str]) -> str:
    """The text that has these lines, each with a line feed after it."""
    ahead, made = iter(lines), io.StringIO()
    while some := list(islice(ahead, _TOGETHER)):
        some.append("")
        made.write("\n".join(some))
    return made.getvalue()
