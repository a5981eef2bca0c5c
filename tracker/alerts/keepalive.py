"""Signs of life: to channels that ask for one every so many days, where nothing else is sent.

A chat's workflow that has not run for three months may be turned off, and a channel that
speaks twice a year may have died unseen. Sent outside the outbox: one that is lost comes with
the next check, and one too many does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from tracker.errors import FwtrackerError
from tracker.model import Time
from tracker.times import format_utc, parse_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext
    from tracker.config.tables import Channel


class SignOfLife(msgspec.Struct, frozen=True):
    """When a channel had its last one, or was first seen to ask for them."""

    at: Time


def has_due(context: CheckContext) -> bool:
    """Whether a sign of life is due, or a channel asks for the first time."""
    return bool(_find_due(context))


def send_signs_of_life(context: CheckContext) -> list[str]:
    """Send the signs of life that are due after a good check; return what failed, in words.

    Only the first source of the configuration sends them, for all of them.
    """
    failures: list[str] = []
    for channel in _find_due(context):
        try:
            if _load(context, channel):
                _send(context, channel)
        except FwtrackerError as error:
            failures.append(f"channel {channel.name}: no sign of life: {error}")
        else:
            context.tree.remember(_name(channel), SignOfLife(format_utc(context.now())))
    return failures


def _find_due(context: CheckContext) -> Sequence[Channel]:
    wanted = [each for each in context.config.channels if each.keepalive_days]
    if not wanted or context.tree.source != next(iter(context.config.sources), None):
        return ()
    return [each for each in wanted if _is_due(context, each)]


def _is_due(context: CheckContext, channel: Channel) -> bool:
    known = _load(context, channel)
    pause = timedelta(days=channel.keepalive_days or 0)
    return known is None or not timedelta(0) <= context.now() - parse_utc(known.at) < pause


def _load(context: CheckContext, channel: Channel) -> SignOfLife | None:
    return context.tree.cached_state(_name(channel), SignOfLife)


def _name(channel: Channel) -> str:
    return f"keepalive/{channel.name}"


def _send(context: CheckContext, channel: Channel) -> None:
    from tracker.alerts.messages import build_sign_of_life  # noqa: PLC0415  rarely due
    from tracker.config import load_notifier  # noqa: PLC0415

    message = build_sign_of_life(context)
    load_notifier(channel.type).send(channel.settings, message)
