"""The state of the running service: for its page, its metrics and its log.

In memory only: what must outlive the process is in the store.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tracker.check.context import CheckReport
from tracker.times import format_utc

log = logging.getLogger(__name__)

_NOTICES = 50  # the newest ones are kept
DURATION_BUCKETS = (
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    900.0,
)  # seconds of a check


@dataclass
class CheckStatistics:
    """The checks of one source since the service started."""

    last: CheckReport | None = None
    ended: float | None = None  # epoch, seconds
    outcomes: Counter[str] = field(default_factory=Counter)
    durations: list[int] = field(default_factory=lambda: [0] * (len(DURATION_BUCKETS) + 1))
    seconds: float = 0.0
    misfires: int = 0
    running: bool = False

    def record(self, report: CheckReport, seconds: float) -> None:
        """Count one more check and the time that it took."""
        self.last, self.ended = report, time.time()
        self.outcomes[report.outcome] += 1
        self.seconds += seconds
        at = sum(seconds > bound for bound in DURATION_BUCKETS)
        self.durations[at] += 1


@dataclass(frozen=True, slots=True)
class ServiceNotice:
    """A message for the operator, and when it was recorded (UTC)."""

    when: str
    about: str
    text: str


@dataclass
class ServiceStatus:
    """The state of the service. Its threads write it, those of the web server read it."""

    started: float = field(default_factory=time.time)
    leads: bool = False
    config_error: str | None = None
    sources: dict[str, CheckStatistics] = field(default_factory=dict)
    notices: deque[ServiceNotice] = field(default_factory=lambda: deque(maxlen=_NOTICES))
    answers: Counter[str] = field(default_factory=Counter)  # HTTP statuses
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def checks_of(self, source: str) -> CheckStatistics:
        """Return the checks of a source."""
        with self._guard:
            return self.sources.setdefault(source, CheckStatistics())

    def add_notice(self, about: str, text: str) -> None:
        """Store a notice, and log it."""
        log.warning("%s: %s", about, text)
        self.notices.appendleft(ServiceNotice(format_utc(datetime.now(UTC)), about, text))
