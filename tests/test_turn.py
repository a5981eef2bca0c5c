"""Threads that work one at a time, and wait side by side."""

from __future__ import annotations

import threading
from threading import Barrier

import pytest

from tracker.turn import Turn, together


def test_jobs_run_side_by_side_and_answer_in_their_order() -> None:
    barrier = Barrier(3)

    def job(number: int) -> int:
        barrier.wait(20)
        return number

    assert together([lambda n=n: job(n) for n in range(3)]) == [0, 1, 2]


def test_one_job_needs_no_thread_and_none_is_no_job() -> None:
    assert together([threading.get_ident]) == [threading.get_ident()]
    assert together([]) == []


def test_what_one_raises_is_raised_once_the_others_are_done() -> None:
    done: list[int] = []

    def bad() -> None:
        raise KeyError("bad")

    def slow() -> None:
        threading.Event().wait(0.05)
        done.append(1)

    with pytest.raises(KeyError, match="bad"):
        together([bad, slow])
    assert done == [1]


def test_where_the_system_has_no_thread_left_the_jobs_come_one_after_the_other(
    monkeypatch,
) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    assert together([threading.get_ident] * 2) == [threading.get_ident()] * 2


def test_only_one_works_and_those_that_are_aside_wait_together() -> None:
    turn, barrier, working = Turn(), Barrier(2), []

    def job() -> int:
        with turn.taken():
            working.append(1)
            most = len(working)
            with turn.aside():
                working.pop()
                barrier.wait(20)
            working.append(1)
            most = max(most, len(working))
            working.pop()
            return most

    assert together([job, job]) == [1, 1]


def test_who_does_not_have_the_turn_takes_it_from_nobody() -> None:
    turn = Turn()

    def stranger() -> bool:
        with turn.aside():
            return turn._lock.locked()

    def idle() -> None: ...

    with turn.taken():
        assert together([stranger, idle]) == [True, None]
    with turn.aside():
        assert not turn._lock.locked()
    with turn.taken():
        pass
