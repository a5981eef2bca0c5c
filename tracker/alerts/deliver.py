"""The worker that drains the outbox: per channel in order, each channel on its own.

A notifier says delivered, try again, or never. Try again: within the run with growing pauses,
then by the next run. Never: a dead letter; the run says so, and the other channels tell.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from tracker.alerts import outbox
from tracker.alerts.announce import (
    Difference,
    announcement,
    difference,
    grouped,
    noticed,
    trial,
)
from tracker.alerts.outbox import NOTICES, VERSIONS, Box
from tracker.config import Config, notifier
from tracker.config.tables import Channel
from tracker.errors import DeliveryError, FwtrackerError
from tracker.grace import written
from tracker.model import Message
from tracker.sources import Source
from tracker.store.tree import Receipt, Tree
from tracker.text import clean

if TYPE_CHECKING:
    from tracker.alerts.notices import Desk

log = logging.getLogger(__name__)

PAUSES = (1.0, 4.0)  # seconds between the attempts of one run
LONGEST_PAUSE = 30.0  # what a Retry-After may ask for within a run
MOST_AT_ONCE = 3  # more owed versions than these become one digest


@dataclass
class Passed:
    """What one pass over the channels came to: failures, dead letters, who took something."""

    failures: list[Failure] = field(default_factory=list)
    dead: list[tuple[Channel, Receipt]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


class Failure(msgspec.Struct, frozen=True):
    """A delivery that did not work. `final`: it will not be tried again by itself."""

    channel: str
    what: str
    message: str
    final: bool = False

    def __str__(self) -> str:
        """One line for the operator."""
        if self.final:
            return (
                f"channel {self.channel}: {self.what} was refused for good:"
                f" {self.message}; mend it, then: fwtracker notify retry"
            )
        return (
            f"channel {self.channel}: {self.what} is still owed: {self.message}; the next run"
            " tries again"
        )


@dataclass
class Worker:
    """Delivers for one tree. Time and sleep are given, so tests need neither."""

    tree: Tree
    config: Config
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    _last: Difference | None = None

    def drain(self, channels: Sequence[Channel], *, troubled: bool = True) -> list[Failure]:
        """Send what is owed to each channel; one channel's failure stops only itself.

        `troubled`: there may be notices too. Without any, nobody looks for them.
        """
        channels = self._silent_last(channels) if troubled else channels
        passed = self._pass(channels, VERSIONS)
        failures = list(passed.failures)
        if not (troubled or failures):
            return failures
        self._told_of(passed, VERSIONS)
        for _ in range(len(channels) + 1):  # what a channel does may be news for the others
            blocked = {failure.channel for failure in failures if not failure.final}
            open_ones = [channel for channel in channels if channel.name not in blocked]
            passed = self._pass(open_ones, NOTICES)
            failures += passed.failures
            if not self._told_of(passed, NOTICES):
                break
        self._desk().settle(channels)
        return failures

    def _silent_last(self, channels: Sequence[Channel]) -> list[Channel]:
        """Those that took nothing the last time come last: no other waits for them."""
        health = self.tree.health()
        return sorted(channels, key=lambda each: bool(health and each.name in health.mute))

    def _told_of(self, passed: Passed, box: Box) -> bool:
        """Commit what the others have to be told of the channels, and then bury dead letters.

        In this order a kill between the two has the letter refused, and buried, once more.
        """
        from tracker.alerts import mute  # noqa: PLC0415  only where something is wrong

        more = mute.note(self._desk(), passed.failures, passed.taken)
        for channel, letter in passed.dead:
            outbox.bury(self.tree, channel, letter, box)
        return more

    def _desk(self) -> Desk:
        from tracker.alerts.notices import Desk  # noqa: PLC0415  only where something is wrong

        return Desk(self.tree, self.config, self.now())

    def _pass(self, channels: Sequence[Channel], box: Box) -> Passed:
        """Send what each channel is owed of one kind."""
        passed = Passed()
        for channel in channels:
            self._channel(channel, box, passed)
        passed.taken -= {failure.channel for failure in passed.failures}
        return passed

    def _channel(self, channel: Channel, box: Box, passed: Passed) -> None:
        numbers = outbox.owed(self.tree, channel, box)
        batches = _batches(numbers) if box is VERSIONS else grouped(self.tree, numbers)
        for batch in batches:
            try:
                detail = self._send(channel, batch, box)
            except FwtrackerError as error:
                final = isinstance(error, DeliveryError) and not error.retriable
                what = f"{box.name} {batch[-1]}"
                passed.failures.append(Failure(channel.name, what, clean(str(error)), final))
                if not final:
                    break  # the next ones would overtake it
                passed.dead += [(channel, each) for each in self._receipts(batch, str(error))]
            else:
                if detail != outbox.NOT_CONCERNED:
                    passed.taken.add(channel.name)
                for receipt in self._receipts(batch, detail):
                    outbox.note(self.tree, channel, receipt, box)

    def _receipts(self, batch: Sequence[int], detail: str) -> list[Receipt]:
        when = written(self.now())
        return [Receipt(version, when, clean(detail)) for version in batch]

    def _send(self, channel: Channel, batch: Sequence[int], box: Box) -> str:
        """Send a batch as one message; returns the receipt's detail."""
        told = (
            announcement(self.tree, self.config, channel, self._difference(batch))
            if box is VERSIONS
            else noticed(self.tree, channel, batch[-1])
        )
        if told is None:
            return outbox.NOT_CONCERNED
        for pause in (*PAUSES, None):
            try:
                return _sent(channel, told)
            except DeliveryError as error:
                wait = _wait(error, pause)
                if wait is None:
                    raise
                log.info("channel %s: %s; again in %.0f s", channel.name, error, wait)
                self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _difference(self, versions: Sequence[int]) -> Difference:
        """Worked out once for all channels that are owed the same versions."""
        if self._last is None or self._last.versions != versions:
            days = self.config.fwtracker.grace_days
            self._last = difference(self.tree, versions, days)
        return self._last


def try_out(source: Source, channel: Channel, now: datetime) -> str:
    """Send a message that says it is a test, once; returns the receipt's detail."""
    return _sent(channel, trial(source, now))


def _sent(channel: Channel, told: Message) -> str:
    return str(notifier(channel.type).send(channel.settings, told))


def _batches(numbers: Sequence[int]) -> list[list[int]]:
    """Each version alone; after a long outage all of them together, as one digest."""
    if len(numbers) > MOST_AT_ONCE:
        return [list(numbers)]
    return [[number] for number in numbers]


def _wait(error: DeliveryError, pause: float | None) -> float | None:
    """Seconds until the next attempt within this run; None where there is none."""
    if pause is None or not error.retriable:
        return None
    if error.retry_after is None:
        return pause
    return max(pause, error.retry_after) if error.retry_after <= LONGEST_PAUSE else None
