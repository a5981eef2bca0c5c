"""The beginning of a message: subject, first sentence, what is at stake. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from notifiers.shared.message import (
    NAMES_LIMIT,
    Line,
    Section,
    build_change_line,
    build_endpoint_lines,
    format_subject,
    is_endpoints_only,
    name_source,
)
from notifiers.shared.text import clip, count_noun, join_and, to_line
from tracker.change_set import IMPACTS, Change, hide_renames
from tracker.model import LAN, Endpoint, flatten, name_cause, port_text
from tracker.notifications import Announcement, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from msgspec import UnsetType

    from tracker.change_set import ChangeSet, Impact, RegionRename
    from tracker.model import Cause
    from tracker.notifications import Message, NoticeKind

REGION_IN_SUBJECT = 25
BEFORE_VALUE = 28  # characters; if more, the name of the region comes after the first value
COMPONENTS_NAMED, COMPONENT_LIMIT = 3, 40  # in one sentence
QUIET = ("relabelled", "reworded")
UNCLEAR = "cause-unclear"  # the name of the finding that the page has changed as well
REASONS = {
    "definition": "its definition was edited",
    "reader": "the reader of fwtracker is newer",
    "scope": "its versions now include all regions of the page",
}
NOTICES: dict[str, Impact] = {
    **dict.fromkeys(("over", "files", "rewound", "scope", "grace"), "info"),
    "upgrade": "action",
    "stale": "breaking",
}
VERDICTS: dict[NoticeKind, str] = {
    "failing": "FAILING",
    "layout": "UNREADABLE",
    "held": "HELD",
    "stale": "STALE",
    "channel": "CHANNEL",
    "drift": "DNS",
    "config": "CONFIG",
    "files": "FILES",
    "rewound": "RESTORED",
    "scope": "SCOPE",
    "upgrade": "UPGRADE",
    "filter": "FILTER",
    "grace": "INFO",
    "over": "OK",
}
WORDS = {  # for the most frequent reasons to hold a page; other reasons show their names
    "region-gone": "a region is gone",
    "region-renamed": "a region has another name",
    "mass-removal": "much is gone",
    "mass-addition": "much is new",
    "column-gone": "a column is gone",
    "resource-group-gone": "a group of rows is gone",
    "domain-changed": "another domain",
    "typing-error": "a likely typing error",
}


class ChangeGroups(msgspec.Struct, frozen=True):
    """A change set, grouped by what the reader has to do.

    `added`: endpoints to allow. `inside`: new on the page too, but never to be opened to the
    internet. `unstated`: new, without a port that could be opened. `loud`: further entries to
    look at. `quiet`: entries that need no work. `renames`: regions with another name; changes
    of that name only are in none of the other fields.
    """

    added: tuple[Endpoint, ...]
    inside: tuple[Endpoint, ...]
    unstated: tuple[Endpoint, ...]
    removed: tuple[Endpoint, ...]
    loud: tuple[Change, ...]
    quiet: tuple[Change, ...]
    renames: tuple[RegionRename, ...] = ()


def group_changes(change_set: ChangeSet) -> ChangeGroups:
    """Return the changes by the work they need, without those that the endpoints cover."""
    change_set = hide_renames(change_set)
    added, removed = change_set.endpoints_added, change_set.endpoints_removed
    listed = {*added, *removed}
    loud = tuple(
        change
        for change in change_set.changes
        if change.kind not in QUIET and not is_endpoints_only(change, listed)
    )
    quiet = tuple(change for change in change_set.changes if change.kind in QUIET)
    allow, inside, unstated = (
        tuple(end for end in added if end.scope == scope)
        for scope in ("internet", "lan", "unstated")
    )
    renames = change_set.regions_renamed or ()
    return ChangeGroups(allow, inside, unstated, removed, loud, quiet, renames)


def build_subject(announcement: Announcement, news: ChangeGroups) -> str:
    """Return `BREAKING Action1 Europe: allow 192.0.2.1 tcp/443 (+35), 2 no longer listed`."""
    verdict = name_verdict(announcement)
    ends = [*news.added, *news.inside, *news.unstated, *news.removed]
    rows = news.loud + news.quiet
    regions = [*(end.region for end in ends), *(change.region for change in rows)]
    where = clip((regions or [""])[0] or "", REGION_IN_SUBJECT)
    begin = f"{verdict} {name_source(announcement)} {where}: "
    within = f" in {where}" if where and len(begin) > BEFORE_VALUE else ""
    parts = [*_name_endpoints(news, within), *_name_rows(news, within)]
    if news.renames:
        parts.append(_describe_renames(news.renames))
    text = f"{', '.join(parts) or 'no change'}{_end_with_cause(announcement)}"
    return format_subject(announcement, verdict, text, "" if within else where)


def name_verdict(message: Message) -> str:
    """Return `BREAKING`, `ACTION` or `INFO`."""
    return rate_impact(message).upper()


def _name_endpoints(news: ChangeGroups, within: str) -> Iterator[str]:
    """Yield the first endpoint of the most urgent group, and the numbers of the others."""
    lists = (
        ("allow", news.added),
        ("LAN only:", news.inside),
        ("no port stated:", news.unstated),
        ("no longer listed:", news.removed),
    )
    (first, ends), *others = [(verb, ends) for verb, ends in lists if ends] or [("", ())]
    if ends:
        more = f" (+{len(ends) - 1:,})" if len(ends) > 1 else ""
        target = f"{'LAN' if ends[0].target == LAN else to_line(ends[0].target)} "
        target = target.removeprefix("LAN ") if ends is news.inside else target
        yield f"{first} {target}{port_text(ends[0])}{within}{more}"
    for verb, rest in others:
        yield f"{len(rest):,} {verb.removesuffix(':')}"


def _name_rows(news: ChangeGroups, within: str) -> Iterator[str]:
    """Yield how many entries changed or were renamed, if there are no endpoints to name."""
    if news.added or news.inside or news.unstated or news.removed:
        return
    if news.loud:
        yield f"{count_noun(len(news.loud), 'entry', 'entries')} changed{within}"
    elif news.quiet:
        number = count_noun(len(news.quiet), "entry", "entries")
        yield f"{number} renamed or reworded{within}"


def rate_impact(message: Message) -> Impact:
    """Return the highest impact of the changes; the lowest for a baseline.

    A problem with fwtracker itself needs action; a long time without a good check is breaking.
    """
    if isinstance(message, Notice):
        return NOTICES.get(message.kind, "action")
    if message.baseline:
        return IMPACTS[0]
    impacts = (change.impact for change in message.change_set.changes)
    return max(impacts, key=IMPACTS.index, default=IMPACTS[0])


def build_lead(announcement: Announcement, news: ChangeGroups) -> str:
    """Return the counts as a sentence, and what breaks if nothing is done."""
    renamed = sum(change.kind == "relabelled" for change in news.quiet)
    entries = _count_phrases(
        ("entry", "entries"),
        (len(news.loud), "changed"),
        (renamed, "only renamed"),
        (len(news.quiet) - renamed, "only reworded"),
    )
    endpoints, regions = (
        _count_endpoints(news),
        _count_phrases(("region", "regions"), (len(news.renames), "renamed")),
    )
    counts = ", ".join([*endpoints, *entries, *regions]) or "No change"
    name = f"{name_source(announcement)} version {announcement.version}"
    return f"{name}: {counts}. {_describe_effect(announcement, news)}"


def _describe_effect(announcement: Announcement, news: ChangeGroups) -> str:
    """Return what stops working if nothing is done, and by when."""
    if news.added and rate_impact(announcement) == "breaking":
        return (
            f"{_name_users(announcement, news.added)} may stop working until this is allowed."
        )
    if news.added:
        return "It is not required: nothing stops working without it."
    if news.removed:
        ends = (announcement.stays.get(end) for end in news.removed)
        dates = {each.until[:10] for each in ends if each and each.until}
        until = f"; rule files keep it until {max(dates)}" if dates else ""
        return f"Nothing stops working if you do nothing{until}."
    if news.loud and rate_impact(announcement) == "breaking":
        return "Something optional is now required: check whether you allow it."
    if news.loud or news.inside:
        return "Nothing has to be opened to the internet for it."
    return "No rule changes." if news.renames else "Nothing to do."


def _name_users(announcement: Announcement, added: Sequence[Endpoint]) -> str:
    """Return the vendor's programs that need the endpoints: `Agents and Remote Desktop`."""
    wanted = set(added)
    found = dict.fromkeys(
        clip(component, COMPONENT_LIMIT)
        for change in announcement.change_set.changes
        if change.after and change.after.required and wanted & set(flatten(change.after))
        for component in change.after.components
    )
    names = list(found)
    if not names:
        return "What needs it"
    if len(names) > COMPONENTS_NAMED:
        return f"{', '.join(names[:COMPONENTS_NAMED])} and others"
    return join_and(names)


