"""The APScheduler shell: when each job runs, independent of what it does.

A job never runs twice at the same time. Runs that were missed, because the previous one took
too long, the machine slept or its clock was set, are made up by one run and reported. The clock
is watched: after a jump every next time is computed again, because APScheduler itself would
wait for ten years.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_SUBMITTED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

log = logging.getLogger(__name__)

LATE = timedelta(seconds=60)  # a run that is later is a misfire
JUMP = 30.0  # seconds by which the clock may be slewed between two readings
LOOK = 5.0  # seconds between two readings of the clock
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Job:
    """Work to do at scheduled times. `trigger` returns a new trigger that starts now."""

    name: str
    trigger: Callable[[], BaseTrigger]
    run: Callable[[], None]
    quiet: bool = False  # misfires are not reported


@dataclass
class Schedule:
    """Runs jobs in threads. `report` is called with a job's name and a line about a misfire.

    A jump of the clock is reported with the name "clock".

    The two clocks are parameters so that tests can set them; APScheduler reads the machine's.
    """

    report: Callable[[str, str], None]
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _jobs: dict[str, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._offset = self.wall() - self.steady()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # `report` does it
        events = EVENT_JOB_SUBMITTED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR
        self._scheduler.add_listener(self._handle_event, events)
        self._watch = threading.Thread(target=self._watch_clock, name="clock", daemon=True)

    def start(self) -> None:
        """Run jobs from now on."""
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Start no more jobs, and wait for those that are running."""
        self._stopped.set()
        self._scheduler.shutdown(wait=True)
        self._watch.join()

    def set_jobs(self, jobs: Iterable[Job]) -> None:
        """Replace all jobs by these. A running job is not interrupted."""
        wanted = {job.name: job for job in jobs}
        for name in self._jobs.keys() - wanted.keys():
            self._remove(name)
        self._jobs = wanted
        for job in wanted.values():
            self._scheduler.add_job(
                job.run, job.trigger(), id=job.name, name=job.name, replace_existing=True
            )

    def run_now(self, name: str) -> None:
        """Run this job now, besides its scheduled times."""
        try:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))
        except JobLookupError:
            log.debug("the job %s is gone", name)

    def next_time(self, name: str) -> datetime | None:
        """Return when the job runs next, if known."""
        job = self._scheduler.get_job(name)
        found: datetime | None = getattr(job, "next_run_time", None)
        return found

    @property
    def alive(self) -> bool:
        """Return whether its threads are running."""
        return self._scheduler.running and self._watch.is_alive()

    def check_clock(self) -> None:
        """Compare the clocks. After a jump ahead, jobs that became due run now, once.

        After a jump back every next time is too far away, and is computed again.
        """
        offset = self.wall() - self.steady()
        jumped, self._offset = offset - self._offset, offset
        if abs(jumped) <= JUMP:
            return
        way = "forward" if jumped > 0 else "back"
        self.report("clock", f"the clock was set {way} by {_format_length(abs(jumped))}")
        if jumped > 0:
            self._scheduler.wakeup()
            return
        for job in list(self._jobs.values()):
            self._scheduler.reschedule_job(job.name, trigger=job.trigger())

    def _watch_clock(self) -> None:
        while not self._stopped.wait(LOOK):
            self.check_clock()

    def _remove(self, name: str) -> None:
        try:
            self._scheduler.remove_job(name)
        except JobLookupError:
            log.debug("the job %s had no time left", name)

    def _handle_event(self, event: JobSubmissionEvent | JobExecutionEvent) -> None:
        job = self._jobs.get(event.job_id)
        if job is None or job.quiet:
            return
        if event.code == EVENT_JOB_ERROR:
            self.report(job.name, f"broke off: {event.exception!r}")
        elif event.code == EVENT_JOB_MAX_INSTANCES:
            self.report(job.name, "was due while the one before it still ran; it is left out")
        elif (late := datetime.now(UTC) - event.scheduled_run_times[0]) > LATE:
            self.report(job.name, f"runs {_format_length(late.total_seconds())} late, once")


def _format_length(seconds: float) -> str:
    """Return `3 hours`: a length of time in its largest unit."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{round(seconds)} seconds"
