"""Work in two processes at once, this one among them, where there are processors for them.

They are forked, so that all of them share what is there already: entries of a big page are
hundreds of megabytes. That is safe where no other thread runs, which could hold a lock for
ever in a copy of the process: a check of one source, from cron or as the service starts it.
Elsewhere the work is done in turn. What a process makes goes into files; it tells the few facts
of them.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, TypeVar

from tracker.errors import FwtrackerError, RuleError

Task = TypeVar("Task")
Made = TypeVar("Made")

# Each has the page once more, as far as it looks at it: of 100,000 entries 300 MiB.
MOST = 2
_TICKET = struct.Struct("<H")  # the number of a task; a pipe holds thousands
_LOOK = 0.5  # seconds until a process sees that nobody waits for it


def spread(tasks: Sequence[Task], do: Callable[[Task], Made]) -> list[Made]:
    """What `do` makes of each task, in their order.

    Raises what it raised, and RuleError where a process was ended from outside.
    """
    count = min(processors(), MOST, len(tasks)) if may_fork() else 1
    found: dict[int, Made] = {}
    with _uncollected(), _tickets(len(tasks)) as tickets:
        workers = []
        try:
            for _ in range(count - 1):
                workers.append(_started(tickets, tasks, do))  # noqa: PERF401  each is ended
            found |= _taken(tickets, tasks, do)
            for process, ours in workers:
                found |= _told(process, ours)
        finally:
            for process, ours in workers:
                process.kill()
                process.join()
                ours.close()
    return [found[number] for number in range(len(tasks))]


def _taken(tickets: int, tasks: Sequence[Task], do: Callable[[Task], Made]) -> dict[int, Made]:
    """Take tasks until there are none; what was made, by number."""
    made = {}
    while ticket := os.read(tickets, _TICKET.size):
        (number,) = _TICKET.unpack(ticket)
        made[number] = do(tasks[number])
    return made


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def may_fork() -> bool:
    """Whether a copy of this process would be whole: macOS has threads of its own in it."""
    return sys.platform == "linux" and threading.active_count() == 1


@contextmanager
def _uncollected() -> Iterator[None]:
    """The collector stays away: what it looks at would be copied into each process.

    What is made here has no cycles, and goes when it is let go.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _tickets(count: int) -> Iterator[int]:
    """A pipe with the numbers of all tasks: whoever is free takes the next."""
    source, sink = os.pipe()
    try:
        os.write(sink, b"".join(map(_TICKET.pack, range(count))))
        os.close(sink)
        yield source
    finally:
        os.close(source)


def _started(
    tickets: int, tasks: Sequence[Task], do: Callable[[Task], Made]
) -> tuple[ForkProcess, Connection[Any, Any]]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    made = multiprocessing.get_context("fork").Process(
        target=_work, args=(theirs, tickets, tasks, do), daemon=True
    )
    made.start()
    theirs.close()  # so that its end is seen here
    return made, ours


def _told(process: ForkProcess, ours: Connection[Any, Any]) -> dict[int, Made]:
    """What a process made, by number. Raises what went wrong in it."""
    try:
        told = ours.recv()
    except EOFError:
        process.join()
        raise RuleError(
            f"a process that made rule files was ended ({_end(process.exitcode)}); nothing is"
            " published. Was there memory enough? Choose fewer entries, or give it more"
        ) from None
    if isinstance(told, BaseException):
        raise told
    found: dict[int, Made] = told
    return found


def _end(status: int | None) -> str:
    killed = -(status or 0)
    return signal.strsignal(killed) or str(killed) if killed > 0 else f"status {status}"


def _work(
    theirs: Connection[Any, Any],
    tickets: int,
    tasks: Sequence[Task],
    do: Callable[[Task], Made],
) -> None:
    """What a process does: takes tasks until there are none, and tells what it made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who waits decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    try:
        theirs.send(_taken(tickets, tasks, do))
    except FwtrackerError as error:
        theirs.send(error)


def _follow(parent: int) -> None:
    """End with the process that waits for this one: it may hold a lock for it."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
