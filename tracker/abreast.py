"""The checks of one run: hosts side by side, and of each host only a few pages at once.

What a check does is in `check.py`; here is only which of many begins when, and that what they
came to is told in the order in which they were asked for.

They wait for the network, the disk and their channels together, and work one at a time
(`turn.py`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tracker.context import Check
    from tracker.outcome import Outcome
    from tracker.turn import Turn

AT_ONCE = 8  # checks
PER_HOST = 2  # of them at one host, which did not ask for this

T = TypeVar("T")
One = Callable[["Check"], "Outcome"]


def outcomes(checks: Sequence[Check], one: One, turn: Turn) -> Iterator[Outcome]:
    """What `one` makes of each check, in their order. Raises what it raises.

    Its threads end with the process: a run that is broken off waits for no server, and the next
    one finishes what was begun, as after a kill.
    """
    if len(checks) == 1:
        with turn.taken():
            alone = one(checks[0])
        yield alone
        return
    from queue import SimpleQueue  # noqa: PLC0415  only for many

    done: SimpleQueue[tuple[int, Outcome | BaseException]] = SimpleQueue()
    lanes = _lanes(checks)

    def work() -> None:
        while lane := _next(lanes):
            while (number := _next(lane)) is not None:
                done.put((number, _tried(one, checks[number], turn)))

    for _ in range(min(AT_ONCE, len(lanes))):
        threading.Thread(target=work, daemon=True).start()
    known: dict[int, Outcome | BaseException] = {}
    for number in range(len(checks)):
        while number not in known:
            known.update([done.get()])
        found = known.pop(number)
        if isinstance(found, BaseException):
            raise found
        yield found


def _lanes(checks: Sequence[Check]) -> deque[deque[int]]:
    """The numbers of the checks by host, which is there as often as it may be asked at once."""
    hosts: dict[str, deque[int]] = {}
    for number, check in enumerate(checks):
        hosts.setdefault(urlsplit(check.page_url).netloc, deque()).append(number)
    turns = range(PER_HOST)
    return deque(lane for turn in turns for lane in hosts.values() if len(lane) > turn)


def _next(queue: deque[T]) -> T | None:
    """What is first in a queue that several threads take from, or None."""
    try:
        return queue.popleft()
    except IndexError:
        return None


def _tried(one: One, check: Check, turn: Turn) -> Outcome | BaseException:
    try:
        with turn.taken():
            return one(check)
    except BaseException as error:  # noqa: BLE001  raised again by whoever waits for it
        return error
