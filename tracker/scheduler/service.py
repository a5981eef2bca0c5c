"""The service without its HTTP server: schedule, standby, configuration, and jobs.

Read it from `start` downwards. `jobs.py` has how a source is checked; this module decides when
and in which order, and records the results.

If several services share a store, one of them makes the checks; the others stand by and take
over. The leader holds the lock of the store, which is freed by the kernel when a process dies,
or, for machines that share a bucket, by the end of a lease.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from apscheduler.triggers.interval import IntervalTrigger

from tracker.alerts.notify import send_heartbeat
from tracker.check.context import CheckContext, CheckReport
from tracker.config import DEFAULT, Config, build, read_raw
from tracker.errors import FwtrackerError, Locked
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.parse.pages import explain_refusal
from tracker.scheduler.cron import parse_schedule
from tracker.scheduler.jobs import CheckRunner, RetryTicker, quick_check
from tracker.scheduler.schedule import Job, Schedule
from tracker.scheduler.status import ServiceStatus
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.times import parse_utc

log = logging.getLogger(__name__)

TICK = 30  # seconds between two looks for owed deliveries
REMOTE_TICK = 300  # the same on object storage, where each look costs requests
LOCK = ".state/serve/lock"
_LOOK = 2.0  # seconds between two looks at the lock, by standby and leader
_REMOTE_LOOK = 15.0  # the same on object storage, where each look costs a request


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of the command line. `passed` are those that every check is started with."""

    config: Path | None = None
    snapshots: str | None = None
    passed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """One configuration, parsed and as the bytes of its file."""

    config: Config
    text: bytes
    snapshots: str


def load_config(options: ServeOptions) -> LoadedConfig:
    """Read the configuration. Raises UsageError if the file cannot be used."""
    raw = read_raw(options.config)
    config, text = build(raw), msgspec.json.encode(raw)
    parse_schedule(config.fwtracker.schedule, config.fwtracker.jitter)
    return LoadedConfig(config, text, options.snapshots or config.fwtracker.snapshots)


# Seconds, decoded bytes, attempts: a stopping service waits for it; the page is in memory.
QUICK_LIMITS = Limits(total=20.0, decoded=4 * 2**20, attempts=1)


@dataclass
class InProcessChecker:
    """Quick checks with one configuration, over connections that are kept open."""

    config: Config
    tree: Callable[[str], Tree]
    _fetcher: Fetcher = field(
        default_factory=lambda: Fetcher(QUICK_LIMITS, explain=explain_refusal)
    )

    def check(self, name: str) -> CheckReport | None:
        """Return a report if the page is unchanged; None if a full check is needed.

        The latter includes a page that cannot be fetched at the first attempt.
        """
        source = self.config.source(name)
        outcome = quick_check(CheckContext(source, self.tree(name), self.config, self._fetcher))
        if outcome is None:
            return None
        if warning := send_heartbeat(self.config.fwtracker):
            log.warning("%s", warning)
        return CheckReport(outcome.source, outcome.outcome, outcome.version)

    def close(self) -> None:
        """Close the connections. A check in progress then fails, and a full one follows."""
        self._fetcher.close()


