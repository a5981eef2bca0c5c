"""The deltas that go with an announcement: which there are, and what they hold.

Named for every channel; read only for those that can attach them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from tracker.deltas import LIST
from tracker.model import Attachment
from tracker.store.tree import FileFact, Tree, derived

MOST_BYTES = 1_000_000  # of all of them; more are only named


class _Listed(msgspec.Struct, frozen=True):
    """What of a delta folder's list is read here."""

    files: dict[str, FileFact]


def delta_files(tree: Tree, version: int, folders: Collection[str]) -> dict[str, FileFact]:
    """The deltas that led to a version, of the rule sets in these folders, by path."""
    listed = derived(tree.read(f"deltas/{version:06d}/{LIST}") or b"", _Listed)
    files = listed.files if listed else {}
    return {path: fact for path, fact in files.items() if path.split("/")[2] in folders}


def attachments(tree: Tree, files: Mapping[str, FileFact]) -> tuple[Attachment, ...]:
    """All of these files, or none where they are too much for a mail."""
    if sum(fact.size for fact in files.values()) > MOST_BYTES:
        return ()
    return tuple(Attachment(path, tree.read(path) or b"") for path in sorted(files))
