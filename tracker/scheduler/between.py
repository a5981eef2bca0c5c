"""Between checks: what channels are owed, and whether the configuration could be taken.

When that is looked at, and that no check runs meanwhile, is the service's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tracker.alerts import config_health, outbox
from tracker.alerts.notices import Desk, is_overdue
from tracker.config import Config
from tracker.errors import FwtrackerError
from tracker.scheduler.jobs import Pauses, Runner
from tracker.store.tree import Tree

log = logging.getLogger(__name__)


@dataclass
class Between:
    """Told by functions what is in force now: a reload changes configuration and runner."""

    tree: Callable[[str], Tree]
    config: Callable[[], Config]
    runner: Callable[[], Runner]
    _broken: config_health.Broken | None = None
    _untold: bool = True  # whether that has to be looked at
    _pauses: dict[str, Pauses] = field(default_factory=dict)

    def not_taken(self, name: str, reason: str, file: Path) -> None:
        """A configuration is broken; the channels are told by the next look."""
        self._broken, self._untold = config_health.broken(name, reason, file), True

    def is_taken(self) -> None:
        """A configuration is in force; the channels are told if they believe otherwise."""
        self._broken, self._untold = None, True

    def has_news(self) -> bool:
        """Whether the channels have to be told of the configuration, or that it is right."""
        if self._broken:
            return True
        try:
            return config_health.is_told(self._desk(self._first()))
        except FwtrackerError:
            return False  # of a store that cannot be read, the first check tells

    def look(self, source: str) -> None:
        """Tell of the configuration, and deliver what is owed if it is time to try again."""
        self._once(source)
        while self._untold and source == self._first():  # read again meanwhile
            self._once(source)

    def owes(self, source: str) -> bool:
        """Whether a version or notice is owed, or no check was good for too long."""
        tree, channels = self.tree(source), self.config().channels
        return bool(channels) and (
            any(outbox.owed(tree, each, box) for each in channels for box in outbox.BOXES)
            or is_overdue(self._desk(source))
        )

    def _once(self, source: str) -> None:
        if self._untold and source == self._first():
            self._tell(source)
        pauses = self._pauses.setdefault(source, Pauses())
        if pauses.due() and self.owes(source):
            good = self.runner().deliver(source)
            pauses.note(good=good)
            log.info("%s: owed deliveries: %s", source, "all taken" if good else "still owed")

    def _tell(self, source: str) -> None:
        found, desk = self._broken, self._desk(source)
        if self.config().channels and (found or config_health.is_told(desk)):
            with desk.tree.lock():
                config_health.commit(desk, found)
        self._untold = found is not self._broken

    def _first(self) -> str:
        """The source with which the channels are told of the configuration."""
        return next(iter(self.config().sources))

    def _desk(self, source: str) -> Desk:
        return Desk(self.tree(source), self.config(), datetime.now(UTC))
