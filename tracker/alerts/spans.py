"""The versions that one message covers, and the part of their changes that a channel chose."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import msgspec
from msgspec import UNSET

from tracker.alerts.presence import PresenceDates, load_presence
from tracker.change_set import IMPACTS, ChangeSet
from tracker.config.tables import Channel
from tracker.diff.diff import diff, keep_changes
from tracker.diff.endpoint_changes import EndpointChanges, to_endpoint
from tracker.errors import FwtrackerError
from tracker.filters.entry_filters import matches
from tracker.filters.scope import Choice, join_choices
from tracker.model import Endpoint, Entry, Snapshot, flatten
from tracker.publish.grace import delta_folder, find_removals_pending_at, list_delta_folders
from tracker.publish.index import load_index_entries
from tracker.store.tree import Tree

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VersionSpan:
    """The step from before the first of some versions to the last: the same for every channel.

    `deltas` are the folders of the deltas between, in order; `digests` are those of the files
    of the versions. `names` are pairs of a region's names that both count.
    """

    versions: Sequence[int]
    snapshot: Snapshot
    changes: ChangeSet
    dates: PresenceDates
    deltas: Sequence[str]
    digests: Mapping[int, str | None]
    names: Sequence[tuple[str, str]] = ()


def load_span(tree: Tree, versions: Sequence[int], grace_days: int) -> VersionSpan:
    """Return the step from the version before the first of these to the last.

    They have one cause, see `split_by_cause`. Endpoints that were added and removed again in
    between are not in it, as they need no work. Raises StoreError.
    """
    first, last = tree.snapshot(versions[0]), tree.snapshot(versions[-1])
    before = tree.snapshot(first.previous) if first.previous else None
    changes = msgspec.structs.replace(diff(before, last), cause=last.cause)
    dates = load_presence(tree, versions, changes, grace_days)
    deltas = _find_delta_folders(tree, versions, grace_days)
    digests = {number: tree.version_digest(number) for number in versions}
    names = _pair_names(tree, changes, grace_days)
    return VersionSpan(versions, last, changes, dates, deltas, digests, names)


def _pair_names(tree: Tree, changes: ChangeSet, grace_days: int) -> tuple[tuple[str, str], ...]:
    """Return the names of regions, old and new, that both count for the last version.

    These are the renames of this step, and earlier ones whose grace is not over. If the history
    cannot be read, the latter are left out and the message is still sent.
    """
    renames = tuple((each.old, each.new) for each in changes.regions_renamed or ())
    try:
        pending = find_removals_pending_at(
            tree.versions(), tree.snapshot, grace_days, changes.to, changes.detected_at
        )
    except FwtrackerError as error:
        log.info("former names of regions are left out: %s", error)
        return renames
    return renames + tuple((each.old, each.new) for each in pending.former_names)


def _find_delta_folders(
    tree: Tree, versions: Sequence[int], grace_days: int
) -> tuple[str, ...]:
    """Return the folders of the deltas that lead to the last of these versions, in order.

    They start at the version before these, the last that channels were sent. If the history
    cannot be read, ends of grace are left out and the message is still sent.
    """
    try:
        read = cache(tree.snapshot)
        return tuple(list_delta_folders(tree.versions(), read, grace_days, versions))
    except FwtrackerError as error:
        log.info("ends of grace are left out: %s", error)
        return tuple(map(delta_folder, versions))


def split_by_cause(tree: Tree, versions: Sequence[int]) -> list[list[int]]:
    """Return versions in groups that one message can report: each has one cause.

    The effect of an edited definition is not reported together with the vendor's changes.
    """
    causes = {entry.version: entry.cause or "page" for entry in load_index_entries(tree)}
    return [
        list(group)
        for _, group in groupby(
            versions, lambda n: causes.get(n) or tree.snapshot(n).cause or "page"
        )
    ]


def select_changes(changes: ChangeSet, channel: Channel) -> ChangeSet:
    """Return the part of a change set that matches a channel's choice and least impact.

    An entry that came into the choice or left it counts: both its old and new form are tested.
    """
    least = IMPACTS.index(channel.min_impact)
    baseline = changes.from_ is None
    selected = tuple(
        change
        for change in changes.changes
        if (baseline or IMPACTS.index(change.impact) >= least)
        and (wants(channel, change.before) or wants(channel, change.after))
    )
    after = _wanted_endpoints(channel, (change.after for change in selected))
    before = _wanted_endpoints(channel, (change.before for change in selected))
    ends = EndpointChanges(
        tuple(end for end in changes.endpoints_added if end in after),
        tuple(end for end in changes.endpoints_removed if end in before),
        tuple(end for end in changes.endpoints_changed if to_endpoint(end) in (after | before)),
    )
    renames = tuple(
        each
        for each in changes.regions_renamed or ()
        if channel.regions is None or each.new in channel.regions
    )
    named = msgspec.structs.replace(changes, regions_renamed=renames or UNSET)
    return keep_changes(named, selected, ends)


def _wanted_endpoints(channel: Channel, entries: Iterable[Entry | None]) -> set[Endpoint]:
    chosen = (entry for entry in entries if entry and wants(channel, entry))
    return {endpoint for entry in chosen for endpoint in flatten(entry)}


def within_choice(channel: Channel, chosen: Choice) -> Channel:
    """Return the channel with the regions that its source chooses as well."""
    return msgspec.structs.replace(channel, regions=join_choices(channel.regions, chosen))


def wants(channel: Channel, entry: Entry | None) -> bool:
    """Return whether a channel has chosen this entry.

    An entry without a stated requirement counts as required, as it does for its impact: an
    unneeded message is better than a missing one.
    """
    return entry is not None and matches(channel, entry)
