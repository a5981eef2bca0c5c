"""Everything that is derived from the versions: change sets, rule files, index, manifest.

A function of the versions, the configuration and a date, so it can be done again at any
time. The manifest is written last; until then it names the version before, whole.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Literal

import msgspec

from tracker import __version__, formats
from tracker.config import Config
from tracker.diff import diff
from tracker.grace import Leaving, leaving, moment, written
from tracker.model import (
    SCHEMA,
    ChangeSet,
    Hash,
    Snapshot,
    Summary,
    endpoints_of,
    regions_of,
)
from tracker.rules import RuleFile, rule_files
from tracker.store.tree import (
    FileFact,
    Manifest,
    Tree,
    change_name,
    derived,
    pretty,
    version_name,
)

FRESH_FOR = timedelta(hours=24)


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


def stamp(moment: datetime) -> str:
    """UTC as the contract writes it: `2026-03-01T12:00:00Z`."""
    return written(moment)


def is_published(tree: Tree, config: Config, now: datetime) -> bool:
    """Whether the newest version, read whole, is what the tree shows, by the same recipe.

    Not so once an endpoint's grace is over: then the rule files are due again.
    """
    numbers, manifest = tree.versions(), tree.manifest()
    if not numbers:
        return True
    if manifest is None or manifest.version != numbers[-1] or manifest.recipe != recipe(config):
        return False
    if manifest.due is not None and manifest.due <= stamp(now):
        return False
    name = version_name(numbers[-1])
    if _fact(tree.read(name) or b"") != manifest.files.get(name):
        tree.snapshot(numbers[-1])  # says what is wrong with it
        return False
    return True


class Derived(msgspec.Struct, frozen=True):
    """What a check has derived from a version before it was committed."""

    changes: ChangeSet
    rules: tuple[RuleFile, ...]
    late: Leaving


class Recipe(msgspec.Struct, frozen=True):
    """By what rules derived files were made, and when they are due again."""

    digest: str
    due: str | None


def publish(
    tree: Tree,
    config: Config,
    now: datetime,
    known: Derived | None = None,
    *,
    anew: bool = False,
) -> Manifest:
    """Derive and write everything for the newest version, of which some may be `known`.

    What older versions gave is kept, or with `anew` made from them again. Raises StoreError or
    RuleError.
    """
    numbers = tree.versions()
    latest = tree.snapshot(numbers[-1])
    files = _changes(tree, numbers, known, anew=anew)
    files["latest.json"] = tree.read(version_name(latest.version)) or b""
    index = _index(tree, numbers, files, anew=anew)
    files["index.json"] = pretty(index)
    left_out: dict[str, list[str]] = {}
    late = known.late if known else leaving_now(tree, config, now)
    for file in known.rules if known else rule_files(latest, config, late):
        if file.rendered.text is not None:
            files[file.path] = file.rendered.text.encode()
        if file.left_out:
            left_out[file.path] = file.left_out
    files |= _page_files(tree, config, latest, index, files, late)
    made_by = Recipe(recipe(config), late.due)
    return _write(tree, latest, files, left_out, made_by, now)


def _page_files(
    tree: Tree,
    config: Config,
    latest: Snapshot,
    index: Index,
    files: Mapping[str, bytes],
    late: Leaving,
) -> dict[str, bytes]:
    """What people and feed readers see of all this."""
    from tracker.page import static  # noqa: PLC0415  a check without news makes none

    rules = [name for name in files if name.startswith("rules/")]
    told = partial(stored_changes, tree, files=files)
    url = config.fwtracker.public_url
    known = static.Published(latest, index.versions, told, late, rules, url)
    return static.files(known)


def stored_changes(
    tree: Tree, version: int, files: Mapping[str, bytes] | None = None
) -> ChangeSet:
    """What a version changed: as just made or stored, or worked out where that is not there."""
    name = change_name(version)
    stored = derived((files or {}).get(name) or tree.read(name) or b"", ChangeSet)
    return stored or change_set(tree, version)


def leaving_now(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot | None = None
) -> Leaving:
    """What left the page within the days of grace, seen from the newest version."""
    stored = (tree.snapshot(number) for number in reversed(tree.versions()))
    newest = [] if candidate is None else [candidate]
    return leaving(chain(newest, stored), config.fwtracker.grace_days, now)


def rebuild(tree: Tree, config: Config, now: datetime) -> Manifest:
    """Make all that is derived anew, from the versions alone, byte for byte.

    The manifest keeps the time of the last check, which no version knows.
    """
    old = tree.manifest()
    made = publish(tree, config, moment(old.checked_at) if old else now, anew=True)
    changes = {change_name(number) for number in tree.versions()[1:]}
    tree.withdraw(
        name
        for name in tree.walk()
        if name.startswith(("changes/", "rules/")) and name not in made.files.keys() | changes
    )
    return made


def touch(tree: Tree, now: datetime) -> None:
    """Note in the manifest that the version in force was checked again."""
    manifest = tree.manifest()
    if manifest is not None:
        times = {"checked_at": stamp(now), "expires": stamp(now + FRESH_FOR)}
        tree.publish({"manifest.json": pretty(msgspec.structs.replace(manifest, **times))})


def recipe(config: Config) -> str:
    """What besides the versions and the date the derived files are made from, as a hash."""
    own = config.fwtracker
    parts = (
        *(__version__, formats.names(), config.rules, config.assumed_ports),
        *(own.grace_days, own.public_url),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def change_set(tree: Tree, version: int) -> ChangeSet:
    """From the version before to `version`; for the first one, from nothing."""
    after = tree.snapshot(version)
    before = tree.snapshot(after.previous) if after.previous else None
    return diff(before, after)


def _write(
    tree: Tree,
    latest: Snapshot,
    files: dict[str, bytes],
    left_out: dict[str, list[str]],
    made_by: Recipe,
    now: datetime,
) -> Manifest:
    old = tree.manifest()
    tree.publish({name: data for name, data in files.items() if tree.read(name) != data})
    own = version_name(latest.version)
    facts = {name: _fact(data) for name, data in files.items() if not _is_older(name, latest)}
    facts[own] = _fact(files["latest.json"])
    gone = {name for name in old.files if name.startswith("rules/")} if old else set()
    gone = (gone | set(old.withdrawn if old else ())) - set(facts)
    manifest = Manifest(
        schema=SCHEMA,
        source=tree.source,
        version=latest.version,
        checked_at=stamp(now),
        expires=stamp(now + FRESH_FOR),
        recipe=made_by.digest,
        due=made_by.due,
        files=dict(sorted(facts.items())),
        left_out=left_out,
        withdrawn=tuple(sorted(gone)),
    )
    tree.publish({"manifest.json": pretty(manifest)})
    tree.withdraw(manifest.withdrawn)
    return manifest


def _is_older(name: str, latest: Snapshot) -> bool:
    """The change set of an earlier version: the index has its hash, not the manifest."""
    return name.startswith("changes/") and name != change_name(latest.version)


def _changes(
    tree: Tree, numbers: Sequence[int], known: Derived | None, *, anew: bool
) -> dict[str, bytes]:
    """The change sets that are not there yet, and the newest one."""
    there = (
        set()
        if anew
        else {f"changes/{name}" for name in tree.blobs.names(f"{tree.source}/changes")}
    )
    wanted = [n for n in numbers[1:] if n == numbers[-1] or change_name(n) not in there]
    made = {number: known.changes for number in wanted if known and known.changes.to == number}
    return {
        change_name(number): pretty(made.get(number) or change_set(tree, number))
        for number in wanted
    }


def known_versions(tree: Tree) -> tuple[IndexEntry, ...]:
    """The versions in `index.json`; none where it is not there or has to be made anew."""
    index = derived(tree.read("index.json") or b"", Index)
    return index.versions if index else ()


def _index(
    tree: Tree, numbers: Sequence[int], files: Mapping[str, bytes], *, anew: bool
) -> Index:
    """All versions; those in the index already are not read again."""
    known = {} if anew else {entry.version: entry for entry in known_versions(tree)}
    entries = tuple(
        known.get(number) or _index_entry(tree, number, files) for number in numbers
    )
    return Index(SCHEMA, tree.source, numbers[-1], entries)


def _index_entry(tree: Tree, number: int, files: Mapping[str, bytes]) -> IndexEntry:
    snapshot = tree.snapshot(number)
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
        sha256=_fact(tree.read(name) or b"").sha256,
        changes_sha256=_fact(changes).sha256 if changes else None,
        pages={page: _fact(tree.read(page) or b"").sha256 for page in pages},
    )


def _endpoints(snapshot: Snapshot) -> tuple[int, ...]:
    found = Counter(endpoint.region for endpoint in endpoints_of(snapshot.entries))
    return tuple(found[region] for region in regions_of(snapshot.entries))


def _fact(data: bytes) -> FileFact:
    return FileFact(hashlib.sha256(data).hexdigest(), len(data))
