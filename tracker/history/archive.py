"""Loads versions of a tree for queries about the past. Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tracker.change_set import IMPACTS, ChangeSet, Impact
from tracker.errors import UsageError
from tracker.model import Snapshot, name_cause, regions_of
from tracker.publish.index import load_change_set, load_index_entries
from tracker.store.tree import Tree

_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")  # both spellings of ISO 8601


def list_versions(tree: Tree) -> list[int]:
    """Return the numbers of the versions. Raises UsageError if there are none."""
    found = tree.versions()
    if not found:
        raise UsageError(
            f"no version of {tree.source} is stored here yet; make one with: fwtracker run"
            f" {tree.source}, or name another folder with --snapshots"
        )
    return found


def load_version(tree: Tree, number: int | None) -> Snapshot:
    """Return one version, by default the newest. Raises UsageError that lists all numbers."""
    found = list_versions(tree)
    if number is not None and number not in found:
        raise UsageError(
            f"there is no version {number} of {tree.source}; there are"
            f" {found[0]} to {found[-1]}"
        )
    return tree.snapshot(found[-1] if number is None else number)


def load_versions(tree: Tree) -> Iterator[Snapshot]:
    """Yield all versions, oldest first, one by one. Raises UsageError if there are none."""
    return (tree.snapshot(number) for number in list_versions(tree))


def load_changes(tree: Tree, number: int) -> ChangeSet:
    """Return the change set of a version: as stored, or computed if that file is missing."""
    return load_change_set(tree, number)  # `store verify` reports damage


def describe_causes(tree: Tree, first: int, last: int) -> str:
    """Return which versions after `first`, up to `last`, have another cause than the page.

    "" if there are none, or if there is only one version: its change set has the cause.
    """
    low, high = min(first, last), max(first, last)
    named = [
        f"version {entry.version} is due to {name_cause(entry.cause)}"
        for entry in load_index_entries(tree)
        if low < entry.version <= high and name_cause(entry.cause)
    ]
    return "; ".join(named) if high - low > 1 else ""


def find_version_at(tree: Tree, when: datetime) -> Snapshot:
    """Return the version that was in force at `when`. Raises UsageError before the first."""
    if number := find_number_at(tree, when):
        return tree.snapshot(number)
    captured = load_capture_times(tree)
    first = captured[min(captured)]
    raise UsageError(f"nothing was stored by then; the first version is of {first}")


def find_number_at(tree: Tree, when: datetime) -> int:
    """Return the number of the version that was in force at `when`; 0 before the first one.

    It is the highest number among the versions captured by then: clocks may jump.
    """
    captured = load_capture_times(tree)
    by_then = (n for n, at in captured.items() if datetime.fromisoformat(at) <= when)
    return max(by_then, default=0)


def load_capture_times(tree: Tree) -> dict[int, str]:
    """Return when each version was captured, from the index or from the version itself."""
    indexed = {entry.version: entry.captured_at for entry in load_index_entries(tree)}
    return {
        number: indexed.get(number) or tree.snapshot(number).captured_at
        for number in list_versions(tree)
    }


def parse_user_time(text: str, *, is_start: bool = False) -> datetime:
    """Return a time as users write it: `2026-03-01T12:00Z`, `20260301` or `2026-03-01`.

    A date means the end of its day, or the start if the time `is_start` of a span. UTC unless
    an offset is given. Raises UsageError.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'"{text}" is not a time; write 2026-03-01 or 2026-03-01T12:00Z'
        ) from None
    if _DAY.fullmatch(text) and not is_start:
        found += timedelta(days=1, microseconds=-1)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def require_known_region(tree: Tree, region: str) -> None:
    """Raise UsageError, with a list of the known regions, if no version has this one."""
    known: set[str] = set()
    for number in list_versions(tree):
        known.update(filter(None, regions_of(tree.snapshot(number).entries)))
    if region not in known:
        names = ", ".join(sorted(known)) or "none"
        raise UsageError(f'no version has a region "{region}"; there are: {names}')


def is_relevant(change: ChangeSet, region: str | None, impact: Impact | None) -> bool:
    """Return whether a change set has a change of this region and of at least this impact."""
    least = IMPACTS.index(impact) if impact else 0
    return any(
        (region is None or item.region == region) and IMPACTS.index(item.impact) >= least
        for item in change.changes
    )
