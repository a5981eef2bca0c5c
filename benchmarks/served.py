"""A running service: how to ask for a check, when the check is done, and what it costs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.request import Request, urlopen

from case import NotAsPlanned

_TICKS = os.sysconf("SC_CLK_TCK")
_LONGEST = 60.0  # seconds
_FILE_CLOCK = 5  # CLOCK_REALTIME_COARSE, clock_gettime(2); Python has no name for it
_QUIET = 0.3  # seconds without a write: the check is done


class Served(ABC):
    """One service, started in a separate folder, and stopped when the block ends."""

    tool: str

    def __init__(self, folder: Path, command: Sequence[str], more: Mapping[str, str]) -> None:
        self.folder, self._command, self._more = folder, command, more

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        home = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8"}
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=home | dict(self._more),
                stdout=log,
                stderr=log,
            )
        self._until(lambda: self.checks() > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @abstractmethod
    def ask(self) -> None:
        """Ask for a check now."""

    @abstractmethod
    def checks(self) -> float:
        """Return a number that grows with each finished check."""

    @abstractmethod
    def stored(self) -> Path:
        """Return the folder that checks write to."""

    def check(self) -> tuple[float, float]:
        """Do a check; return the wall time until its last write and the processor time (ms).

        Wall time is by the clock of file times, which has steps of some ms, so use a mean.
        Raises NotAsPlanned.
        """
        before, busy = self.checks(), self.busy()
        began = time.clock_gettime(_FILE_CLOCK)
        self.ask()
        self._until(lambda: self.checks() > before)
        while time.time() - (ended := self._written()) < _QUIET:
            time.sleep(0.05)
        return (ended - began) * 1000, self.busy() - busy

    def busy(self) -> float:
        """Return the processor time so far (ms) of all its processes, ended ones included."""
        return sum(map(_busy, self._tree())) * 1000 / _TICKS

    def memory(self) -> float:
        """Return the memory of all its processes (MiB), shared memory counted once (PSS)."""
        return sum(map(_pss, self._tree())) / 1024

    def _tree(self) -> list[int]:
        found = [self._process.pid]
        for pid in found:
            tasks = Path(f"/proc/{pid}/task").glob("*/children")
            found += [int(child) for task in tasks for child in task.read_text().split()]
        return found

    def _written(self) -> float:
        times = []
        for file in self.stored().rglob("*"):
            with suppress(FileNotFoundError):  # a temporary file, gone by now
                if file.is_file():
                    times.append(file.stat().st_mtime)
        return max(times)

    def _until(self, done: object) -> None:
        ends = time.monotonic() + _LONGEST
        assert callable(done)
        while not done():
            if time.monotonic() > ends or self._process.poll() is not None:
                log = (self.folder / "log").read_text("utf-8", "replace")
                raise NotAsPlanned(f"{self.tool} does not check: {log[-2000:]}")
            time.sleep(0.002)


class Fwtracker(Served):
    """`fwtracker serve` with all outputs of a change; `more` is added to its configuration."""

    tool = "fwtracker"

    def __init__(self, environment: Path, folder: Path, url: str, more: str = "") -> None:
        folder.mkdir(parents=True)
        config = folder / "config.toml"
        text = f'{more}[guard]\npublish = ["rollback"]\n[sources.action1]\nurl = "{url}"\n'
        config.write_text(text, "utf-8")
        program = str(environment / "bin/fwtracker")
        super().__init__(
            folder, [program, "serve", "--config", str(config), "--port", str(free_port())], {}
        )

    def ask(self) -> None:
        """Ask by a signal."""
        self._process.send_signal(signal.SIGUSR1)

    def checks(self) -> float:
        """Return the time of the manifest, which each check writes."""
        manifest = self.stored() / "action1/manifest.json"
        return manifest.stat().st_mtime if manifest.exists() else 0

    def stored(self) -> Path:
        """Return the folder of the snapshots."""
        return self.folder / "snapshots"


class Changedetection(Served):
    """changedetection.io with its default fetcher, for an address that is not public."""

    tool = "changedetection.io"

    def __init__(self, environment: Path, folder: Path, url: str) -> None:
        self._port = free_port()
        program = str(environment / "bin/changedetection.io")
        options = ["-h", "127.0.0.1", "-p", str(self._port), "-l", "ERROR", "-C", "-u", url]
        settings = {
            "DISABLE_VERSION_CHECK": "true",
            "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",
            "MINIMUM_SECONDS_RECHECK_TIME": "0",
        }
        super().__init__(folder, [program, "-d", str(folder / "data"), *options], settings)

    def ask(self) -> None:
        """Ask by its API."""
        settings = json.loads((self.stored() / "changedetection.json").read_text("utf-8"))
        key = settings["settings"]["application"]["api_access_token"]
        url = f"http://127.0.0.1:{self._port}/api/v1/watch?recheck_all=1"
        with urlopen(Request(url, headers={"x-api-key": key}), timeout=_LONGEST) as answer:
            answer.read()

    def checks(self) -> float:
        """Return its own count of checks."""
        for watch in self.stored().glob("*/watch.json"):
            try:
                found = json.loads(watch.read_text("utf-8"))
            except json.JSONDecodeError:
                continue  # being written
            if found.get("last_error"):
                raise NotAsPlanned(f"{self.tool}: {found['last_error']}")
            return float(found.get("check_count") or 0)
        return 0

    def stored(self) -> Path:
        """Return the folder of its data store."""
        return self.folder / "data"


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _busy(pid: int) -> int:
    """Return the ticks of a process and its ended children: fields 14 to 17 in proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return sum(map(int, fields[11:15]))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
