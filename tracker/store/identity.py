"""Which version a number means: a store that was restored or rewound may use it twice.

A version is identified by the bytes of its file: two versions with the same number differ at
least in their times of reading.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from tracker.store.records import Manifest
from tracker.store.tree import Tree, version_name

_STATE = "seen"


class VersionId(msgspec.Struct, frozen=True):
    """The number of a version, and the sha256 of its file."""

    version: int
    digest: str


class Rewind(NamedTuple):
    """The version that was the newest before, and the newest one now; None if there is none.

    The digest of `known` is empty if only its number is known.
    """

    known: VersionId
    newest: VersionId | None


def find_newest(tree: Tree) -> VersionId | None:
    """Return the number and file hash of the newest version of the tree."""
    numbers = tree.versions()
    digest = tree.version_digest(numbers[-1]) if numbers else None
    return VersionId(numbers[-1], digest) if digest else None


def identify_published(manifest: Manifest | None) -> VersionId | None:
    """Return the version that a manifest describes; None if it does not say."""
    if manifest is None:
        return None
    fact = manifest.files.get(version_name(manifest.version))
    return VersionId(manifest.version, fact.sha256) if fact else None


def load_seen(tree: Tree) -> VersionId | None:
    """Return the newest version that a run has seen here; None if it is unknown."""
    return tree.cached_state(_STATE, VersionId)


def remember_seen(tree: Tree, newest: VersionId | None) -> None:
    """Record the newest version of the tree, before anything is reported about it."""
    if newest:
        tree.remember(_STATE, newest)
    else:
        tree.forget(_STATE)


def is_rewound(tree: Tree, known: VersionId, newest: VersionId | None) -> bool:
    """Return whether the tree lacks a known version. Later versions make no difference."""
    if newest is None or newest.version < known.version:
        return True
    return bool(known.digest) and tree.version_digest(known.version) != known.digest


def is_of_another_time(tree: Tree, manifest: Manifest) -> bool:
    """Return whether a manifest is not that of the version seen last: its times are useless."""
    seen = load_seen(tree)
    return seen is not None and seen != identify_published(manifest)
