"""Types of the JSON output of commands that are not defined elsewhere. Imports little."""

from __future__ import annotations

import msgspec

from tracker.change_set import Summary
from tracker.model import Cause, Count, Entry, Finding, Hash, Number, Time


class PageReading(msgspec.Struct, frozen=True):
    """The reading of a page, as `parse --json` prints it; it is not stored."""

    source: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


class HistoryItem(msgspec.Struct, frozen=True):
    """A version with the counts of its changes: an item of `history --json`."""

    version: Number
    captured_at: Time
    digest: Hash
    entries: Count
    summary: Summary
    cause: Cause | None


class ListedSource(msgspec.Struct, frozen=True):
    """A source in `source list`. `enabled` is null if it is shipped but not configured."""

    name: str
    title: str
    place: str
    url: str
    enabled: bool | None
    version: Number | None


class SourceList(msgspec.Struct, frozen=True):
    """`source list --json`: the configured sources, and the shipped definitions."""

    sources: tuple[ListedSource, ...]
    shipped: tuple[ListedSource, ...]
