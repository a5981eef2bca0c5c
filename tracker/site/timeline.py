"""Versions for `parts/versions.html`, newest first: when, how much, what each one changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tracker.model import ChangeSet
from tracker.publish.index import IndexEntry
from tracker.site.changes import ChangeList, build_change_list, format_counts
from tracker.site.rendering import format_count, region_name
from tracker.store.tree import change_name

ChangesOf = Callable[[int], ChangeSet]


class VersionItem(NamedTuple):
    """A version in the list; `changes` only where they are spelt out."""

    version: int
    captured_at: str
    summary: str
    size: str
    file: str
    change_file: str
    changes: ChangeList | None
    is_newest: bool


def build_timeline(
    versions: Sequence[IndexEntry], changes_of: ChangesOf, detailed: int
) -> list[VersionItem]:
    """Return versions, which come oldest first; the newest `detailed` say what they changed."""
    return [
        _build_item(
            entry, changes_of if at < detailed and entry.version > 1 else None, newest=at == 0
        )
        for at, entry in enumerate(reversed(versions))
    ]


def _build_item(
    entry: IndexEntry, changes_of: ChangesOf | None, *, newest: bool
) -> VersionItem:
    summary = "the first version" if entry.summary is None else format_counts(entry.summary)
    return VersionItem(
        version=entry.version,
        captured_at=entry.captured_at,
        summary=summary[0].upper() + summary[1:],
        size=_format_sizes(entry),
        file=entry.file,
        change_file=change_name(entry.version) if entry.version > 1 else "",
        changes=build_change_list(changes_of(entry.version)) if changes_of else None,
        is_newest=newest,
    )


def _format_sizes(entry: IndexEntry) -> str:
    """Return `Europe 30 endpoints, Oceania 12 endpoints`."""
    return ", ".join(
        f"{region_name(region)} {format_count(count, 'endpoint')}"
        for region, count in zip(entry.regions, entry.endpoints, strict=True)
    )
