"""Since when what a message tells of is on the page, or was: read from the change sets.

Newest first, and no further than needed. A date is a help and no more: history that cannot be
read leaves dates out, and keeps no message back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import msgspec

from tracker.errors import FwtrackerError
from tracker.model import (
    Change,
    ChangeSet,
    Dated,
    Endpoint,
    Entry,
    Stay,
    canonical,
)
from tracker.store.tree import Tree, change_name, derived, version_name
from tracker.times import format_utc, parse_utc

log = logging.getLogger(__name__)

MOST_STEPS = 200  # change sets that are read; what came before them has no date


class Stays(NamedTuple):
    """Of endpoints that came or went, and of changed rows when they last changed before."""

    endpoints: Mapping[Endpoint, Stay] = {}
    rows: Mapping[Change, Dated] = {}


class _Row(msgspec.Struct, frozen=True):
    after: Entry | None = None


class _Step(msgspec.Struct, frozen=True):
    """What of a stored change set is read here."""

    to: int
    detected_at: str
    changes: tuple[_Row, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]


class _Captured(msgspec.Struct, frozen=True):
    """What of the first version is read here."""

    version: int
    captured_at: str


def stays(tree: Tree, versions: Sequence[int], told: ChangeSet, days: int) -> Stays:
    """The dates of what `told` tells of: the difference that these versions make.

    `days` is the grace that removed endpoints have. A baseline has no dates.
    """
    if told.from_ is None:
        return Stays()
    search = _Search.of(told, versions[0])
    try:
        for step in _steps(tree, versions, told):
            search.step(step)
            if search.done:
                break
        else:
            if tree.versions()[0] + MOST_STEPS >= versions[-1]:
                search.rest(_first(tree))
    except FwtrackerError as error:
        log.info("dates are left out: %s", error)
    return search.found(told, timedelta(days=days))


def _steps(tree: Tree, versions: Sequence[int], told: ChangeSet) -> Iterator[_Step | ChangeSet]:
    """The change sets up to the last of these versions, the newest first."""
    numbers = [number for number in reversed(tree.versions()) if number <= versions[-1]]
    for number in numbers[:-1][:MOST_STEPS]:
        if len(versions) == 1 and number == versions[0]:
            yield told
            continue
        step = derived(tree.read(change_name(number)) or b"", _Step)
        if step is None:
            from tracker.publish.index import (  # noqa: PLC0415  only where one is missing
                change_set,
            )

            yield change_set(tree, number)
        else:
            yield step


def _first(tree: Tree) -> Dated | None:
    """The oldest version: what it has was there when the watch began."""
    data = tree.read(version_name(tree.versions()[0])) or b""
    first = derived(data, _Captured)
    return Dated(first.version, first.captured_at) if first else None


@dataclass
class _Search:
    """What is still looked for: when endpoints came and went, and rows became as they were.

    `since` is the first of the versions that are told of.
    """

    since: int
    coming: set[Endpoint]
    going: set[Endpoint]
    rows: dict[Entry, list[Change]]
    came: dict[Endpoint, Dated] = field(default_factory=dict)
    went: dict[Endpoint, Dated] = field(default_factory=dict)
    changed: dict[Change, Dated] = field(default_factory=dict)

    @classmethod
    def of(cls, told: ChangeSet, since: int) -> _Search:
        rows: dict[Entry, list[Change]] = {}
        for change in told.changes:
            if change.before and change.after:
                rows.setdefault(canonical(change.before), []).append(change)
        return cls(since, set(told.endpoints_added), set(told.endpoints_removed), rows)

    @property
    def done(self) -> bool:
        return not (self.coming or self.going or self.rows)

    def step(self, step: _Step | ChangeSet) -> None:
        """Learn from one change set; they come newest first."""
        at = Dated(step.to, step.detected_at)
        gone = self.going.intersection(step.endpoints_removed)
        self.went |= dict.fromkeys(gone, at)
        self.going -= gone
        self.coming |= gone  # before that version it came, at some time
        new = self.coming.intersection(step.endpoints_added)
        self.came |= dict.fromkeys(new, at)
        self.coming -= new
        if step.to < self.since and self.rows:
            for row in step.changes:
                for change in self.rows.pop(canonical(row.after), ()) if row.after else ():
                    self.changed[change] = at

    def rest(self, first: Dated | None) -> None:
        """What no change set has brought was there from the first version on."""
        if first:
            self.came |= dict.fromkeys(self.coming, first)
            rows = (change for changes in self.rows.values() for change in changes)
            self.changed |= dict.fromkeys(rows, first)

    def found(self, told: ChangeSet, grace: timedelta) -> Stays:
        added = {end: Stay(self.came[end]) for end in told.endpoints_added if end in self.came}
        removed = {
            end: Stay(self.came.get(end), gone, format_utc(parse_utc(gone.at) + grace))
            for end, gone in self.went.items()
        }
        return Stays(added | removed, self.changed)
