"""What is measured: one command a case, prepared, run and checked to have done what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from page_server import Site

LAUNCHER = Path(__file__).with_name("launch.py")
# urlwatch orders what it saved by whole seconds: two changes within one are one to it.
URLWATCH_PAUSE = 1.1


class NotAsPlanned(Exception):
    """A run did something else than what it should be measured at."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float  # ms
    memory: float  # MiB, at its peak


@dataclass
class Case:
    """One command to run again and again.

    `kind` is the page's kind; a moving one is turned over before each run. `says` must occur
    in what the command prints, and `answer` is what the server must have answered it.
    """

    title: str
    tool: str
    command: Sequence[str]
    folder: Path
    url: str = ""
    says: str = ""
    answer: int | None = None
    moving: bool = False
    pause: float = 0.0
    costs: list[Cost] = field(default_factory=list)
    _ended: float = 0.0

    def prepare(self, site: Site) -> None:
        """The first runs, not measured: they store the page and warm what is cached."""
        self.folder.mkdir(parents=True)
        if self.url:
            self._run()
            site.answers()
        self.once(site)
        self.costs.clear()

    def once(self, site: Site) -> None:
        """One measured run. Raises NotAsPlanned."""
        if self.moving:
            site.turn(self.url)
        time.sleep(max(0.0, self._ended + self.pause - time.monotonic()))
        cost, status, said = self._run()
        answers = site.answers()
        if status or self.says not in said or answers != [self.answer] * bool(self.answer):
            raise NotAsPlanned(
                f"{self.tool}, {self.title}: exit status {status}, the server answered"
                f" {answers}, and it said: {said.strip() or 'nothing'}"
            )
        self.costs.append(cost)

    def _run(self) -> tuple[Cost, int, str]:
        output = self.folder / "output"
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(output), *self.command]
        done = subprocess.run(
            launcher,
            cwd=self.folder,
            env={"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8"},
            check=True,
            capture_output=True,
            text=True,
        )
        self._ended = time.monotonic()
        wall, memory, status = map(int, done.stdout.split())
        return Cost(wall / 1e6, memory / 1024), status, output.read_text("utf-8")


UNCHANGED, BY_HASH, CHANGED = "unchanged, 304", "unchanged, by hash", "changed"
# Title, kind of page, status that is answered, whether it is turned over.
PAIRS = (
    (UNCHANGED, "still", 304, False),
    (BY_HASH, "bare", 200, False),
    (CHANGED, "moving", 200, True),
)


def cases(site: Site, fwtracker: Path, urlwatch: Path, work: Path) -> list[Case]:
    """All cases in the order of one round: nothing, then each pair side by side."""
    nothing = [str(fwtracker / "bin/python"), "-c", "pass"]
    found = [Case("an interpreter that does nothing", "python", nothing, work / "nothing")]
    for title, kind, answer, moving in PAIRS:
        found += [
            Case(
                title,
                "fwtracker",
                _fwtracker(fwtracker, site.url(kind, "fwtracker"), work / f"{kind}.toml"),
                work / f"fwtracker-{kind}",
                site.url(kind, "fwtracker"),
                says="published" if moving else "unchanged",
                answer=answer,
                moving=moving,
            ),
            Case(
                title,
                "urlwatch",
                _urlwatch(urlwatch, site.url(kind, "urlwatch"), work / f"{kind}.urls"),
                work / f"urlwatch-{kind}",
                site.url(kind, "urlwatch"),
                says="CHANGED" if moving else "",
                answer=answer,
                moving=moving,
                pause=URLWATCH_PAUSE if moving else 0.0,
            ),
        ]
    return found


def _fwtracker(environment: Path, url: str, config: Path) -> list[str]:
    """The job for cron. The page goes back and forth: the guard would hold that."""
    config.write_text('[guard]\npublish = ["rollback"]\n', "utf-8")
    program = str(environment / "bin/fwtracker")
    return [program, "run", "action1", "--url", url, "--config", str(config)]


def _urlwatch(environment: Path, url: str, jobs: Path) -> list[str]:
    """Its plain job: the page as text, told on stdout. YAML takes JSON."""
    config = jobs.with_suffix(".config")
    job = {"name": "page", "url": url, "filter": ["html2text"]}
    report = {"report": {"stdout": {"enabled": True, "color": False}}}
    jobs.write_text(json.dumps(job), "utf-8")
    config.write_text(json.dumps(report), "utf-8")
    options = ["--urls", str(jobs), "--config", str(config), "--cache", "cache.db"]
    return [str(environment / "bin/urlwatch"), *options]
