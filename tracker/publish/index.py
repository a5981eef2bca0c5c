"""Change sets and the lists of all versions: `changes/`, `index.json` and `changes.csv`.

`changes.csv` lists every endpoint that was added, removed or changed, newest last. Its existing
rows are kept, so that a new version does not require reading the whole history.

Used by queries about the past as well as by publishing.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tracker.change_set import ChangeSet, Summary
from tracker.config import Config
from tracker.diff.diff import diff
from tracker.filters.scope import Choice
from tracker.model import (
    SCHEMA,
    Cause,
    Count,
    Endpoint,
    Hash,
    Number,
    Snapshot,
    Time,
    flatten,
    regions_of,
)
from tracker.publish.grace import (
    PendingRemovals,
    add_former_names,
    find_pending_removals,
    narrow_pending,
)
from tracker.store.records import Manifest, compute_fact, decode_derived, encode_pretty
from tracker.store.tree import Tree, change_name, version_name
from tracker.text import escape_csv, to_one_line

# Names of stored files to rewrite even if an older form has the same content, or "all" of them.
Renew = Collection[str] | Literal["all"] | None

_NARROWED = 100  # newest versions whose summaries are narrowed; no page lists more
CHANGES_CSV = "changes.csv"
_ENDPOINT = (
    *("region", "direction", "target", "protocol", "from_port", "to_port"),
    *("scope", "id"),
)
COLUMNS = ("version", "detected_at", "change", *_ENDPOINT)


class IndexEntry(msgspec.Struct, frozen=True):
    """One version in `index.json`, with the hashes of its file, its change set and its pages.

    `endpoints` has the number of endpoints of each of `regions`, in that order; `summary` is
    that of the change set, and `cause` what caused the change, as in the version.
    """

    version: Number
    captured_at: Time
    digest: Hash
    entries: Count
    regions: tuple[str | None, ...]
    endpoints: tuple[Count, ...]
    summary: Summary | None
    file: str
    sha256: Hash
    changes_sha256: Hash | None
    pages: dict[str, Hash]
    cause: Cause | UnsetType = UNSET


class Index(msgspec.Struct, frozen=True):
    """`index.json`: all versions, oldest first."""

    schema: Literal[1]
    source: str
    latest: Number
    versions: tuple[IndexEntry, ...]


def compute_change_set(tree: Tree, version: int) -> ChangeSet:
    """Return what `version` changed; in the first version every entry is an addition."""
    after = tree.snapshot(version)
    before = tree.snapshot(after.previous) if after.previous else None
    return diff(before, after)


def load_change_set(
    tree: Tree, version: int, files: Mapping[str, bytes] | None = None
) -> ChangeSet:
    """Return a version's change set from `files` or the tree; computed if in neither."""
    name = change_name(version)
    stored = decode_derived((files or {}).get(name) or tree.read(name) or b"", ChangeSet)
    return stored or compute_change_set(tree, version)


def encode_change_sets(
    tree: Tree,
    numbers: Sequence[int],
    newest: ChangeSet | None,
    *,
    rebuild: bool,
    renew: Renew = None,
) -> dict[str, bytes]:
    """Return the newest change set and those that are not stored yet; all, to `rebuild` them.

    `newest` is that of the last number, if known already. A stored file that has the same
    content in an older form stays as it is, unless `renew` names it.
    """
    folder = f"{tree.source}/changes"
    stored = set() if rebuild else {f"changes/{name}" for name in tree.blobs.names(folder)}
    wanted = [n for n in numbers[1:] if n == numbers[-1] or change_name(n) not in stored]
    known = {newest.to: newest} if newest else {}
    return {
        change_name(n): _keep_older_form(
            tree,
            change_name(n),
            encode_pretty(known.get(n) or compute_change_set(tree, n)),
            ChangeSet,
            renew,
        )
        for n in wanted
    }


def encode_index(tree: Tree, index: Index, renew: Renew = None) -> bytes:
    """Return `index.json`; as stored, if that has the same content in an older form."""
    return _keep_older_form(tree, "index.json", encode_pretty(index), Index, renew)


def _keep_older_form(
    tree: Tree, name: str, encoded: bytes, kind: type[msgspec.Struct], renew: Renew
) -> bytes:
    """Return the stored file if it has the same content in an older form, unless renewed."""
    if renew == "all" or name in (renew or ()):
        return encoded
    stored = tree.read(name) or b""
    return stored if has_same_content(stored, encoded, kind) else encoded


def has_same_content(stored: bytes, encoded: bytes, kind: type[msgspec.Struct]) -> bool:
    """Return whether two files have the same content; `stored` may lack newer fields."""
    if stored == encoded:
        return True
    content = decode_derived(stored, dict[str, object])
    return (
        content is not None
        and _is_part(content, msgspec.json.decode(encoded))
        and stored == encode_pretty(content)
        and decode_derived(stored, kind) is not None
    )


def _is_part(stored: object, wanted: object) -> bool:
    """Return whether all stored values are as wanted; stored objects may lack fields."""
    if isinstance(stored, dict) and isinstance(wanted, dict):
        return all(key in wanted and _is_part(stored[key], wanted[key]) for key in stored)
    if isinstance(stored, list) and isinstance(wanted, list):
        return len(stored) == len(wanted) and all(map(_is_part, stored, wanted))
    return stored == wanted


