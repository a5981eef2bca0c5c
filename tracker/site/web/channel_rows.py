"""The channels on the page of the checks: what each is owed, why, and when it is tried again.

The store has receipts and notices of all processes; the words of a failed delivery are known to
the process that tried, and stand in a notice once a channel has been failing for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from tracker.alerts import outbox
from tracker.errors import Damaged
from tracker.model import Time
from tracker.site.web.app_state import AppState
from tracker.store.records import Health
from tracker.store.tree import Tree
from tracker.times import format_utc

_NOTICES_READ = 50  # the newest, for the reason of a failure


class ChannelRow(NamedTuple):
    """What a channel got, is owed and has refused for good.

    `failing_since` and `next_try` are UTC: None where all is well, or not known here. `reason`
    is the last one that is known, or "".
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
    """Return all configured channels, those that are owed something first."""
    tree, next_check = state.tree(source), state.next_check(source)
    health, next_try = Health(), format_utc(next_check) if next_check else None
    with suppress(Damaged):
        health = tree.health() or health
    rows = [
        _build_row(
            outbox.channel_status(tree, channel),
            health.failing_channels.get(channel.name),
            _find_reason(state, tree, channel.name),
            next_try,
        )
        for channel in state.config.channels
    ]
    return sorted(rows, key=lambda row: not row.owed)


def _build_row(
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
    """Return the newest reason why a channel takes nothing; "" where none is known."""
    return next((each for each in _list_reasons(state, tree, name) if each), "")


def _list_reasons(state: AppState, tree: Tree, name: str) -> Iterator[str]:
    begins = f"channel {name}: "
    for notice in state.status.notices:  # the newest first
        if notice.text.startswith(begins):
            yield notice.text.removeprefix(begins)
    numbers = outbox.notice_numbers(tree)[-_NOTICES_READ:]
    for stored in outbox.load_notices(tree, reversed(numbers)):
        if stored.kind == "channel" and stored.channel == name:
            yield stored.reason
