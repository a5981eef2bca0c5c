"""What a change means for a firewall. Pure.

breaking: something new has to be let through, or what needs it stops working.
action: there is something to do, and nothing stops meanwhile.
info: words only; no rule changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracker.model import ChangeKind, Entry, FieldChange, Impact, flatten, needed

_WORDS = frozenset({"purpose"})
_LABELS = frozenset({"resource"})


def impact_of(before: Entry | None, after: Entry | None) -> Impact:
    """The impact of one entry that came, went or changed.

    An entry without a stated requirement counts as required: the page lists it as needed. One
    that becomes required counts as new, for whoever had left out what is optional.
    """
    old = set(flatten(before)) if before else set()
    new = set(flatten(after)) if after else set()
    if after and _is_needed(after) and (new - old or not (before and _is_needed(before))):
        return "breaking"
    return "action" if new != old or _audience(before) != _audience(after) else "info"


def _is_needed(entry: Entry) -> bool:
    return needed(entry) == "required"


def _audience(entry: Entry | None) -> str | None:
    return entry.only_for if entry else None


def kind_of(
    before: Entry | None, after: Entry | None, fields: Sequence[FieldChange]
) -> ChangeKind:
    """The kind of change: a new label is one, other words are another."""
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