def load_index_entries(tree: Tree) -> tuple[IndexEntry, ...]:
    """Return the versions in `index.json`; none if it is missing or has to be made again."""
    index = decode_derived(tree.read("index.json") or b"", Index)
    return index.versions if index else ()


def build_index(
    tree: Tree,
    numbers: Sequence[int],
    files: Mapping[str, bytes],
    read: Callable[[int], Snapshot],
    *,
    rebuild: bool,
) -> Index:
    """Return the index of all versions; known ones are read again only to `rebuild` it."""
    known = {} if rebuild else {entry.version: entry for entry in load_index_entries(tree)}
    entries = tuple(
        known.get(number) or _build_index_entry(tree, read(number), files) for number in numbers
    )
    return Index(SCHEMA, tree.source, numbers[-1], entries)


def _build_index_entry(
    tree: Tree, snapshot: Snapshot, files: Mapping[str, bytes]
) -> IndexEntry:
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
        endpoints=_count_endpoints(snapshot),
        summary=load_change_set(tree, number, files).summary if snapshot.previous else None,
        file=name,
        sha256=compute_fact(tree.read(name) or b"").sha256,
        changes_sha256=compute_fact(changes).sha256 if changes else None,
        pages={page: compute_fact(tree.read(page) or b"").sha256 for page in pages},
        cause=snapshot.cause,
    )


def narrow_index(
    versions: Sequence[IndexEntry], changes_of: Callable[[int], ChangeSet], chosen: Choice
) -> list[IndexEntry]:
    """Return the versions reduced to the chosen regions, newest last.

    `changes_of` returns what a version changed in these; it is called for the last ones only.
    """
    if chosen is None:
        return [*versions]
    count = len(versions) - _NARROWED
    return [
        _narrow_entry(each, changes_of if at >= count else None, chosen)
        for at, each in enumerate(versions)
    ]


def _narrow_entry(
    entry: IndexEntry, changes_of: Callable[[int], ChangeSet] | None, chosen: tuple[str, ...]
) -> IndexEntry:
    sizes = zip(entry.regions, entry.endpoints, strict=True)
    kept = {region: count for region, count in sizes if region in chosen}
    changed = replace(entry, regions=tuple(kept), endpoints=tuple(kept.values()))
    if entry.summary is None or changes_of is None:
        return changed
    return replace(changed, summary=changes_of(entry.version).summary)


def _count_endpoints(snapshot: Snapshot) -> tuple[int, ...]:
    every = {endpoint for entry in snapshot.entries for endpoint in flatten(entry)}
    found = Counter(endpoint.region for endpoint in every)
    return tuple(found[region] for region in regions_of(snapshot.entries))


def load_pending_removals(
    tree: Tree, config: Config, now: datetime, *, of_all: bool = False
) -> PendingRemovals:
    """Return what left the page within the days of grace, seen from the newest version.

    Only the regions that the configuration chooses, as in rule files, unless `of_all` is set.
    """
    newest_first = (tree.snapshot(number) for number in reversed(tree.versions()))
    pending = find_pending_removals(newest_first, config.fwtracker.grace_days, now)
    chosen = None if of_all else config.chosen_regions(tree.source)
    return narrow_pending(pending, add_former_names(chosen, pending))


def render_change_list(
    tree: Tree,
    numbers: Sequence[int],
    changes_of: Callable[[int], ChangeSet],
    *,
    rebuild: bool,
) -> bytes:
    """Return `changes.csv` with the rows of all versions; all are made again to `rebuild` it.

    The first version has no rows: it is the starting point, not a change.
    """
    stored, last = (b"", 0) if rebuild else _load_stored(tree, numbers)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if not stored:
        writer.writerow(COLUMNS)
    for number in numbers[1:]:
        if number > last:
            writer.writerows(_list_rows(changes_of(number)))
    return stored + out.getvalue().encode()


def _load_stored(tree: Tree, numbers: Sequence[int]) -> tuple[bytes, int]:
    """Return the stored file and the version that it ends with; b"" and 0 if it cannot be used.

    It can be if it is as the manifest says, and the manifest's version has not changed.
    """
    manifest = tree.manifest()
    if manifest is None or not _is_in_force(tree, manifest, numbers):
        return b"", 0
    data = tree.read(CHANGES_CSV) or b""
    if compute_fact(data) != manifest.files.get(CHANGES_CSV):
        return b"", 0
    return data, manifest.version


def _is_in_force(tree: Tree, manifest: Manifest, numbers: Sequence[int]) -> bool:
    """Return whether the manifest's version is still stored, and unchanged."""
    if manifest.version not in numbers:
        return False
    fact = manifest.files.get(version_name(manifest.version))
    return fact is not None and fact.sha256 == tree.version_digest(manifest.version)


def _list_rows(changes: ChangeSet) -> Iterator[list[str]]:
    for change, endpoints in (
        ("removed", changes.endpoints_removed),
        ("added", changes.endpoints_added),
        ("changed", changes.endpoints_changed),
    ):
        for endpoint in endpoints:
            cells = [str(changes.to), changes.detected_at, change, *_list_cells(endpoint)]
            yield [escape_csv(cell) for cell in cells]


def _list_cells(endpoint: Endpoint) -> Iterator[str]:
    """Yield the fields of an endpoint, each as one line of text; null as an empty text."""
    for name in _ENDPOINT:
        value = getattr(endpoint, name)
        yield "" if value is None else to_one_line(str(value))
