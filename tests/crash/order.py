"""Order, read from the log of one run: kills alone cannot show that an fsync is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.figures import Figures
from tests.crash.stage import Stage
from tests.crash.states import MANIFEST, PROBE, SOURCE, TIMES, version_file

WRONG = (
    *("named before its content was durable", "sent before a name was durable"),
    *("committed before its pages were durable", "not durable at the end"),
    *("manifest before another file", "no manifest"),
)


def order(stage: Stage) -> Figures:
    """The run that changes a store, and the first one of all, which makes its folders."""
    figures = Figures("order of calls", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    for version in (0, 1):
        store = stage.store(version)
        trail = Trail(store, version + 1)
        trail.follow(stage.traced(store))
        figures.tried += trail.seen
        figures.count(trail.wrong, f"version {version + 1}")
    return figures


class Trail:
    """What was durable when, in one run."""

    def __init__(self, store: Path, version: int) -> None:
        self.store, self.version = store, version
        self.synced: set[str] = set()  # files whose content is durable
        self.pending: set[str] = set()  # folders with a name that is not
        self.published: list[str] = []  # names, in the order in which they appeared
        self.seen: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def follow(self, calls: Sequence[Call]) -> None:
        """Go through all calls; what counts is those that succeeded."""
        for call in calls:
            if call.done:
                self._step(call)
        self.wrong["not durable at the end"] += len(self.pending)
        name = str(self.store / MANIFEST)
        self.wrong["no manifest"] += name not in self.published
        last = [name, str(self.store / PROBE)]
        self.wrong["manifest before another file"] += self.published[-2:] != last

    def _step(self, call: Call) -> None:
        if call.kind == "write":
            self.synced.discard(call.paths[0])
        elif call.kind == "fsync":
            self.seen["fsyncs"] += 1
            self.synced.add(call.paths[0])
            self.pending.discard(call.paths[0])
        elif call.kind in {"link", "rename"}:
            self._named(*call.names)
        elif call.kind == "mkdir":
            self.seen["folders made"] += 1
            self.pending.add(str(Path(call.names[0]).parent))
        elif call.kind == "sendto" and self.published:
            self.seen["sends after a commit"] += 1
            self.wrong["sent before a name was durable"] += len(self.pending)

    def _named(self, temporary: str, name: str) -> None:
        """A final name appears."""
        self.seen["final names"] += 1
        self.wrong["named before its content was durable"] += temporary not in self.synced
        if name == str(self.store / version_file(self.version)):
            self.wrong["committed before its pages were durable"] += len(self.pending) + (
                not any(f"/{SOURCE}/pages/" in there for there in self.published)
            )
        if name != str(self.store / TIMES):  # which may be lost
            self.pending.add(str(Path(name).parent))
        if name.startswith(f"{self.store}/{SOURCE}/"):
            self.published.append(name)
