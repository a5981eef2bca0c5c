"""Since when the endpoints and rows of a message are, or were, on the page.

Change sets are read newest first, and only as many as needed. If the history cannot be read,
dates are left out and the message is still sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from tracker.change_set import Change, ChangeSet
from tracker.errors import FwtrackerError
from tracker.model import Cause, Endpoint, Entry, EntryContent, canonical, name_cause
from tracker.notifications import Presence, VersionAt
from tracker.store.records import decode_derived
from tracker.store.tree import Tree, change_name, version_name
from tracker.times import format_utc, parse_utc

log = logging.getLogger(__name__)

MOST_STEPS = 200  # change sets that are read; earlier changes have no date


class PresenceDates(NamedTuple):
    """Dates of added and removed endpoints, and of the previous change of changed rows."""

    endpoints: Mapping[Endpoint, Presence] = {}
    rows: Mapping[Change, VersionAt] = {}


class _ChangedRow(msgspec.Struct, frozen=True):
    after: Entry | None = None


class _StoredChangeSet(msgspec.Struct, frozen=True):
    """The fields of a stored change set that are read here."""

    to: int
    detected_at: str
    changes: tuple[_ChangedRow, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]
    cause: Cause | UnsetType = UNSET


class _FirstVersion(msgspec.Struct, frozen=True):
    """The fields of the first version that are read here."""

    version: int
    captured_at: str


def load_presence(
    tree: Tree, versions: Sequence[int], changes: ChangeSet, grace_days: int
) -> PresenceDates:
    """Return the dates for `changes`, which is what these versions changed together.

    A baseline has no dates.
    """
    if changes.from_ is None:
        return PresenceDates()
    search = _DateSearch.start(changes, versions[0])
    try:
        for step in _newest_first(tree, versions, changes):
            search.read_step(step)
            if search.done:
                break
        else:
            if tree.versions()[0] + MOST_STEPS >= versions[-1]:
                search.finish(_first_version(tree))
    except FwtrackerError as error:
        log.info("dates are left out: %s", error)
    return search.dates(changes, timedelta(days=grace_days))


def _newest_first(
    tree: Tree, versions: Sequence[int], changes: ChangeSet
) -> Iterator[_StoredChangeSet | ChangeSet]:
    """Yield the change sets up to the last of these versions, newest first."""
    numbers = [number for number in reversed(tree.versions()) if number <= versions[-1]]
    for number in numbers[:-1][:MOST_STEPS]:
        if len(versions) == 1 and number == versions[0]:
            yield changes
            continue
        step = decode_derived(tree.read(change_name(number)) or b"", _StoredChangeSet)
        if step is None:
            from tracker.publish.index import (  # noqa: PLC0415  only if one is missing
                compute_change_set,
            )

            yield compute_change_set(tree, number)
        else:
            yield step


def _first_version(tree: Tree) -> VersionAt | None:
    """Return the oldest version: its entries were on the page at the first check."""
    data = tree.read(version_name(tree.versions()[0])) or b""
    first = decode_derived(data, _FirstVersion)
    return VersionAt(first.version, first.captured_at) if first else None


@dataclass
class _DateSearch:
    """A search, back in time, for the versions that added and removed endpoints.

    `since` is the first of the versions of the message; `added_open`, `removed_open` and
    `rows_open` are still looked for. A row's key is its content before the change.
    """

    since: int
    added_open: set[Endpoint]
    removed_open: set[Endpoint]
    rows_open: dict[EntryContent, list[Change]]
    added: dict[Endpoint, VersionAt] = field(default_factory=dict)
    removed: dict[Endpoint, VersionAt] = field(default_factory=dict)
    changed: dict[Change, VersionAt] = field(default_factory=dict)

    @classmethod
    def start(cls, changes: ChangeSet, since: int) -> _DateSearch:
        """Return a search for what a change set added, removed and altered."""
        rows: dict[EntryContent, list[Change]] = {}
        for change in changes.changes:
            if change.before and change.after:
                rows.setdefault(canonical(change.before), []).append(change)
        added, removed = set(changes.endpoints_added), set(changes.endpoints_removed)
        return cls(since, added, removed, rows)

    @property
    def done(self) -> bool:
        """Whether everything has a date."""
        return not (self.added_open or self.removed_open or self.rows_open)

    def read_step(self, step: _StoredChangeSet | ChangeSet) -> None:
        """Take the dates from one change set; callers pass them newest first."""
        at = VersionAt(step.to, step.detected_at)
        removed = self.removed_open.intersection(step.endpoints_removed)
        self.removed |= dict.fromkeys(removed, at)
        self.removed_open -= removed
        self.added_open |= removed  # an earlier version added it
        added = self.added_open.intersection(step.endpoints_added)
        if step.to >= self.since or not name_cause(step.cause):
            self.added |= dict.fromkeys(added, at)  # else the time is not known
        self.added_open -= added
        if step.to < self.since and self.rows_open:
            for row in step.changes:
                rows = self.rows_open.pop(canonical(row.after), ()) if row.after else ()
                self.changed |= dict.fromkeys(rows, at)

    def finish(self, first: VersionAt | None) -> None:
        """Use the date of the first version for what no change set added."""
        if first:
            self.added |= dict.fromkeys(self.added_open, first)
            rows = (change for changes in self.rows_open.values() for change in changes)
            self.changed |= dict.fromkeys(rows, first)

    def dates(self, changes: ChangeSet, grace: timedelta) -> PresenceDates:
        """Return the dates that were found, for the endpoints and rows of `changes`."""
        endpoints = {
            end: Presence(self.added[end])
            for end in changes.endpoints_added
            if end in self.added
        }
        for end, removed in self.removed.items():
            until = format_utc(parse_utc(removed.at) + grace)
            endpoints[end] = Presence(self.added.get(end), removed, until)
        return PresenceDates(endpoints, self.changed)
