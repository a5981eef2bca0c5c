"""Runs requests to one server concurrently: each spends most of its time waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

AT_ONCE = 32

T = TypeVar("T")


def run_side_by_side(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Return the results of the jobs, in their order; at most AT_ONCE run at a time.

    After one raises, no other job starts; those that are running finish, and then its error is
    raised. A single job runs in the calling thread.
    """
    if len(jobs) <= 1:
        return [job() for job in jobs]
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  only for several

    stopped = threading.Event()

    def run(job: Callable[[], T]) -> list[T]:
        """Return the job's result in a list, or an empty list if it must not start any more."""
        if stopped.is_set():
            return []
        try:
            return [job()]
        except BaseException:
            stopped.set()
            raise

    pool = ThreadPoolExecutor(min(AT_ONCE, len(jobs)))
    futures = [pool.submit(run, job) for job in jobs]
    try:
        wait(futures)
    finally:  # an interrupt does not wait for servers
        stopped.set()
        pool.shutdown(wait=False)
    return [result for future in futures for result in future.result()]
