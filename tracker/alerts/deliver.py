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

from tracker.alerts import outbox
from tracker.alerts.announce import (
    Difference,
    announcement,
    difference,
    grouped,
    noticed,
    trial,
)
from tracker.alerts.outbox import NOTICES, VERSIONS, Box, Failure
from tracker.config import Config, notifier
from tracker.config.tables import Channel
from tracker.errors import DeliveryError, FwtrackerError
from tracker.model import Message
from tracker.sources import Source
from tracker.store.tree import Receipt, Tree
from tracker.text import clean
from tracker.times import written

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


@dataclass
class Turn:
    """What one channel is still to get in a pass, and how far it is with the first of it.

    `told` is that as a message, `attempts` how often it was not taken, `wait` the seconds
    until it may be tried again.
    """

    channel: Channel
    batches: list[list[int]]
    told: Message | None = None
    attempts: int = 0
    wait: float = 0.0

    def tries_again(self, error: FwtrackerError) -> bool:
        """Whether there is another attempt in this run, after `wait`."""
        wait = _wait(error, PAUSES[self.attempts] if self.attempts < len(PAUSES) else None)
        if wait is None:
            return False
        log.info("channel %s: %s; again in %.0f s", self.channel.name, error, wait)
        self.attempts, self.wait = self.attempts + 1, wait
        return True

    def next(self) -> None:
        """Go on to what comes after the first."""
        del self.batches[0]
        self.told, self.attempts = None, 0


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
        """Send what each channel is owed of one kind.

        One that has to be tried again is so after the others have had their turn.
        """
        passed = Passed()
        turns = [Turn(channel, self._batches(channel, box)) for channel in channels]
        while turns:
            turns = [turn for turn in turns if self._goes_on(turn, box, passed)]
            if turns:
                self.sleep(max(turn.wait for turn in turns))
        passed.taken -= {failure.channel for failure in passed.failures}
        return passed

    def _batches(self, channel: Channel, box: Box) -> list[list[int]]:
        numbers = outbox.owed(self.tree, channel, box)
        return _batches(numbers) if box is VERSIONS else grouped(self.tree, numbers)

    def _goes_on(self, turn: Turn, box: Box, passed: Passed) -> bool:
        """Send until something is not taken; whether that is to be tried again in this run."""
        while turn.batches:
            try:
                detail = self._send(turn, box)
            except FwtrackerError as error:
                if turn.tries_again(error):
                    return True
                if not self._failed(turn, box, passed, error).final:
                    return False  # the next ones would overtake it
            else:
                if detail != outbox.NOT_CONCERNED:
                    passed.taken.add(turn.channel.name)
                for receipt in self._receipts(turn.batches[0], detail):
                    outbox.note(self.tree, turn.channel, receipt, box)
            turn.next()
        return False

    def _failed(self, turn: Turn, box: Box, passed: Passed, error: FwtrackerError) -> Failure:
        batch = turn.batches[0]
        final = isinstance(error, DeliveryError) and not error.retriable
        what = f"{box.name} {batch[-1]}"
        failure = Failure(turn.channel.name, what, clean(str(error)), final)
        passed.failures.append(failure)
        if final:
            letters = self._receipts(batch, str(error))
            passed.dead += [(turn.channel, letter) for letter in letters]
        return failure

    def _receipts(self, batch: Sequence[int], detail: str) -> list[Receipt]:
        when = written(self.now())
        return [Receipt(version, when, clean(detail)) for version in batch]

    def _send(self, turn: Turn, box: Box) -> str:
        """Send the next batch as one message; returns the receipt's detail."""
        if turn.told is None:
            batch = turn.batches[0]
            turn.told = (
                announcement(self.tree, self.config, turn.channel, self._difference(batch))
                if box is VERSIONS
                else noticed(self.tree, turn.channel, batch[-1])
            )
        return _sent(turn.channel, turn.told) if turn.told else outbox.NOT_CONCERNED

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


def _wait(error: FwtrackerError, pause: float | None) -> float | None:
    """Seconds until the next attempt within this run; None where there is none."""
    if pause is None or not isinstance(error, DeliveryError) or not error.retriable:
        return None
    if error.retry_after is None:
        return pause
    return max(pause, error.retry_after) if error.retry_after <= LONGEST_PAUSE else None
