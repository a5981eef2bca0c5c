"""One channel's way through the outbox: what it is owed, in order, each until it is taken.

A notifier says delivered, try again, or never. Try again: within the run with growing pauses,
then by the next run. Never: a dead letter; the run says so, and the other channels tell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tracker.alerts import outbox
from tracker.alerts.announce import Difference, announcement, grouped, noticed
from tracker.alerts.outbox import VERSIONS, Box, Failure
from tracker.config import Config, notifier
from tracker.config.tables import Channel
from tracker.errors import DeliveryError, FwtrackerError
from tracker.model import Message
from tracker.store.tree import Receipt, Tree
from tracker.text import clean
from tracker.times import format_utc
from tracker.turn import Turn

log = logging.getLogger(__name__)

PAUSES = (1.0, 4.0)  # seconds between the attempts of one run
LONGEST_PAUSE = 30.0  # what a Retry-After may ask for within a run
MOST_AT_ONCE = 3  # more owed versions than these become one digest


class Letter(NamedTuple):
    """What a channel refused for good, to be buried once the others know of it."""

    channel: Channel
    receipt: Receipt
    box: Box


@dataclass
class Passed:
    """What a way through came to: failures, dead letters, who took something."""

    failures: list[Failure] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)


@dataclass
class Courier:
    """Delivers to one channel. It works in its `turn`, and is aside while it sends or waits."""

    tree: Tree
    config: Config
    channel: Channel
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    turn: Turn
    difference: Callable[[Sequence[int]], Difference]

    def deliver(self, boxes: Sequence[Box]) -> Passed:
        """Until something is not taken that may be later: the next ones would overtake it."""
        passed = Passed()
        with self.turn.taken():
            for box in boxes:
                for batch in self._batches(box):
                    if not self._is_done(batch, box, passed):
                        return passed
        return passed

    def _batches(self, box: Box) -> list[list[int]]:
        numbers = outbox.owed(self.tree, self.channel, box)
        return _batches(numbers) if box is VERSIONS else grouped(self.tree, numbers)

    def _is_done(self, batch: Sequence[int], box: Box, passed: Passed) -> bool:
        """Send one batch; whether the channel is through with it, for better or worse."""
        try:
            detail = self._sent(batch, box)
        except FwtrackerError as error:
            return self._failed(batch, box, passed, error).final
        if detail != outbox.NOT_CONCERNED:
            passed.taken.add(self.channel.name)
        for receipt in self._receipts(batch, detail):
            outbox.note(self.tree, self.channel, receipt, box)
        return True

    def _failed(
        self, batch: Sequence[int], box: Box, passed: Passed, error: FwtrackerError
    ) -> Failure:
        final = isinstance(error, DeliveryError) and not error.retriable
        what = f"{box.name} {batch[-1]}"
        failure = Failure(self.channel.name, what, clean(str(error)), final)
        passed.failures.append(failure)
        if final:
            letters = self._receipts(batch, str(error))
            passed.dead += [Letter(self.channel, letter, box) for letter in letters]
        return failure

    def _receipts(self, batch: Sequence[int], detail: str) -> list[Receipt]:
        when = format_utc(self.now())
        return [Receipt(version, when, clean(detail)) for version in batch]

    def _sent(self, batch: Sequence[int], box: Box) -> str:
        """Send a batch as one message; returns the receipt's detail."""
        told = self._message(batch, box)
        if told is None:
            return outbox.NOT_CONCERNED
        for pause in PAUSES:
            try:
                return self._attempt(told)
            except FwtrackerError as error:
                wait = _wait(error, pause)
                if wait is None:
                    raise
                log.info("channel %s: %s; again in %.0f s", self.channel.name, error, wait)
            with self.turn.aside():
                self.sleep(wait)
        return self._attempt(told)

    def _message(self, batch: Sequence[int], box: Box) -> Message | None:
        if box is VERSIONS:
            return announcement(self.tree, self.config, self.channel, self.difference(batch))
        return noticed(self.tree, self.channel, batch[-1])

    def _attempt(self, told: Message) -> str:
        send = notifier(self.channel.type).send
        with self.turn.aside():
            return send(self.channel.settings, told)


def _batches(numbers: Sequence[int]) -> list[list[int]]:
    """Each version alone; after a long outage all of them together, as one digest."""
    if len(numbers) > MOST_AT_ONCE:
        return [list(numbers)]
    return [[number] for number in numbers]


def _wait(error: FwtrackerError, pause: float) -> float | None:
    """Seconds until the next attempt within this run; None where there is none."""
    if not isinstance(error, DeliveryError) or not error.retriable:
        return None
    if error.retry_after is None:
        return pause
    return max(pause, error.retry_after) if error.retry_after <= LONGEST_PAUSE else None
