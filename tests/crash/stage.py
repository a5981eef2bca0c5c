"""Where it all happens: a site that shows version 2, a hook, and stores that hold version 1.

Every run is `fwtracker run` as a process of its own, over a copy of the code taken at the
start. Its clock stands still, so whatever order it died and was repeated in, each file must
have, byte for byte, the content of one of the reference states.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.crash.calls import TRACE, Call, storing
from tests.crash.states import Files, read_store
from tests.servers import HookServer
from tests.site import Site

ROOT = Path(__file__).parents[2]
PAGES = ("2024-04/stacks.html", "2024-11/stacks.html")
CLOCKS = ("2026-03-01T12:00:00+00:00", "2026-03-02T12:00:00+00:00")
CONFIG = '[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "HOOK"\n'
PATIENCE = 120.0
_STRACE = ("strace", "-f", "-qq")
_FAST = "--seccomp-bpf"  # with it, strace 6 sends no signals


@dataclass(frozen=True)
class Ran:
    """What a run left."""

    status: int
    out: str
    err: str


@dataclass
class Stage:
    """The set-up. `states` are the whole stores with no, one and two versions."""

    states: list[Files] = field(default_factory=lambda: [{}])

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self.work = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.site = self._open.enter_context(Site())
        self.hook = self._open.enter_context(HookServer())
        self._numbers = itertools.count(1)
        for package in ("tracker", "notifiers"):
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, self.work / "code" / package, ignore=skip)
        (self.work / "c.toml").write_text(CONFIG)
        try:
            self._prepare()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _prepare(self) -> None:
        """One undisturbed run for each version; the stores between are kept."""
        store = self.work / "all"
        for version, page in enumerate(PAGES, start=1):
            self.site.show_sample(page)
            ran = self.run(store, clock=CLOCKS[version - 1], write_bytecode=True)
            if ran.status != 0 or f"published version {version}" not in ran.out:
                raise RuntimeError(f"the undisturbed run went wrong: {ran}")
            shutil.copytree(store, self.work / f"state-{version}")
            self.states.append(read_store(store))
        (self.alert,) = {sent.body for sent in self.hook.requests[1:]}
        again = self.run(store)
        if again.status != 0 or read_store(store) != self.states[2]:
            raise RuntimeError(f"a second run changed something: {again}")

    def store(self, version: int = 1) -> Path:
        """A fresh store that holds the versions up to this one."""
        return self.copy(self.work / f"state-{version}")

    def copy(self, store: Path) -> Path:
        """Another store with the same content, or with none, in a folder of its own."""
        other = self.work / f"{next(self._numbers)}" / "snapshots"
        other.parent.mkdir()
        if store.exists():
            shutil.copytree(store, other)
        return other

    def drop(self, store: Path) -> None:
        """Remove a store that is of no more use, and the log of its run."""
        shutil.rmtree(store.parent)

    def run(
        self,
        store: Path,
        strace: Sequence[str] = (),
        *,
        path: str = "/",
        clock: str = CLOCKS[1],
        write_bytecode: bool = False,
    ) -> Ran:
        """`fwtracker run` on a store; `path` is where on the hook its alerts go."""
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(self.work / "code"),
            "PYTHONSAFEPATH": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "" if write_bytecode else "1",
            "CRASH_CLOCK": clock,
            "HOOK": self.hook.url + path,
        }
        command = [sys.executable, str(Path(__file__).with_name("frozen.py")), "run"]
        options = ["--config", str(self.work / "c.toml"), "--snapshots", str(store)]
        ran = subprocess.run(
            [*strace, *command, *options, "--url", self.site.url],
            env=environment,
            cwd=self.work,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def traced(self, store: Path, *, whole: bool = False, path: str = "/") -> list[Call]:
        """Run on a store; its calls there and to sockets. `whole`: with all that it writes."""
        log, trace = self._tracing(store, whole=whole)
        ran = self.run(store, [*_STRACE, _FAST, *trace], path=path)
        if ran.status != 0:
            raise RuntimeError(f"the traced run went wrong: {ran}")
        return storing(log, store.parent)

    def killed(
        self, store: Path, call: Call, *, whole: bool = False, path: str = "/"
    ) -> list[Call]:
        """Run on a store until it is killed at this call, which then is not made.

        `whole`: all calls until then; else strace looks for this one only, which is faster.
        """
        log, trace = self._tracing(store, whole=True)
        trace = trace if whole else ["-e", f"trace={call.name}", "-o", "/dev/null"]
        at = f"inject={call.name}:signal=KILL:when={call.number}"
        ran = self.run(store, [*_STRACE, *trace, "-e", at], path=path)
        if ran.status not in {-signal.SIGKILL, 128 + signal.SIGKILL}:
            raise RuntimeError(f"not killed at {call}: {ran}")
        return storing(log, store.parent) if whole else []

    def _tracing(self, store: Path, *, whole: bool) -> tuple[Path, list[str]]:
        log = store.with_name("log")
        text = "10000000" if whole else "0"
        return log, ["-y", "-xx", "-s", text, "-e", TRACE, "-o", str(log)]

    def failed(self, store: Path, call: Call, error: str, *, path: str = "/") -> Ran:
        """Run on a store, where this one call fails with an error: `EIO`."""
        at = [*_STRACE, _FAST, "-e", f"trace={call.name}", "-e"]
        at += [f"inject={call.name}:error={error}:when={call.number}", "-o", "/dev/null"]
        return self.run(store, at, path=path)

    def sent(self, path: str) -> list[bytes]:
        """The alerts that arrived whole at a path."""
        return [
            request.body
            for request in self.hook.requests
            if request.path == path
            and len(request.body) == int(request.headers.get("Content-Length", -1))
        ]
