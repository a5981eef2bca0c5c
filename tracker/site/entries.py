"""What is in force, for `parts/entries.html`: a table for each region, a row for each entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tracker.model import LAN, Entry, are_for_the_lan, flatten, port_text, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.site.rendering import format_count, format_region
from tracker.text import slug


class PortCell(NamedTuple):
    """A port; `is_local` marks Windows services, which even beside public hosts stay local."""

    text: str
    is_local: bool


class EntryRow(NamedTuple):
    """An entry as a row. `leaves_at` is set once it is off the page and its grace runs.

    `unread` says that the page may list it still, and that its definition leaves it out.
    """

    entry: Entry
    purpose: str
    ports: tuple[PortCell, ...]
    leaves_at: str | None
    unread: bool


class RegionTable(NamedTuple):
    """A region with its entries; `size` says how many entries and endpoints they are."""

    name: str
    slug: str
    size: str
    rows: list[EntryRow]


def build_region_tables(
    entries: Sequence[Entry], late: PendingRemovals | None = None
) -> list[RegionTable]:
    """Return all regions in the page's order; last in each what leaves the rule files soon."""
    late = late or PendingRemovals()
    return [
        _build_table(
            region,
            [entry for entry in entries if entry.region == region],
            [entry for entry in late.entries if entry.region == region],
            late,
        )
        for region in regions_of((*entries, *late.entries))
    ]


def _build_table(
    region: str | None,
    entries: Sequence[Entry],
    leaving: Sequence[Entry],
    late: PendingRemovals,
) -> RegionTable:
    endpoints = {end for entry in entries for end in flatten(entry)}
    entry_count = format_count(len(entries), "entry", "entries")
    return RegionTable(
        name=format_region(region),
        slug=slug(region),
        size=f"{entry_count}, {format_count(len(endpoints), 'endpoint')}",
        rows=[
            *(_build_row(entry) for entry in entries),
            *(_build_row(entry, late) for entry in leaving),
        ],
    )


def _find_removal_time(entry: Entry, late: PendingRemovals) -> str:
    return min(late.until[end] for end in flatten(entry) if end in late.until)


def _build_row(entry: Entry, late: PendingRemovals | None = None) -> EntryRow:
    is_lan = entry.targets == (LAN,)
    ports = {port_text(service): are_for_the_lan(service) for service in entry.services}
    return EntryRow(
        entry=entry,
        purpose=entry.purpose if entry.purpose != entry.resource else "",
        ports=tuple(PortCell(text, local and not is_lan) for text, local in ports.items()),
        leaves_at=_find_removal_time(entry, late) if late else None,
        unread=late is not None and not late.unread.isdisjoint(flatten(entry)),
    )
