"""Rules about a page as a whole: large losses or gains, old copies, typing errors.

Of 16 mass removals on vendors' pages only 6 were real; the others were errors on the page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from tracker.guard.context import (
    GuardContext,
    GuardRule,
    as_publishable,
    describe_rename,
    hold,
    join_first,
    place_of,
    region_name,
    targets_of,
)
from tracker.model import Entry, Finding, digest, endpoints_of

Column = Literal["purpose", "requirement", "components"]

# Fields that come from a column, or a part of one, that can be lost without an error.
_COLUMNS: tuple[Column, ...] = ("purpose", "requirement", "components")
_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]")
_PLACE = re.compile(r"\s+(?:in|for)\s.*$", re.IGNORECASE | re.DOTALL)


def region_gone(context: GuardContext) -> Iterator[Finding]:
    """Hold if a region of the last good version has no entry any more."""
    for region in context.before:
        if region not in context.after:
            message = f"{region_name(region)} is not on the page any more"
            yield hold("region-gone", message, region)


def region_renamed(context: GuardContext) -> Iterator[Finding]:
    """Report renamed regions; firewalls let through the same as before."""
    for rename in context.renames:
        yield Finding("region-renamed", "publish", describe_rename(rename), rename.new)


def mass_removal(context: GuardContext) -> Iterator[Finding]:
    """Hold if a region lost a larger share of its hosts and addresses than `max_removed`."""
    limit = context.limits.max_removed
    for region in context.common_regions:
        before, after = targets_of(context.before[region]), targets_of(context.after[region])
        removed = sorted(before - after)
        if before and len(removed) / len(before) > limit:
            message = (
                f"{len(removed)} of {len(before)} hosts and addresses of"
                f" {region or 'the page'} are gone, more than {limit:.0%}:"
                f" {join_first(removed)}"
            )
            yield hold("mass-removal", message, region)


def mass_addition(context: GuardContext) -> Iterator[Finding]:
    """Hold if a region gained more hosts and addresses than `max_added` of what it had."""
    limit = context.limits.max_added
    for region in context.common_regions:
        before, after = targets_of(context.before[region]), targets_of(context.after[region])
        added = sorted(after - before)
        if before and len(added) / len(before) > limit:
            message = (
                f"{len(added)} hosts and addresses are new in {region or 'the page'}, which"
                f" had {len(before)}: more than {limit:.0%} of them: {join_first(added)}"
            )
            yield hold("mass-addition", message, region)


def column_gone(context: GuardContext) -> Iterator[Finding]:
    """Hold if a column that had values in a region is now empty throughout."""
    for region in context.common_regions:
        for column in _COLUMNS:
            before = _count_filled(context.before[region], column)
            if before and not _count_filled(context.after[region], column):
                message = (
                    f"no entry of {region_name(region)} says its {column} any more;"
                    f" {before} did"
                )
                yield hold("column-gone", message, region)


def resource_group_gone(context: GuardContext) -> Iterator[Finding]:
    """Hold if all entries of a group of resources are gone and none replaced them.

    A group with another label, other addresses or other ports is paired, so it is not gone.
    """
    pairing = context.pairing
    if not pairing.removed:
        return
    remaining = {(entry.region, group_of(entry)) for entry in context.new}
    remaining |= {(before.region, group_of(before)) for before, _ in pairing.pairs}
    lost: dict[tuple[str | None, str], list[str]] = {}
    for entry in pairing.removed:
        group = entry.region, group_of(entry)
        if entry.region in context.after and group[1] and group not in remaining:
            lost.setdefault(group, []).append(entry.resource)
    for (region, _), labels in lost.items():
        named = join_first(list(dict.fromkeys(labels)))
        message = f"a whole group of resources is gone from {region_name(region)}: {named}"
        yield hold("resource-group-gone", message, region, labels[0])


def group_of(entry: Entry) -> str:
    """Return the kind of resource: its label without brackets, place and audience.

    A cell with only host names does not show its kind; its purpose does.
    """
    if entry.resource == ", ".join(entry.hosts + entry.addresses):
        return entry.purpose.casefold()
    label = _PLACE.sub("", _BRACKETS.sub("", entry.resource)).strip(" :")
    return (label or entry.resource).casefold()


def _count_filled(entries: Sequence[Entry], column: Column) -> int:
    return sum(bool(getattr(entry, column)) for entry in entries)


def rollback(context: GuardContext) -> Iterator[Finding]:
    """Hold a page that equals an older version: reverted by mistake, or an old copy.

    If it only undoes a removal by the newest version, it does not hold: vendors do that (24
    times in 36 pages), and during a hold the removal's grace days would run out.
    """
    if not context.older:
        return
    now, last = digest(context.new), context.last_digest
    version = context.older.get(now)
    if version is None or now == last:
        return
    message = f"the page says again exactly what version {version} said, an older one"
    finding = hold("rollback", message, None)
    keeps_all = set(endpoints_of(context.old)) <= set(endpoints_of(context.new))
    is_undo = keeps_all and context.older.get(last) == version + 1
    yield as_publishable(finding) if is_undo else finding


def typing_error(context: GuardContext) -> Iterator[Finding]:
    """Hold an address that replaces a similarly spelled one.

    Only an address that was removed in the same change counts: similar ones on the same page,
    such as 18.230.233.136 and 18.231.231.56, mean nothing. If only a digit of the last number
    differs, it may be the vendor's next machine, and does not hold.
    """
    for before, after in context.pairing.pairs:
        for old, new in _find_near_twins(before.addresses, after.addresses):
            place = place_of(after)
            message = (
                f"{place} now has {new} in place of {old}, which is one character away:"
                " perhaps a typing error"
            )
            finding = hold("typing-error", message, *place)
            yield as_publishable(finding) if is_next_machine(old, new) else finding


def is_one_edit(one: str, other: str) -> bool:
    """Return whether one character was added, removed or changed, or two were swapped.

    Networks of different sizes are never one edit apart: another prefix length is intended.
    """
    one, _, size = one.partition("/")
    other, _, other_size = other.partition("/")
    left, right = _strip_common_ends(one, other)
    is_swap = left == right[::-1] and len(left) == 2  # noqa: PLR2004  two neighbours
    return size == other_size and (is_swap or {len(left), len(right)} in ({1}, {0, 1}))


def is_next_machine(one: str, other: str) -> bool:
    """Return whether two single addresses differ in one character of their last number."""
    left, right = _strip_common_ends(one, other)
    common = max(one.rfind("."), one.rfind(":")) + 1
    same_network = one[:common] == other[:common] and "/" not in one
    return same_network and len(left) == len(right) == 1


def _find_near_twins(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each removed value with an added one that is one edit away.

    Two texts that are one edit apart share a form that lacks at most one character. The index
    by these forms avoids comparing all pairs when a thousand addresses change at once.
    """
    common, index = {*before} & {*after}, defaultdict[str, list[str]](list)
    for value in before:
        for text in _shorter_forms(value) if value not in common else ():
            index[text].append(value)
    for value in after:
        near = [old for text in _shorter_forms(value) for old in index.get(text, ())]
        twin = next((old for old in near if is_one_edit(old, value)), None)
        if twin is not None and value not in common:
            yield twin, value


def _shorter_forms(value: str) -> list[str]:
    return [value, *(value[:at] + value[at + 1 :] for at in range(len(value)))]


def _strip_common_ends(one: str, other: str) -> tuple[str, str]:
    """Return both texts without their common start and end."""
    for start in (True, False):
        while one and other and one[0 if start else -1] == other[0 if start else -1]:
            one, other = (one[1:], other[1:]) if start else (one[:-1], other[:-1])
    return one, other


PAGE_RULES: tuple[GuardRule, ...] = (
    region_gone,
    region_renamed,
    mass_removal,
    mass_addition,
    column_gone,
    resource_group_gone,
    rollback,
    typing_error,
)
