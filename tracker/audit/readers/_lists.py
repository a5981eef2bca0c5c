"""Plain lists: what every one of them has in common. They name no ports and no direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tracker.audit.parsed_config import Dump, Opening, Place, Target, Unread, numbered, place

_COMMENT = re.compile(r"\s*(?:#|;|//|!).*$|^\s*$")
_PEEK_LINES = 200

# One entry of a list as what it stands for; None for what is no entry of this kind.
Entry = Callable[[str], tuple[Target, ...] | None]


def read(text: str, entry: Entry, what: str) -> Dump:
    """Each line as openings to every port. `what` says what a line should be."""
    dump = Dump()
    for at, content in entries(text):
        targets = entry(content)
        if targets is None:
            dump.unread.append(Unread(at, f"is no {what}"))
        for target in targets or ():
            dump.openings.append(Opening("outbound", target, None, None, at))
    return dump


def entries(text: str) -> Iterator[tuple[Place, str]]:
    """The entries of a list with their places, without comments and what follows a space."""
    for number, line in numbered(text):
        content = _COMMENT.sub("", line).strip()
        if content:
            yield place(number, line), content.split()[0]


def sniff(text: str, entry: Entry) -> bool:
    """Whether most of the first lines are entries, and one word each."""
    bodies = [_COMMENT.sub("", line).strip() for line in text.splitlines()[:_PEEK_LINES]]
    bodies = [body for body in bodies if body]
    good = sum(1 for body in bodies if entry(body.split()[0]) and " " not in body)
    return good * 2 > len(bodies) > 0
