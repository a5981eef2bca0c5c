"""Kills: SIGKILL at a system call of a changed check, then one undisturbed run.

Every call of the storing phase is a point once before any is one twice. In some trials the
run that repairs is killed too.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.figures import Figures
from tests.crash.stage import Stage, kill_at
from tests.crash.states import broken, read_store, version_file, versions

CALLS = frozenset(
    {
        *("openat", "write", "fsync", "link", "rename", "unlink", "close", "mkdir"),
        *("flock", "sendto", "ftruncate", "pwrite64"),
    }
)
TWICE = 0.2  # the share of trials in which the repair is killed too

WRONG = (
    *("torn file", "stray file", "lost", "pointer to nothing"),
    *("no convergence", "alert before commit", "alert lost", "needless repeat"),
    "alert of another text",
)


def points(found: list[Call]) -> list[Call]:
    """The calls of the storing phase at which a kill is worth while."""
    return [call for call in found if call.kind in CALLS and not call.thread]


def kills(stage: Stage, count: int, seed: int) -> Figures:
    """Try `count` kills of the run from version 1 to version 2."""
    figures = Figures("kills", Counter({"kills": 0}), Counter(dict.fromkeys(WRONG, 0)))
    there = points(stage.traced(stage.store()))
    figures.tried["different calls killed at"] = 0
    hit: set[Call] = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for trial in pool.map(lambda trial: trial.run(), _trials(stage, there, count, seed)):
            hit.add(trial.at)
            figures.tried["kills"] += trial.kills
            figures.tried["of them in the run that repairs"] += trial.kills == 2
            figures.tried["version 2 was committed before"] += trial.committed
            figures.tried["alerts sent again, after a kill behind the send"] += trial.repeated
            figures.count(trial.wrong, f"seed {seed}, killed at {trial.at}")
    figures.tried["different calls killed at"] = len(hit)
    return figures


def _trials(stage: Stage, there: list[Call], count: int, seed: int) -> Iterator[Trial]:
    chance = random.Random(seed)
    chosen = chance.sample(there, min(count, len(there)))
    chosen += chance.choices(there, k=max(0, count - len(there)))
    for number, at in enumerate(chosen):
        again = chance.random() if chance.random() < TWICE else None
        yield Trial(stage, number, at, again)


@dataclass
class Trial:
    """One kill, or two: `again` says how far into its calls the repair is killed."""

    stage: Stage
    number: int
    at: Call
    again: float | None

    def run(self) -> Trial:
        """Kill, look, perhaps kill again, repair, look."""
        self.kills, self.committed, self.repeated, self.spared = 0, False, False, 0
        self.wrong: Counter[str] = Counter()
        store = self.stage.store()
        self._kill(store, self.at, "first")
        if self.again is not None:
            copied = self.stage.copy(store)
            there = points(self.stage.traced(copied, path=self._path("elsewhere")))
            self.stage.drop(copied)
            self._kill(store, there[int(self.again * len(there))], "second")
        self._repair(store)
        self.stage.drop(store)
        return self

    def _kill(self, store: Path, call: Call, which: str) -> None:
        ran = self.stage.run(store, kill_at(call), path=self._path(which))
        killed = ran.status == -signal.SIGKILL
        self.kills += killed
        self.spared += not killed  # a copy, which was traced, has more to read again
        files = read_store(store)
        self.committed |= version_file(2) in files
        self.wrong += broken(files, self.stage.states, 1)

    def _repair(self, store: Path) -> None:
        """The undisturbed run, and what all alerts came to."""
        noted = ".state/action1/receipts/ops/000002.json" in read_store(store)
        ran = self.stage.run(store, path=self._path("repair"))
        after = read_store(store)
        self.wrong["no convergence"] += ran.status != 0 or after != self.stage.states[2]
        self.wrong["lost"] += versions(after) != [1, 2]
        before = sum(len(self._sent(which)) for which in ("first", "second"))
        last = len(self._sent("repair"))
        self.repeated = before + last > 1
        self.wrong["alert before commit"] += before > 0 and not self.committed
        self.wrong["alert lost"] += before + last == 0
        self.wrong["needless repeat"] += (
            last > 1 or before > self.kills + self.spared or (noted and last > 0)
        )
        bodies = {sent for which in ("first", "second", "repair") for sent in self._sent(which)}
        self.wrong["alert of another text"] += len(bodies - {self.stage.alert})

    def _path(self, which: str) -> str:
        return f"/{self.number}/{which}"

    def _sent(self, which: str) -> list[bytes]:
        return self.stage.sent(self._path(which))
