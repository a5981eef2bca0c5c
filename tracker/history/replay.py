"""The versions read again with today's reader, and where it reads otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET

from tracker.diff.diff import diff
from tracker.errors import FwtrackerError
from tracker.model import ChangeSet, Number, Snapshot, digest
from tracker.sources import Source
from tracker.store.tree import Tree
from tracker.stored_pages import read_again


class ReplayResult(msgspec.Struct, frozen=True):
    """One version read again: `same`, or else what differs, or why it is refused today."""

    version: Number
    same: bool
    changes: ChangeSet | None = None
    error: str | None = None


def replay_versions(
    tree: Tree, source: Source, versions: Iterable[Snapshot]
) -> Iterator[ReplayResult]:
    """Yield each version read again, with the regions that the source's definition chooses."""
    for snapshot in versions:
        try:
            yield _replay_version(tree, source, snapshot)
        except FwtrackerError as error:
            yield ReplayResult(snapshot.version, same=False, error=str(error))


def _replay_version(tree: Tree, source: Source, snapshot: Snapshot) -> ReplayResult:
    count = max(len(source.definition.urls), 1)  # pages that the definition names come first
    urls = tuple(page.url for page in snapshot.pages[:count])
    regions = source.definition.regions
    _, reading = read_again(tree, source, snapshot, urls)
    entries = tuple(e for e in reading.entries if regions is None or e.region in regions)
    if digest(entries) == snapshot.digest:
        return ReplayResult(snapshot.version, same=True)
    today = msgspec.structs.replace(snapshot, entries=entries, digest=digest(entries))
    edited = snapshot.definition not in (UNSET, source.definition.digest)
    changes = msgspec.structs.replace(
        diff(snapshot, today), cause="definition" if edited else "reader"
    )
    return ReplayResult(snapshot.version, same=False, changes=changes)