class SchedulerService:
    """Checks by schedule while it leads. `status` is its state, for other parts to read.

    `on_reload` is called with each reloaded configuration; it may refuse it with a
    FwtrackerError.
    """

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        self.loaded = load_config(options)
        self.status = ServiceStatus()
        self.schedule = Schedule(self._record_misfire)
        self.leader = Leader(self.loaded.snapshots, self._change_lead)
        self.on_reload: Callable[[], None] = lambda: None
        self._started = False
        self._runner = self._build_runner()
        self._ticker = RetryTicker(self.tree, lambda: self.config, lambda: self._runner)
        self._checker = InProcessChecker(self.config, self.tree)
        self._locks: dict[str, threading.Lock] = {}

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.loaded.config

    def next_check(self, source: str) -> datetime | None:
        """Return when the source is checked next, as far as this process knows."""
        return self.schedule.next_time(f"check {source}")

    @property
    def alive(self) -> bool:
        """Return whether all threads still run; nothing else watches them."""
        return not self._started or (self.schedule.alive and self.leader.alive)

    def tree(self, source: str) -> Tree:
        """Return the versions of a source."""
        return Tree(open_store(self.loaded.snapshots), source)

    def start(self) -> None:
        """Start to make checks, as soon as no other process makes them."""
        self.schedule.start()
        self.leader.start()
        self._started = True

    def stop(self) -> None:
        """Start no more jobs, wait for those that are running, and give up the lead."""
        if self._started:
            self._started = False
            self.schedule.stop()
            self.leader.stop()
        self._checker.close()

    def terminate_children(self) -> None:
        """End running processes; a later check finishes their work."""
        self._runner.terminate_children()

    def check_now(self) -> None:
        """Check every source now, besides its scheduled times; only the leader checks."""
        if not self.leader.leads:
            self.status.add_notice(
                "check", "asked for one, but another process does the checks"
            )
            return
        for source in self.config.sources:
            self.schedule.run_now(f"check {source}")

    def reload(self) -> None:
        """Reload the configuration; if it cannot be used, the old one stays in force."""
        try:
            self.loaded, old = load_config(self.options), self.loaded
        except (FwtrackerError, OSError) as error:
            self._reject_config("not-taken", "not taken, the old one stays", error)
            return
        if self.loaded.snapshots != old.snapshots:
            self.status.add_notice(
                "configuration", "another place for snapshots needs a restart"
            )
            self.loaded = replace(self.loaded, snapshots=old.snapshots)
        self._runner = self._build_runner()
        self._checker.close()
        self._checker = InProcessChecker(self.config, self.tree)
        if self.leader.leads:
            self.schedule.set_jobs(self._list_jobs())
        try:
            self.on_reload()
        except FwtrackerError as error:
            self._reject_config("tokens-missing", "the old tokens stay", error)
            return
        log.info("the configuration was read again")
        self.status.config_error = None
        self._ticker.config_accepted()
        self._schedule_tick_now()

    def _reject_config(self, name: str, what: str, error: Exception) -> None:
        """Report the error in log, page and metrics; the next tick notifies the channels."""
        self.status.config_error = str(error)
        self.status.add_notice("configuration", f"{what}: {error}")
        self._ticker.config_rejected(name, str(error), self.options.config or DEFAULT)
        self._schedule_tick_now()

    def _schedule_tick_now(self) -> None:
        if self.leader.leads:
            self.schedule.run_now(f"tick {next(iter(self.config.sources))}")

    def _build_runner(self) -> CheckRunner:
        return CheckRunner(self.loaded.text, self.loaded.snapshots, self.options.passed)

    def _change_lead(self, leads: bool) -> None:  # noqa: FBT001  the leader's signature
        self.status.leads = leads
        self.schedule.set_jobs(self._list_jobs() if leads else ())
        if leads:
            log.info("leading: checks of %s", ", ".join(sorted(self.config.sources)))
            if self._ticker.has_news():
                self._schedule_tick_now()
            for source in self.config.sources:
                self._catch_up(source)

    def _list_jobs(self) -> Iterator[Job]:
        own = self.config.fwtracker
        for source in self.config.sources:
            times = partial(parse_schedule, own.schedule, own.jitter)
            yield Job(f"check {source}", times, partial(self._check, source))
            pause = REMOTE_TICK if "://" in self.loaded.snapshots else TICK
            tick = partial(IntervalTrigger, seconds=pause)
            yield Job(f"tick {source}", tick, partial(self._tick, source), quiet=True)

    def _catch_up(self, source: str) -> None:
        """Check the source at once if that was due while no service ran."""
        try:
            manifest = self.tree(source).manifest()
        except FwtrackerError as error:
            self.status.add_notice(source, str(error))
            manifest = None
        now = datetime.now(UTC)
        if manifest is not None:
            own = self.config.fwtracker
            due = parse_schedule(own.schedule, 0).get_next_fire_time(
                None, parse_utc(manifest.checked_at)
            )
            if due is None or due > now:
                return
            self.status.checks_of(source).misfires += 1
            self.status.add_notice(
                source, f"a check was due {due:%Y-%m-%d %H:%M %Z}; runs now, once"
            )
        self.schedule.run_now(f"check {source}")

    def _check(self, source: str) -> None:
        checks = self.status.checks_of(source)
        with self._get_lock(source):
            began = time.monotonic()
            checks.running = True
            try:
                report = self._checker.check(source) or self._runner.check(source)
            finally:
                checks.running = False
            checks.record(report, time.monotonic() - began)
        _log_report(report)

    def _tick(self, source: str) -> None:
        """Deliver what is owed, unless a check is running, which does so itself."""
        lock = self._get_lock(source)
        if not lock.acquire(blocking=False):
            return
        try:
            self._ticker.tick(source)
        finally:
            lock.release()

    def _get_lock(self, source: str) -> threading.Lock:
        return self._locks.setdefault(source, threading.Lock())

    def _record_misfire(self, job: str, text: str) -> None:
        """Record a misfire or a jump of the clock."""
        kind, _, source = job.partition(" ")
        if kind == "check":
            self.status.checks_of(source).misfires += 1
        self.status.add_notice(source or job, text)


def _log_report(report: CheckReport) -> None:
    """Log one line with the outcome of a check; held and failed ones are warnings."""
    if report.error:
        log.warning("%s: failed: %s", report.source, report.error.message)
    elif report.outcome == "held":
        log.warning("%s: held for review; see: fwtracker held", report.source)
    else:
        log.info("%s: %s, version %s", report.source, report.outcome, report.version)
    for note in report.notes:
        log.warning("%s: %s", report.source, note)


class Leader:
    """Waits for the lead in a thread; `on_change` is called there when it comes or goes.

    `lock_holder` says why this process does not lead, "" while it does.
    """

    def __init__(self, place: str, on_change: Callable[[bool], None]) -> None:
        self.place, self.on_change = place, on_change
        self.leads = False
        self.lock_holder = ""
        self._look = _REMOTE_LOOK if "://" in place else _LOOK
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leader", daemon=True)

    def start(self) -> None:
        """Start to wait for the lead."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Return whether it still waits or leads."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Give up the lead; all work started under it must have ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with open_store(self.place).exclusive(LOCK, 0) as held:
                    self._lead(held)
            except FwtrackerError as error:
                self._stand_by(error)
            self._stopped.wait(self._look)

    def _stand_by(self, error: FwtrackerError) -> None:
        message = str(error)
        # The end of a lease changes each time: do not report the same holder again.
        known = isinstance(error, Locked) and error.holder and error.holder in self.lock_holder
        if message != self.lock_holder and not known:
            why = "standing by" if isinstance(error, Locked) else "cannot check"
            log.warning("%s: %s", why, message)
        self.lock_holder = message

    def _lead(self, held: Callable[[], bool]) -> None:
        self.leads, self.lock_holder = True, ""
        self.on_change(True)  # noqa: FBT003  it leads
        while held() and not self._stopped.wait(self._look):
            pass
        self.leads = False
        if not self._stopped.is_set():
            log.warning("the lead was lost; standing by")
            self.on_change(False)  # noqa: FBT003  it no longer leads
