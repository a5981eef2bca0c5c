"""What changed between two versions: endpoints by set algebra, entries matched by identity.

Pure. DeepDiff only compares the fields of one matched pair: over lists of entries it counts
a shift as thousands of changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tracker.diff.impact import impact_of, kind_of
from tracker.diff.pairing import match
from tracker.model import (
    SCHEMA,
    Change,
    ChangeSet,
    Endpoint,
    Entry,
    FieldChange,
    Snapshot,
    Summary,
    endpoint_key,
    flatten,
    port_text,
    service_key,
)

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
    gone = _ends((*removed, *(one for one, _ in pairs)), but_of=after.entries)
    new = _ends((*added, *(other for _, other in pairs)), but_of=old)
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


def _ends(entries: Iterable[Entry], but_of: Iterable[Entry]) -> set[Endpoint]:
    """The endpoints of some entries that none of the others has."""
    found = {endpoint for entry in entries for endpoint in flatten(entry)}
    if found:
        found.difference_update(endpoint for entry in but_of for endpoint in flatten(entry))
    return found


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
    from deepdiff import DeepDiff  # noqa: PLC0415  slow to import, and most checks need no diff

    differing = [field for field in _FIELDS if getattr(before, field) != getattr(after, field)]
    old, new = _plain(before, differing), _plain(after, differing)
    tree = DeepDiff(old, new, ignore_order=True, view="tree")
    changed = {item.path(output_format="list")[0] for kind in tree.values() for item in kind}
    for field in _FIELDS:
        if field in changed:
            yield _field(field, getattr(before, field), getattr(after, field))


def _plain(entry: Entry, fields: Iterable[str]) -> dict[str, object]:
    """Fields as DeepDiff compares them: lists as sets, so order does not count."""
    return {field: _value(field, getattr(entry, field)) for field in fields}


def _value(field: str, value: object) -> object:
    return set(_texts(field, value)) if field in _LISTS else value


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
