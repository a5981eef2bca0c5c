"""The last step of a check: notices of the check itself, delivery, and signs of life.

The check of an unchanged page needs only one small state file, and of the other modules here
only the outbox.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tracker.alerts import outbox
from tracker.config import load_heartbeat, load_notifier
from tracker.config.tables import GeneralConfig
from tracker.errors import DeliveryError, FwtrackerError
from tracker.model import Time
from tracker.store.identity import is_of_another_time
from tracker.store.records import Health, Manifest
from tracker.times import Backoff, format_utc, parse_utc

if TYPE_CHECKING:
    from tracker.alerts.outbox import DeliveryFailure
    from tracker.check.context import CheckContext, CheckOutcome
    from tracker.config.tables import Channel

HEARTBEAT_ATTEMPTS = 3
HEARTBEAT_BACKOFF = Backoff(first=1.0, factor=3.0, longest=10.0)


class PriorState(NamedTuple):
    """The state before the check: the health of the checks, and the version in force."""

    health: Health | None
    manifest: Manifest | None


def load_health(context: CheckContext, manifest: Manifest | None) -> Health | None:
    """Return what is known to be wrong with the checks; None if nothing is.

    A gap without checks is stored first, so that if this check is killed, a later one sends the
    notice of it.
    """
    health = context.tree.health()
    limit = timedelta(hours=context.config.health.gap_hours)
    if health or manifest is None or manifest.checked_at > format_utc(context.now() - limit):
        return health
    if is_of_another_time(context.tree, manifest):  # a restored one: there was no gap
        return None
    from tracker.alerts import notices  # noqa: PLC0415  only after a gap

    return notices.begin_after_gap(context, manifest.checked_at)


def count_check(
    context: CheckContext, outcome: CheckOutcome, manifest: Manifest | None
) -> None:
    """Record the health if no channel receives notices: `/v1` and the page show it."""
    from tracker.alerts import health as health_rules  # noqa: PLC0415  only if something is wrong

    stored = context.tree.health()
    known = stored or Health()
    last = known.last_success_at or (manifest.checked_at if manifest else None)
    known = msgspec.structs.replace(known, last_success_at=last)
    health = health_rules.count_check(
        known, health_rules.diagnose_check(outcome), context.now()
    )
    if health_rules.is_well(health):
        context.tree.forget("health")
    elif health != stored:
        context.tree.remember("health", health)


def nothing_pending(context: CheckContext, manifest: Manifest) -> bool:
    """Return whether checks are healthy, and no channel is new here or owed a version."""
    tree, channels = context.tree, context.config.channels
    return (
        all(outbox.is_registered(tree, channel) for channel in channels)
        and not load_health(context, manifest)
        and not outbox.count_owed(tree, channels, (outbox.VERSIONS,))
        and not has_sign_of_life_due(context)
    )


def finish_check(
    context: CheckContext,
    outcome: CheckOutcome,
    new_channels: Sequence[str],
    prior: PriorState,
) -> CheckOutcome:
    """Commit notices about the health of the checks, and deliver what is owed.

    If all was well before a good check, notices are not looked for.
    """
    troubled = bool(prior.health) or not outcome.is_good
    try:
        if troubled:
            from tracker.alerts import notices  # noqa: PLC0415  only if something is wrong

            last_success = prior.manifest.checked_at if prior.manifest else None
            notices.record_check(context, outcome, last_success)
        delivered = deliver(context, outcome, new_channels, troubled=troubled)
        return send_signs_of_life(context, delivered)
    except FwtrackerError:
        if outcome.error:  # it came first, and is usually the cause
            return outcome
        raise


def deliver(
    context: CheckContext,
    outcome: CheckOutcome,
    new_channels: Sequence[str],
    *,
    troubled: bool = True,
) -> CheckOutcome:
    """Send what is owed, also after a failed or held check: it is about earlier versions.

    `troubled`: there may be notices to send, not only versions.
    """
    tree, channels = context.tree, context.config.channels
    notes = [
        f"channel {name}: new here, it gets alerts from the next version on"
        for name in new_channels
    ]
    failures: list[DeliveryFailure] = []
    owed = outbox.count_owed(tree, channels, _queues(troubled=troubled))
    if context.notify and (owed or troubled):
        from tracker.alerts.delivery import (  # noqa: PLC0415  only if there is work for it
            deliver_owed,
        )

        failures = deliver_owed(context, channels, troubled=troubled)
        notes += [str(failure) for failure in failures]
        owed = outbox.count_owed(tree, channels, _queues(troubled=troubled or bool(failures)))
    return msgspec.structs.replace(
        outcome, owed=owed, undelivered=len(failures), notes=(*outcome.notes, *notes)
    )


def _queues(*, troubled: bool) -> Sequence[outbox.Queue]:
    return outbox.QUEUES if troubled else (outbox.VERSIONS,)


class SignOfLife(msgspec.Struct, frozen=True):
    """When a channel was sent its last sign of life, or first asked for them."""

    at: Time


def has_sign_of_life_due(context: CheckContext) -> bool:
    """Return whether a sign of life is due, or a channel asks for the first time."""
    return bool(_find_due_channels(context))


def send_signs_of_life(context: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """Send the signs of life that are due after a good check; failures become notes.

    A channel can ask for one every so many days: a chat's workflow that has not run for three
    months may be turned off, and a channel that is used twice a year may fail unnoticed.
    They are sent outside the outbox: the next check sends a lost one again, and one too many
    does no harm. Only the first source of the configuration sends them, for all sources.
    """
    if not (context.notify and outcome.is_good):
        return outcome
    failures: list[str] = []
    for channel in _find_due_channels(context):
        try:
            if _load_sign(context, channel):
                _send_sign(context, channel)
        except FwtrackerError as error:
            failures.append(f"channel {channel.name}: no sign of life: {error}")
        else:
            context.tree.remember(_name_sign(channel), SignOfLife(format_utc(context.now())))
    return msgspec.structs.replace(outcome, notes=(*outcome.notes, *failures))


def _find_due_channels(context: CheckContext) -> Sequence[Channel]:
    wanted = [each for each in context.config.channels if each.keepalive_days]
    if not wanted or context.tree.source != next(iter(context.config.sources), None):
        return ()
    return [each for each in wanted if _is_sign_due(context, each)]


def _is_sign_due(context: CheckContext, channel: Channel) -> bool:
    known = _load_sign(context, channel)
    pause = timedelta(days=channel.keepalive_days or 0)
    return known is None or not timedelta(0) <= context.now() - parse_utc(known.at) < pause


def _load_sign(context: CheckContext, channel: Channel) -> SignOfLife | None:
    return context.tree.cached_state(_name_sign(channel), SignOfLife)


def _name_sign(channel: Channel) -> str:
    return f"keepalive/{channel.name}"


def _send_sign(context: CheckContext, channel: Channel) -> None:
    from tracker.alerts.messages import build_sign_of_life  # noqa: PLC0415  rarely due

    message = build_sign_of_life(context)
    load_notifier(channel.type).send(channel.settings, message)


def send_heartbeat(
    general: GeneralConfig, sleep: Callable[[float], None] = time.sleep
) -> str | None:
    """Call the heartbeat URL, if there is one; return a warning if the call failed.

    The service behind it alerts when no call comes, which also covers a program that does not
    run or cannot store. A failed call does not make a good check fail.
    """
    if not (general.heartbeat_url_env or general.heartbeat_url_file):
        return None
    call = load_heartbeat()
    for attempt in range(1, HEARTBEAT_ATTEMPTS + 1):
        try:
            call(general.heartbeat_url_env or None, general.heartbeat_url_file or None)
        except FwtrackerError as error:
            retriable = isinstance(error, DeliveryError) and error.retriable
            if attempt == HEARTBEAT_ATTEMPTS or not retriable:
                return f"warning: the heartbeat was not taken: {error}"
            asked = error.retry_after if isinstance(error, DeliveryError) else None
            sleep(HEARTBEAT_BACKOFF.delay(attempt, asked))
        else:
            return None
    raise AssertionError("the last attempt returns")
