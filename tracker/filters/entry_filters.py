"""Finds parts of filters, of `[[rules]]` and `[[channels]]`, that match nothing. Pure.

A filter that matches nothing usually has a mistyped name, or one that the vendor has changed.
Each part that matches no entry is reported, with the names that exist instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from msgspec.structs import replace

from tracker.config.tables import Channel, Rules
from tracker.model import Entry, Finding, requirement_of

if TYPE_CHECKING:
    from tracker.publish.grace import FormerName

Filter = TypeVar("Filter", Channel, Rules)

_MOST_NAMES = 20  # of existing names in a message


class FilterFault(NamedTuple):
    """A part of a filter that matches nothing.

    `key` is that of the table; "" if each key matches, but no entry matches all of them.
    `there` is what would match. `is_unknown`: the key contains a value that no entry has.
    """

    key: str
    problem: str
    there: Sequence[str] = ()
    is_unknown: bool = False

    def __str__(self) -> str:
        """Return `no region is called "Europe"; there are: Eurasia`."""
        if not self.key:
            return self.problem
        more = len(self.there) - _MOST_NAMES
        names = ", ".join(self.there[:_MOST_NAMES]) or "none"
        return f"{self.problem}; there are: {names}{f' and {more} more' if more > 0 else ''}"


def find_faults(
    chosen: Rules | Channel, entries: Iterable[Entry], hidden: Collection[str | None] = ()
) -> list[FilterFault]:
    """Return the parts of a filter that match no entry; one for "" if only all together do not.

    `hidden` are regions of the page that are not among the chosen ones.
    """
    entries = tuple(entries)
    faults = [*_find_unknown(chosen, entries, hidden), *_find_requirement(chosen, entries)]
    if not faults and not any(matches(chosen, entry) for entry in entries):
        return [FilterFault("", "no entry of the page matches all of its keys together")]
    return faults


def matches(chosen: Rules | Channel, entry: Entry) -> bool:
    """Return whether a filter lets an entry through.

    An entry without a requirement counts as required; one without an audience is for all.
    """
    only_for = getattr(chosen, "only_for", None)
    return (
        (chosen.regions is None or entry.region in chosen.regions)
        and (chosen.components is None or bool({*entry.components} & {*chosen.components}))
        and (chosen.requirement is None or requirement_of(entry) in chosen.requirement)
        and (only_for is None or entry.only_for in {None, *only_for})
    )


def _find_unknown(
    chosen: Rules | Channel, entries: Sequence[Entry], hidden: Collection[str | None]
) -> Iterator[FilterFault]:
    """Yield each region, component and audience that no entry has."""
    components = {component for entry in entries for component in entry.components}
    for key, what, there in (
        ("regions", "region", {entry.region for entry in entries}),
        ("components", "component", components),
        ("only_for", "audience", {entry.only_for for entry in entries}),
    ):
        for value in getattr(chosen, key, None) or ():
            if value not in there:
                known = sorted(each for each in there if each)
                problem = f'no {what} is called "{value}"'
                if key == "regions" and value in hidden:
                    problem = f'"{value}" is on the page, and `regions` of the source omits it'
                yield FilterFault(key, problem, known, is_unknown=True)


def _find_requirement(
    chosen: Rules | Channel, entries: Sequence[Entry]
) -> Iterator[FilterFault]:
    """Yield the requirements, if no entry has any of them."""
    if chosen.requirement is None:
        return
    there = {requirement_of(entry) for entry in entries}
    if there.isdisjoint(chosen.requirement):
        problem = f"no entry is {' or '.join(chosen.requirement) or 'chosen'}"
        yield FilterFault("requirement", problem, sorted(there))


def follow_names(chosen: Filter, former: Iterable[FormerName]) -> Filter:
    """Return a filter with the current names of regions in place of their former names."""
    names = {each.old: each.new for each in former}
    if chosen.regions is None or names.keys().isdisjoint(chosen.regions):
        return chosen
    now = dict.fromkeys(names.get(region, region) for region in chosen.regions)
    return replace(chosen, regions=tuple(now))


def add_other_names(chosen: Filter, names: Iterable[tuple[str, str]]) -> Filter:
    """Return a filter with both names of each renamed region that it contains."""
    if chosen.regions is None:
        return chosen
    regions = dict.fromkeys(chosen.regions)
    for old, new in names:
        if old in regions or new in regions:
            regions |= {old: None, new: None}
    return replace(chosen, regions=tuple(regions))


def find_old_names(
    table: str, chosen: Channel | Rules, former: Iterable[FormerName]
) -> Iterator[Finding]:
    """Yield a finding for each region that a filter gives by its former name."""
    for each in former:
        if each.old in (chosen.regions or ()):
            message = (
                f'[[{table}]] "{chosen.name}" regions: "{each.old}" is now called'
                f' "{each.new}"; change it by {each.until[:10]}: until then both names count'
            )
            yield Finding("filter-by-old-name", "publish", message)


def describe_filter(table: str, name: str, fault: FilterFault) -> str:
    """Return the location of a filter, and which part of it matches nothing."""
    return f'[[{table}]] "{name}"{f" {fault.key}" if fault.key else ""}: {fault}'


def advise_filter(fault: FilterFault) -> str:
    """Return what to change."""
    return f"change `{fault.key}` in that table" if fault.key else "change that table"


def name_problem(finding: Finding) -> str:
    """Return the identity of a problem with a filter: the message up to the first `;`.

    The rest is about the names that exist instead, and what happens meanwhile.
    """
    return f"{finding.name} {finding.message.partition(';')[0]}"


def has_filter(channel: Channel) -> bool:
    """Return whether a channel is limited by a filter."""
    return any(each is not None for each in _keys(channel))


def _keys(channel: Channel) -> tuple[object, ...]:
    return channel.regions, channel.components, channel.requirement


def find_silent_channels(
    channels: Iterable[Channel], entries: Iterable[Entry]
) -> Iterator[tuple[Channel, Finding]]:
    """Yield the channels whose filter has a part that matches nothing, with the finding."""
    entries = tuple(entries)
    for channel in channels:
        for fault in find_faults(channel, entries) if has_filter(channel) else ():
            message = (
                f"{describe_filter('channels', channel.name, fault)}; nothing of it is sent"
                f" to this channel; {advise_filter(fault)}"
            )
            yield channel, Finding("filter-without-match", "publish", message)
