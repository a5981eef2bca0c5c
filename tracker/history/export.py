"""Exports all versions to one SQLite file, for queries in SQL; the file appears whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from tracker.change_set import ChangedEndpoint, ChangeSet
from tracker.diff.diff import diff
from tracker.errors import StoreError
from tracker.model import Endpoint, Entry, Snapshot, flatten, is_for_the_lan

_TABLES = """
create table versions (
    version integer primary key, captured_at text not null, digest text not null,
    entries integer not null, cause text
);
create table entries (
    version integer not null references versions, position integer not null, region text,
    resource text not null, scope text not null, direction text not null, requirement text,
    only_for text, components text not null, purpose text not null,
    id text, required integer not null,
    primary key (version, position)
);
create table endpoints (
    version integer not null references versions, position integer not null, region text,
    direction text not null, target text not null, protocol text not null,
    from_port integer, to_port integer, for_the_lan integer not null,
    scope text not null, id text not null
);
create table changes (
    version integer not null references versions, previous integer, kind text not null,
    impact text not null, region text, resource text not null, id text
);
create table endpoint_changes (
    version integer not null references versions, previous integer, change text not null,
    region text, direction text not null, target text not null, protocol text not null,
    from_port integer, to_port integer, scope text not null, id text not null,
    fields text not null
);
create index endpoints_target on endpoints (target, version);
create index endpoint_changes_id on endpoint_changes (id, version);
"""


def export_versions(versions: Iterable[Snapshot], target: Path) -> int:
    """Write all versions to `target` and return their number. Lists in a column are JSON.

    Raises StoreError if the file cannot be written; an older one then stays unchanged.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft)) as database, database:
            database.executescript(_TABLES)
            count = _add_all(database, versions)
        draft.replace(target)
    except (sqlite3.Error, OSError) as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot be written: {error}") from None
    return count


def _add_all(database: sqlite3.Connection, versions: Iterable[Snapshot]) -> int:
    """Add the versions, oldest first, each with its changes; return their number."""
    before, count = None, 0
    for snapshot in versions:
        _add_version(database, snapshot)
        _add_changes(database, diff(before, snapshot))
        before, count = snapshot, count + 1
    return count


def _add_version(database: sqlite3.Connection, snapshot: Snapshot) -> None:
    said = (snapshot.version, snapshot.captured_at, snapshot.digest)
    _insert(database, "versions", [(*said, len(snapshot.entries), snapshot.cause or None)])
    numbered = list(enumerate(snapshot.entries, start=1))
    entries = (_entry(snapshot.version, at, entry) for at, entry in numbered)
    _insert(database, "entries", entries)
    rows = (row for at, entry in numbered for row in _endpoints(snapshot.version, at, entry))
    _insert(database, "endpoints", rows)


def _add_changes(database: sqlite3.Connection, changes: ChangeSet) -> None:
    """Add the changes of a version; in the first one everything is an addition."""
    step = (changes.to, changes.from_)
    rows = (
        (*step, each.kind, each.impact, each.region, each.resource, each.id or None)
        for each in changes.changes
    )
    _insert(database, "changes", rows)
    lists = (
        ("added", changes.endpoints_added),
        ("removed", changes.endpoints_removed),
        ("changed", changes.endpoints_changed),
    )
    ends = (
        (*step, word, *_place(end), *_use(end), _fields(end))
        for word, each in lists
        for end in each
    )
    _insert(database, "endpoint_changes", ends)


def _insert(
    database: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]
) -> None:
    rows = list(rows)
    if rows:
        places = ", ".join("?" * len(rows[0]))
        database.executemany(f"insert into {table} values ({places})", rows)  # noqa: S608  our own names


def _entry(version: int, at: int, entry: Entry) -> tuple[object, ...]:
    components = msgspec.json.encode(entry.components).decode()
    named = (entry.region, entry.resource, entry.scope, entry.direction)
    said = (entry.requirement, entry.only_for, components, entry.purpose)
    return (version, at, *named, *said, entry.id or None, entry.required)


def _endpoints(version: int, at: int, entry: Entry) -> Iterator[tuple[object, ...]]:
    for end in dict.fromkeys(flatten(entry)):
        yield (version, at, *_place(end), is_for_the_lan(end), *_use(end))


def _place(end: Endpoint) -> tuple[object, ...]:
    ports = (end.protocol, end.from_port, end.to_port)
    return (end.region, end.direction, end.target, *ports)


def _fields(end: Endpoint) -> str:
    """Return the changed fields of an endpoint that stays, as a JSON list."""
    fields = end.fields if isinstance(end, ChangedEndpoint) else ()
    return msgspec.json.encode(fields).decode()


def _use(end: Endpoint) -> tuple[str, str]:
    return end.scope, end.id
