"""What changed between two versions: endpoints by set algebra, entries matched by identity.

Pure. DeepDiff only compares the fields of one matched pair: over lists of entries it counts
a shift as thousands of changes.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from importlib import import_module
from types import ModuleType

import msgspec

from tracker.impact import impact_of, kind_of
from tracker.model import (
    SCHEMA,
    Change,
    ChangeSet,
    Entry,
    FieldChange,
    Snapshot,
    Summary,
    canonical,
    endpoint_key,
    endpoints_of,
    port_text,
    service_key,
)

Pair = tuple[Entry, Entry]
Key = Callable[[Entry], Hashable]

_LISTS = frozenset({"hosts", "addresses", "services", "components"})
_FIELDS = tuple(field.name for field in msgspec.structs.fields(Entry))


def diff(before: Snapshot | None, after: Snapshot) -> ChangeSet:
    """The change set from `before` to `after`; from nothing, every entry is an addition."""
    old = before.entries if before else ()
    pairs, removed, added = match(old, after.entries)
    changes = [
        *(_change(None, entry) for entry in added),
        *(_change(entry, None) for entry in removed),
        *(_change(one, other) for one, other in pairs),
    ]
    old_ends, new_ends = set(endpoints_of(old)), set(endpoints_of(after.entries))
    gone, new = old_ends - new_ends, new_ends - old_ends
    return ChangeSet(
        schema=SCHEMA,
        source=after.source,
        from_=before.version if before else None,
        to=after.version,
        detected_at=after.captured_at,
        summary=summarize(changes, len(new), len(gone)),
        changes=tuple(changes),
        endpoints_added=tuple(sorted(new, key=endpoint_key)),
        endpoints_removed=tuple(sorted(gone, key=endpoint_key)),
    )


def match(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pairs of entries that are the same thing changed; then what is gone, and what is new.

    Equal entries are in none of the three. The keys are tried from the strictest to the
    loosest, so a new label, other addresses or other ports do not part a pair.
    """
    left, right = _without_equal(old, new)
    pairs: list[Pair] = []
    for key in _KEYS:
        found, left, right = _match_by(key, left, right)
        pairs += found
    overlap, left, right = _match_by_overlap(left, right)
    order = {id(entry): number for number, entry in enumerate(new)}
    pairs += overlap
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), left, right


_KEYS: tuple[Key, ...] = (
    lambda e: (e.region, e.resource, e.direction, _ports(e), e.purpose),
    lambda e: (e.region, e.resource, e.direction, _ports(e)),
    lambda e: (e.region, _targets(e), e.direction, _ports(e), e.purpose),
    lambda e: (e.region, _targets(e), e.direction, _ports(e)),
    lambda e: (e.region, e.resource, _targets(e), e.direction, e.purpose, e.components),
    lambda e: (e.region, e.resource, e.direction, e.purpose, e.components),
    lambda e: (e.region, _targets(e), e.direction, e.purpose, e.components),
)


def _targets(entry: Entry) -> frozenset[str]:
    return frozenset(entry.targets)


def _ports(entry: Entry) -> frozenset[str]:
    return frozenset(port_text(service) for service in entry.services)


