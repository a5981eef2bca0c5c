"""Endpoints that left the page lately and stay in rule files for a while; former names, too.

Vendors undo removals: 24 exact ones in three years of 36 vendors' pages. A firewall rule that
is removed at once and needed again next week is an outage; one that stays a week too long is
not. A renamed region loses nothing: its endpoints in grace are listed under the new name, and
the former name is accepted in filters, and kept as a folder, for the same time.
Pure: versions and a time in, entries out. The snapshot itself always lists what the page lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.diff.renames import find_renames, map_names, rename_entries
from tracker.filters.scope import Choice, add_names, narrow_entries
from tracker.model import LAN, Endpoint, Entry, Snapshot, flatten, name_cause, regions_of
from tracker.times import format_utc, parse_utc

GRACE_OVER = "grace-over"  # the finding that endpoints have left the rule files
LIST_NAME = "manifest.json"  # of a folder of deltas

# Reads a version by its number.
ReadVersion = Callable[[int], Snapshot]


class FormerName(msgspec.Struct, frozen=True):
    """The old and the new name of a region, and until when (UTC) both are accepted."""

    old: str
    new: str
    until: str


class PendingRemovals(msgspec.Struct, frozen=True):
    """Entries reduced to what left the page, and until when (UTC) each endpoint stays.

    `unread` are endpoints that did not leave the page, but are no longer read by an edited
    definition or a newer reader. `former_names` are those of renamed regions.
    """

    entries: tuple[Entry, ...] = ()
    until: Mapping[Endpoint, str] = msgspec.field(default_factory=dict)
    unread: frozenset[Endpoint] = frozenset()
    former_names: tuple[FormerName, ...] = ()

    @property
    def ends(self) -> list[str]:
        """When endpoints and former names expire, so that rule files change; sorted."""
        return sorted({*self.until.values(), *(each.until for each in self.former_names)})

    @property
    def due(self) -> str | None:
        """When the first of them expires; None if none is pending."""
        return next(iter(self.ends), None)


def find_pending_removals(
    versions: Iterable[Snapshot], days: int, now: datetime
) -> PendingRemovals:
    """Return what is missing from the newest version but was there in the last `days` days.

    `versions` come newest first, and are read only as far as needed.
    """
    until: dict[Endpoint, str] = {}
    entries: list[Entry] = []
    newer: Snapshot | None = None
    unread: set[Endpoint] = set()
    present: set[Endpoint] = set()
    same: set[Entry] = set()
    names: dict[str, str] = {}
    former: dict[str, FormerName] = {}
    for older in versions:
        if newer is None:
            same = set(older.entries)
            present = {endpoint for entry in same for endpoint in flatten(entry)}
        else:
            end = parse_utc(newer.captured_at) + timedelta(days=days)
            if end <= now:
                break
            names = _follow_names(older, newer, names)
            for old, new in names.items():
                former.setdefault(old, FormerName(old, new, format_utc(end)))
            as_now = rename_entries(older.entries, names) if names else older.entries
            others = [entry for entry in as_now if entry not in same]
            found = {endpoint for entry in others for endpoint in flatten(entry)}
            gone = found - present - until.keys()
            until |= dict.fromkeys(gone, format_utc(end))
            if name_cause(newer.cause):
                unread |= gone
            entries += [part for entry in others for part in _split_off(entry, gone)]
        newer = older
    there = regions_of([*same, *entries])
    names_left = tuple(each for each in former.values() if each.old not in there)
    return PendingRemovals(tuple(entries), until, frozenset(unread), names_left)


def narrow_pending(pending: PendingRemovals, chosen: Choice) -> PendingRemovals:
    """Return the pending removals of the chosen regions."""
    if chosen is None:
        return pending
    return PendingRemovals(
        narrow_entries(pending.entries, chosen),
        {end: until for end, until in pending.until.items() if end.region in chosen},
        frozenset(end for end in pending.unread if end.region in chosen),
        tuple(each for each in pending.former_names if each.new in chosen),
    )


def add_former_names(chosen: Choice, pending: PendingRemovals) -> Choice:
    """Return a choice with the new names of its regions whose former names still count."""
    return add_names(chosen, ((each.old, each.new) for each in pending.former_names))


def _follow_names(older: Snapshot, newer: Snapshot, names: Mapping[str, str]) -> dict[str, str]:
    """Return the current names of regions of `older` that have been renamed since.

    `names` has the same for `newer`. A name may be given to another region later, so names are
    followed from version to version.
    """
    renamed = map_names(find_renames(older.entries, newer.entries))
    found: dict[str, str] = {}
    if not renamed and not names:
        return found
    for region in filter(None, regions_of(older.entries)):
        then = renamed.get(region, region)
        now = names.get(then, then)
        if now != region:
            found[region] = now
    return found


def _split_off(entry: Entry, gone: set[Endpoint]) -> Iterable[Entry]:
    """Yield the parts of an entry that are gone: one per service, with the targets affected."""
    for service in entry.services:
        one = msgspec.structs.replace(entry, services=(service,))
        targets = {endpoint.target for endpoint in flatten(one) if endpoint in gone}
        if LAN in targets:
            yield one
        elif targets:
            yield msgspec.structs.replace(
                one,
                hosts=tuple(host for host in one.hosts if host in targets),
                addresses=tuple(address for address in one.addresses if address in targets),
            )


def list_delta_folders(
    numbers: Sequence[int], read: ReadVersion, grace_days: int, wanted: Sequence[int]
) -> Iterator[str]:
    """Yield the folders of the steps from the version before `wanted` to the last of them.

    They come in order, including each end of grace in between, and may not exist. `numbers` are
    all versions, oldest first.
    """
    at = numbers.index(wanted[0])
    before = numbers[at - 1] if at else None
    for number in wanted:
        if before is not None and grace_days:
            end = read(number).captured_at
            yield from _grace_folders(numbers, read, grace_days, before, end)
        yield delta_folder(number)
        before = number


def _grace_folders(
    numbers: Sequence[int], read: ReadVersion, days: int, number: int, end: str
) -> Iterator[str]:
    """Yield the folders of the ends of grace while a version was in force."""
    captured_at = read(number).captured_at
    pending = find_removals_pending_at(numbers, read, days, number, captured_at)
    for over in pending.ends:
        if over <= end:
            yield delta_folder(number, over)


def find_removals_pending_at(
    numbers: Sequence[int], read: ReadVersion, days: int, number: int, at: str
) -> PendingRemovals:
    """Return what was pending while `number` was in force, at a time."""
    versions = (read(each) for each in reversed(numbers) if each <= number)
    return find_pending_removals(versions, days, parse_utc(at))


def delta_folder(number: int, end_of_grace: str | None = None) -> str:
    """Return the folder of a version's deltas, or of an end of grace while it was in force."""
    name = f"deltas/{number:06d}"
    if end_of_grace is None:
        return name
    return f"{name}-{end_of_grace.translate({ord('-'): None, ord(':'): None})}"
