"""A reader without a lock, in a loop, while two versions are published in turn.

A firewall reads one file: it must be whole, and of one version. Automation reads the
manifest, the files, and the manifest again: where that is the same and every hash is right,
it has one version; else it reads again.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

from tests.crash.figures import Figures
from tests.crash.stage import CLOCKS, Stage
from tests.crash.states import SOURCE, Files
from tracker.config import Config, parse
from tracker.publish.publish import publish
from tracker.store.folder import Folder
from tracker.store.tree import Tree

WRONG = ("short, empty or mixed files", "files that were gone", "sets of two versions")
STOP = "stop"


class Earlier(Tree):
    """A tree that, while `hidden`, does not show its newest version."""

    hidden = False

    def versions(self) -> list[int]:
        found = super().versions()
        return found[:-1] if self.hidden else found


def reader(stage: Stage, publishes: int) -> Figures:
    """Publish versions 2 and 1 in turn; another process reads all the time."""
    figures = Figures("a reader without a lock", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    with tempfile.TemporaryDirectory() as place:
        store = Path(place) / "snapshots"
        shutil.copytree(stage.work / "state-2", store)
        states = [_both(store, hidden) for hidden in (True, False)]
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context) as pool:
            reading = pool.submit(read, store, states)
            try:
                for number in range(publishes):
                    _publish(store, hidden=number % 2 == 0)
            finally:
                (Path(place) / STOP).touch()
            tried, wrong = reading.result()
    figures.tried["publishes, of two versions in turn"] = publishes
    figures.tried += tried
    figures.wrong.update(wrong)
    return figures


def _both(store: Path, hidden: bool) -> Files:
    """What is published with and without the newest version."""
    _publish(store, hidden=hidden)
    names = [name for name in _manifest(store)["files"] if name.startswith("rules/")]
    return {name: (store / SOURCE / name).read_bytes() for name in (*names, "latest.json")}


def _publish(store: Path, *, hidden: bool) -> None:
    tree = Earlier(Folder(str(store)), SOURCE)
    tree.hidden = hidden
    config: Config = parse({})
    publish(tree, config, datetime.fromisoformat(CLOCKS[1]))


def _manifest(store: Path) -> dict:
    return json.loads((store / SOURCE / "manifest.json").read_bytes())


def read(store: Path, states: list[Files]) -> tuple[Counter[str], Counter[str]]:
    """Read until stopped: what was read, and what was wrong with it."""
    tried: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    names = states[0].keys() & states[1].keys()
    while not (store.parent / STOP).exists():
        before = _manifest(store)
        found = {name: _read(store / SOURCE / name) for name in sorted(names)}
        same = before == _manifest(store)
        tried["files read"] += len(found)
        for name, data in found.items():
            wrong["files that were gone"] += data is None
            wrong["short, empty or mixed files"] += data not in (
                None,
                states[0][name],
                states[1][name],
            )
        if same and all(_agrees(before, name, data) for name, data in found.items()):
            version = before["version"]
            tried[f"sets that agreed with their manifest, of version {version}"] += 1
            wrong["sets of two versions"] += any(
                data != states[version - 1][name] for name, data in found.items()
            )
        else:
            tried["sets read while they changed, and known as such"] += 1
    return tried, wrong


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _agrees(manifest: dict, name: str, data: bytes | None) -> bool:
    fact = manifest["files"].get(name)
    if fact is None or data is None:
        return False
    return fact == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
