"""What commands print as JSON where no other room has a type for it. Loads little."""

from __future__ import annotations

import msgspec

from tracker.change_set import Summary
from tracker.model import Cause, Count, Entry, Finding, Hash, Number, Time


class PageReading(msgspec.Struct, frozen=True):
    """A page as it is read today: `parse --json`. Nothing of it is stored."""

    source: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


class HistoryItem(msgspec.Struct, frozen=True):
    """A version and what it changed, in counts: an item of `history --json`."""

    version: Number
    captured_at: Time
    digest: Hash
    entries: Count
    summary: Summary
    cause: Cause | None


class ListedSource(msgspec.Struct, frozen=True):
    """A source as `source list` shows it. `enabled` is null for one that only ships."""

    name: str
    title: str
    place: str
    url: str
    enabled: bool | None
    version: Number | None


class SourceList(msgspec.Struct, frozen=True):
    """`source list --json`: the sources of the configuration, and definitions that ship."""

    sources: tuple[ListedSource, ...]
    shipped: tuple[ListedSource, ...]
