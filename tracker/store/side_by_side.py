"""Requests to one server, several at a time: each mostly waits for its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

AT_ONCE = 32

T = TypeVar("T")


def run_side_by_side(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each job returns, in their order; no more than AT_ONCE run at a time.

    After one that raises no other begins; those that have begun end, and then its error is
    raised. One job alone runs in the calling thread.
    """
    if len(jobs) <= 1:
        return [job() for job in jobs]
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  only for several

    stopped = threading.Event()

    def run(job: Callable[[], T]) -> list[T]:
        """Return what a job returns, or nothing where it must not begin any more."""
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
    finally:  # an interrupt leaves here without waiting for servers
        stopped.set()
        pool.shutdown(wait=False)
    return [result for future in futures for result in future.result()]
