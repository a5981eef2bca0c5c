"""Parts of the page about checks: what went wrong lately, and what each channel is owed.

An incident is made of stored notices: a problem has one when it begins, perhaps some that
repeat it, and one when it ends, which may also begin the next problem. The store has receipts
and notices of all processes; only the process that tried a delivery knows why it failed, until
the channel has failed for so long that a notice states the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from tracker.alerts import outbox
from tracker.errors import Damaged
from tracker.model import Time
from tracker.notifications import Notice, NoticeKind
from tracker.site.web.app_state import AppState
from tracker.store.records import Health
from tracker.store.tree import Tree
from tracker.times import format_utc

_NOTICES_SHOWN = 20
_WORDS: dict[NoticeKind, str] = {  # without the end of a grace period, which was announced
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
_NOTICES_READ = 50  # the newest ones, for the reason of a failure


class Incident(NamedTuple):
    """A problem or an event. Times are UTC; `until` is None if no end is known.

    `lasts` is true until it is over. `subject` is the channel or filter concerned, or "".
    """

    what: str
    subject: str
    since: Time
    until: Time | None
    lasts: bool
    reason: str


def list_incidents(tree: Tree) -> list[Incident]:
    """Return the incidents of the newest notices, newest first."""
    numbers = outbox.notice_numbers(tree)[-_NOTICES_SHOWN:]
    incidents: list[Incident] = []
    newest: dict[str, int] = {}  # by problem: the index of its incident in the list
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
    for about in _list_open_problems(tree):
        if about in newest:
            at = newest[about]
            incidents[at] = incidents[at]._replace(lasts=True)
    return incidents[::-1]


def _list_open_problems(tree: Tree) -> list[str]:
    """Return notified problems that are not over; none if the records are damaged."""
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


class ChannelRow(NamedTuple):
    """What a channel received, is owed and has permanently rejected.

    `failing_since` and `next_try` are UTC: None if all is well, or not known here. `reason`
    is the last known one, or "".
    """

    name: str
    type: str
    delivered: int
    owed: str
    failing_since: Time | None
    reason: str
    next_try: Time | None
    refused: str


def list_channel_rows(state: AppState, source: str) -> list[ChannelRow]:
    """Return all configured channels; those that are owed messages come first."""
    tree, next_check = state.tree(source), state.next_check(source)
    health, next_try = Health(), format_utc(next_check) if next_check else None
    with suppress(Damaged):
        health = tree.health() or health
    rows = [
        _build_channel_row(
            outbox.channel_status(tree, channel),
            health.failing_channels.get(channel.name),
            _find_reason(state, tree, channel.name),
            next_try,
        )
        for channel in state.config.channels
    ]
    return sorted(rows, key=lambda row: not row.owed)


def _build_channel_row(
    account: outbox.ChannelStatus, since: Time | None, reason: str, next_try: Time | None
) -> ChannelRow:
    owed = [f"version {at}" for at in account.owed]
    owed += [f"notice {at}" for at in account.notices_owed]
    refused = [f"version {at}: {why}" for at, why in account.dead.items()]
    refused += [f"notice {at}: {why}" for at, why in account.notices_dead.items()]
    return ChannelRow(
        name=account.channel,
        type=account.type,
        delivered=len(account.delivered),
        owed=", ".join(owed),
        failing_since=since,
        reason=reason if since else "",
        next_try=next_try if owed else None,
        refused="; ".join(refused),
    )


def _find_reason(state: AppState, tree: Tree, name: str) -> str:
    """Return the newest reason why a channel accepts no messages; "" if none is known."""
    return next((each for each in _list_reasons(state, tree, name) if each), "")


def _list_reasons(state: AppState, tree: Tree, name: str) -> Iterator[str]:
    begins = f"channel {name}: "
    for notice in state.status.notices:  # newest first
        if notice.text.startswith(begins):
            yield notice.text.removeprefix(begins)
    numbers = outbox.notice_numbers(tree)[-_NOTICES_READ:]
    for stored in outbox.load_notices(tree, reversed(numbers)):
        if stored.kind == "channel" and stored.channel == name:
            yield stored.reason
