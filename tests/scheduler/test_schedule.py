"""The APScheduler shell on a clock that is set: nothing is lost, nothing is repeated."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tracker.scheduler.cron import parse_schedule
from tracker.scheduler.schedule import Job, Schedule

NOW = datetime(2026, 11, 23, 6, 50, tzinfo=UTC)


class Rig:
    """A schedule with one hourly job, and what it did."""

    def __init__(self):
        self.told, self.runs = [], []
        self.ran = threading.Semaphore(0)
        self.hold = threading.Event()
        self.hold.set()
        self.schedule = Schedule(lambda about, text: self.told.append((about, text)))

    def job(self, text="17 * * * *", name="check a"):
        return Job(name, lambda: parse_schedule(text, 0, UTC), self.run)

    def run(self):
        self.runs.append(datetime.now(UTC))
        self.ran.release()
        self.hold.wait(20)

    def waited(self):
        return self.ran.acquire(timeout=20)

    def settled(self):
        """After this, everything that is due has been handed to a thread."""
        threading.Event().wait(0.3)
        return len(self.runs)


@pytest.fixture
def rig():
    with time_machine.travel(NOW, tick=False) as clock:
        made = Rig()
        made.clock = clock
        yield made
        made.hold.set()
        made.schedule.stop()


def test_a_job_runs_at_its_time_and_once(rig):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job()])
    assert rig.settled() == 0
    rig.clock.move_to(NOW.replace(hour=7, minute=17))
    rig.schedule._scheduler.wakeup()
    assert rig.waited()
    assert rig.settled() == 1
    assert rig.schedule.next_time("check a") == NOW.replace(hour=8, minute=17)
    assert rig.told == []


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=3653)])
def test_a_clock_that_jumps_ahead_runs_what_was_due_once_and_tells(rig, ahead):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job()])
    rig.clock.move_to(NOW + ahead)
    rig.schedule.check_clock()
    assert rig.waited()
    assert rig.settled() == 1
    later = NOW + ahead
    assert rig.schedule.next_time("check a") == later.replace(hour=7, minute=17)
    assert rig.told[0][0] == "clock"
    assert "forward" in rig.told[0][1]


@pytest.mark.parametrize("back", [timedelta(days=1), timedelta(days=3653)])
def test_a_clock_that_jumps_back_does_not_wait_to_be_there_again(rig, back):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job(), rig.job("30m", "check b")])
    rig.clock.move_to(NOW - back)
    rig.schedule.check_clock()
    earlier = NOW - back
    assert rig.settled() == 0
    assert rig.schedule.next_time("check a") == earlier.replace(hour=7, minute=17)
    assert rig.schedule.next_time("check b") - earlier <= timedelta(minutes=30)
    assert "back" in rig.told[0][1]


def test_a_slow_clock_correction_is_no_jump(rig):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job()])
    rig.clock.shift(20)
    rig.schedule.check_clock()
    assert rig.told == []


def test_a_machine_that_slept_runs_once_and_tells_how_late(rig):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job()])
    rig.clock.move_to(NOW + timedelta(hours=9))
    rig.schedule._scheduler.wakeup()  # before the clocks are compared
    assert rig.waited()
    assert rig.settled() == 1
    assert rig.told == [("check a", "runs 9 hours late, once")]


def test_a_job_that_still_runs_is_left_out_once_and_told(rig):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job()])
    rig.hold.clear()
    rig.clock.move_to(NOW.replace(hour=7, minute=17))
    rig.schedule._scheduler.wakeup()
    assert rig.waited()
    rig.settled()
    rig.clock.move_to(NOW.replace(hour=8, minute=17))
    rig.schedule._scheduler.wakeup()
    assert rig.settled() == 1
    assert rig.told == [
        ("check a", "was due while the one before it still ran; it is left out")
    ]


def test_a_job_that_breaks_is_told_and_runs_again(rig):
    def breaks():
        rig.ran.release()
        raise ValueError("no")

    rig.schedule.start()
    rig.schedule.set_jobs(
        [Job("check a", lambda: parse_schedule("17 * * * *", 0, UTC), breaks)]
    )
    for hour in (7, 8):
        rig.clock.move_to(NOW.replace(hour=hour, minute=17))
        rig.schedule._scheduler.wakeup()
        assert rig.waited()
        rig.settled()
    assert [text for _, text in rig.told] == ["broke off: ValueError('no')"] * 2


def test_jobs_are_replaced_and_taken_away(rig):
    rig.schedule.start()
    rig.schedule.set_jobs([rig.job(), rig.job(name="check b")])
    rig.schedule.set_jobs([rig.job("5 5 * * *", "check b")])
    assert rig.schedule.next_time("check a") is None
    assert rig.schedule.next_time("check b").minute == 5
    rig.schedule.run_now("check b")
    assert rig.waited()
    rig.schedule.set_jobs([])
    assert rig.schedule.next_time("check b") is None
