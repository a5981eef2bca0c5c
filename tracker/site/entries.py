"""The entries in force, for `parts/entries.html`: a table per region, a row per set of ports.

A page often lists one server in many rows, one for each port, and one set of ports for many
servers. Both are merged: the entries of one resource form a part with all their ports, and
parts with the same ports and the same first sentence of their purpose share a row. Each port of
a row applies to every part in it, so a row never says more than its entries do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tracker.model import Endpoint, Entry, EntryContent, flatten, port_text, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.site.rendering import format_count, format_region
from tracker.site.search import describe_resource, describe_use
from tracker.text import slug

_SCOPES = {
    "internet": "internet",
    "lan": "local network only",
    "unstated": "no port stated",
}


class PortLine(NamedTuple):
    """The ports of one entry in one scope.

    `at` numbers the entries of a part from 0; `words` is further text for the search.
    `remarks` are the properties of this entry that not all entries of the row have.
    """

    at: int
    ports: tuple[str, ...]
    direction: str
    remarks: tuple[str, ...]
    words: str


class PortGroup(NamedTuple):
    """All ports of a row in one scope: internet, LAN or unstated."""

    scope: str
    label: str
    lines: list[PortLine]


class ResourcePart(NamedTuple):
    """One resource with its targets; `words` is the text for the search, in lower case.

    `more` is the rest of its purpose, after the sentence that it shares with others.
    """

    resource: str
    more: str
    only_for: str | None
    targets: tuple[str, ...]
    words: str


class ResourceRow(NamedTuple):
    """Resources with the same ports. `leaves_at` is set once they are off the page.

    With `unread`, the page may still list them, but its definition leaves them out.
    """

    title: str
    parts: list[ResourcePart]
    groups: list[PortGroup]
    purposes: tuple[str, ...]
    components: tuple[str, ...]
    needed: tuple[str, ...]
    leaves_at: str | None
    unread: bool


class RegionTable(NamedTuple):
    """A region with its rows; `size` is the number of its entries and endpoints, in words."""

    region: str | None
    name: str
    slug: str
    size: str
    rows: list[ResourceRow]


Matches = Callable[[Entry], bool]
_Part = list[Entry]


def build_region_tables(
    entries: Sequence[Entry],
    late: PendingRemovals | None = None,
    matches: Matches | None = None,
) -> list[RegionTable]:
    """Return all regions in the page's order; entries soon to leave the rule files come last.

    With `matches`, return only resources with a matching entry, and regions that have any.
    """
    late = late or PendingRemovals()
    tables = [
        _build_table(
            region,
            [entry for entry in entries if entry.region == region],
            [entry for entry in late.entries if entry.region == region],
            late,
            matches,
        )
        for region in regions_of((*entries, *late.entries))
    ]
    return [table for table in tables if table.rows]


def _build_table(
    region: str | None,
    entries: Sequence[Entry],
    leaving: Sequence[Entry],
    late: PendingRemovals,
    matches: Matches | None,
) -> RegionTable:
    endpoints = {end for entry in entries for end in flatten(entry)}
    entry_count = format_count(len(entries), "entry", "entries")
    return RegionTable(
        region=region,
        name=format_region(region),
        slug=slug(region),
        size=f"{entry_count}, {format_count(len(endpoints), 'endpoint')}",
        rows=[
            *(_build_row(parts) for parts in _group(entries, matches)),
            *(
                _build_row(parts, late)
                for parts in _group(leaving, matches, lambda entry: _describe(entry, late))
            ),
        ],
    )


def _group(
    entries: Iterable[Entry],
    matches: Matches | None,
    mark: Callable[[Entry], object] = lambda _: None,
) -> list[list[_Part]]:
    """Return the parts of each row, in the order of the page."""
    parts: dict[object, _Part] = {}
    for entry in entries:
        key = (entry.resource, entry.only_for, entry.targets, mark(entry))
        parts.setdefault(key, []).append(entry)
    rows: dict[object, list[_Part]] = {}
    for part in parts.values():
        if matches is None or any(map(matches, part)):
            rows.setdefault((_signature(part), mark(part[0])), []).append(part)
    return list(rows.values())


def _signature(part: _Part) -> object:
    """Return the properties that the parts of one row share."""
    shared, more = _split_purpose(part)
    return tuple(
        (
            *(each.services, each.direction, each.requirement, each.components),
            *(frozenset(_list_scopes(each)), shared if more else _purpose_of(each)),
        )
        for each in part
    )


def _purpose_of(entry: EntryContent) -> str:
    return entry.purpose if entry.purpose != entry.resource else ""


def _split_purpose(part: _Part) -> tuple[str, str]:
    """Return the first sentence of a part's purpose, and the others.

    Both are "" if its entries have several purposes.
    """
    purposes = {_purpose_of(entry) for entry in part}
    if len(purposes) > 1:
        return "", ""
    first, dot, more = purposes.pop().partition(". ")
    return first + dot.strip(), more


def _describe(entry: Entry, late: PendingRemovals) -> tuple[str, bool]:
    """Return when an entry leaves the rule files, and whether it is only unread."""
    ends = set(flatten(entry))
    leaves = min(late.until[end] for end in ends if end in late.until)
    return leaves, not late.unread.isdisjoint(ends)


def _build_row(parts: list[_Part], late: PendingRemovals | None = None) -> ResourceRow:
    first, is_alone = parts[0], len(parts) == 1
    leaves_at, unread = _describe(first[0], late) if late else (None, False)
    shared, _ = _split_purpose(first)
    purposes = tuple(dict.fromkeys(filter(None, map(_purpose_of, first))))
    components = {entry.components for entry in first}
    return ResourceRow(
        title=first[0].resource if is_alone else shared or _name_several(purposes, parts),
        parts=[_build_part(part) for part in parts],
        groups=_group_ports(first),
        purposes=purposes if is_alone else purposes[1:],
        components=first[0].components if len(components) == 1 else (),
        needed=tuple(dict.fromkeys(entry.requirement or "not stated" for entry in first)),
        leaves_at=leaves_at,
        unread=unread,
    )


def _name_several(purposes: Sequence[str], parts: Sequence[_Part]) -> str:
    return purposes[0] if purposes else format_count(len(parts), "resource")


def _build_part(part: _Part) -> ResourcePart:
    entry, (_, more) = part[0], _split_purpose(part)
    words = describe_resource(entry, more)
    return ResourcePart(entry.resource, more, entry.only_for, entry.targets, words)


def _group_ports(part: _Part) -> list[PortGroup]:
    """Return the ports of a part by scope, those for the internet first."""
    groups = {scope: PortGroup(scope, label, []) for scope, label in _SCOPES.items()}
    shared, more = _split_purpose(part)
    for at, entry in enumerate(part):
        scopes: dict[str, list[str]] = {}
        for scope, port in _list_scopes(entry):
            scopes.setdefault(scope, []).append(port)
        for scope, found in scopes.items():
            ports = tuple(found)
            words = describe_use(entry, shared if more else entry.purpose)
            remarks = _list_remarks(entry, part)
            line = PortLine(at, ports, entry.direction, remarks, words)
            groups[scope].lines.append(line)
    return [group for group in groups.values() if group.lines]


def _list_scopes(entry: Entry) -> dict[tuple[str, str], None]:
    """Return each port of an entry with its scope, in the order of the page."""
    found: dict[tuple[str, str], None] = {
        (end.scope, _show_port(end)): None for end in flatten(entry)
    }
    return found or {("unstated", "ports"): None}


def _show_port(end: Endpoint) -> str:
    return end.protocol if end.from_port is None else port_text(end)


def _list_remarks(entry: Entry, part: _Part) -> tuple[str, ...]:
    """Return what sets an entry apart from the others of its resource."""
    found = []
    if len({each.components for each in part}) > 1 and entry.components:
        found.append(", ".join(entry.components))
    if len({each.requirement for each in part}) > 1:
        found.append(entry.requirement or "need not stated")
    return tuple(found)
