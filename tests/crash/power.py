"""Power cuts: recorded runs are replayed on a disk that forgets, and cut off anywhere.

Also runs that repair what a killed one left: the names that it made are on no disk for
certain, though the next run sees them and builds on them.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.crash.calls import Call
from tests.crash.disk import Disk
from tests.crash.figures import Figures
from tests.crash.kills import points
from tests.crash.stage import CLOCKS, Stage
from tests.crash.states import (
    MANIFEST,
    TEMPORARY,
    Files,
    broken,
    read_store,
    same_tree,
    version_file,
    versions,
)

MOST = 10  # cuts for one state that is new
LUCK = (0.0, 0.0, 0.5, 0.9, 1.0)
WRONG = (
    *("torn file", "stray file", "lost", "pointer to nothing", "lost after its commit"),
    *("finished, yet not whole", "no convergence", "alert lost"),
)


@dataclass
class Story:
    """The calls of one run, or of a killed one and its repair, from a store that is certain."""

    name: str
    root: str
    base: int
    states: list[Files]
    calls: list[Call]
    committed: int = field(init=False)
    told: int = field(init=False)

    def __post_init__(self) -> None:
        """Note from which call on the version is certain, and from which it was told."""
        number = version_file(self.base + 1)
        folder = f"{self.root}/snapshots/{number}".rpartition("/")[0]
        linked = self._first(
            0, lambda call: call.kind == "link" and call.names[1].endswith(number)
        )
        self.committed = self._first(
            linked, lambda call: call.kind == "fsync" and call.paths[0] == folder
        )
        self.told = self._first(0, lambda call: call.name == "sendto" and _is_alert(call.data))

    def _first(self, start: int, wanted: Callable[[Call], bool]) -> int:
        """How many calls there are up to the first wanted one; one too many where none is."""
        for at, call in enumerate(self.calls[start:], start=start + 1):
            if call.done and wanted(call):
                return at
        return len(self.calls) + 1

    def after(self, cut: int, chance: random.Random) -> Files:
        """The store after a power cut behind `cut` calls."""
        start = {f"snapshots/{name}": data for name, data in self.states[self.base].items()}
        if start:  # and the folder of temporary files, which is there and empty
            start[f"snapshots/{TEMPORARY}swept"] = b""
        disk = Disk(self.root, start)
        for call in self.calls[:cut]:
            disk.apply(call)
        left = disk.cut(chance, chance.choice(LUCK))
        return {name.removeprefix("snapshots/"): data for name, data in left.items()}


def power(stage: Stage, count: int, killed: int, repairs: int, seed: int) -> Figures:
    """Power cuts until `count` have left different states; `repairs` are given to real runs.

    Cut off are a change, a first run, and the repairs of `killed` runs.
    """
    figures = Figures("power cuts", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    chance = random.Random(seed)
    told = list(stories(stage, killed, chance))
    figures.tried["recorded runs"] = len(told)
    cuts: dict[int, tuple[Story, int, Files]] = {}
    for number in range(MOST * count):
        if len(cuts) == count:
            break
        story = told[number % len(told)]
        cut = chance.randint(0, len(story.calls))
        files = story.after(cut, chance)
        figures.tried["power cuts"] += 1
        figures.count(judged(story, cut, files), f"{story.name}, behind call {cut}")
        cuts[hash(tuple(sorted(files.items())))] = story, cut, files
    figures.tried["different states after them"] = len(cuts)
    chosen = chance.sample(sorted(cuts), min(repairs, len(cuts)))
    trials = [(stage, number, *cuts[key]) for number, key in enumerate(chosen)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for wrong, where in pool.map(lambda trial: repaired(*trial), trials):
            figures.tried["of these given to a real run, which finished the work"] += 1
            figures.count(wrong, where)
    return figures


def still(stage: Stage, seed: int) -> Figures:
    """Power cuts behind each call of a check without news: of each file one whole state.

    Only that the page was looked at again may be forgotten.
    """
    title = "power cuts of a check without news"
    figures = Figures(title, Counter(), Counter({"torn or lost": 0, "not noted": 0}))
    chance = random.Random(seed)
    store = stage.store(2)
    stage.cold(store, CLOCKS[0])  # the time in the manifest is another one after the next
    before, calls = read_store(store), stage.traced(store, whole=True)
    states = [before, read_store(store)]
    figures.wrong["not noted"] += states[0][MANIFEST] == states[1][MANIFEST]
    story = Story(title, str(store.parent), 0, states, calls)
    for cut in [at for at in range(len(calls) + 1) for _ in LUCK]:
        files = story.after(cut, chance)
        figures.tried["power cuts"] += 1
        wrong = sum(
            files.get(name) not in (old, states[1].get(name)) for name, old in before.items()
        )
        figures.count(Counter({"torn or lost": wrong}), f"behind call {cut}")
        figures.tried["of these forgot the time"] += files[MANIFEST] == before[MANIFEST]
    return figures


def stories(stage: Stage, killed: int, chance: random.Random) -> Iterator[Story]:
    """A change, a first run, and repairs of runs killed where names come and go."""
    store = stage.store()
    calls = stage.traced(store, whole=True)
    yield Story("a change", str(store.parent), 1, stage.states, calls)
    store = stage.store(0)
    first = stage.traced(store, whole=True)
    yield Story("a first run", str(store.parent), 0, [{}, read_store(store)], first)
    for point in _in_doubt(points(calls), killed, chance):
        store = stage.store()
        both = stage.killed(store, point, whole=True) + stage.traced(store, whole=True)
        name = f"a change killed at {point}, and its repair"
        yield Story(name, str(store.parent), 1, stage.states, both)


def _in_doubt(calls: list[Call], killed: int, chance: random.Random) -> list[Call]:
    """Where names come and go: right behind the commit's link, and others at random."""
    link = next(at for at, call in enumerate(calls) if call.kind == "link")
    others = [call for call in calls if call.kind in {"fsync", "rename", "unlink"}]
    return [calls[link + 1], *chance.sample(others, killed)][:killed]


def judged(story: Story, cut: int, files: Files) -> Counter[str]:
    """What is wrong with the store after a power cut."""
    wrong = broken(files, story.states, story.base)
    there = story.base + 1 in versions(files)
    wrong["lost after its commit"] += not there and cut >= min(story.committed, story.told)
    finished = cut == len(story.calls)
    wrong["finished, yet not whole"] += finished and not same_tree(
        files, story.states[story.base + 1]
    )
    return +wrong


def repaired(
    stage: Stage, number: int, story: Story, cut: int, files: Files
) -> tuple[Counter[str], str]:
    """Give the state to a real run: it must finish the work and tell of it."""
    store, path = stage.store(0), f"/power/{number}"
    for name, data in files.items():
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(data)
    ran = stage.run(store, path=path)
    wrong: Counter[str] = Counter()
    wanted = story.states[story.base + 1]
    wrong["no convergence"] += ran.status != 0 or read_store(store) != wanted
    wrong["alert lost"] += cut < story.told and not stage.sent(path)
    stage.drop(store)
    return +wrong, f"{story.name}, behind call {cut}: {ran}"


def _is_alert(data: bytes) -> bool:
    return not data.startswith((b"GET ", b"POST "))
