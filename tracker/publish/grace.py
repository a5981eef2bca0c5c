"""Endpoints that left the page lately and stay in rule files for a while.

Vendors undo removals: 24 exact ones in three years of 36 vendors' pages. A firewall rule that
goes at once and is needed again next week is an outage; one that stays a week too long is not.
Versions and a moment in, entries out. The snapshot itself always says what the page says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.model import LAN, Endpoint, Entry, Snapshot, flatten, name_cause
from tracker.times import format_utc, parse_utc

LIST_NAME = "manifest.json"  # of a folder of deltas

# Reads a version by its number.
ReadVersion = Callable[[int], Snapshot]


class PendingRemovals(msgspec.Struct, frozen=True):
    """Entries cut down to what left the page, and until when (UTC) each endpoint stays.

    `unread` are those that did not leave it: an edited definition or a newer reader does not
    read them any more.
    """

    entries: tuple[Entry, ...] = ()
    until: Mapping[Endpoint, str] = msgspec.field(default_factory=dict)
    unread: frozenset[Endpoint] = frozenset()

    @property
    def due(self) -> str | None:
        """When the first of them goes, and rule files change; None where none is pending."""
        return min(self.until.values(), default=None)


def find_pending_removals(
    versions: Iterable[Snapshot], days: int, now: datetime
) -> PendingRemovals:
    """Return what is not in the newest version but was within the last `days`.

    `versions` come newest first, and are read no further than needed.
    """
    until: dict[Endpoint, str] = {}
    entries: list[Entry] = []
    newer: Snapshot | None = None
    unread: set[Endpoint] = set()
    present: set[Endpoint] = set()
    same: set[Entry] = set()
    for older in versions:
        if newer is None:
            same = set(older.entries)
            present = {endpoint for entry in same for endpoint in flatten(entry)}
        else:
            end = parse_utc(newer.captured_at) + timedelta(days=days)
            if end <= now:
                break
            others = [entry for entry in older.entries if entry not in same]
            found = {endpoint for entry in others for endpoint in flatten(entry)}
            gone = found - present - until.keys()
            until |= dict.fromkeys(gone, format_utc(end))
            if name_cause(newer.cause):
                unread |= gone
            entries += [part for entry in others for part in _split_off(entry, gone)]
        newer = older
    return PendingRemovals(tuple(entries), until, frozenset(unread))


def _split_off(entry: Entry, gone: set[Endpoint]) -> Iterable[Entry]:
    """Yield the parts of an entry whose endpoints are gone: per service, the targets left."""
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

    In their order, each end of grace in between among them. They may be there or not. `numbers`
    are all versions, oldest first.
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
    """Yield the ends of grace while a version was in force."""
    captured_at = read(number).captured_at
    pending = find_removals_pending_at(numbers, read, days, number, captured_at)
    for over in sorted(set(pending.until.values())):
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
