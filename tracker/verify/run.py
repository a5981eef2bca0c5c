"""All tasks within limits: so many at once, and an end for all of them together.

Workers are threads that nobody has to wait for: what is not done by the deadline is not done.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from tracker.verify.plan import Probe, Task
from tracker.verify.probe import Means, attempts
from tracker.verify.result import Attempt, Result, result

Progress = Callable[[int, int], None]
Done = tuple[int, int, list[Attempt]]  # number of the task, of its probe, what came of it


def run(
    tasks: Sequence[Task], means: Means, parallel: int, deadline: float, progress: Progress
) -> list[Result]:
    """A result for each task, in their order. `deadline` is in seconds from now."""
    todo: queue.SimpleQueue[tuple[int, int, Probe]] = queue.SimpleQueue()
    for number, task in enumerate(tasks):
        for at, probe in enumerate(task.probes):
            todo.put((number, at, probe))
    count = todo.qsize()
    done: queue.SimpleQueue[Done] = queue.SimpleQueue()
    for _ in range(min(parallel, count)):
        threading.Thread(target=_work, args=(todo, done, means), daemon=True).start()
    found = _collected(done, count, time.monotonic() + deadline, progress)
    return [_result(task, number, found) for number, task in enumerate(tasks)]


def _work(
    todo: queue.SimpleQueue[tuple[int, int, Probe]],
    done: queue.SimpleQueue[Done],
    means: Means,
) -> None:
    while True:
        try:
            number, at, probe = todo.get_nowait()
        except queue.Empty:
            return
        done.put((number, at, attempts(probe, means)))


def _collected(
    done: queue.SimpleQueue[Done], count: int, end: float, progress: Progress
) -> dict[tuple[int, int], list[Attempt]]:
    """What was done by the end."""
    found: dict[tuple[int, int], list[Attempt]] = {}
    while len(found) < count:
        progress(len(found), count)
        try:
            number, at, tried = done.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            break
        found[number, at] = tried
    progress(len(found), count)
    return found


def _result(task: Task, number: int, found: dict[tuple[int, int], list[Attempt]]) -> Result:
    tried: list[Attempt] = []
    for at, probe in enumerate(task.probes):
        late = [Attempt(None, probe.port, probe.target, "cannot-tell", "not tried in time")]
        tried += found.get((number, at), late)
    return result(task, tried)
