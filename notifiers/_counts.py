"""The subject and the first sentence of a message: how much of what, and where.

What is shown below them is `_words`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from notifiers._lines import only_endpoints
from notifiers._message import titled
from notifiers._text import clip, counted, joined
from tracker.model import (
    IMPACTS,
    Announcement,
    Change,
    Endpoint,
    Notice,
    is_everywhere,
    is_for_the_lan,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracker.model import ChangeSet, Impact, Message

REGIONS_NAMED = 3
REGION_IN_SUBJECT = 25
QUIET = ("relabelled", "reworded")
NOTICES: dict[str, Impact] = {"over": "info", "stale": "breaking"}


class News(msgspec.Struct, frozen=True):
    """One change set by what it asks of the reader.

    `added`: endpoints to allow. `inside`: new on the page too, but never to be opened to the
    internet. `loud`: entries to look at beside the endpoints. `quiet`: nothing to do.
    """

    added: tuple[Endpoint, ...]
    inside: tuple[Endpoint, ...]
    removed: tuple[Endpoint, ...]
    loud: tuple[Change, ...]
    quiet: tuple[Change, ...]


def news_of(change_set: ChangeSet) -> News:
    """The change set sorted. A change that the endpoints tell in full is in neither."""
    added, removed = change_set.endpoints_added, change_set.endpoints_removed
    told = {*added, *removed}
    loud = tuple(
        change
        for change in change_set.changes
        if change.kind not in QUIET and not only_endpoints(change, told)
    )
    quiet = tuple(change for change in change_set.changes if change.kind in QUIET)
    inside = tuple(end for end in added if is_for_the_lan(end) or is_everywhere(end))
    kept = set(inside)
    allow = tuple(end for end in added if end not in kept)
    return News(allow, inside, removed, loud, quiet)


def subject(announcement: Announcement, news: News) -> str:
    """`[fwtracker] action1: 3 endpoints to allow, 1 may go in Europe (breaking)`."""
    parts = _endpoints(news)
    about: Iterable[Endpoint | Change] = (*news.added, *news.inside, *news.removed)
    if not parts:
        loud = bool(news.loud)
        about = news.loud or news.quiet
        verb = "changed" if loud else "renamed or reworded"
        parts.append(f"{counted(len(about), 'entry', 'entries')} {verb}")
    impact = impact_of(announcement)
    return titled(announcement, f"{', '.join(parts)}{_where(about)} ({impact})")


def impact_of(message: Message) -> Impact:
    """The gravest impact of its changes; a baseline asks nobody for anything.

    Trouble with the watch asks for action; none for long is as if something had broken.
    """
    if isinstance(message, Notice):
        return NOTICES.get(message.kind, "action")
    if message.baseline:
        return IMPACTS[0]
    impacts = (change.impact for change in message.change_set.changes)
    return max(impacts, key=IMPACTS.index, default=IMPACTS[0])


def lead(news: News) -> str:
    """The counts as a sentence, what asks for work first."""
    renamed = sum(change.kind == "relabelled" for change in news.quiet)
    entries = _once(
        ("entry", "entries"),
        (len(news.loud), "changed"),
        (renamed, "only renamed"),
        (len(news.quiet) - renamed, "only reworded"),
    )
    endpoints = _endpoints(news)
    counts = ", ".join([*endpoints, *entries]) or "No change"
    return f"{counts}." if endpoints or news.loud else f"{counts}. Nothing to do."


def _endpoints(news: News) -> list[str]:
    return _once(
        ("endpoint", "endpoints"),
        (len(news.added), "to allow"),
        (len(news.inside), "for the LAN only"),
        (len(news.removed), "may go"),
    )


def _once(nouns: tuple[str, str], *counts: tuple[int, str]) -> list[str]:
    """`3 endpoints to allow`, `1 may go`: the noun once, and no zeros."""
    found = [(number, verb) for number, verb in counts if number]
    return [
        f"{number:,} {verb}" if index else f"{counted(number, *nouns)} {verb}"
        for index, (number, verb) in enumerate(found)
    ]


def _where(about: Iterable[Endpoint | Change]) -> str:
    """` in Europe and Australia`, ` in 5 regions`, or nothing where none is named."""
    regions = (each.region for each in about if each.region)
    found = list(dict.fromkeys(clip(region, REGION_IN_SUBJECT) for region in regions))
    if len(found) > REGIONS_NAMED:
        return f" in {len(found)} regions"
    return f" in {joined(found)}" if found else ""
