"""Channels that take nothing: a message refused for good, or none taken for long.

The other channels are told of one, and once more when it takes messages again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.alerts import health as rules
from tracker.alerts.notices import Desk
from tracker.model import Notice
from tracker.store.tree import Health
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.alerts.outbox import Failure


def note(desk: Desk, failures: Sequence[Failure], taken: Collection[str]) -> bool:
    """Commit what deliveries say of the channels; whether there is more to tell now.

    `taken` are the channels that took something and refused nothing.
    """
    names = {channel.name for channel in desk.config.channels}
    known = _of_these(desk.health(), names)
    failed = {failure.channel: failure for failure in failures}
    mute = {name: since for name, since in known.mute.items() if name not in taken}
    health = replace(known, mute=dict.fromkeys(failed, format_utc(desk.now)) | mute)
    made: list[Notice] = []
    for failure in failed.values():
        if _is_dead(desk, health, failure):
            made.append(_dead(desk, reduce(rules.learned, made, health), failure))
    for name in sorted(taken):
        if rules.lasts(health, f"channel/{name}"):
            made.append(_alive(desk, reduce(rules.learned, made, health), name))
    desk.commit(health, made)
    return bool(made)


def _is_dead(desk: Desk, health: Health, failure: Failure) -> bool:
    """Whether the other channels are to be told now."""
    hours, since = desk.config.health.stale_hours, health.mute[failure.channel]
    lasting = failure.final or rules.lapsed(since, desk.now, hours)
    return lasting and rules.is_due(health, f"channel/{failure.channel}", desk.now)


def _dead(desk: Desk, health: Health, failure: Failure) -> Notice:
    return desk.notice(
        "channel",
        health,
        channel=failure.channel,
        since=health.mute[failure.channel],
        name="refused" if failure.final else "silent",
        reason=failure.message,
    )


def _alive(desk: Desk, health: Health, name: str) -> Notice:
    about = f"channel/{name}"
    facts = {"since": health.told[about].at, "name": "channel", "ends": (about,)}
    return desk.notice("over", health, channel=name, **facts)


def _of_these(health: Health, names: Collection[str]) -> Health:
    """The same without channels that are configured no more."""
    return replace(
        health,
        mute={name: since for name, since in health.mute.items() if name in names},
        told={
            about: told
            for about, told in health.told.items()
            if not about.startswith("channel/") or about.partition("/")[2] in names
        },
    )
