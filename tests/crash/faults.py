"""Faults: each system call that a changed check makes fails once.

Either the run does its whole work all the same, or it says on one line which file and what
to do, and what was published before is still served whole. The next run does the rest.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.figures import Figures
from tests.crash.stage import Ran, Stage
from tests.crash.states import broken, read_store, same_tree

ERRORS = ("EIO", "ENOSPC", "EACCES", "EMFILE")
# Calls that from some time on all fail: a disk that broke, a folder that was taken away.
LASTING = {
    "fsync": "EIO",
    "flock": "EIO",
    "rename": "EACCES",
    "link": "EACCES",
    "unlink": "EACCES",
    "mkdir": "EACCES",
    "openat": "EMFILE",
    "ftruncate": "ENOSPC",
}
WRONG = (
    *("torn file", "stray file", "lost", "pointer to nothing"),
    *("no convergence", "success that is none", "not one line", "no file named"),
    *("nothing to do named", "traceback", "alert lost", "alert of what was not committed"),
)


def faults(stage: Stage, count: int | None, seed: int) -> Figures:
    """Every call with every error, once and for good; or `count` of each kind at random.

    Those at random have one call of each name before them.
    """
    figures = Figures("faults", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    found = stage.every(stage.store())
    once = [(call, error, False) for call in found for error in ERRORS]
    lasting = [(call, LASTING[call.kind], True) for call in found if call.kind in LASTING]
    if count is not None:
        chance = random.Random(seed)
        one = {call.name: (call, chance.choice(ERRORS), False) for call in found}
        once = [*one.values(), *chance.sample(once, count)]
        lasting = chance.sample(lasting, count)
    figures.tried["system calls of a run"] = len(found)
    trials = (Trial(stage, number, *what) for number, what in enumerate(once + lasting))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for trial in pool.map(lambda trial: trial.run(), trials):
            figures.tried["faults"] += 1
            figures.tried["of them for good, in all later calls too"] += trial.lasting
            figures.tried["the run succeeded all the same"] += trial.ran.status == 0
            figures.tried["it failed, and said why on one line"] += trial.ran.status != 0
            figures.count(trial.wrong, trial)
    return figures


@dataclass
class Trial:
    """One error at one call, and the run after it."""

    stage: Stage
    number: int
    at: Call
    error: str
    lasting: bool

    def run(self) -> Trial:
        """Fail, look, run again, look."""
        store = self.stage.store()
        path = f"/{self.error}/{self.number}"
        self.wrong: Counter[str] = Counter()
        self.ran = self.stage.failed(
            store, self.at, self.error, lasting=self.lasting, path=path
        )
        files = read_store(store)
        self.wrong += broken(files, self.stage.states, 1)
        sent = len(self.stage.sent(path))
        uncommitted = same_tree(files, self.stage.states[1])
        self.wrong["alert of what was not committed"] += bool(sent and uncommitted)
        if self.ran.status == 0:
            whole = same_tree(files, self.stage.states[2]) and sent > 0
            self.wrong["success that is none"] += not whole
        else:
            self.wrong += complaints(self.ran, self._file(store))
        again = self.stage.run(store, path=path)
        converged = again.status == 0 and read_store(store) == self.stage.states[2]
        self.wrong["no convergence"] += not converged
        self.wrong["alert lost"] += not self.stage.sent(path)
        self.stage.drop(store)
        return self

    def __str__(self) -> str:
        since = "from" if self.lasting else "at"
        return f"{self.error} {since} {self.at}: {self.ran.status} {self.ran.err.strip()}"

    def _file(self, store: Path) -> str:
        """How the path begins that an error has to name, if the call was on a file of ours."""
        places = (store, self.stage.work)
        return next((f"{place}/" for place in places if self.at.touches(place)), "")


def complaints(ran: Ran, file: str) -> Counter[str]:
    """What is wrong with what a failed run says: one line, the file, what to do."""
    found: Counter[str] = Counter()
    found["traceback"] += "Traceback" in ran.err
    found["not one line"] += ran.err.count("\n") != 1
    found["no file named"] += file not in ran.err
    found["nothing to do named"] += "; " not in ran.err
    return +found
