"""Checks of several sources, and deliveries to several channels, in threads.

Both wait for other machines most of the time. A check that is interrupted loses nothing: the
next one publishes and delivers what it committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from tracker.check.context import CheckContext, CheckOutcome

CHECKS_AT_ONCE = 8
CHECKS_PER_HOST = 2  # so as not to burden a vendor's server

T = TypeVar("T")


def run_checks(
    contexts: Sequence[CheckContext], check: Callable[[CheckContext], CheckOutcome]
) -> Iterator[CheckOutcome]:
    """Yield what `check` returns for each context, in their order. Raises what it raises.

    A host has a pool of its own, so that a slow one holds up only its own sources. One check
    alone runs in the calling thread.
    """
    if len(contexts) == 1:
        yield check(contexts[0])
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  only for several

    limit = BoundedSemaphore(CHECKS_AT_ONCE)

    def check_within_limit(context: CheckContext) -> CheckOutcome:
        """Check as soon as fewer than the most are running."""
        with limit:
            return check(context)

    pools: dict[str, ThreadPoolExecutor] = {}
    with ExitStack() as stack:
        futures = []
        for context in contexts:
            host = _group(context.unchecked_url)
            if host not in pools:
                pools[host] = ThreadPoolExecutor(CHECKS_PER_HOST)
                # An interrupt must not wait for servers; otherwise all results are there.
                stack.callback(pools[host].shutdown, wait=False, cancel_futures=True)
            futures.append(pools[host].submit(check_within_limit, context))
        for future in futures:
            yield future.result()


def _group(url: str) -> str:
    """Return the host of a URL; the URL itself if it is not valid, as its check will report."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return url


def run_in_threads(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each job returns, each run in a thread of its own.

    Raises what the first of them raised, once all are done. One job alone runs in the calling
    thread.
    """
    if len(jobs) <= 1:
        return [job() for job in jobs]
    from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415  only for several

    pool = ThreadPoolExecutor(len(jobs))
    futures = [pool.submit(job) for job in jobs]
    wait(futures)  # an interrupt leaves here without waiting for a channel
    pool.shutdown()
    return [future.result() for future in futures]
