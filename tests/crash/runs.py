"""Runs of fwtracker with a stopped clock: started from nothing, or as forks under strace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

FROZEN = Path(__file__).with_name("frozen.py")
PATIENCE = 120.0


@dataclass
class Ran:
    """What a run left; `status` is negative where a signal ended it."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Place:
    """Where runs happen: the folder, with the code in `code/`, and what no run changes."""

    folder: Path

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(self.folder / "code"),
            "PYTHONSAFEPATH": "1",
            "PYTHONHASHSEED": "0",
            **more,
        }

    def run(self, arguments: Sequence[str], more: Mapping[str, str]) -> Ran:
        """A process of its own, as a user has it."""
        ran = subprocess.run(
            [sys.executable, str(FROZEN), *arguments],
            env=self.environment(more),
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)


class Nest:
    """A process that has loaded all of fwtracker, by a run, and forks itself for others."""

    def __init__(
        self, place: Place, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(FROZEN), "serve", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=place.environment(environment),
            cwd=place.folder,
        )
        while not (line := self._line()).startswith("ready"):
            pass  # what the first run says
        if line != "ready 0\n":
            raise RuntimeError(f"the run that loads everything went wrong: {line}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        strace: Sequence[str] = (),
        killed_after: float | None = None,
    ) -> Ran:
        """One run, under strace with these options where there are any.

        `killed_after`: so many seconds, if it is still there then.
        """
        request = {"arguments": arguments, "environment": environment, "traced": bool(strace)}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        pid = int(self._line())
        if strace:
            with _attached(pid, strace):
                os.kill(pid, signal.SIGUSR1)
        if killed_after is not None:
            time.sleep(killed_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return Ran(**json.loads(self._line()))

    def _line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise RuntimeError(f"the process that forks for each run has died: {status}")
        return line


@contextmanager
def _attached(pid: int, options: Sequence[str]) -> Iterator[None]:
    """With strace on a process; afterwards, wait for its end."""
    command = ["strace", "-f", *options, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        said = tracer.stderr.readline()
        if "attached" not in said:
            os.kill(pid, signal.SIGKILL)
            raise RuntimeError(f"strace cannot trace: {said}{tracer.stderr.read()}")
        yield
        tracer.stderr.read()
