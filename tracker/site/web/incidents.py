"""What went wrong with the watch lately, for the page of the checks: from the stored notices.

A problem has a notice when it begins, perhaps some that repeat it, and one that ends it, alone
or with the next problem.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from tracker.alerts import outbox
from tracker.errors import Damaged
from tracker.model import Time
from tracker.notifications import Notice, NoticeKind
from tracker.store.records import Health
from tracker.store.tree import Tree

_NOTICES_READ = 20
_WORDS: dict[NoticeKind, str] = {  # the end of a grace is what was announced, no incident
    "failing": "Checks failed",
    "layout": "The page could not be read",
    "held": "A page was held for review",
    "stale": "There was no good check for too long",
    "channel": "A channel took no messages",
    "drift": "DNS and the page differed",
    "config": "The configuration could not be used",
    "files": "Published files were not as they were written",
    "rewound": "The store went back to an earlier state",
    "scope": "Other regions were chosen",
    "upgrade": "Rule files were written in another form",
    "filter": "A filter named what the page did not have",
}


class Incident(NamedTuple):
    """A problem or an event. Times are UTC; `until` is None where no end is known.

    `lasts` says that it is not over. `subject` is the channel or filter concerned, or "".
    """

    what: str
    subject: str
    since: Time
    until: Time | None
    lasts: bool
    reason: str


def list_incidents(tree: Tree) -> list[Incident]:
    """Return what the newest notices are about, newest first."""
    numbers = outbox.notice_numbers(tree)[-_NOTICES_READ:]
    incidents: list[Incident] = []
    newest: dict[str, int] = {}  # by problem, where its incident is in the list
    for notice in outbox.load_notices(tree, numbers):
        for about in notice.ends:
            if about in newest:
                at = newest.pop(about)
                incidents[at] = incidents[at]._replace(until=notice.at)
        is_repeated = notice.times > 1 and notice.about in newest
        if notice.about is None or notice.kind not in _WORDS or is_repeated:
            continue
        newest[notice.about] = len(incidents)
        incidents.append(_build_incident(notice))
    for about in _list_lasting(tree):
        if about in newest:
            at = newest[about]
            incidents[at] = incidents[at]._replace(lasts=True)
    return incidents[::-1]


def _list_lasting(tree: Tree) -> list[str]:
    """Return the problems that were notified and are not over; none where that is damaged."""
    with suppress(Damaged):
        notified = (tree.health() or Health()).notified
        return [about for about, problem in notified.items() if problem.lasts]
    return []


def _build_incident(notice: Notice) -> Incident:
    messages = [finding.message for finding in notice.findings]
    more = f", and {len(messages) - 1} more" if len(messages) > 1 else ""
    return Incident(
        what=_WORDS[notice.kind],
        subject=notice.channel or "",
        since=notice.since,
        until=None,
        lasts=False,
        reason=notice.reason or (f"{messages[0]}{more}" if messages else ""),
    )
