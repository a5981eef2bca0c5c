"""Deliveries: kills across commit, send and receipt, on a Slack webhook and a mail server.

A trial is one store and up to three kills in a row, then two undisturbed runs. A kill
is at a system call, of a run that tells its channels one after the other; or at some time, of
one that tells them side by side.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash import post
from tests.crash.calls import Call
from tests.crash.figures import Figures
from tests.crash.kills import points
from tests.crash.post import CHANNELS, Message, Past, Post
from tests.crash.stage import PAGES, Stage, kill_at
from tests.crash.states import Files, broken, read_store, versions
from tests.support.servers import MailServer

MOST = 3  # kills of one store in a row
AGAIN = 0.5  # how likely a further one is
BY_TIME = 0.4  # how likely one is at some time, and
FROM, TO = 0.4, 1.1  # when: as shares of the time that a run takes
BATCH = 6  # trials
ZONES = {"commit": 2, "send": 3, "receipt": 4, "after": 1}  # how often each is chosen
BROKEN = ("torn file", "stray file", "lost", "pointer to nothing", "no convergence")


@dataclass(frozen=True)
class Start:
    """A store before a run, the same after it, and what the run tells each channel."""

    name: str
    store: Path
    before: Files
    after: Files
    due: dict[str, list[tuple[int, Message]]]
    points: dict[str, list[Call]]
    takes: float  # seconds

    @property
    def base(self) -> int:
        return max(versions(self.before), default=0)

    def broken(self, files: Files) -> Counter[str]:
        return broken(files, [{}] * self.base + [self.before, self.after], self.base)


def deliveries(stage: Stage, count: int, seed: int) -> Figures:
    """At least `count` kills, on three kinds of store."""
    figures = Figures("deliveries", Counter(), Counter(dict.fromkeys(post.WRONG + BROKEN, 0)))
    chance = random.Random(seed)
    with MailServer() as mail, ThreadPoolExecutor(os.cpu_count()) as pool:
        servers = Post(stage, mail)
        starts = list(_starts(servers))
        trials: list[Trial] = []
        while figures.tried["kills"] < count:
            more = [
                Trial(servers, starts[number % len(starts)], number, chance.randrange(2**32))
                for number in range(len(trials), len(trials) + BATCH)
            ]
            for trial in pool.map(Trial.run, more):
                figures.tried += trial.seen
            trials += more
        for trial in trials:
            trial.judge()
            figures.tried["stores"] += 1
            figures.tried += trial.judged
            figures.count(trial.wrong, f"seed {seed}: trial {trial.number}, {trial.start.name}")
    return figures


def _starts(servers: Post) -> Iterator[Start]:
    """A first run; a change; and a change while nobody has been told of the first version."""
    stage = servers.stage
    told, untold, none = stage.store(0), stage.store(0), stage.store(0)
    stage.site.show_sample(PAGES[0])
    stage.run(told, config=servers.config("told"))
    stage.run(untold, config=servers.config("untold"), more=["--no-notify"])
    stage.site.show_sample(PAGES[1])
    for name, store in (("first", none), ("change", told), ("behind", untold)):
        copied = stage.copy(store)
        calls = stage.traced(copied, config=servers.config(name), path=f"/{name}")
        first = 1 if name != "change" else 2
        due = {
            channel: list(enumerate(servers.told(channel, name), first)) for channel in CHANNELS
        }
        yield Start(
            name,
            store,
            read_store(store),
            read_store(copied),
            due,
            parted(calls, servers.ports),
            _taken(servers, store),
        )


def _taken(servers: Post, store: Path) -> float:
    """Seconds of an undisturbed run."""
    stage = servers.stage
    copied, config = stage.copy(store), servers.config("timed")
    began = time.monotonic()
    stage.run(copied, path="/timed", config=config)
    return time.monotonic() - began


@dataclass
class Trial:
    """Kills of one store until luck ends, and what came of it."""

    servers: Post
    start: Start
    number: int
    seed: int
    pasts: list[Past] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def run(self) -> Trial:
        """Kill, look, perhaps again; repair, and run once more."""
        chance, stage = random.Random(self.seed), self.servers.stage
        store = stage.copy(self.start.store)
        there = self.start.points
        while there and len(self.pasts) < MOST:
            if chance.random() < BY_TIME:
                self._run(store, self.start.takes * chance.uniform(FROM, TO))
            else:
                (zone,) = chance.choices([*ZONES], [*ZONES.values()])
                self._run(store, chance.choice(there[zone]))
            there = self._points(store) if chance.random() < AGAIN else {}
        for _ in range(2):
            self._run(store)
        self.wrong["no convergence"] += read_store(store) != self.start.after
        stage.drop(store)
        return self

    def _run(self, store: Path, at: Call | float | None = None) -> None:
        """A run that is killed at a call, or after seconds, or not at all."""
        mark = f"{self.number}-{len(self.pasts)}"
        how = {"path": f"/{mark}", "config": self.servers.config(mark)}
        if isinstance(at, float):
            ran = self.servers.stage.run(store, killed_after=at, **how)
            self.seen["of them at some time, with channels side by side"] += ran.status < 0
        else:
            ran = self.servers.stage.run(store, kill_at(at) if at else (), **how)
        files = read_store(store)
        killed = ran.status == -signal.SIGKILL
        self.pasts.append(Past(mark, killed, versions(files), _receipts(files)))
        self.wrong += self.start.broken(files)
        self.seen["kills"] += killed
        self.wrong["no convergence"] += not killed and ran.status != 0

    def _points(self, store: Path) -> dict[str, list[Call]]:
        """Calls to be killed at, as of a run that goes through."""
        stage, mark = self.servers.stage, f"{self.number}-trace"
        copied = stage.copy(store)
        calls = stage.traced(copied, path=f"/{mark}", config=self.servers.config(mark))
        stage.drop(copied)
        return parted(calls, self.servers.ports)

    def judge(self) -> None:
        """What all channels received in the end."""
        for channel in CHANNELS:
            seen, wrong = post.judged(
                self.servers, channel, self.pasts, self.start.due[channel]
            )
            self.judged += seen
            self.wrong += wrong


def parted(calls: list[Call], ports: set[int]) -> dict[str, list[Call]]:
    """Calls for the commit, the sends, their receipts and the rest; none where none is sent."""
    found: dict[str, list[Call]] = {zone: [] for zone in ZONES}
    channels: set[str] = set()
    zone = "commit"
    for call in calls:
        if call.name == "connect" and call.port in ports:
            channels.add(call.socket)
        if call.socket in channels and not call.thread:
            found["send"].append(call)
            zone = "receipt"
        elif call.socket is None:
            found[zone] += points([call])
            noted = call.kind == "rename" and "/receipts/" in call.names[1]
            zone = "after" if noted else zone
    return found if channels else {}


def _receipts(files: Files) -> set[tuple[str, int]]:
    parts = [name.split("/") for name in files if "/receipts/" in name]
    return {(channel, int(file.removesuffix(".json"))) for *_, channel, file in parts}
