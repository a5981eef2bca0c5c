"""What a page has lost, or gained, more of than vendors change at once.

Of 16 mass removals on vendors' pages only 6 were real; the others were faults of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from tracker.guard.context import Case, Rule, hold, region_name, some, targets
from tracker.model import Entry, Finding

# Fields that come from a column, or a part of one, that can be lost without an error.
_COLUMNS: tuple[Literal["purpose", "requirement", "components"], ...] = (
    "purpose",
    "requirement",
    "components",
)
_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]")
_PLACE = re.compile(r"\s+(?:in|for)\s.*$", re.IGNORECASE | re.DOTALL)


def region_gone(case: Case) -> Iterator[Finding]:
    """A region of the last good version has no entry any more."""
    for region in case.before:
        if region not in case.after:
            message = f"{region_name(region)} is not on the page any more"
            yield hold("region-gone", message, region)


def mass_removal(case: Case) -> Iterator[Finding]:
    """More of a region's hosts and addresses are gone than `max_removed`."""
    for region in case.kept_regions:
        before, after = targets(case.before[region]), targets(case.after[region])
        gone, limit = sorted(before - after), case.limits.max_removed
        if before and len(gone) / len(before) > limit:
            message = (
                f"{len(gone)} of {len(before)} hosts and addresses of"
                f" {region or 'the page'} are gone, more than {limit:.0%}: {some(gone)}"
            )
            yield hold("mass-removal", message, region)


def mass_addition(case: Case) -> Iterator[Finding]:
    """A region has gained more hosts and addresses than `max_added` of what it had."""
    for region in case.kept_regions:
        before, after = targets(case.before[region]), targets(case.after[region])
        came, limit = sorted(after - before), case.limits.max_added
        if before and len(came) / len(before) > limit:
            message = (
                f"{len(came)} hosts and addresses are new in {region or 'the page'}, which had"
                f" {len(before)}: more than {limit:.0%} of them: {some(came)}"
            )
            yield hold("mass-addition", message, region)


def column_gone(case: Case) -> Iterator[Finding]:
    """No entry of a region says something any more that some said before."""
    for region in case.kept_regions:
        for column in _COLUMNS:
            before = _filled(case.before[region], column)
            if before and not _filled(case.after[region], column):
                message = (
                    f"no entry of {region_name(region)} says its {column} any more;"
                    f" {before} did"
                )
                yield hold("column-gone", message, region)


def resource_group_gone(case: Case) -> Iterator[Finding]:
    """All entries of a group of resources are gone, and no other entry has taken their place.

    A group with another label, other addresses or other ports is matched, so it is not gone.
    """
    if not case.matched.removed:
        return
    left = {(entry.region, group_of(entry)) for entry in case.new}
    left |= {(before.region, group_of(before)) for before, _ in case.matched.pairs}
    lost: dict[tuple[str | None, str], list[str]] = {}
    for entry in case.matched.removed:
        group = entry.region, group_of(entry)
        if entry.region in case.after and group[1] and group not in left:
            lost.setdefault(group, []).append(entry.resource)
    for (region, _), labels in lost.items():
        named = some(list(dict.fromkeys(labels)))
        message = f"a whole group of resources is gone from {region_name(region)}: {named}"
        yield hold("resource-group-gone", message, region, labels[0])


def group_of(entry: Entry) -> str:
    """What kind of resource this is: its label without brackets, place and audience.

    A cell that names a host and nothing else says nothing of its kind; its purpose does.
    """
    if entry.resource == ", ".join(entry.hosts + entry.addresses):
        return entry.purpose.casefold()
    label = _PLACE.sub("", _BRACKETS.sub("", entry.resource)).strip(" :")
    return (label or entry.resource).casefold()


def _filled(
    entries: Sequence[Entry], column: Literal["purpose", "requirement", "components"]
) -> int:
    return sum(bool(getattr(entry, column)) for entry in entries)


RULES: tuple[Rule, ...] = (
    region_gone,
    mass_removal,
    mass_addition,
    column_gone,
    resource_group_gone,
)
