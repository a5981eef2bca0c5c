"""What each version changed, and the index of all: files of the tree, made from versions.

Read by those who ask about the past as well as by those who publish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from tracker.diff.diff import diff
from tracker.model import SCHEMA, ChangeSet, Hash, Snapshot, Summary, flatten, regions_of
from tracker.store.tree import Tree, change_name, derived, fact, pretty, version_name


class IndexEntry(msgspec.Struct, frozen=True):
    """One version in `index.json`, with the hashes of its file, its change set, its pages.

    `endpoints` counts those of each of `regions`, in that order; `summary` is the change set's.
    """

    version: int
    captured_at: str
    digest: str
    entries: int
    regions: tuple[str | None, ...]
    endpoints: tuple[int, ...]
    summary: Summary | None
    file: str
    sha256: Hash
    changes_sha256: Hash | None
    pages: dict[str, Hash]


class Index(msgspec.Struct, frozen=True):
    """`index.json`: all versions, oldest first."""

    schema: Literal[1]
    source: str
    latest: int
    versions: tuple[IndexEntry, ...]


def change_set(tree: Tree, version: int) -> ChangeSet:
    """From the version before to `version`; for the first one, from nothing."""
    after = tree.snapshot(version)
    before = tree.snapshot(after.previous) if after.previous else None
    return diff(before, after)


def stored_changes(
    tree: Tree, version: int, files: Mapping[str, bytes] | None = None
) -> ChangeSet:
    """What a version changed: as just made or stored, or worked out where that is not there."""
    name = change_name(version)
    stored = derived((files or {}).get(name) or tree.read(name) or b"", ChangeSet)
    return stored or change_set(tree, version)


def change_files(
    tree: Tree, numbers: Sequence[int], newest: ChangeSet | None, *, anew: bool
) -> dict[str, bytes]:
    """The change sets that are not there yet, with `anew` all, and in any case the newest one.

    `newest` is what the last of the numbers is known to have changed.
    """
    folder = f"{tree.source}/changes"
    there = set() if anew else {f"changes/{name}" for name in tree.blobs.names(folder)}
    wanted = [n for n in numbers[1:] if n == numbers[-1] or change_name(n) not in there]
    made = {newest.to: newest} if newest else {}
    return {change_name(n): pretty(made.get(n) or change_set(tree, n)) for n in wanted}


def known_versions(tree: Tree) -> tuple[IndexEntry, ...]:
    """The versions in `index.json`; none where it is not there or has to be made anew."""
    index = derived(tree.read("index.json") or b"", Index)
    return index.versions if index else ()


def indexed(
    tree: Tree,
    numbers: Sequence[int],
    files: Mapping[str, bytes],
    read: Callable[[int], Snapshot],
    *,
    anew: bool,
) -> Index:
    """All versions, by `read`; without `anew` those in the index already are not read again."""
    known = {} if anew else {entry.version: entry for entry in known_versions(tree)}
    entries = tuple(
        known.get(number) or _index_entry(tree, read(number), files) for number in numbers
    )
    return Index(SCHEMA, tree.source, numbers[-1], entries)


def _index_entry(tree: Tree, snapshot: Snapshot, files: Mapping[str, bytes]) -> IndexEntry:
    number = snapshot.version
    name, change = version_name(number), change_name(number)
    changes = files.get(change) or tree.read(change)
    pages = [f"pages/{page.sha256}.gz" for page in snapshot.pages]
    return IndexEntry(
        version=number,
        captured_at=snapshot.captured_at,
        digest=snapshot.digest,
        entries=len(snapshot.entries),
        regions=regions_of(snapshot.entries),
        endpoints=_endpoints(snapshot),
        summary=stored_changes(tree, number, files).summary if snapshot.previous else None,
        file=name,
        sha256=fact(tree.read(name) or b"").sha256,
        changes_sha256=fact(changes).sha256 if changes else None,
        pages={page: fact(tree.read(page) or b"").sha256 for page in pages},
    )


def _endpoints(snapshot: Snapshot) -> tuple[int, ...]:
    every = {endpoint for entry in snapshot.entries for endpoint in flatten(entry)}
    found = Counter(endpoint.region for endpoint in every)
    return tuple(found[region] for region in regions_of(snapshot.entries))
