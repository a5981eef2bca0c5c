"""A command that is run again and again: prepared, measured, checked to have done its work."""

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
    """A run did something else than what it should be measured at."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float  # ms
    cpu: float  # ms, user and system
    memory: float  # MiB, at its peak


def _nothing_wrong() -> str:
    return ""


@dataclass
class Case:
    """A command of one tool.

    `moves` are pages that are turned over before each run. `says` must occur in what the
    command prints, `answers` are what the page server must have answered it, and `wrong` tells
    what else is not as it should be, or nothing.
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
        """The first runs, not measured: they store the page and warm what is cached."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.fetches:
            self._run()
            site.answers()
            self.wrong()
        self.once(site)
        self.costs.clear()

    def once(self, site: Site) -> None:
        """One measured run. Raises NotAsPlanned."""
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


def in_turn(cases: Sequence[Case], site: Site, rounds: int) -> None:
    """All cases, one after the other, so many times. Raises NotAsPlanned."""
    for case in cases:
        case.prepare(site)
    for _ in range(rounds):
        for case in cases:
            case.once(site)
