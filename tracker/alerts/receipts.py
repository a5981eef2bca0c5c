"""Receipts, dead letters and attempts in a restored store: which versions they belong to.

Those of versions that the store lost are set aside, because the next version with such a number
is another one. They are put back if exactly that version returns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from tracker.alerts.outbox import VERSIONS
from tracker.errors import Damaged
from tracker.store.identity import Rewind, VersionId
from tracker.store.records import ChannelState, Receipt
from tracker.store.tree import Tree

_ASIDE = "replaced"
_FOLDERS = (VERSIONS.receipts, VERSIONS.dead_letters, VERSIONS.attempts)
_UNKNOWN = "unknown"  # in place of a digest


class _ReceiptFile(NamedTuple):
    """One receipt, dead letter or attempt: `receipts/ops/000004`."""

    folder: str
    channel: str
    number: int

    @property
    def name(self) -> str:
        """The name of the state that it is in."""
        return f"{self.folder}/{self.channel}/{self.number:06d}"

    def aside(self, digest: str | None) -> str:
        """Return the name under which it is set aside: one for each digest with this number."""
        return f"{_ASIDE}/{self.name}-{digest or _UNKNOWN}"


def find_last_known(tree: Tree) -> VersionId | None:
    """Return the last version that a receipt or a channel refers to, in stores of 0.1.0."""
    numbers = [file.number for folder in _FOLDERS for file in _list_files(tree, folder)]
    numbers += [state.since for _, state in _channel_states(tree)]
    return VersionId(max(numbers), "") if any(numbers) else None


def set_aside(tree: Tree, rewind: Rewind) -> None:
    """Set aside the records of versions that the tree lacks; what follows is owed again."""
    newest = rewind.newest.version if rewind.newest else 0
    for folder in _FOLDERS:
        by_channel: dict[str, list[_ReceiptFile]] = defaultdict(list)
        for file in _list_files(tree, folder):
            by_channel[file.channel].append(file)
        for files in by_channel.values():
            _set_aside_files(tree, sorted(files, reverse=True), rewind.known, newest)
    for channel, state in _channel_states(tree):
        if state.since > newest:
            tree.remember(f"channels/{channel}", replace(state, since=newest))


def take_back(tree: Tree) -> None:
    """Put back the receipts, dead letters and attempts of versions that are there again."""
    read_digest = cache(tree.version_digest)
    for folder in _FOLDERS:
        for name in tree.walk_state(f"{_ASIDE}/{folder}"):
            channel, _, file = name.partition("/")
            number, _, digest = file.partition("-")
            place = _ReceiptFile(folder, channel, int(number))
            if read_digest(place.number) == digest:
                _move(tree, place.aside(digest), place.name)


def load_set_aside(tree: Tree, channel: str) -> list[str]:
    """Return the details of a channel's receipts and attempts set aside, newest first."""
    found: list[Receipt] = []
    for kind in (VERSIONS.receipts, VERSIONS.attempts):
        folder = f"{_ASIDE}/{kind}/{channel}"
        for name in tree.states(folder):
            with suppress(Damaged):
                found += filter(None, [tree.state(f"{folder}/{name}", Receipt)])
    found.sort(key=lambda receipt: receipt.delivered_at, reverse=True)
    return [receipt.detail for receipt in found]


def _set_aside_files(
    tree: Tree, files: list[_ReceiptFile], known: VersionId, newest: int
) -> None:
    """Set aside the files of versions that the tree lacks, newest first, down to one it has.

    A file without a digest, as in stores of 0.1.0, counts as the tree's if its number exists
    and is not that of the version that is known to be lost.
    """
    for file in files:
        try:
            receipt = tree.state(file.name, Receipt)
        except Damaged:  # its version is unknown: remove it if its number no longer exists
            if file.number > newest:
                tree.forget(file.name)
            continue
        if receipt is None:
            continue
        if file.number <= newest:
            if receipt.digest and receipt.digest == tree.version_digest(file.number):
                return
            if receipt.digest is None and not known.digest:
                return
            if receipt.digest is None and file.number != known.version:
                continue
        _move(tree, file.name, file.aside(receipt.digest))


def _move(tree: Tree, old: str, new: str) -> None:
    """Move a receipt; after a kill between the two steps the move is repeated."""
    receipt = tree.state(old, Receipt)
    if receipt:
        tree.remember(new, receipt)
    tree.forget(old)


def _list_files(tree: Tree, folder: str) -> Iterator[_ReceiptFile]:
    for name in tree.walk_state(folder):
        channel, _, number = name.partition("/")
        if number.isdecimal():
            yield _ReceiptFile(folder, channel, int(number))


def _channel_states(tree: Tree) -> Iterator[tuple[str, ChannelState]]:
    for name in tree.states("channels"):
        with suppress(Damaged):  # the outbox makes it again, or reports it
            if state := tree.state(f"channels/{name}", ChannelState):
                yield name, state
