"""What others do to a store between two checks: restores, rewinds, edits of published files.

Each harm is done to a copy of a store with four versions. Beside it stands a clean store: one
that nobody has harmed, and from which the next run has to publish the very same files.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crash.stage import CONFIG, PAGES, Stage
from tests.crash.states import MANIFEST, SOURCE, version_file
from tests.support.site import SAMPLES

TOO = """
[[channels]]
name = "too"
type = "slack"
url_env = "HOOK_TOO"
"""
# An hour apart: four versions, the run that meets the harm, a later one.
CLOCKS = tuple(f"2026-03-01T{hour}:00:00+00:00" for hour in range(12, 18))
NOW, LATER = CLOCKS[4:]
KNOWN = b"<li>54.79.23.166</li>"
SEED = 4


def page(number: int) -> bytes:
    """The sample, with one address more that is another one for each number."""
    other = (
        20 + number * 7 % 60,
        100 + number * 13 % 150,
        number * 31 % 250,
        number * 17 % 250,
    )
    more = KNOWN + KNOWN.replace(b"54.79.23.166", b"%d.%d.%d.%d" % other)
    return (SAMPLES / PAGES[0]).read_bytes().replace(KNOWN, more)


@dataclass(frozen=True)
class Harmed:
    """A store after a harm, the clean one, and which notices the next run owes.

    `merged`: it owes several versions, and one alert may sum up any of them.
    """

    name: str
    store: Path
    clean: Path
    notices: tuple[str, ...]
    merged: bool = False


class Harms:
    """The histories, and all harms done to them."""

    def __init__(self, stage: Stage) -> None:
        """Make the stores with one to four versions, and another one with four others."""
        self.stage = stage
        self.config = stage.configured(CONFIG + TOO)
        self.states = self._history(range(4))
        self.others = self._history((0, 5, 6, 7))

    def _history(self, pages: range | tuple[int, ...]) -> list[Path]:
        """Stores with no, one, two, ... versions."""
        store = self.stage.store(0)
        states = [self.stage.copy(store)]
        for number, clock in zip(pages, CLOCKS, strict=False):
            self.stage.site.show(page(number))
            ran = self.stage.run(store, config=self.config, path="/history", clock=clock)
            if "published version" not in ran.out:
                raise RuntimeError(f"the history went wrong: {ran}")
            states.append(self.stage.copy(store))
        return states

    def all(self) -> Iterator[Harmed]:
        """Every harm."""
        yield from self._restores()
        yield from self._checkouts()
        yield from self._edits()

    def _restores(self) -> Iterator[Harmed]:
        for number in (0, 1, 3):
            yield self._harm(f"rewound to version {number}", self._rewind, number, ("rewound",))
        yield self._harm("restored with its state", self._restore, 2, ())
        yield self._harm("restored without a state", self._bare, 2, ())
        yield self._harm("versions alone taken back", self._cut_versions, 2, ("rewound",))
        store = self.stage.copy(self.states[4])
        _put(self.others[4], store)
        yield Harmed("replaced by another", store, self.others[4], ("rewound",), merged=True)
        both = self._harm("rewound and edited", self._rewind, 2, ("rewound", "files"))
        _edit(both.store)
        yield both

    def _harm(
        self, name: str, do: Callable[[Path, int], None], number: int, notices: tuple[str, ...]
    ) -> Harmed:
        store = self.stage.copy(self.states[4])
        do(store, number)
        return Harmed(name, store, self.states[number], notices)

    def _rewind(self, store: Path, number: int) -> None:
        _put(self.states[number], store)

    def _restore(self, store: Path, number: int) -> None:
        shutil.rmtree(store)
        shutil.copytree(self.states[number], store)

    def _bare(self, store: Path, number: int) -> None:
        self._restore(store, number)
        shutil.rmtree(store / ".state")

    def _cut_versions(self, store: Path, number: int) -> None:
        for gone in range(number + 1, 5):
            (store / version_file(gone)).unlink()

    def _checkouts(self) -> Iterator[Harmed]:
        """An older commit, of a repository that holds the state and of one that does not."""
        if shutil.which("git") is None:
            return
        for what, tracked, notices in (
            ("with", ".", ()),
            ("without", SOURCE, ("rewound",)),
        ):
            store = self.stage.copy(self.states[0])
            store.mkdir(exist_ok=True)
            _git(store, "init", "--quiet")
            for state in self.states[1:]:
                shutil.rmtree(store / SOURCE, ignore_errors=True)
                # With new times: git compares seconds, and would take kept ones for no change.
                shutil.copytree(state, store, dirs_exist_ok=True, copy_function=shutil.copy)
                _git(store, "add", "--all", tracked)
                _git(store, "commit", "--quiet", "--message", "a check")
            _git(store, "checkout", "--quiet", "HEAD~2")
            shutil.rmtree(store / ".git")
            yield Harmed(f"checked out {what} its state", store, self.states[2], notices)

    def _edits(self) -> Iterator[Harmed]:
        """Edits where the page is as it was, and where it has changed too."""
        for what, do in EDITS.items():
            store = self.stage.copy(self.states[3])
            for file in _some_published(store):
                do(file)
            yield Harmed(f"files {what}", store, self.states[3], ("files",))
        store = self.stage.copy(self.states[4])
        _edit(store)
        yield Harmed("files edited, the page as before", store, self.states[4], ("files",))
        store = self.stage.copy(self.states[3])
        (store / MANIFEST).unlink()
        yield Harmed("no manifest", store, self.states[3], ("files",))


def _put(state: Path, store: Path) -> None:
    """The published tree of one store into another, whose state stays."""
    shutil.rmtree(store / SOURCE)
    if (state / SOURCE).exists():
        shutil.copytree(state / SOURCE, store / SOURCE)


def _some_published(store: Path) -> list[Path]:
    """Five files that firewalls and people read, of those that the manifest names."""
    listed = json.loads((store / MANIFEST).read_bytes())["files"]
    names = sorted(name for name in listed if not name.startswith("versions/"))
    return [store / SOURCE / name for name in random.Random(SEED).sample(names, 5)]


def _edit(store: Path) -> None:
    for file in _some_published(store):
        _edit_file(file)


def _edit_file(file: Path) -> None:
    """Other bytes of the same size."""
    file.write_bytes(file.read_bytes().swapcase()[::-1])


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


EDITS: dict[str, Callable[[Path], None]] = {
    "cut": _cut,
    "emptied": _empty,
    "deleted": Path.unlink,
    "edited": _edit_file,
}


def _git(folder: Path, *arguments: str) -> None:
    options = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "gc.auto=0"]
    command = ["git", "-C", str(folder), *options, *arguments]
    subprocess.run(command, check=True, capture_output=True)
