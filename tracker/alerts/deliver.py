"""The worker that drains the outbox: all channels side by side, each on its own.

How one channel gets what it is owed is in `courier.py`; here is who is sent to, and what the
others hear of a channel that takes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tracker.alerts import outbox
from tracker.alerts.announce import Difference, difference, trial
from tracker.alerts.courier import Courier, Passed
from tracker.alerts.outbox import BOXES, NOTICES, VERSIONS, Box, Failure
from tracker.config import Config, notifier
from tracker.config.tables import Channel
from tracker.sources import Source
from tracker.store.tree import Tree
from tracker.turn import Turn, together

if TYPE_CHECKING:
    from tracker.alerts.notices import Desk


@dataclass
class Worker:
    """Delivers for one tree. Time and sleep are given, so tests need neither.

    `turn` is that of the run, where other checks are in it: they go on while this one sends.
    """

    tree: Tree
    config: Config
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep
    turn: Turn = field(default_factory=Turn)
    _last: Difference | None = None

    def drain(self, channels: Sequence[Channel], *, troubled: bool = True) -> list[Failure]:
        """Send what is owed to each channel; one channel's failure stops only itself.

        `troubled`: there may be notices too. Without any, nobody looks for them.
        """
        passed = self._pass(channels, BOXES if troubled else (VERSIONS,))
        failures = list(passed.failures)
        if not (troubled or failures):
            return failures
        for _ in range(len(channels) + 1):  # what a channel does may be news for the others
            if not self._told_of(passed):
                break
            blocked = {failure.channel for failure in failures if not failure.final}
            open_ones = [channel for channel in channels if channel.name not in blocked]
            passed = self._pass(open_ones, (NOTICES,))
            failures += passed.failures
        self._desk().settle(channels)
        return failures

    def _pass(self, channels: Sequence[Channel], boxes: Sequence[Box]) -> Passed:
        """What each channel is owed, sent to all of them at once: none waits for another."""
        jobs = [
            partial(self._courier(channel).deliver, boxes)
            for channel in channels
            if any(outbox.owed(self.tree, channel, box) for box in boxes)
        ]
        passed = Passed()
        with self.turn.aside():
            ways = together(jobs)
        for way in ways:
            passed.failures += way.failures
            passed.dead += way.dead
            passed.taken |= way.taken
        passed.taken -= {failure.channel for failure in passed.failures}
        return passed

    def _courier(self, channel: Channel) -> Courier:
        return Courier(
            self.tree,
            self.config,
            channel,
            self.now,
            self.sleep,
            self.turn,
            self._difference,
        )

    def _difference(self, versions: Sequence[int]) -> Difference:
        """Worked out once for all channels that are owed the same versions."""
        if self._last is None or self._last.versions != versions:
            days = self.config.fwtracker.grace_days
            self._last = difference(self.tree, versions, days)
        return self._last

    def _told_of(self, passed: Passed) -> bool:
        """Commit what the others have to be told of the channels, and then bury dead letters.

        In this order a kill between the two has the letter refused, and buried, once more.
        """
        from tracker.alerts import (  # noqa: PLC0415  only where something is wrong
            channel_health,
        )

        more = channel_health.note(self._desk(), passed.failures, passed.taken)
        for letter in passed.dead:
            outbox.bury(self.tree, *letter)
        return more

    def _desk(self) -> Desk:
        from tracker.alerts.notices import Desk  # noqa: PLC0415  only where something is wrong

        return Desk(self.tree, self.config, self.now())


def try_out(source: Source, channel: Channel, now: datetime) -> str:
    """Send a message that says it is a test, once; returns the receipt's detail."""
    return notifier(channel.type).send(channel.settings, trial(source, now))
