"""Restores, rewinds and edits of a store, and kills of the run that meets them.

A trial is one harmed store and one or two kills at system calls, then a run that nobody
disturbs; then the page changes once more. The files are then those of a store that was never
harmed; each change has reached each channel, and one notice says what was done to the store.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.figures import Figures
from tests.crash.harms import LATER, NOW, Harmed, Harms, page
from tests.crash.kills import TWICE, points
from tests.crash.stage import PAGES, Stage, kill_at
from tests.crash.states import MANIFEST, SOURCE, TEMPORARY, Files, read_store, versions
from tracker.formats.rpz import FORMAT

ZONE = FORMAT.serial
BATCH = 60  # trials, whose stores are there at the same time
WRONG = (
    *("torn file", "lost", "run that failed", "published file not right"),
    *("change lost", "notice lost", "notice committed twice", "false notice"),
    *("false alert", "repeat without a kill", "no convergence"),
)
CHANNELS = ("", "/too")
MERGED = " This is about versions "
TIMED = (MANIFEST, f"{SOURCE}/version.json")  # they say when the page was checked


@dataclass(frozen=True)
class Start:
    """A harmed store, and what comes of it where no run is killed.

    `right` are the files of the clean store after its run; `due` what that run and the next
    send to each channel, `changes` which of it are changes; `more` may be sent instead of one
    alert that sums up several versions.
    """

    harmed: Harmed
    points: list[Call]
    before: Files
    clean: Files
    right: Files
    after: Files
    due: frozenset[bytes]
    changes: frozenset[bytes]
    more: frozenset[bytes]

    @property
    def name(self) -> str:
        return self.harmed.name


def restores(stage: Stage, count: int, seed: int, only: Collection[str] = ()) -> Figures:
    """Kill runs at `count` calls, on a store after each kind of harm in turn."""
    figures = Figures("restores and edits", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    chance, harms = random.Random(seed), Harms(stage)
    stage.site.show(page(3))
    harmed = [each for each in harms.all() if not only or each.name in only]
    starts = [_start(stage, harms, each, figures) for each in harmed]
    figures.tried["kinds of harm"] = len(starts)
    chosen: dict[str, list[Call]] = {}
    trials = []
    for number in range(count):
        start = starts[number % len(starts)]
        if not chosen.get(start.name):
            chosen[start.name] = chance.sample(start.points, len(start.points))
        again = chance.random() if chance.random() < TWICE else None
        trials.append(Trial(stage, harms, start, number, chosen[start.name].pop(), again))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for first in range(0, len(trials), BATCH):
            _run_batch(stage, pool, trials[first : first + BATCH], figures, seed)
    stage.site.show_sample(PAGES[1])
    return figures


def _run_batch(
    stage: Stage,
    pool: ThreadPoolExecutor,
    trials: Sequence[Trial],
    figures: Figures,
    seed: int,
) -> None:
    """Kill and repair all; then change the page, and run all again."""
    stage.site.show(page(3))
    list(pool.map(Trial.kill_and_repair, trials))
    stage.site.show(page(8))
    for trial in pool.map(Trial.change, trials):
        figures.tried["kills"] += trial.kills
        figures.tried["of them in the run that repairs"] += trial.kills == 2
        figures.tried["alerts and notices sent again, after a kill"] += trial.repeated
        figures.count(+trial.wrong, f"seed {seed}, {trial.start.name}, killed at {trial.at}")


def _start(stage: Stage, harms: Harms, harmed: Harmed, figures: Figures) -> Start:
    """Run on the clean store and on the harmed one, undisturbed, and compare them."""
    how = {"config": harms.config, "clock": NOW}
    clean, path = stage.copy(harmed.clean), f"/clean/{harmed.name.replace(' ', '-')}"
    stage.run(clean, path=path, **how)
    changes = frozenset(_keys(stage, path, harmed))
    store, path = stage.copy(harmed.store), f"/start/{harmed.name.replace(' ', '-')}"
    there = points(stage.traced(store, path=path, **how))
    sent = [_keys(stage, path + channel, harmed) for channel in CHANNELS]
    files, right = _read(store), _published(_read(clean))
    wrong = judge_files(files, right)
    wrong["change lost"] += not changes <= set(sent[0])
    wrong["false alert"] += sent[0] != sent[1] or len(set(sent[0])) != len(sent[0])
    wrong += judge_notices(files, harmed)
    figures.count(+wrong, f"{harmed.name}, without a kill")
    due, before = frozenset(sent[0]), _read(harmed.store)
    more = frozenset(_keys(stage, "/history", harmed) if harmed.merged else ())
    clean_files = _read(harmed.clean)
    start = Start(harmed, there, before, clean_files, right, files, due, changes, more)
    stage.drop(clean)
    stage.drop(store)
    return start


@dataclass
class Trial:
    """One kill, or two: `again` says how far into its calls the repair is killed."""

    stage: Stage
    harms: Harms
    start: Start
    number: int
    at: Call
    again: float | None
    kills: int = 0
    repeated: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def kill_and_repair(self) -> None:
        """Kill, look, perhaps kill again, repair, look."""
        self.store = self.stage.copy(self.start.harmed.store)
        self._kill(self.at, "first")
        if self.again is not None:
            copied = self.stage.copy(self.store)
            there = points(self.stage.traced(copied, **self._how("elsewhere")))
            self.stage.drop(copied)
            self._kill(there[int(self.again * len(there))], "second")
        ran = self.stage.run(self.store, **self._how("repair"))
        self.wrong["run that failed"] += ran.status != 0
        files = _read(self.store)
        self.wrong += judge_files(files, self.start.right)
        self.wrong += judge_notices(files, self.start.harmed)
        self.wrong["no convergence"] += files != self.start.after
        for channel in CHANNELS:
            self._judge_sent(channel)

    def _how(self, run: str) -> dict[str, object]:
        path = f"/restores/{self.number}/{run}"
        return {"path": path, "config": self.harms.config, "clock": NOW}

    def _kill(self, call: Call, run: str) -> None:
        ran = self.stage.run(self.store, kill_at(call), **self._how(run))
        self.kills += ran.status == -signal.SIGKILL  # what was traced were the calls of a copy
        self.wrong += self._torn(_read(self.store))

    def _torn(self, files: Files) -> Counter[str]:
        """What is not as it was, as it is to be, or as in the clean store."""
        states = (self.start.before, self.start.clean, self.start.right)
        wrong: Counter[str] = Counter()
        for name, data in _published(files).items():
            known = [state[name] for state in states if name in state]
            wrong["torn file"] += name not in TIMED and data not in known
        if files.get(MANIFEST) != self.start.before.get(MANIFEST):
            json.loads(files[MANIFEST])
        base = versions(self.start.before)
        wrong["lost"] += versions(files) not in (base, versions(self.start.right))
        return wrong

    def _sent(self, channel: str) -> list[Counter[bytes]]:
        runs = ("first", "second", "repair")
        paths = (f"{self._how(run)['path']}{channel}" for run in runs)
        return [Counter(_keys(self.stage, path, self.start.harmed)) for path in paths]

    def _judge_sent(self, channel: str) -> None:
        """What one channel got: all that is due, and again only what a killed run had sent."""
        runs = self._sent(channel)
        total = sum(runs, Counter())
        lost = self.start.due - total.keys()
        changes = self.start.changes
        self.wrong["change lost"] += len(lost & changes)
        self.wrong["notice lost"] += len(lost - changes)
        self.wrong["false alert"] += len(total.keys() - self.start.due - self.start.more)
        repeats = total.total() - len(total)
        excused = sum(len(run) for run in runs[: self.kills])
        self.repeated += repeats
        self.wrong["repeat without a kill"] += max(0, repeats - excused)

    def change(self) -> Trial:
        """The page changes: that is sent once, and a further run has nothing to say."""
        path, how = f"/restores/{self.number}/later", {"config": self.harms.config}
        for _ in range(2):
            ran = self.stage.run(self.store, path=path, clock=LATER, **how)
            self.wrong["run that failed"] += ran.status != 0
        files = _read(self.store)
        wanted = versions(self.start.right)
        self.wrong["lost"] += versions(files) != [*wanted, len(wanted) + 1]
        for channel in CHANNELS:
            sent = self.stage.sent(path + channel)
            self.wrong["change lost"] += not sent
            self.wrong["false alert"] += len(sent) > 1
        self.stage.drop(self.store)
        return self


def _keys(stage: Stage, path: str, harmed: Harmed) -> list[bytes]:
    """What tells one message from another: all of it, or what changed by its first words.

    A channel that missed versions gets them in one message, which says so after these words.
    """
    sent = stage.sent(path)
    if not harmed.merged:
        return sent
    return [json.loads(body)["text"].partition(MERGED)[0].encode() for body in sent]


def _read(store: Path) -> Files:
    """All files of a store, with what a zone's serial is made zero.

    A serial remembers what was published before, so that it never falls: no two stores with
    other pasts need have the same. `tests/publish/test_serials.py` is about them.
    """
    files = dict(read_store(store))
    zones = [name for name in files if name.endswith("/rpz.zone")]
    for name in zones:
        files[name] = ZONE.write(files[name].decode(), 0).encode()
    for name in (MANIFEST,) if MANIFEST in files else ():
        manifest = json.loads(files[name])
        manifest.pop("serials", None)
        for zone in zones:
            manifest["files"].pop(zone.removeprefix(f"{SOURCE}/"), None)
        files[name] = json.dumps(manifest).encode()
    return files


def judge_files(files: Files, right: Files) -> Counter[str]:
    """Each published file that is not as in an undamaged store.

    A page that no version names any more may stay.
    """
    found, pages = _published(files), f"{SOURCE}/pages/"
    names = right.keys() | {name for name in found if not name.startswith(pages)}
    wrong = sum(found.get(name) != right.get(name) for name in names)
    return Counter({"published file not right": wrong})


def judge_notices(files: Files, harmed: Harmed) -> Counter[str]:
    """The notices that were committed: each that is due, once, and no other."""
    folder = f".state/{SOURCE}/notices/"
    found = Counter(
        json.loads(data)["kind"] for name, data in files.items() if name.startswith(folder)
    )
    due = Counter(harmed.notices)
    return Counter(
        {
            "notice lost": len(due.keys() - found.keys()),
            "false notice": len(found.keys() - due.keys()),
            "notice committed twice": sum(number > 1 for number in found.values()),
        }
    )


def _published(files: Files) -> Files:
    return {
        name: data
        for name, data in files.items()
        if name.startswith(f"{SOURCE}/") and not name.startswith(TEMPORARY)
    }
