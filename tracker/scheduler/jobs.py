"""The work of the service for a source: quick checks, full checks, and deliveries in between.

Most checks find no change, and the service makes them itself. All other work is done in a
separate process, with the command that cron would start: the parser's memory is freed with the
process, a page that crashes it does no other harm, and the service's answers never wait for it.
The configuration is passed to it, not read again, so that an edited file has no effect until
the service is asked to reload it.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tracker.alerts import notices, notify, outbox
from tracker.check.context import CheckContext, CheckError, CheckOutcome, CheckReport
from tracker.check.earlier_work import preload
from tracker.config import Config
from tracker.decoding import decode_json
from tracker.errors import FwtrackerError
from tracker.filters.report import has_silent_channel
from tracker.pipeline import report_unchanged, revalidate
from tracker.publish.freshness import is_current
from tracker.publish.published_files import find_wrong_files
from tracker.store.tree import Tree
from tracker.times import Backoff

log = logging.getLogger(__name__)

LONGEST = 900.0  # seconds; more than a check takes whose fetches and deliveries all hang
_GRACE = 10.0  # seconds between asking a process to end and killing it
_CONFIG = "/dev/stdin"
_UNKNOWN = "the check broke off with exit status {}; the log has its last words"
_TOO_LONG = "the check was ended after {:.0f} minutes; a later one finishes its work"


def quick_check(context: CheckContext) -> CheckOutcome | None:
    """Check only whether there is any change; return None if a full check is needed.

    Loads no parser and sends no messages. After an error, a full check is needed too, which
    reports it.
    """
    try:
        with context.tree.lock():
            preload(context)
            if nothing_pending(context) and revalidate(context).state == "unchanged":
                return report_unchanged(context)
    except FwtrackerError:
        pass
    return None


def nothing_pending(context: CheckContext) -> bool:
    """Return whether there is nothing to publish or deliver, and no DNS lookup to make."""
    manifest, config = context.tree.manifest(), context.config
    if manifest is None or config.drift.enabled:
        return False
    if not is_current(context.tree, manifest, config, context.now()):
        return False
    if find_wrong_files(context.tree, manifest, context.now()):
        return False
    if not config.channels:
        return True
    return notify.nothing_pending(context, manifest) and not has_silent_channel(context)


@dataclass
class CheckRunner:
    """Starts commands of fwtracker with one configuration (TOML bytes) and one store."""

    config: bytes
    snapshots: str
    options: Sequence[str] = ()
    longest: float = LONGEST
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: str) -> CheckReport:
        """Check a source; a process that dies without a report is a failed check."""
        status, out = self._run("run", source, "--json")
        try:
            (report,) = decode_json(out, list[CheckReport])
        except (msgspec.MsgspecError, ValueError):
            message = (
                _TOO_LONG.format(self.longest / 60)
                if status is None
                else _UNKNOWN.format(status)
            )
            return CheckReport(source, "failed", error=CheckError("broken-off", message))
        return report

    def deliver(self, source: str) -> bool:
        """Send what is owed, without a check. Return whether all of it was accepted."""
        status, _ = self._run("notify", "retry", "--owed", "--source", source)
        return status == 0

    def terminate_children(self) -> None:
        """End running processes; the next check finishes their work."""
        with self._guard:
            for process in self._running:
                process.terminate()

    def _run(self, *command: str) -> tuple[int | None, bytes]:
        """Return the exit status, or None if it was terminated, and the standard output.

        It runs in a separate session, so that Ctrl-C in a terminal reaches only the service.
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
            return None, _end(process)
        finally:
            with self._guard:
                self._running.discard(process)
        return process.returncode, out


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """Ask a process to end, then kill it. Return its output until then."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=_GRACE)[0]
    process.kill()
    return process.communicate()[0]


_BACKOFF = Backoff(first=60.0, longest=3600.0)


@dataclass
class RetryTimer:
    """When failed deliveries are tried again."""

    _failures: int = 0
    _next: float = 0.0

    def is_due(self) -> bool:
        """Return whether the pause is over."""
        return time.monotonic() >= self._next

    def record(self, *, good: bool) -> None:
        """Record the result of an attempt."""
        self._failures = 0 if good else self._failures + 1
        pause = _BACKOFF.delay(self._failures) if self._failures else 0.0
        self._next = time.monotonic() + pause


@dataclass
class RetryTicker:
    """The work between checks: deliveries that are owed, and notices about the configuration.

    The service decides when, and that no check runs meanwhile. `config` and `runner` are
    functions, because a reload replaces both.
    """

    tree: Callable[[str], Tree]
    config: Callable[[], Config]
    runner: Callable[[], CheckRunner]
    _rejected: notices.RejectedConfig | None = None
    _is_unreported: bool = True  # channels may not have been notified which one is in force
    _timers: dict[str, RetryTimer] = field(default_factory=dict)

    def config_rejected(self, name: str, reason: str, file: Path) -> None:
        """Make the next tick report a configuration that cannot be used."""
        self._rejected = notices.describe_rejected(name, reason, file)
        self._is_unreported = True

    def config_accepted(self) -> None:
        """Make the next tick report that a rejected configuration is right again."""
        self._rejected, self._is_unreported = None, True

    def has_news(self) -> bool:
        """Return whether channels get a notice that the configuration is rejected or right."""
        if self._rejected:
            return True
        try:
            return notices.config_problem_lasts(self._context(self._first_source()))
        except FwtrackerError:
            return False  # the first check reports that the store cannot be read

    def tick(self, source: str) -> None:
        """Report the configuration, and deliver what is owed if it is time to try again."""
        self._work(source)
        while self._reports_config(source):  # it was read again meanwhile
            self._work(source)

    def has_pending(self, source: str) -> bool:
        """Return whether a version or notice is owed, or the last good check is too old."""
        tree, channels = self.tree(source), self.config().channels
        return bool(channels) and (
            outbox.count_owed(tree, channels) > 0 or notices.is_overdue(self._context(source))
        )

    def _work(self, source: str) -> None:
        if self._reports_config(source):
            self._report_config(source)
        timer = self._timers.setdefault(source, RetryTimer())
        if timer.is_due() and self.has_pending(source):
            good = self.runner().deliver(source)
            timer.record(good=good)
            log.info("%s: owed deliveries: %s", source, "all taken" if good else "still owed")

    def _reports_config(self, source: str) -> bool:
        return self._is_unreported and source == self._first_source()

    def _report_config(self, source: str) -> None:
        found, context = self._rejected, self._context(source)
        if self.config().channels and (found or notices.config_problem_lasts(context)):
            with context.tree.lock():
                notices.record_config(context, found)
        self._is_unreported = found is not self._rejected

    def _first_source(self) -> str:
        """Return the source whose notices report the configuration."""
        return next(iter(self.config().sources))

    def _context(self, source: str) -> CheckContext:
        return CheckContext(self.config().source(source), self.tree(source), self.config())
