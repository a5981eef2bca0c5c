"""What changed between two versions: endpoints by set algebra, entries by pairing. Pure.

DeepDiff compares the fields of one pair at a time: given whole lists of entries, it would
report a shift by one row as thousands of changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from tracker.change_set import Change, ChangeKind, ChangeSet, FieldChange, Impact, Summary
from tracker.diff.endpoint_changes import EndpointChanges, compare_endpoints
from tracker.diff.pairing import pair_entries
from tracker.diff.renames import find_renames, map_names, rename_entries
from tracker.model import (
    SCHEMA,
    Endpoint,
    Entry,
    EntryContent,
    Snapshot,
    flatten,
    port_text,
    service_key,
)

FieldValues = Mapping[str, tuple[str, ...] | str | None]

_FIELDS = tuple(field.name for field in msgspec.structs.fields(EntryContent))
_WORDS = frozenset({"purpose"})
_LABELS = frozenset({"resource", "region"})  # the region of a pair differs if it was renamed


def diff(before: Snapshot | None, after: Snapshot) -> ChangeSet:
    """Return the change set from `before` to `after`; if None, every entry is an addition."""
    old = before.entries if before else ()
    renames = find_renames(old, after.entries)
    ends = compare_endpoints(old, after.entries)
    names = map_names(renames)
    work = compare_endpoints(rename_entries(old, names), after.entries) if names else ends
    weights = _Weights(names, work.find_touched(), work.find_newly_required())
    pairs, removed, added = pair_entries(old, after.entries)
    changes = [
        *(_describe_change(None, entry, weights) for entry in added),
        *(_describe_change(entry, None, weights) for entry in removed),
        *(_describe_change(one, other, weights) for one, other in pairs),
    ]
    return ChangeSet(
        schema=SCHEMA,
        source=after.source,
        from_=before.version if before else None,
        to=after.version,
        detected_at=after.captured_at,
        summary=summarize(changes, ends),
        changes=tuple(changes),
        endpoints_added=ends.added,
        endpoints_removed=ends.removed,
        endpoints_changed=ends.changed,
        cause=after.cause if after.previous == (before and before.version) else UNSET,
        regions_renamed=renames or UNSET,
    )


def keep_changes(
    changes: ChangeSet, kept: tuple[Change, ...], ends: EndpointChanges
) -> ChangeSet:
    """Return a change set reduced to these changes and endpoints, with their counts."""
    return msgspec.structs.replace(
        changes,
        summary=summarize(kept, ends),
        changes=kept,
        endpoints_added=ends.added,
        endpoints_removed=ends.removed,
        endpoints_changed=ends.changed,
    )


def summarize(changes: Sequence[Change], ends: EndpointChanges) -> Summary:
    """Count the changes by kind, and the endpoints."""
    counts = dict.fromkeys(("added", "removed", "changed", "relabelled", "reworded"), 0)
    for change in changes:
        counts[change.kind] += 1
    return Summary(
        **counts,
        endpoints_added=len(ends.added),
        endpoints_removed=len(ends.removed),
        endpoints_changed=len(ends.changed),
    )


class _Weights(NamedTuple):
    """The endpoints that give a change an impact: all of these, and the newly required ones.

    They have the new names of regions; `names` maps old names to new ones.
    """

    names: Mapping[str, str]
    touched: set[Endpoint]
    newly_required: set[Endpoint]


def _describe_change(before: Entry | None, after: Entry | None, weights: _Weights) -> Change:
    fields = tuple(_compare_fields(before, after)) if before and after else ()
    entry = after or before
    assert entry is not None  # noqa: S101  a change has at least one side
    return Change(
        kind=kind_of(before, after, fields),
        impact=_rate_impact(before, after, weights),
        region=entry.region,
        resource=entry.resource,
        before=before,
        after=after,
        fields=fields,
        id=entry.id,
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


def _rate_impact(before: Entry | None, after: Entry | None, weights: _Weights) -> Impact:
    """Return what a change of one entry means for a firewall.

    breaking: new traffic has to be allowed, or the product stops working.
    action: there is something to do, but everything works meanwhile.
    info: no rule changes: only words differ, or endpoints moved from one entry to another.

    An entry without a stated requirement counts as required: the page lists it as needed. One
    that becomes required counts as new, because it may have been left out while optional.
    """
    new = set(flatten(after)) if after else set()
    if after and after.required and new & weights.newly_required:
        return "breaking"
    old = rename_entries([before] if before else [], weights.names)
    both = new.union(*map(flatten, old))
    return "action" if both & weights.touched else "info"


def _compare_fields(before: Entry, after: Entry) -> Iterator[FieldChange]:
    """Yield the differences that DeepDiff finds in a pair, in the order of `EntryContent`."""
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
        else:  # values_changed, or type_changes if one side is None
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
    """Return an entry's fields by name; lists as texts, in published order."""
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
