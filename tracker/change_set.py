"""A change set: what was added, removed or changed from one version to another.

Pure data, like `tracker.model`; the docstrings of published types are descriptions in the
published JSON Schema.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
from msgspec import UNSET, UnsetType

from tracker.model import Cause, Count, Endpoint, Entry, EntryId, Number, Time

Impact = Literal["info", "action", "breaking"]
ChangeKind = Literal["added", "removed", "changed", "relabelled", "reworded"]
IMPACTS: tuple[Impact, ...] = ("info", "action", "breaking")


class FieldChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A changed field of a matched entry: what a list gained and lost, or both values."""

    field: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None


class ChangedEndpoint(Endpoint, frozen=True):
    """An endpoint that is on the page before and after, but with other facts about it.

    `fields` are changes of `requirement`, `only_for` and `components`, taken from all entries
    that list the endpoint, the strictest requirement first.
    """

    fields: tuple[FieldChange, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """An entry that was added, removed or changed, with the whole entries before and after.

    `id` is that of the entry.
    """

    kind: ChangeKind
    impact: Impact
    region: str | None
    resource: str
    before: Entry | None = None
    after: Entry | None = None
    fields: tuple[FieldChange, ...] = ()
    id: EntryId | UnsetType = UNSET


class Summary(msgspec.Struct, frozen=True):
    """Counts of one change set."""

    added: Count = 0
    removed: Count = 0
    changed: Count = 0
    relabelled: Count = 0
    reworded: Count = 0
    endpoints_added: Count = 0
    endpoints_removed: Count = 0
    endpoints_changed: Count = 0


class RegionRename(msgspec.Struct, frozen=True):
    """A region that was renamed.

    `endpoints` is the number that it had before, and `kept` how many of them it still has.
    """

    old: str
    new: str
    endpoints: Count
    kept: Count


class ChangeSet(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What changed from one version to another; `from` is null for the baseline.

    `cause` is that of the version, if this is its difference from the previous one. A change
    whose impact is "breaking" or "action" has rows in one of the lists of endpoints.
    `regions_renamed` is present if regions were renamed: their endpoints are among those
    removed and those added, because a region is part of an endpoint.
    """

    schema: Literal[1]
    source: str
    from_: Number | None
    to: Number
    detected_at: Time
    summary: Summary
    changes: tuple[Change, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]
    endpoints_changed: tuple[ChangedEndpoint, ...] = ()
    cause: Cause | UnsetType = UNSET
    regions_renamed: tuple[RegionRename, ...] | UnsetType = UNSET


def hide_renames(changes: ChangeSet) -> ChangeSet:
    """Return a change set without changes that consist only of a region's new name.

    Messages report a rename in one sentence. The lists of a change set contain all changes, so
    that they lead from one version to the next.
    """
    names = {each.old: each.new for each in changes.regions_renamed or ()}
    if not names:
        return changes
    added = set(changes.endpoints_added)
    same: dict[Endpoint, Endpoint] = {}
    for end in changes.endpoints_removed:
        now = msgspec.structs.replace(end, region=names.get(end.region or "", end.region))
        if now in added:
            same[end] = now
    again = set(same.values())
    left = tuple(change for each in changes.changes if (change := _hide_rename(each)))
    counts = {kind: sum(each.kind == kind for each in left) for kind in get_args(ChangeKind)}
    summary = msgspec.structs.replace(
        changes.summary,
        **counts,
        endpoints_added=changes.summary.endpoints_added - len(same),
        endpoints_removed=changes.summary.endpoints_removed - len(same),
    )
    return msgspec.structs.replace(
        changes,
        summary=summary,
        changes=left,
        endpoints_added=tuple(end for end in changes.endpoints_added if end not in again),
        endpoints_removed=tuple(end for end in changes.endpoints_removed if end not in same),
    )


def _hide_rename(change: Change) -> Change | None:
    """Return a change without the new name of its region; None if nothing else changed."""
    if not (change.before and change.after) or change.before.region == change.after.region:
        return change
    fields = tuple(each for each in change.fields if each.field != "region")
    if not fields:
        return None
    only_words = {each.field for each in fields} == {"purpose"}
    kind: ChangeKind = "reworded" if only_words else change.kind
    return msgspec.structs.replace(change, kind=kind, fields=fields)
