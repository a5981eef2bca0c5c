"""Reads stored versions again with the current reader, and reports differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.change_set import ChangeSet
from tracker.check.cause import read_again
from tracker.check.scope_change import is_by_other_definition, is_narrowed
from tracker.diff.diff import diff
from tracker.errors import FwtrackerError
from tracker.model import Number, Snapshot, digest, regions_of
from tracker.sources import Source
from tracker.store.tree import Tree


class ReplayResult(msgspec.Struct, frozen=True):
    """A version read again: `same`, or otherwise the differences, or why it is refused now."""

    version: Number
    same: bool
    changes: ChangeSet | None = None
    error: str | None = None


def replay_versions(
    tree: Tree, source: Source, versions: Iterable[Snapshot]
) -> Iterator[ReplayResult]:
    """Read each version again by the source's definition, with all regions, and yield it.

    If a version of an older program has only the chosen regions, only those are compared.
    """
    for snapshot in versions:
        try:
            yield _replay_version(tree, source, snapshot)
        except FwtrackerError as error:
            yield ReplayResult(snapshot.version, same=False, error=str(error))


def _replay_version(tree: Tree, source: Source, snapshot: Snapshot) -> ReplayResult:
    count = max(len(source.definition.urls), 1)  # the pages of the definition come first
    urls = tuple(page.url for page in snapshot.pages[:count])
    _, reading = read_again(tree, source, snapshot, urls)
    entries = reading.entries
    if is_narrowed(snapshot, source):
        held = regions_of(snapshot.entries)
        entries = tuple(entry for entry in entries if entry.region in held)
    if digest(entries) == snapshot.digest:
        return ReplayResult(snapshot.version, same=True)
    today = msgspec.structs.replace(snapshot, entries=entries, digest=digest(entries))
    edited = is_by_other_definition(snapshot, source)
    changes = msgspec.structs.replace(
        diff(snapshot, today), cause="definition" if edited else "reader"
    )
    return ReplayResult(snapshot.version, same=False, changes=changes)
