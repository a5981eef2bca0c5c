"""The subject and the first sentence of a message: how much of what, and where. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from notifiers.shared.message import Line, format_subject, is_endpoints_only
from notifiers.shared.text import clip, count_noun, join_and
from tracker.model import (
    IMPACTS,
    Announcement,
    Change,
    Endpoint,
    Notice,
    hide_renames,
    is_everywhere,
    is_for_the_lan,
    name_cause,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from msgspec import UnsetType

    from tracker.model import Cause, ChangeSet, Impact, Message, RegionRename

REGIONS_NAMED = 3
REGION_IN_SUBJECT = 25
QUIET = ("relabelled", "reworded")
UNCLEAR = "cause-unclear"  # the finding that the page has changed as well
REASONS = {
    "definition": "its definition was edited",
    "reader": "the reader of fwtracker is newer",
    "scope": "its versions now say all regions of the page",
}
NOTICES: dict[str, Impact] = {
    **dict.fromkeys(("over", "files", "rewound", "scope"), "info"),
    "stale": "breaking",
}


class ChangeGroups(msgspec.Struct, frozen=True):
    """A change set by what it asks of the reader.

    `added`: endpoints to allow. `inside`: new on the page too, but never to be opened to the
    internet. `loud`: entries to look at beside the endpoints. `quiet`: nothing to do. `renames`
    are regions with another name: what only that changes is in none of the others.
    """

    added: tuple[Endpoint, ...]
    inside: tuple[Endpoint, ...]
    removed: tuple[Endpoint, ...]
    loud: tuple[Change, ...]
    quiet: tuple[Change, ...]
    renames: tuple[RegionRename, ...] = ()


def group_changes(change_set: ChangeSet) -> ChangeGroups:
    """Return the changes by what they ask for; without those that the endpoints say in full."""
    change_set = hide_renames(change_set)
    added, removed = change_set.endpoints_added, change_set.endpoints_removed
    listed = {*added, *removed}
    loud = tuple(
        change
        for change in change_set.changes
        if change.kind not in QUIET and not is_endpoints_only(change, listed)
    )
    quiet = tuple(change for change in change_set.changes if change.kind in QUIET)
    inside = tuple(end for end in added if is_for_the_lan(end) or is_everywhere(end))
    closed = set(inside)
    allow = tuple(end for end in added if end not in closed)
    renames = change_set.regions_renamed or ()
    return ChangeGroups(allow, inside, removed, loud, quiet, renames)


def build_subject(announcement: Announcement, news: ChangeGroups) -> str:
    """Return `[fwtracker] action1: 3 endpoints to allow, 1 may go in Europe (breaking)`."""
    parts = _count_endpoints(news)
    about: Iterable[Endpoint | Change] = (*news.added, *news.inside, *news.removed)
    if not parts and news.renames and not news.loud:
        subject = f"{_describe_renames(news.renames)} ({rate_impact(announcement)})"
        return format_subject(announcement, _begin_with_cause(announcement) + subject)
    if not parts:
        loud = bool(news.loud)
        about = news.loud or news.quiet
        verb = "changed" if loud else "renamed or reworded"
        parts.append(f"{count_noun(len(about), 'entry', 'entries')} {verb}")
    also = f"; {_describe_renames(news.renames)}" if news.renames else ""
    where = _name_regions(about)
    counts = f"{', '.join(parts)}{where}{also} ({rate_impact(announcement)})"
    return format_subject(announcement, _begin_with_cause(announcement) + counts)


def rate_impact(message: Message) -> Impact:
    """Return the gravest impact of the changes; a baseline asks for nothing.

    A problem with fwtracker itself asks for action; no good check for long counts as breaking.
    """
    if isinstance(message, Notice):
        return NOTICES.get(message.kind, "action")
    if message.baseline:
        return IMPACTS[0]
    impacts = (change.impact for change in message.change_set.changes)
    return max(impacts, key=IMPACTS.index, default=IMPACTS[0])


def build_lead(news: ChangeGroups) -> str:
    """Return the counts as a sentence, what asks for work first."""
    renamed = sum(change.kind == "relabelled" for change in news.quiet)
    entries = _count_phrases(
        ("entry", "entries"),
        (len(news.loud), "changed"),
        (renamed, "only renamed"),
        (len(news.quiet) - renamed, "only reworded"),
    )
    endpoints = _count_endpoints(news)
    regions = _count_phrases(("region", "regions"), (len(news.renames), "renamed"))
    counts = ", ".join([*endpoints, *entries, *regions]) or "No change"
    if endpoints or news.loud:
        return f"{counts}."
    return f"{counts}. {'No rule changes.' if regions else 'Nothing to do.'}"


def build_rename_lines(renames: Iterable[RegionRename]) -> tuple[Line, ...]:
    """Return a line for each region that has another name, with what to see to."""
    return tuple(
        Line(
            text=_describe_renames([each]),
            note=f"{each.kept} of {each.endpoints} endpoints are the same; change filters and"
            " paths of rule files that have the old name",
        )
        for each in renames
    )


def _describe_renames(renames: Sequence[RegionRename]) -> str:
    """Return `region "Europe" is now called "Eurasia"`, or how many are called otherwise."""
    if len(renames) > 1:
        return f"{len(renames)} regions have other names"
    old, new = (clip(name, REGION_IN_SUBJECT) for name in (renames[0].old, renames[0].new))
    return f'region "{old}" is now called "{new}"'


def _begin_with_cause(announcement: Announcement) -> str:
    """Return how a subject begins that is not about the page alone, with a colon."""
    due = name_cause(announcement.cause)
    if due and _is_unclear(announcement):
        return f"the page changed, and {explain_cause(announcement.cause)}: "
    return f"read differently by {due}: " if due else ""


def _is_unclear(announcement: Announcement) -> bool:
    return any(finding.name == UNCLEAR for finding in announcement.findings)


def describe_cause(announcement: Announcement) -> str:
    """Return a sentence on whose change it is, with a space; nothing where it is the page's."""
    why = explain_cause(announcement.cause)
    if not why:
        return ""
    if _is_unclear(announcement):
        return f"The page has changed, and {why}: the two cannot be told apart. "
    return f"The same page is read differently, because {why}; the vendor changed nothing. "


def explain_cause(cause: Cause | UnsetType) -> str:
    """Return `its definition was edited`; nothing where the page itself has changed."""
    return REASONS.get(cause or "page", "")


def _count_endpoints(news: ChangeGroups) -> list[str]:
    return _count_phrases(
        ("endpoint", "endpoints"),
        (len(news.added), "to allow"),
        (len(news.inside), "for the LAN only"),
        (len(news.removed), "may go"),
    )


def _count_phrases(nouns: tuple[str, str], *counts: tuple[int, str]) -> list[str]:
    """Return `3 endpoints to allow`, `1 may go`: the noun once, and no zeros."""
    found = [(number, verb) for number, verb in counts if number]
    return [
        f"{number:,} {verb}" if index else f"{count_noun(number, *nouns)} {verb}"
        for index, (number, verb) in enumerate(found)
    ]


def _name_regions(about: Iterable[Endpoint | Change]) -> str:
    """Return ` in Europe and Australia`, ` in 5 regions`, or nothing if none is named."""
    regions = (each.region for each in about if each.region)
    found = list(dict.fromkeys(clip(region, REGION_IN_SUBJECT) for region in regions))
    if len(found) > REGIONS_NAMED:
        return f" in {len(found)} regions"
    return f" in {join_and(found)}" if found else ""
