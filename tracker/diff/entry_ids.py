"""The ids of entries, which stay with them while labels, words, targets or ports change. Pure.

An entry that is new gets its id from what it says, so that one that comes back as it was has
the id that it had. One that is paired with an entry of the version before takes over its id.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tracker.diff.pairing import pair_entries
from tracker.model import Entry, EntryContent, Snapshot, canonical


def carry_ids(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the new entries with their ids: those of the old ones that they are paired with.

    Old entries without ids, of a version by an older program, get them from what they say.
    """
    before = old if all(entry.id for entry in old) else _number_new(old, set())
    ids: dict[int, str] = {}  # by position in `new`
    _take_equal(before, new, ids)
    positions = {id(entry): at for at, entry in enumerate(new)}
    for one, other in pair_entries(before, new)[0]:
        ids.setdefault(positions[id(other)], one.id or "")
    fresh = [entry for at, entry in enumerate(new) if at not in ids]
    named = iter(_number_new(fresh, {*ids.values(), *(entry.id or "" for entry in before)}))
    return tuple(
        replace(entry, id=ids[at]) if at in ids else next(named) for at, entry in enumerate(new)
    )


def follow_ids(versions: Iterable[Snapshot]) -> Iterator[tuple[Snapshot, tuple[str, ...]]]:
    """Yield versions, oldest first, with the ids of their entries, also where none are stored.

    The ids are good for following an entry through these versions. That of one which older
    programs stored is the one that it began with, and not the stored one of newer versions.
    """
    before: tuple[Entry, ...] = ()
    renamed: dict[str, str] = {}
    for snapshot in versions:
        if all(entry.id for entry in snapshot.entries):
            if before:
                fresh = _number_new([replace(each, id=UNSET) for each in before], set())
                renamed = {
                    new.id or "": each.id or "" for new, each in zip(fresh, before, strict=True)
                }
                before = ()
            ids = tuple(entry.id or "" for entry in snapshot.entries)
            yield snapshot, tuple(renamed.get(each, each) for each in ids)
        else:
            before = carry_ids(before, snapshot.entries)
            yield snapshot, tuple(entry.id or "" for entry in before)


def _take_equal(old: Sequence[Entry], new: Sequence[Entry], ids: dict[int, str]) -> None:
    """Note the ids of the old entries for those of the new ones that say the same."""
    free: dict[EntryContent, list[str]] = defaultdict(list)
    for entry in reversed(old):
        free[canonical(entry)].append(entry.id or "")
    for at, entry in enumerate(new):
        if same := free.get(canonical(entry)):
            ids[at] = same.pop()


def _number_new(entries: Sequence[Entry], taken: set[str]) -> tuple[Entry, ...]:
    """Return the entries with ids of what they say; of an id that is taken, the next one."""
    named: list[Entry] = []
    for entry in entries:
        said, count = msgspec.json.encode(canonical(entry)), 0
        while (new := _hash(said, count)) in taken:
            count += 1
        taken.add(new)
        named.append(replace(entry, id=new))
    return tuple(named)


def _hash(said: bytes, count: int) -> str:
    return f"e{hashlib.sha256(said + b'#%d' % count).hexdigest()[:12]}"
