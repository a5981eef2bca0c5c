"""Which entries a search means: by value, as `blame` reads it, and by words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.errors import UsageError
from tracker.history.blame import matcher
from tracker.model import Entry, port_text


def matching(entries: Iterable[Entry], text: str) -> tuple[Entry, ...]:
    """Entries that have the value, or all the words somewhere; all of them for no text.

    An address inside a listed network counts, and so do a host that a wildcard covers and a
    port inside a range.
    """
    words = text.casefold().split()
    if not words:
        return tuple(entries)
    try:
        covers = matcher(text.strip())
    except UsageError:
        covers = _nothing
    return tuple(
        entry
        for entry in entries
        if covers(entry) or all(word in said for said in [_said(entry)] for word in words)
    )


def _nothing(_: Entry) -> list[str]:
    return []


def _said(entry: Entry) -> str:
    parts = [
        *(entry.region or "", entry.resource, entry.purpose, entry.direction),
        *(entry.requirement or "", entry.only_for or ""),
        *(*entry.targets, *entry.components, *map(port_text, entry.services)),
    ]
    return " ".join(parts).casefold()
