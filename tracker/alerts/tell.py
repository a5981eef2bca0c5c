"""The last step of a check: the channels are told of versions, and of the watch itself.

What an unchanged check needs of it is one small file of the state, and no other module.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tracker.alerts import outbox
from tracker.errors import FwtrackerError
from tracker.store.tree import Health, Manifest
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.alerts.notices import Desk
    from tracker.alerts.outbox import Failure
    from tracker.context import Check
    from tracker.outcome import Outcome


class Before(NamedTuple):
    """What was known before the check: of the watch, and of the version in force."""

    health: Health | None
    manifest: Manifest | None


def known(check: Check, manifest: Manifest | None) -> Health | None:
    """What is known to be wrong with the watch; None where nothing is.

    After a gap this is remembered first, so that a check that is killed tells of it later.
    """
    health = check.tree.health()
    limit = timedelta(hours=check.config.health.gap_hours)
    if health or manifest is None or manifest.checked_at > format_utc(check.now() - limit):
        return health
    from tracker.alerts import notices  # noqa: PLC0415  only after a gap

    return notices.begin(_desk(check), manifest.checked_at)


def is_calm(check: Check, manifest: Manifest) -> bool:
    """Whether all is well with the watch, and no channel is new here or owed a version."""
    channels = [outbox.is_known(check.tree, channel) for channel in check.config.channels]
    return all(channels) and not known(check, manifest) and not _owed(check, troubled=False)


def told(check: Check, outcome: Outcome, late: Sequence[str], before: Before) -> Outcome:
    """Commit what the outcome says of the watch itself, and deliver what is owed.

    After a good check, where all was well before, there is nothing to say.
    """
    troubled = bool(before.health) or outcome.outcome in {"failed", "held"}
    try:
        if troubled:
            from tracker.alerts import notices  # noqa: PLC0415  only where something is wrong

            good_at = before.manifest.checked_at if before.manifest else None
            notices.check(_desk(check), outcome, good_at)
        return delivered(check, outcome, late, troubled=troubled)
    except FwtrackerError:
        if outcome.error:  # it came first, and is mostly the cause
            return outcome
        raise


def delivered(
    check: Check, outcome: Outcome, late: Sequence[str], *, troubled: bool = True
) -> Outcome:
    """Send what is owed, also after a failed or held check: it is about earlier versions.

    `troubled`: there may be notices to send, not only versions.
    """
    notes = [
        f"channel {name}: new here, it will be told from the next version on" for name in late
    ]
    failures: list[Failure] = []
    owed = _owed(check, troubled=troubled)
    if check.notify and (owed or troubled):
        from tracker.alerts.deliver import Worker  # noqa: PLC0415  only where there is work for it

        worker = Worker(check.tree, check.config, check.now, check.sleep, check.turn)
        failures = worker.drain(check.config.channels, troubled=troubled)
        notes += [str(failure) for failure in failures]
        owed = _owed(check, troubled=troubled or bool(failures))
    return msgspec.structs.replace(
        outcome, owed=owed, undelivered=len(failures), notes=tuple(notes)
    )


def _owed(check: Check, *, troubled: bool) -> int:
    """How many deliveries are owed: of versions, and where something is wrong, of notices."""
    boxes = outbox.BOXES if troubled else outbox.BOXES[:1]
    channels = check.config.channels
    return sum(len(outbox.owed(check.tree, each, box)) for each in channels for box in boxes)


def _desk(check: Check) -> Desk:
    from tracker.alerts.notices import Desk  # noqa: PLC0415  only where something is wrong

    return Desk(check.tree, check.config, check.now(), check.url)