def build_rename_lines(renames: Iterable[RegionRename]) -> tuple[Line, ...]:
    """Return a line for each region that has another name, with what to change."""
    return tuple(
        Line(
            text=_describe_renames([each]),
            note=f"{each.kept} of {each.endpoints} endpoints are the same; change filters and"
            " paths of rule files that have the old name",
        )
        for each in renames
    )


def _describe_renames(renames: Sequence[RegionRename]) -> str:
    """Return `region "Europe" is now called "Eurasia"`, or how many regions were renamed."""
    if len(renames) > 1:
        return f"{len(renames)} regions were renamed"
    old, new = (clip(name, REGION_IN_SUBJECT) for name in (renames[0].old, renames[0].new))
    return f'region "{old}" is now called "{new}"'


def _end_with_cause(announcement: Announcement) -> str:
    """Return the end of a subject if the page is not the only cause."""
    due = name_cause(announcement.cause)
    if due and _is_unclear(announcement):
        return f" (the page changed, and {explain_cause(announcement.cause)})"
    return f" (by {due})" if due else ""


def _is_unclear(announcement: Announcement) -> bool:
    return any(finding.name == UNCLEAR for finding in announcement.findings)


def describe_cause(announcement: Announcement) -> str:
    """Return a sentence on the cause of the change; "" if it is the page."""
    why = explain_cause(announcement.cause)
    if not why:
        return ""
    if _is_unclear(announcement):
        return f"The page has changed, and {why}: the two cannot be separated."
    return f"The same page is read differently, because {why}; the vendor changed nothing."


