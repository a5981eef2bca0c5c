"""The service: schedule, standby, configuration, and what each job does. Not the HTTP server.

Read it from `start` downwards. A check is a look (`glances.py`), and where that does not do a
process of its own (`jobs.py`); what is done between two is in `between.py`. Here is when, whose
turn it is, and what is remembered of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from apscheduler.triggers.interval import IntervalTrigger

from tracker.config import DEFAULT, Config, load
from tracker.errors import FwtrackerError
from tracker.scheduler.between import Between
from tracker.scheduler.board import Board
from tracker.scheduler.cron import trigger
from tracker.scheduler.glances import Glances
from tracker.scheduler.jobs import Runner, Told
from tracker.scheduler.leader import Leader
from tracker.scheduler.schedule import Job, Schedule
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.times import parse_utc

log = logging.getLogger(__name__)

TICK = 30  # seconds between two looks at what is owed, and
REMOTE_TICK = 300  # where each look is some requests that somebody pays for


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said. `passed` are options that every check is started with."""

    config: Path | None = None
    snapshots: str | None = None
    passed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """One configuration, as read and as written."""

    config: Config
    text: bytes
    snapshots: str


def loaded(options: Options) -> Loaded:
    """Read the configuration. Raises UsageError for a file that cannot be used."""
    config = load(options.config)
    path = options.config or DEFAULT
    text = path.read_bytes() if options.config or path.is_file() else b""
    trigger(config.fwtracker.schedule, config.fwtracker.jitter)
    return Loaded(config, text, options.snapshots or config.fwtracker.snapshots)


class Service:
    """Checks by its schedule while it leads. `board` is what others may know of it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.loaded = loaded(options)
        self.board = Board()
        self.schedule = Schedule(self._told)
        self.leader = Leader(self.loaded.snapshots, self._led)
        self.on_reload: Callable[[], None] = lambda: None
        self._started = False
        self._runner = self._made_runner()
        self._between = Between(self.tree, lambda: self.config, lambda: self._runner)
        self._glances = Glances(self.config, self.tree)
        self._turns: dict[str, threading.Lock] = {}

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.loaded.config

    def next_check(self, source: str) -> datetime | None:
        """When the source is checked next, as far as this process knows."""
        return self.schedule.next_time(f"check {source}")

    @property
    def alive(self) -> bool:
        """Whether what was started is still at work: its threads have no other witness."""
        return not self._started or (self.schedule.alive and self.leader.alive)

    def tree(self, source: str) -> Tree:
        """The versions of a source."""
        return Tree(open_store(self.loaded.snapshots), source)

    def start(self) -> None:
        """Check from now on, as soon as nobody else does."""
        self.schedule.start()
        self.leader.start()
        self._started = True

    def stop(self) -> None:
        """Start nothing more, wait for what is running, and give the lead back."""
        if self._started:
            self._started = False
            self.schedule.stop()
            self.leader.stop()
        self._glances.close()

    def hurry(self) -> None:
        """End what is running; a later check finishes its work."""
        self._runner.kill()

    def check_now(self) -> None:
        """Check every source, beside its times. Who does not lead has nothing to check."""
        if not self.leader.leads:
            self.board.tell("check", "asked for one, but another process does the checks")
            return
        for source in self.config.sources:
            self.schedule.soon(f"check {source}")

    def reload(self) -> None:
        """Read the configuration again; one that cannot be used leaves the old in force."""
        try:
            self.loaded, old = loaded(self.options), self.loaded
        except (FwtrackerError, OSError) as error:
            self._not_taken("not-taken", "not taken, the old one stays", error)
            return
        if self.loaded.snapshots != old.snapshots:
            self.board.tell("configuration", "another place for snapshots needs a restart")
        self._runner = self._made_runner()
        self._glances.close()
        self._glances = Glances(self.config, self.tree)
        if self.leader.leads:
            self.schedule.set(self._jobs())
        try:
            self.on_reload()
        except FwtrackerError as error:
            self._not_taken("tokens-missing", "the old tokens stay", error)
            return
        log.info("the configuration is read anew")
        self.board.config_error = None
        self._between.is_taken()
        self._hurry_tick()

    def _not_taken(self, name: str, what: str, error: Exception) -> None:
        """Tell log, page and metrics; the channels are told by the next tick."""
        self.board.config_error = str(error)
        self.board.tell("configuration", f"{what}: {error}")
        self._between.not_taken(name, str(error), self.options.config or DEFAULT)
        self._hurry_tick()

    def _hurry_tick(self) -> None:
        if self.leader.leads:
            self.schedule.soon(f"tick {next(iter(self.config.sources))}")

    def _made_runner(self) -> Runner:
        return Runner(self.loaded.text, self.loaded.snapshots, self.options.passed)

    def _led(self, leads: bool) -> None:  # noqa: FBT001  the leader's signature
        self.board.leads = leads
        self.schedule.set(self._jobs() if leads else ())
        if leads:
            log.info("leading: checks of %s", ", ".join(sorted(self.config.sources)))
            if self._between.has_news():
                self._hurry_tick()
            for source in self.config.sources:
                self._catch_up(source)

    def _jobs(self) -> Iterator[Job]:
        own = self.config.fwtracker
        for source in self.config.sources:
            times = partial(trigger, own.schedule, own.jitter)
            yield Job(f"check {source}", times, partial(self._check, source))
            pause = REMOTE_TICK if "://" in self.loaded.snapshots else TICK
            tick = partial(IntervalTrigger, seconds=pause)
            yield Job(f"tick {source}", tick, partial(self._tick, source), quiet=True)

    def _catch_up(self, source: str) -> None:
        """Check at once what was due while nobody ran."""
        try:
            manifest = self.tree(source).manifest()
        except FwtrackerError as error:
            self.board.tell(source, str(error))
            manifest = None
        now = datetime.now(UTC)
        if manifest is not None:
            own = self.config.fwtracker
            due = trigger(own.schedule, 0).get_next_fire_time(
                None, parse_utc(manifest.checked_at)
            )
            if due is None or due > now:
                return
            self.board.of(source).misfires += 1
            self.board.tell(source, f"a check was due {due:%Y-%m-%d %H:%M %Z}; runs now, once")
        self.schedule.soon(f"check {source}")

    def _check(self, source: str) -> None:
        checks = self.board.of(source)
        with self._turn(source):
            began = time.monotonic()
            checks.running = True
            try:
                told = self._glances.at(source) or self._runner.check(source)
            finally:
                checks.running = False
            checks.note(told, time.monotonic() - began)
        _log(told)

    def _tick(self, source: str) -> None:
        """Deliver what is owed, between checks; not while one runs, which does it itself."""
        turn = self._turn(source)
        if not turn.acquire(blocking=False):
            return
        try:
            self._between.look(source)
        finally:
            turn.release()

    def _turn(self, source: str) -> threading.Lock:
        return self._turns.setdefault(source, threading.Lock())

    def _told(self, job: str, text: str) -> None:
        """A misfire or a jump of the clock."""
        kind, _, source = job.partition(" ")
        if kind == "check":
            self.board.of(source).misfires += 1
        self.board.tell(source or job, text)


def _log(told: Told) -> None:
    """One line of what a check came to; what is held or failed is a warning."""
    if told.error:
        log.warning("%s: failed: %s", told.source, told.error.message)
    elif told.outcome == "held":
        log.warning("%s: held for review; see: fwtracker held", told.source)
    else:
        log.info("%s: %s, version %s", told.source, told.outcome, told.version)
    for note in told.notes:
        log.warning("%s: %s", told.source, note)
