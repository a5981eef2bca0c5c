"""A check in a process of its own: what the service starts is what cron would.

A parser's memory goes with the process, a page that breaks it breaks nothing else, and the
service's answers never wait for it. The configuration is given on, not read again: a file that
is being edited changes nothing until the service is told to read it.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from tracker.model import Finding, Summary
from tracker.outcome import Problem, Result
from tracker.store.tree import decoded

log = logging.getLogger(__name__)

LONGEST = 900.0  # seconds; a check whose fetches and deliveries all hang ends before that
_GRACE = 10.0  # seconds between asking a process to end and ending it
_CONFIG = "/dev/stdin"
_UNKNOWN = "the check broke off with exit status {}; the log has its last words"
_TOO_LONG = "the check was ended after {:.0f} minutes; a later one finishes its work"


class Told(msgspec.Struct, frozen=True):
    """What `fwtracker run --json` tells of one source."""

    source: str
    outcome: Result
    version: int | None = None
    summary: Summary | None = None
    findings: tuple[Finding, ...] = ()
    error: Problem | None = None
    owed: int = 0
    digest: str | None = None
    notes: tuple[str, ...] = ()


@dataclass
class Runner:
    """Starts commands of fwtracker with one configuration (TOML bytes) and one store."""

    config: bytes
    snapshots: str
    options: Sequence[str] = ()
    longest: float = LONGEST
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: str) -> Told:
        """One check of a source; a process that dies without a word is a failed check."""
        status, out = self._run("run", source, "--json")
        try:
            (told,) = decoded(out, list[Told])
        except (msgspec.MsgspecError, ValueError):
            said = (
                _TOO_LONG.format(self.longest / 60)
                if status is None
                else _UNKNOWN.format(status)
            )
            return Told(source, "failed", error=Problem("broken-off", said))
        return told

    def deliver(self, source: str) -> bool:
        """Send what is owed, without a check; whether all of it was taken."""
        status, _ = self._run("notify", "retry", "--owed", "--source", source)
        return status == 0

    def kill(self) -> None:
        """End what is running; the next check finishes its work."""
        with self._guard:
            for process in self._running:
                process.terminate()

    def _run(self, *command: str) -> tuple[int | None, bytes]:
        """The exit status, None where it had to be ended, and what it printed.

        In a session of its own, so that Ctrl-C in a terminal reaches only the service.
        """
        options = ["--config", _CONFIG, "--snapshots", self.snapshots, *self.options]
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "tracker", *command, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        with self._guard:
            self._running.add(process)
        try:
            out, _ = process.communicate(self.config, timeout=self.longest)
        except subprocess.TimeoutExpired:
            return None, _ended(process)
        finally:
            with self._guard:
                self._running.discard(process)
        return process.returncode, out


def _ended(process: subprocess.Popen[bytes]) -> bytes:
    """Ask it to end, then end it; what it printed until then."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=_GRACE)[0]
    process.kill()
    return process.communicate()[0]


@dataclass
class Pauses:
    """When what could not be delivered is tried again: ever longer pauses, up to an hour."""

    first: float = 60.0
    longest: float = 3600.0
    _failures: int = 0
    _next: float = 0.0

    def due(self) -> bool:
        """Whether the pause is over."""
        return time.monotonic() >= self._next

    def note(self, *, good: bool) -> None:
        """What came of a try."""
        self._failures = 0 if good else self._failures + 1
        pause = self.first * 2 ** (self._failures - 1) if self._failures else 0.0
        self._next = time.monotonic() + min(pause, self.longest)