def explain_cause(cause: Cause | UnsetType) -> str:
    """Return `its definition was edited`; "" if the page itself has changed."""
    return REASONS.get(cause or "page", "")


def _count_endpoints(news: ChangeGroups) -> list[str]:
    return _count_phrases(
        ("endpoint", "endpoints"),
        (len(news.added), "to allow"),
        (len(news.inside), "for the LAN only"),
        (len(news.unstated), "without a stated port"),
        (len(news.removed), "no longer listed"),
    )


def _count_phrases(nouns: tuple[str, str], *counts: tuple[int, str]) -> list[str]:
    """Return `3 endpoints to allow`, `1 no longer listed`: the noun once, and no zeros."""
    found = [(number, verb) for number, verb in counts if number]
    return [
        f"{number:,} {verb}" if index else f"{count_noun(number, *nouns)} {verb}"
        for index, (number, verb) in enumerate(found)
    ]


def describe_stakes(change_set: ChangeSet | None) -> str:
    """Return what approving the page would do, and before that any renamed regions.

    The text ends with a space.
    """
    if change_set is None:
        return ""
    news = group_changes(change_set)
    renamed = "".join(f"{line.text}, it seems. " for line in build_rename_lines(news.renames))
    new = count_noun(len(news.added), "endpoint")
    gone = count_noun(len(news.removed), "endpoint")
    stakes = f"Approving it allows {new}, and removes {gone} after the grace period. "
    return f"{renamed[:1].upper()}{renamed[1:]}{stakes}"


def describe_difference(change_set: ChangeSet | None) -> tuple[Section, ...]:
    """Return what the page would change; without "allow these", because it may be wrong."""
    if change_set is None:
        return ()
    news, changes = group_changes(change_set), change_set.changes
    added = news.added + news.inside
    after = [change.after for change in changes if change.after]
    before = [change.before for change in changes if change.before]
    where = "in the held reading" if explain_cause(change_set.cause) else "on the held page"
    new = f"New {where}: {count_noun(len(added), 'endpoint')}"
    gone = f"Gone from it: {count_noun(len(news.removed), 'endpoint')}"
    return (
        Section(new, build_endpoint_lines(added, after)),
        Section(gone, build_endpoint_lines(news.removed, before)),
        Section("Renamed regions on it", build_rename_lines(news.renames)),
        Section("Changed on it", tuple(map(build_change_line, news.loud))),
        Section("Only renamed or reworded on it", tuple(map(build_change_line, news.quiet))),
    )


def name_in_words(notice: Notice) -> str:
    """Return `a region is gone, much is new` for the stable names of the reason."""
    names = [WORDS.get(each, each.replace("-", " ")) for each in notice.name.split(", ")]
    return clip(", ".join(names), NAMES_LIMIT)
