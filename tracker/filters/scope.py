"""Restricts content to the regions that `regions` of a source's definition chooses. Pure.

A version has the whole content of the page. Rule files, alerts and the web page show the chosen
regions only: each gets its entries, versions and change sets from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from tracker.change_set import ChangeSet
from tracker.errors import UsageError
from tracker.model import Entry, Snapshot
from tracker.text import comparable

# The names of regions, as the page spells them; None for all of them.
Choice = tuple[str, ...] | None

SCOPE_CHANGED = "scope-changed"  # the finding that versions or shown regions have changed


def is_outside(region: str | None, chosen: Choice) -> bool:
    """Return whether a region is known not to be a chosen one, in any spelling."""
    if chosen is None or region is None:
        return False
    return comparable(region) not in map(comparable, chosen)


def narrow_entries(entries: Sequence[Entry], chosen: Choice) -> tuple[Entry, ...]:
    """Return the entries of the chosen regions."""
    return tuple(each for each in entries if chosen is None or each.region in chosen)


def narrow_snapshot(snapshot: Snapshot, chosen: Choice) -> Snapshot:
    """Return a version with the entries of the chosen regions; its digest stays."""
    if chosen is None:
        return snapshot
    return replace(snapshot, entries=narrow_entries(snapshot.entries, chosen))


def narrow_changes(changes: ChangeSet, chosen: Choice) -> ChangeSet:
    """Return the part of a change set in the chosen regions, before or after the change."""
    if chosen is None:
        return changes
    from tracker.diff.diff import keep_changes  # noqa: PLC0415  most sources choose nothing
    from tracker.diff.endpoint_changes import EndpointChanges  # noqa: PLC0415

    kept = tuple(
        change
        for change in changes.changes
        if any(each and each.region in chosen for each in (change.before, change.after))
    )
    ends = EndpointChanges(
        tuple(each for each in changes.endpoints_added if each.region in chosen),
        tuple(each for each in changes.endpoints_removed if each.region in chosen),
        tuple(each for each in changes.endpoints_changed if each.region in chosen),
    )
    return keep_changes(changes, kept, ends)


def add_names(chosen: Choice, names: Iterable[tuple[str, str]]) -> Choice:
    """Return a choice with both names, old and new, of each renamed region in it."""
    if chosen is None:
        return None
    found = dict.fromkeys(chosen)
    for pair in names:
        if not found.keys().isdisjoint(pair):
            found |= dict.fromkeys(pair)
    return tuple(found)


def join_choices(one: Choice, other: Choice) -> Choice:
    """Return the regions that both choose."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(each for each in one if each in other)


def find_default(chosen: Choice, entries: Iterable[Entry]) -> Choice:
    """Return the default regions for a command: those that are chosen and exist.

    Raises UsageError if none of them exists.
    """
    if chosen is None:
        return None
    there = {entry.region for entry in entries}
    found = tuple(region for region in chosen if region in there)
    if not found:
        known = ", ".join(sorted(region for region in there if region)) or "none"
        raise UsageError(
            f"the source's `regions` choose {describe_choice(chosen)}, which this version does"
            f" not have; name one that it has: {known}"
        )
    return found


def describe_choice(chosen: Iterable[str] | None) -> str:
    """Return `Europe, Canada`, or `all regions`."""
    return "all regions" if chosen is None else ", ".join(chosen)
