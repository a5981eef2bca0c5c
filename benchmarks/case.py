"""A command that is run repeatedly: prepared, measured, and checked to have done its work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from page_server import Site

LAUNCHER = Path(__file__).with_name("launch.py")


class NotAsPlanned(Exception):
    """A run did not do the work that was to be measured."""


@dataclass(frozen=True)
class Cost:
    """The time and memory of one run."""

    wall: float  # ms
    cpu: float  # ms, user and system
    memory: float  # MiB, at its peak


def _nothing_wrong() -> str:
    return ""


@dataclass
class Case:
    """A command of one tool.

    `moves` are the pages that change to their other generation before each run. `says` must
    occur in the output, `answers` are the statuses that the page server must have sent, and
    `wrong` returns any other fault, or "".
    """

    title: str
    tool: str
    command: Sequence[str]
    folder: Path
    fetches: bool = True
    moves: Sequence[str] = ()
    says: str = ""
    answers: Sequence[int] = ()
    wrong: Callable[[], str] = _nothing_wrong
    pause: float = 0.0  # seconds between two runs
    costs: list[Cost] = field(default_factory=list)
    _ended: float = 0.0

    def prepare(self, site: Site) -> None:
        """Do the first runs, which are not measured: they store the page and fill caches."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.fetches:
            self._run()
            site.answers()
            self.wrong()
        self.once(site)
        self.costs.clear()

    def once(self, site: Site) -> None:
        """Do one measured run. Raises NotAsPlanned."""
        for url in self.moves:
            site.turn(url)
        time.sleep(max(0.0, self._ended + self.pause - time.monotonic()))
        cost, status, said = self._run()
        answers, wrong = site.answers(), self.wrong()
        if status or self.says not in said or answers != list(self.answers) or wrong:
            raise NotAsPlanned(
                f"{self.tool}, {self.title}: exit status {status}, {wrong or 'no other wrong'},"
                f" the server answered {answers}, and it said: {said.strip() or 'nothing'}"
            )
        self.costs.append(cost)

    def _run(self) -> tuple[Cost, int, str]:
        output = self.folder / "output"
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(output), *self.command]
        home = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8"}
        done = subprocess.run(
            launcher,
            cwd=self.folder,
            env=home,
            check=True,
            capture_output=True,
            text=True,
        )
        self._ended = time.monotonic()
        wall, cpu, memory, status = map(int, done.stdout.split())
        return Cost(wall / 1e6, cpu / 1e6, memory / 1024), status, output.read_text("utf-8")


def run_in_turn(cases: Sequence[Case], site: Site, rounds: int) -> None:
    """Run all cases one after the other, `rounds` times. Raises NotAsPlanned."""
    for case in cases:
        case.prepare(site)
    for _ in range(rounds):
        for case in cases:
            case.once(site)
