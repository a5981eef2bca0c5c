"""Requests to one server, several at a time: each mostly waits for its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

AT_ONCE = 16

T = TypeVar("T")


def run_side_by_side(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each job returns, in their order; no more than AT_ONCE run at a time.

    After one that raises no other begins; those that have begun end, and then its error is
    raised. One job alone runs in the calling thread.
    """
    if len(jobs) <= 1:
        return [job() for job in jobs]
    pool = ThreadPoolExecutor(min(AT_ONCE, len(jobs)))
    futures = [pool.submit(job) for job in jobs]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    except BaseException:  # an interrupt must not wait for servers
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown(cancel_futures=True)
    failed = [each for each in futures if not each.cancelled() and each.exception()]
    return [future.result() for future in failed or futures]
