"""The deltas that go with an announcement: which there are, and what they hold.

Named for every channel; read only for those that can attach them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import msgspec

from tracker.errors import FwtrackerError
from tracker.model import Attachment
from tracker.publish.deltas import LIST, History, folder
from tracker.store.tree import FileFact, Tree, derived

log = logging.getLogger(__name__)

MOST_BYTES = 1_000_000  # of all of them; more are only named


class _Listed(msgspec.Struct, frozen=True):
    """What of a delta folder's list is read here."""

    files: dict[str, FileFact]


def folders_of(tree: Tree, versions: Sequence[int], days: int) -> tuple[str, ...]:
    """Where the deltas are that lead to the last of these versions, in their order.

    From the version before them on, which is what channels were told of last. History that
    cannot be read leaves out the ends of grace, and keeps no message back.
    """
    try:
        return tuple(History(tree.versions(), cache(tree.snapshot), days).folders(versions))
    except FwtrackerError as error:
        log.info("ends of grace are left out: %s", error)
        return tuple(map(folder, versions))


def delta_files(
    tree: Tree, places: Sequence[str], regions: Collection[str]
) -> dict[str, FileFact]:
    """The deltas in these folders of the rule sets of these regions, by path."""
    found: dict[str, FileFact] = {}
    for place in places:
        listed = derived(tree.read(f"{place}/{LIST}") or b"", _Listed)
        found |= listed.files if listed else {}
    return {path: fact for path, fact in found.items() if path.split("/")[2] in regions}


def attachments(tree: Tree, files: Mapping[str, FileFact]) -> tuple[Attachment, ...]:
    """All of these files, or none where they are too much for a mail.

    Of a digest too: each step starts where the one before it ended, so that none may lack.
    """
    if sum(fact.size for fact in files.values()) > MOST_BYTES:
        return ()
    return tuple(Attachment(path, tree.read(path) or b"") for path in files)
