"""What changed between two versions: endpoints by set algebra, entries by pairing. Pure.

DeepDiff compares the fields of one pair at a time. Over whole lists of entries it would report
a shift by one row as thousands of changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import UNSET

from tracker.diff.pairing import pair_entries
from tracker.diff.renames import find_renames
from tracker.model import (
    SCHEMA,
    Change,
    ChangeKind,
    ChangeSet,
    Endpoint,
    Entry,
    FieldChange,
    Impact,
    Snapshot,
    Summary,
    endpoint_key,
    flatten,
    port_text,
    requirement_of,
    service_key,
)

FieldValues = Mapping[str, tuple[str, ...] | str | None]

_FIELDS = tuple(field.name for field in msgspec.structs.fields(Entry))
_WORDS = frozenset({"purpose"})
_LABELS = frozenset({"resource", "region"})  # a pair has two regions where one was renamed


def diff(before: Snapshot | None, after: Snapshot) -> ChangeSet:
    """Return the change set from `before` to `after`; from None, every entry is an addition."""
    old = before.entries if before else ()
    renames = find_renames(old, after.entries)
    pairs, removed, added = pair_entries(old, after.entries)
    changes = [
        *(_describe_change(None, entry) for entry in added),
        *(_describe_change(entry, None) for entry in removed),
        *(_describe_change(old_entry, new_entry) for old_entry, new_entry in pairs),
    ]
    closed = _endpoints_only_in((*removed, *(entry for entry, _ in pairs)), after.entries)
    opened = _endpoints_only_in((*added, *(entry for _, entry in pairs)), old)
    return ChangeSet(
        schema=SCHEMA,
        source=after.source,
        from_=before.version if before else None,
        to=after.version,
        detected_at=after.captured_at,
        summary=summarize(changes, len(opened), len(closed)),
        changes=tuple(changes),
        endpoints_added=tuple(sorted(opened, key=endpoint_key)),
        endpoints_removed=tuple(sorted(closed, key=endpoint_key)),
        cause=after.cause if after.previous == (before and before.version) else UNSET,
        regions_renamed=renames or UNSET,
    )


def summarize(changes: Sequence[Change], added: int, removed: int) -> Summary:
    """Count the changes by kind; `added` and `removed` are the counts of endpoints."""
    counts = dict.fromkeys(("added", "removed", "changed", "relabelled", "reworded"), 0)
    for change in changes:
        counts[change.kind] += 1
    return Summary(**counts, endpoints_added=added, endpoints_removed=removed)


def _endpoints_only_in(entries: Iterable[Entry], others: Iterable[Entry]) -> set[Endpoint]:
    """Return the endpoints of `entries` that none of `others` has."""
    endpoints = {endpoint for entry in entries for endpoint in flatten(entry)}
    if endpoints:
        endpoints.difference_update(endpoint for entry in others for endpoint in flatten(entry))
    return endpoints


def _describe_change(before: Entry | None, after: Entry | None) -> Change:
    fields = tuple(_compare_fields(before, after)) if before and after else ()
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


def kind_of(
    before: Entry | None, after: Entry | None, fields: Sequence[FieldChange]
) -> ChangeKind:
    """Return the kind of a change: `reworded` and `relabelled` change no rule."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    names = {field.field for field in fields}
    if names <= _WORDS:
        return "reworded"
    if names <= _LABELS | _WORDS:
        return "relabelled"
    return "changed"


def impact_of(before: Entry | None, after: Entry | None) -> Impact:
    """Return what a change of one entry means for a firewall.

    breaking: something new has to be let through, or what needs it stops working.
    action: there is something to do, and nothing stops meanwhile.
    info: words only; no rule changes.

    An entry without a stated requirement counts as required: the page lists it as needed. One
    that becomes required counts as new, because it may have been left out while optional.
    """
    if before and after:  # another name of its region changes no rule
        before = msgspec.structs.replace(before, region=after.region)
    old = set(flatten(before)) if before else set()
    new = set(flatten(after)) if after else set()
    if after and _is_required(after) and (new - old or not (before and _is_required(before))):
        return "breaking"
    return "action" if new != old or _audience(before) != _audience(after) else "info"


def _is_required(entry: Entry) -> bool:
    return requirement_of(entry) == "required"


def _audience(entry: Entry | None) -> str | None:
    return entry.only_for if entry else None


def _compare_fields(before: Entry, after: Entry) -> Iterator[FieldChange]:
    """Yield what DeepDiff finds between the fields of a pair, in the order of the contract."""
    from deepdiff import DeepDiff  # noqa: PLC0415  slow to import, and most checks need no diff

    old, new = _field_values(before), _field_values(after)
    added: dict[str, set[str]] = defaultdict(set)
    removed: dict[str, set[str]] = defaultdict(set)
    replaced: dict[str, FieldChange] = {}
    tree = DeepDiff(_without_order(old), _without_order(new), view="tree")
    for item in (item for items in tree.values() for item in items):
        field = item.path(output_format="list")[0]
        if item.report_type == "set_item_added":
            added[field].add(item.t2)
        elif item.report_type == "set_item_removed":
            removed[field].add(item.t1)
        else:  # values_changed, or type_changes where one side is None
            replaced[field] = FieldChange(field, before=item.t1, after=item.t2)
    for field in _FIELDS:
        if field in replaced:
            yield replaced[field]
        elif field in added or field in removed:
            yield FieldChange(
                field,
                added=tuple(text for text in new[field] or () if text in added[field]),
                removed=tuple(text for text in old[field] or () if text in removed[field]),
            )


def _field_values(entry: Entry) -> FieldValues:
    """Return an entry's fields by name; lists as texts, in the order they are published in."""
    services = tuple(
        f"{port_text(service)}{f' {service.name}' if service.name else ''}"
        f"{' (inferred)' if service.inferred else ''}"
        for service in sorted(entry.services, key=service_key)
    )
    return msgspec.structs.asdict(entry) | {"services": services}


def _without_order(values: FieldValues) -> dict[str, object]:
    """Return the values with lists as sets: their order on the page is not a change."""
    return {
        field: set(value) if isinstance(value, tuple) else value
        for field, value in values.items()
    }
