"""Where it all happens: a site that shows version 2, a hook, and stores that hold version 1.

Every run is `fwtracker run` in a process of its own, over a copy of the code taken at the
start. Its clock stands still, so whatever order it died and was repeated in, each file must
have, byte for byte, the content of one of the reference states.
"""

from __future__ import annotations

import itertools
import os
import queue
import shutil
import signal
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.crash.calls import BESIDES, TRACE, Call, calls, storing
from tests.crash.runs import Nest, Place, Ran
from tests.crash.states import Files, read_store
from tests.support.servers import HookServer
from tests.support.site import Site

ROOT = Path(__file__).parents[2]
PAGES = ("2024-04/stacks.html", "2024-11/stacks.html")
# An hour apart: after a day without a good check there would be notices besides alerts.
CLOCKS = ("2026-03-01T12:00:00+00:00", "2026-03-01T13:00:00+00:00")
# One region has as many kinds of files as three.
CONFIG = """
[sources.action1]
regions = ["North America"]

[[channels]]
name = "ops"
type = "slack"
url_env = "HOOK"
"""
ROOM = 2**29  # bytes; stores are dropped when they are done with
_NOWHERE = ("-o", "/dev/null")


@dataclass
class Stage:
    """The set-up. `states` are the whole stores with no, one and two versions.

    `twin` is a module's path and lines to be put behind it.
    """

    twin: tuple[str, str] | None = None
    states: list[Files] = field(default_factory=lambda: [{}])

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self.work = Path(self._open.enter_context(tempfile.TemporaryDirectory(dir=_fast())))
        self.site = self._open.enter_context(Site())
        self.hook = self._open.enter_context(HookServer())
        self._numbers = itertools.count(1)
        self._nests: queue.SimpleQueue[Nest] = queue.SimpleQueue()
        for package in ("tracker", "notifiers"):
            skip = shutil.ignore_patterns("*.pyc.*")  # they come and go while others import
            shutil.copytree(ROOT / package, self.work / "code" / package, ignore=skip)
        if self.twin:
            with (self.work / "code" / self.twin[0]).open("a") as module:
                module.write(f"\n\n{self.twin[1]}")
        self.config = self.configured(CONFIG)
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
            ran = self.cold(store, CLOCKS[version - 1])
            if ran.status != 0 or f"published version {version}" not in ran.out:
                raise RuntimeError(f"the undisturbed run went wrong: {ran}")
            shutil.copytree(store, self.work / f"state-{version}")
            self.states.append(read_store(store))
        (self.alert,) = {sent.body for sent in self.hook.requests[1:]}
        again = self.cold(store, CLOCKS[1])
        if again.status != 0 or read_store(store) != self.states[2]:
            raise RuntimeError(f"a second run changed something: {again}")

    def configured(self, text: str) -> Path:
        """A configuration file with this text."""
        path = self.work / f"{next(self._numbers)}.toml"
        path.write_text(text)
        return path

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

    def cold(self, store: Path, clock: str) -> Ran:
        """`fwtracker run` on a store, started from nothing."""
        return Place(self.work).run(self._arguments(store), self._environment("/", clock))

    def run(
        self,
        store: Path,
        strace: Sequence[str] = (),
        *,
        path: str = "/",
        config: Path | None = None,
        more: Sequence[str] = (),
        killed_after: float | None = None,
        clock: str = CLOCKS[1],
    ) -> Ran:
        """`fwtracker run` on a store; `path` is where on the hook its alerts go.

        Under strace its channels are told one after the other; else side by side, as always.
        """
        nest = self._nest()
        try:
            arguments = [*self._arguments(store, config), *more]
            return nest.run(arguments, self._environment(path, clock), strace, killed_after)
        finally:
            self._nests.put(nest)

    def _nest(self) -> Nest:
        """One that nobody uses now; as many are made as there are runs at once."""
        try:
            return self._nests.get_nowait()
        except queue.Empty:
            loading = self._arguments(self.store())
            return self._open.enter_context(
                Nest(Place(self.work), loading, self._environment("/loading"))
            )

    def _arguments(self, store: Path, config: Path | None = None) -> list[str]:
        options = ["--config", str(config or self.config), "--snapshots", str(store)]
        return ["run", *options, "--url", self.site.url]

    def _environment(self, path: str, clock: str = CLOCKS[1]) -> dict[str, str]:
        hook = self.hook.url + path
        return {"CRASH_CLOCK": clock, "HOOK": hook, "HOOK_TOO": f"{hook}/too"}

    def traced(self, store: Path, *, whole: bool = False, **how: Any) -> list[Call]:
        """Run on a store; its calls there and to sockets. `whole`: with all that it writes."""
        log, trace = self._tracing(store, whole=whole)
        ran = self.run(store, trace, **how)
        if ran.status != 0:
            raise RuntimeError(f"the traced run went wrong: {ran}")
        return storing(log, store.parent)

    def killed(self, store: Path, call: Call, *, whole: bool = False, **how: Any) -> list[Call]:
        """Run on a store until it is killed at this call.

        `whole`: all calls until then; else strace looks for this one only, which is faster.
        """
        log, trace = self._tracing(store, whole=True)
        ran = self.run(store, kill_at(call, trace if whole else ()), **how)
        if ran.status != -signal.SIGKILL:
            raise RuntimeError(f"not killed at {call}: {ran}")
        return storing(log, store.parent) if whole else []

    def every(self, store: Path) -> list[Call]:
        """Run on a store; all its calls, but for those that concern nothing outside of it."""
        log = store.with_name("log")
        self.run(store, ["-y", "-xx", "-s", "0", "-o", str(log)])
        return [call for call in calls(log) if call.name not in BESIDES and not call.thread]

    def _tracing(self, store: Path, *, whole: bool) -> tuple[Path, list[str]]:
        log = store.with_name("log")
        text = "10000000" if whole else "0"
        return log, ["-y", "-xx", "-s", text, "-e", TRACE, "-o", str(log)]

    def failed(
        self, store: Path, call: Call, error: str, *, lasting: bool = False, path: str = "/"
    ) -> Ran:
        """Run on a store, where this call fails with an error, `EIO`; or all later ones too."""
        when = f"{call.number}{'+' if lasting else ''}"
        at = f"inject={call.name}:error={error}:when={when}"
        return self.run(store, ["-e", f"trace={call.name}", "-e", at, *_NOWHERE], path=path)

    def sent(self, path: str) -> list[bytes]:
        """The alerts that arrived whole at a path."""
        return [
            request.body
            for request in self.hook.requests
            if request.path == path
            and len(request.body) == int(request.headers.get("Content-Length", -1))
        ]


def _fast() -> str | None:
    """A folder where an fsync costs nothing: what is tried is us, not the disk."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else None


def kill_at(call: Call, trace: Sequence[str] = ()) -> list[str]:
    """Options of strace for a kill at this call, which then is not made."""
    trace = trace or ["-e", f"trace={call.name}", *_NOWHERE]
    return [*trace, "-e", f"inject={call.name}:signal=KILL:when={call.number}"]
