"""The versions of a tree, read for questions about the past. Reads only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tracker.errors import UsageError
from tracker.model import IMPACTS, ChangeSet, Impact, Snapshot
from tracker.publish.index import known_versions, stored_changes
from tracker.store.tree import Tree

_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")


def numbers(tree: Tree) -> list[int]:
    """The versions there are. Raises UsageError where there is none."""
    found = tree.versions()
    if not found:
        raise UsageError(
            f"no version of {tree.source} is stored here yet; make one with: fwtracker run"
            f" {tree.source}, or name another folder with --snapshots"
        )
    return found


def version(tree: Tree, number: int | None) -> Snapshot:
    """One version, by default the newest. Raises UsageError naming those there are."""
    found = numbers(tree)
    if number is not None and number not in found:
        raise UsageError(
            f"there is no version {number} of {tree.source}; there are"
            f" {found[0]} to {found[-1]}"
        )
    return tree.snapshot(found[-1] if number is None else number)


def versions(tree: Tree) -> Iterator[Snapshot]:
    """All versions, oldest first, read one by one."""
    return (tree.snapshot(number) for number in numbers(tree))


def changes(tree: Tree, number: int) -> ChangeSet:
    """What a version changed: as stored, or worked out where that file is not there."""
    return stored_changes(tree, number)  # `store verify` tells of damage


def as_of(tree: Tree, when: datetime) -> Snapshot:
    """The version that was in force at `when`. Raises UsageError before the first one.

    Of the versions captured by then the one with the highest number: clocks may jump, numbers
    do not.
    """
    captured = captured_times(tree)
    for number in sorted(captured, reverse=True):
        if datetime.fromisoformat(captured[number]) <= when:
            return tree.snapshot(number)
    first = captured[min(captured)]
    raise UsageError(f"nothing was stored by then; the first version is of {first}")


def captured_times(tree: Tree) -> dict[int, str]:
    """When each version was captured: by the index, and by the version where that lacks it."""
    indexed = {entry.version: entry.captured_at for entry in known_versions(tree)}
    return {
        number: indexed.get(number) or tree.snapshot(number).captured_at
        for number in numbers(tree)
    }


def moment(text: str) -> datetime:
    """A time as users write it: `2026-03-01` (the end of that day) or `2026-03-01T12:00Z`.

    UTC unless an offset is given. Raises UsageError.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'"{text}" is no time; write 2026-03-01 or 2026-03-01T12:00Z'
        ) from None
    if _DAY.match(text):
        found += timedelta(days=1, microseconds=-1)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def concerns(change: ChangeSet, region: str | None, impact: Impact | None) -> bool:
    """Whether a change set has a change of this region and of at least this impact."""
    least = IMPACTS.index(impact) if impact else 0
    return any(
        (region is None or item.region == region) and IMPACTS.index(item.impact) >= least
        for item in change.changes
    )
