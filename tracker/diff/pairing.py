"""Which entries of two versions are the same thing changed. Pure; `diff.py` says what changed.

Entries with similar targets are found by an index of targets, not by trying all with all: a
page may have new labels throughout, or replace a block of thousands of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache

from tracker.diff.renames import find_renames, map_names, rename_entries
from tracker.model import Entry, Service, canonical, port_text

Pair = tuple[Entry, Entry]
Key = Callable[[Entry], Hashable]
Targets = frozenset[str]

_MIN_OVERLAP = 0.5  # of all targets of both
_MAX_SHARED_BY = 1_000  # a target of more entries than this does not identify any of them


def pair_entries(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Return the pairs that are the same thing changed, the entries removed and those added.

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
    canonical,  # equal but for the name of its region
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


@lru_cache(maxsize=256)  # a page has few port cells that differ
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
        """Return what stays the same where a resource was renamed."""
        return entry.region, entry.direction, _ports(entry)

    groups = {value: _Candidates(entries) for value, entries in _group_by(key, new).items()}
    pairs: list[Pair] = []
    for entry in old:
        group = groups.get(key(entry))
        if group and (other := group.take(_targets(entry))):
            pairs.append((entry, other))
    return pairs, *_drop_paired(pairs, old, new)


class _Candidates:
    """New entries that can still be paired, indexed by all of their targets and by each."""

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

        Return None where none shares enough.
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
