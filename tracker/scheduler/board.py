"""What the running service knows of itself: for its page, its metrics and its log.

In memory only: what must outlive the process is in the store.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tracker.scheduler.jobs import Told
from tracker.times import format_utc

log = logging.getLogger(__name__)

_KEPT = 50  # notices
BUCKETS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)  # seconds of a check


@dataclass
class Checks:
    """The checks of one source since the service started."""

    last: Told | None = None
    ended: float | None = None  # epoch, seconds
    outcomes: Counter[str] = field(default_factory=Counter)
    durations: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0
    misfires: int = 0
    running: bool = False

    def note(self, told: Told, seconds: float) -> None:
        """One more check is done."""
        self.last, self.ended = told, time.time()
        self.outcomes[told.outcome] += 1
        self.seconds += seconds
        at = sum(seconds > bound for bound in BUCKETS)
        self.durations[at] += 1


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that an operator should know, and when it was so (UTC)."""

    when: str
    about: str
    text: str


@dataclass
class Board:
    """All of it. Written by the threads of the service, read by those of the web server."""

    started: float = field(default_factory=time.time)
    leads: bool = False
    config_error: str | None = None
    sources: dict[str, Checks] = field(default_factory=dict)
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=_KEPT))
    answers: Counter[str] = field(default_factory=Counter)  # HTTP statuses
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def of(self, source: str) -> Checks:
        """The checks of a source."""
        with self._guard:
            return self.sources.setdefault(source, Checks())

    def tell(self, about: str, text: str) -> None:
        """Keep a notice, and log it."""
        log.warning("%s: %s", about, text)
        self.notices.appendleft(Notice(format_utc(datetime.now(UTC)), about, text))
