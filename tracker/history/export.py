"""All versions in one SQLite file, for questions in SQL. Written whole, then moved in place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from tracker.errors import StoreError
from tracker.model import Entry, Snapshot, flatten, is_for_the_lan

_TABLES = """
create table versions (
    version integer primary key, captured_at text not null, digest text not null,
    entries integer not null, cause text
);
create table entries (
    version integer not null references versions, position integer not null, region text,
    resource text not null, scope text not null, direction text not null, requirement text,
    only_for text, components text not null, purpose text not null,
    primary key (version, position)
);
create table endpoints (
    version integer not null references versions, position integer not null, region text,
    direction text not null, target text not null, protocol text not null,
    from_port integer, to_port integer, for_the_lan integer not null
);
create index endpoints_target on endpoints (target, version);
"""


def export_versions(versions: Iterable[Snapshot], target: Path) -> int:
    """Write all versions to `target` and return how many. Components are a JSON list.

    Raises StoreError where the file cannot be written; an older one is then left as it was.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with closing(sqlite3.connect(draft)) as database, database:
            database.executescript(_TABLES)
            count = sum(1 for snapshot in versions if _add(database, snapshot))
        draft.replace(target)
    except (sqlite3.Error, OSError) as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot be written: {error}") from None
    return count


def _add(database: sqlite3.Connection, snapshot: Snapshot) -> bool:
    said = (snapshot.version, snapshot.captured_at, snapshot.digest)
    facts = (*said, len(snapshot.entries), snapshot.cause or None)
    database.execute("insert into versions values (?, ?, ?, ?, ?)", facts)
    numbered = list(enumerate(snapshot.entries, start=1))
    database.executemany(
        "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_entry(snapshot.version, at, entry) for at, entry in numbered),
    )
    database.executemany(
        "insert into endpoints values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row for at, entry in numbered for row in _endpoints(snapshot.version, at, entry)),
    )
    return True


def _entry(version: int, at: int, entry: Entry) -> tuple[object, ...]:
    components = msgspec.json.encode(entry.components).decode()
    named = (entry.region, entry.resource, entry.scope, entry.direction)
    return (version, at, *named, entry.requirement, entry.only_for, components, entry.purpose)


def _endpoints(version: int, at: int, entry: Entry) -> Iterator[tuple[object, ...]]:
    for end in dict.fromkeys(flatten(entry)):
        yield (version, at, *msgspec.structs.astuple(end), is_for_the_lan(end))
