"""Whether the published files are as the manifest says: which were cut, edited or removed.

A check of an unchanged page compares sizes and times only. Bytes are read once a day, and if
one of these differs from the last reading; in a bucket, tags reveal every change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tracker.model import Finding
from tracker.publish.freshness import find_wrong_probe
from tracker.store.blobs import Stamp
from tracker.store.records import FileFact, Manifest, compute_fact
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc

FILE_CHANGED = "published-file-changed"
READ_EVERY = timedelta(hours=24)
_STATE = "published"
_MOST_NAMED = 5
_AT_ONCE = 16  # files that are read


class FilesRead(msgspec.Struct, frozen=True):
    """When the published files were last found to be as the manifest says.

    `facts` is a hash of the manifest's facts about them, `stamps` a hash of their stamps.
    """

    facts: str
    stamps: str
    at: str


def find_wrong_files(tree: Tree, manifest: Manifest, now: datetime) -> dict[str, str]:
    """Return what is wrong with the manifest's files and with `version.json`, by name.

    Raises StoreError.
    """
    stamps = tree.stamps(manifest.files)
    wrong = _compare_sizes(manifest.files, stamps)
    known = tree.cached_state(_STATE, FilesRead)
    if wrong or known is None or not _is_known(tree, known, _describe(manifest, stamps, now)):
        wrong |= _compare_bytes(tree, manifest.files, wrong)
        if not wrong:
            _remember(tree, manifest, stamps, now)
    return wrong | find_wrong_probe(tree, manifest)


def remember_files(tree: Tree, manifest: Manifest, now: datetime) -> None:
    """Record that the files that the manifest lists were written or read just now."""
    _remember(tree, manifest, tree.stamps(manifest.files), now)


def build_finding(wrong: Mapping[str, str]) -> Finding:
    """Return the finding that published files were changed or removed."""
    named = [f"{name} ({what})" for name, what in sorted(wrong.items())[:_MOST_NAMED]]
    more = f" and {len(wrong) - len(named)} more" if len(wrong) > len(named) else ""
    message = (
        f"{_count_files(len(wrong))} not as fwtracker had written: {', '.join(named)}{more};"
        " written again from the versions; find out what else writes in that folder"
    )
    return Finding(FILE_CHANGED, "publish", message)


def _count_files(count: int) -> str:
    return "1 published file was" if count == 1 else f"{count} published files were"


def _compare_sizes(
    facts: Mapping[str, FileFact], stamps: Mapping[str, Stamp]
) -> dict[str, str]:
    wrong = {name: "missing" for name in facts if name not in stamps}
    for name, stamp in stamps.items():
        if stamp.size != facts[name].size:
            wrong[name] = f"{stamp.size} bytes instead of {facts[name].size}"
    return wrong


def _compare_bytes(
    tree: Tree, facts: Mapping[str, FileFact], known: Mapping[str, str]
) -> dict[str, str]:
    """Return the files with other bytes; those in `known` as wrong are not read."""
    names = [name for name in facts if name not in known]
    wrong: dict[str, str] = {}
    for at in range(0, len(names), _AT_ONCE):
        for name, data in tree.read_many(names[at : at + _AT_ONCE]).items():
            if compute_fact(data or b"") != facts[name]:
                wrong[name] = "other bytes of the same size"
    return wrong


def _is_known(tree: Tree, known: FilesRead, seen: FilesRead) -> bool:
    """Return whether files with these stamps were read, not long ago nor in the future."""
    if (known.facts, known.stamps) != (seen.facts, seen.stamps):
        return False
    age = parse_utc(seen.at) - parse_utc(known.at)
    return tree.blobs.tags_prove_bytes or timedelta(0) <= age < READ_EVERY


def _remember(
    tree: Tree, manifest: Manifest, stamps: Mapping[str, Stamp], now: datetime
) -> None:
    tree.remember(_STATE, _describe(manifest, stamps, now), lasting=False)


def _describe(manifest: Manifest, stamps: Mapping[str, Stamp], now: datetime) -> FilesRead:
    tags = {name: stamps[name].tag for name in sorted(stamps)}
    return FilesRead(_hash(manifest.files), _hash(tags), format_utc(now))


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:16]
