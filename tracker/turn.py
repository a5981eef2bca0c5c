"""Threads of one run that wait together and work one at a time.

Two that work at once would only contend for the interpreter, and msgspec crashes where two
threads are the first to decode into one type. Which checks there are is in `abreast.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Turn:
    """Whose turn it is to work. Fetcher, store and couriers go `aside` while they wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whose: int | None = None  # the thread

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Work, when nobody else does."""
        self._take()
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others work meanwhile; whose turn it is not has nothing to give up."""
        if self._whose != threading.get_ident():
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        self._lock.acquire()
        self._whose = threading.get_ident()

    def _give(self) -> None:
        self._whose = None
        self._lock.release()


def together(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """What each job returns, each on a thread of its own; one that is alone needs none.

    Raises what the first of them raised, once all are done. The threads end with the process:
    a run that is broken off waits for none of them, as after a kill.
    """
    if len(jobs) == 1:
        return [jobs[0]()]
    done: dict[int, T] = {}
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            done[number] = jobs[number]()
        except BaseException as error:  # noqa: BLE001  raised again below
            errors.append(error)

    begun = []
    for number in range(len(jobs)):
        thread = threading.Thread(target=work, args=(number,), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left for us
            work(number)
        else:
            begun.append(thread)
    for thread in begun:
        thread.join()
    if errors:
        raise errors[0]
    return [done[number] for number in range(len(jobs))]