def _without_equal(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    before = {canonical(entry) for entry in old}
    after = {canonical(entry) for entry in new}
    return (
        [entry for entry in old if canonical(entry) not in after],
        [entry for entry in new if canonical(entry) not in before],
    )


def _match_by(
    key: Key, old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pair entries that alone on both sides have this key."""
    before, after = _grouped(key, old), _grouped(key, new)
    pairs = [
        (before[value][0], after[value][0])
        for value in before
        if len(before[value]) == len(after.get(value, ())) == 1
    ]
    return pairs, *_rest(pairs, old, new)


def _match_by_overlap(
    old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """Pair what shares at least half of its targets, with region, direction and ports equal."""

    def key(entry: Entry) -> Hashable:
        return entry.region, entry.direction, _ports(entry)

    pairs: list[Pair] = []
    after = _grouped(key, new)
    taken: set[int] = set()
    for entry in old:
        scored = [
            (_overlap(entry, other), -number, other)
            for number, other in enumerate(after.get(key(entry), ()))
            if id(other) not in taken
        ]
        best = max(scored, default=None, key=lambda item: item[:2])
        if best and best[0] >= 0.5:  # noqa: PLR2004  half of all targets of both
            pairs.append((entry, best[2]))
            taken.add(id(best[2]))
    return pairs, *_rest(pairs, old, new)


def _overlap(one: Entry, other: Entry) -> float:
    both = _targets(one) | _targets(other)
    return len(_targets(one) & _targets(other)) / len(both) if both else 0.0


def _grouped(key: Key, entries: Sequence[Entry]) -> dict[Hashable, list[Entry]]:
    groups: dict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


def _rest(
    pairs: Sequence[Pair], old: Sequence[Entry], new: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    used = {id(entry) for pair in pairs for entry in pair}
    return (
        [entry for entry in old if id(entry) not in used],
        [entry for entry in new if id(entry) not in used],
    )


def _change(before: Entry | None, after: Entry | None) -> Change:
    fields = tuple(_fields(before, after)) if before and after else ()
    entry = after or before
    assert entry is not None  # noqa: S101  a change has at least one side
    return Change(
        kind=kind_of(before, after, fields),
        impact=impact_of(before, after),
        region=entry.region,
        resource=entry.resource,
        before=before,
        after=after,
        fields=fields,
    )


def _fields(before: Entry, after: Entry) -> Iterator[FieldChange]:
    """The fields that differ, in the order of the contract."""
    _load_deepdiff()
    from deepdiff import DeepDiff  # noqa: PLC0415  slow to import, and most checks need no diff

    tree = DeepDiff(_plain(before), _plain(after), ignore_order=True, view="tree")
    changed = {item.path(output_format="list")[0] for kind in tree.values() for item in kind}
    for field in _FIELDS:
        if field in changed:
            yield _field(field, getattr(before, field), getattr(after, field))


def _plain(entry: Entry) -> dict[str, object]:
    """Fields as DeepDiff compares them: lists as sets, so order does not count."""
    plain = msgspec.to_builtins(entry)
    for field in _LISTS:
        plain[field] = set(_texts(field, getattr(entry, field)))
    return dict(plain)


def _field(name: str, before: object, after: object) -> FieldChange:
    if name not in _LISTS:
        return FieldChange(
            name,
            before=None if before is None else str(before),
            after=None if after is None else str(after),
        )
    old, new = _texts(name, before), _texts(name, after)
    return FieldChange(
        name,
        added=tuple(value for value in new if value not in old),
        removed=tuple(value for value in old if value not in new),
    )


def _texts(name: str, values: object) -> tuple[str, ...]:
    assert isinstance(values, tuple)  # noqa: S101  the list fields of Entry
    if name != "services":
        return values
    return tuple(
        f"{port_text(service)}{f' {service.name}' if service.name else ''}"
        f"{' (inferred)' if service.inferred else ''}"
        for service in sorted(values, key=service_key)
    )


def summarize(changes: Sequence[Change], added: int, removed: int) -> Summary:
    """Counts by kind, and of the endpoints `added` and `removed`."""
    counts = dict.fromkeys(("added", "removed", "changed", "relabelled", "reworded"), 0)
    for change in changes:
        counts[change.kind] += 1
    return Summary(**counts, endpoints_added=added, endpoints_removed=removed)


def _load_deepdiff() -> None:
    """Import DeepDiff without asyncio, of which its cache only names a lock of no use here.

    That is half of the import's time. Whoever imports asyncio later gets it as ever.
    """
    if "deepdiff" in sys.modules or "asyncio" in sys.modules:
        return
    sys.modules["asyncio"] = stand_in = _Asyncio("asyncio")
    try:
        import deepdiff  # noqa: F401, PLC0415
    finally:
        stand_in.leave()


class _Asyncio(ModuleType):
    """Stands where asyncio would, until somebody asks for something in it."""

    def __getattr__(self, name: str) -> object:
        self.leave()
        return getattr(import_module("asyncio"), name)

    def leave(self) -> None:
        """Make room for the real one."""
        if sys.modules.get("asyncio") is self:
            del sys.modules["asyncio"]
