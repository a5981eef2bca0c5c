"""Which entries of two versions are the same one, changed. Pure; `diff.py` finds what changed.

Entries with similar targets are found by an index of targets instead of comparing all with all:
a page may have new labels throughout, or replace a block of thousands of rows.

An entry keeps its id while labels, words, targets or ports change: one that is paired with an
entry of the previous version takes over its id. The id of a new entry is a hash of its content,
so that an entry that comes back unchanged has the same id as before.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tracker.diff.renames import find_renames, map_names, rename_entries
from tracker.model import Entry, EntryContent, Service, Snapshot, canonical, port_text

Pair = tuple[Entry, Entry]
Key = Callable[[Entry], Hashable]
Targets = frozenset[str]

_MIN_OVERLAP = 0.5  # of all targets of both entries
_MAX_SHARED_BY = 1_000  # a target of more entries than this identifies none of them


def pair_entries(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Return the pairs of changed entries, the entries removed and those added.

    Equal entries are in none of the three. The keys are tried from the strictest to the
    loosest, so a new label, other addresses or other ports do not break a pair, nor does the
    new name of a region.
    """
    left, right = _drop_equal(old, new)
    order = {id(entry): number for number, entry in enumerate(right)}
    as_now = rename_entries(left, map_names(find_renames(old, new)))
    originals = {id(now): entry for now, entry in zip(as_now, left, strict=True)}
    left = list(as_now)
    pairs: list[Pair] = []
    for key in _KEYS:
        found, left, right = _pair_by_key(key, left, right)
        pairs += found
    overlap, left, right = _pair_by_overlap(left, right)
    pairs = [(originals[id(one)], other) for one, other in pairs + overlap]
    removed = [originals[id(entry)] for entry in left]
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), removed, right


_KEYS: tuple[Key, ...] = (
    canonical,  # equal except for the region's name
    lambda e: (e.region, e.resource, e.direction, _ports(e), e.purpose),
    lambda e: (e.region, e.resource, e.direction, _ports(e)),
    lambda e: (e.region, _targets(e), e.direction, _ports(e), e.purpose),
    lambda e: (e.region, _targets(e), e.direction, _ports(e)),
    lambda e: (e.region, e.resource, _targets(e), e.direction, e.purpose, e.components),
    lambda e: (e.region, e.resource, e.direction, e.purpose, e.components),
    lambda e: (e.region, _targets(e), e.direction, e.purpose, e.components),
)


def _targets(entry: Entry) -> Targets:
    return frozenset(entry.targets)


def _ports(entry: Entry) -> frozenset[str]:
    return _port_texts(entry.services)


@lru_cache(maxsize=256)  # a page has few different port cells
def _port_texts(services: tuple[Service, ...]) -> frozenset[str]:
    return frozenset(port_text(service) for service in services)


def _drop_equal(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    before = {canonical(entry) for entry in old}
    after = {canonical(entry) for entry in new}
    return (
        [entry for entry in old if canonical(entry) not in after],
        [entry for entry in new if canonical(entry) not in before],
    )


def _pair_by_key(
    key: Key, old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pair entries whose key is unique on both sides."""
    before, after = _group_by(key, old), _group_by(key, new)
    pairs = [
        (before[value][0], after[value][0])
        for value in before
        if len(before[value]) == len(after.get(value, ())) == 1
    ]
    return pairs, *_drop_paired(pairs, old, new)


def _pair_by_overlap(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pair entries that share half of their targets, with region, direction and ports equal."""

    def key(entry: Entry) -> Hashable:
        """Return what stays the same if a resource is renamed."""
        return entry.region, entry.direction, _ports(entry)

    groups = {value: _Candidates(entries) for value, entries in _group_by(key, new).items()}
    pairs: list[Pair] = []
    for entry in old:
        group = groups.get(key(entry))
        if group and (other := group.take(_targets(entry))):
            pairs.append((entry, other))
    return pairs, *_drop_paired(pairs, old, new)


class _Candidates:
    """New entries that can still be paired, indexed by set of targets and by each target."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.left = dict(enumerate(entries))
        self.targets = [_targets(entry) for entry in entries]
        self.by_targets: dict[Targets, list[int]] = defaultdict(list)
        self.by_target: dict[str, list[int]] = defaultdict(list)
        for number in reversed(range(len(entries))):
            self.by_targets[self.targets[number]].append(number)
            for target in self.targets[number]:
                self.by_target[target].append(number)

    def take(self, targets: Targets) -> Entry | None:
        """Remove and return the entry that shares most with these, the first of several.

        Returns None if none shares enough.
        """
        if not targets:
            return None
        best = max(
            ((_overlap(targets, self.targets[at]), -at) for at in self._candidates(targets)),
            default=(0.0, 0),
        )
        return self.left.pop(-best[1]) if best[0] >= _MIN_OVERLAP else None

    def _candidates(self, targets: Targets) -> Iterable[int]:
        """Return the number of an entry with the same targets, or of all that share any."""
        same = self.by_targets.get(targets, [])
        while same and same[-1] not in self.left:
            same.pop()
        if same:
            return same[-1:]
        return set(self._numbers_sharing(targets)) & self.left.keys()

    def _numbers_sharing(self, targets: Targets) -> Iterator[int]:
        for target in targets:
            numbers = self.by_target.get(target, [])
            if len(numbers) <= _MAX_SHARED_BY:
                yield from numbers


def _overlap(one: Targets, other: Targets) -> float:
    return len(one & other) / len(one | other)


def _group_by(key: Key, entries: Sequence[Entry]) -> dict[Hashable, list[Entry]]:
    groups: dict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


def _drop_paired(
    pairs: Sequence[Pair], old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    used = {id(entry) for pair in pairs for entry in pair}
    return (
        [entry for entry in old if id(entry) not in used],
        [entry for entry in new if id(entry) not in used],
    )


def carry_ids(old: Sequence[Entry], new: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the new entries with ids: those of the old ones they are paired with, or new ones.

    Old entries without ids, of a version by an older program, get them from their content.
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
    """Yield versions, oldest first, with the ids of their entries, even if none are stored.

    These ids follow an entry through these versions only. For an entry in a version without
    stored ids they are computed, and kept in newer versions in place of the stored ones.
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
    """Give the new entries that are equal to old ones the ids of these."""
    free: dict[EntryContent, list[str]] = defaultdict(list)
    for entry in reversed(old):
        free[canonical(entry)].append(entry.id or "")
    for at, entry in enumerate(new):
        if same := free.get(canonical(entry)):
            ids[at] = same.pop()


def _number_new(entries: Sequence[Entry], taken: set[str]) -> tuple[Entry, ...]:
    """Return the entries with ids from their content; if an id is taken, with the next one."""
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
