"""Checks of a running service, next to changedetection.io: page unchanged, and changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

import environments
from case import NotAsPlanned
from figures import Row
from page_server import Site, serving
from served import Changedetection, Fwtracker, Served

TITLE = "a recheck by the service, and what it holds"
TAKES = "a minute"
NOTE = (
    "asked for by signal and by API; until the last write to its store. Processor time: of all"
    " processes,\nwithout what they take when idle. Memory: PSS, after all checks. A change"
    " makes rule files here"
)
UNCHANGED, CHANGED, MEMORY = 0.5, 0.7, 0.6
_IDLE = 5.0  # seconds


def measure(work: Path, rounds: int) -> Iterator[Row]:
    """Yield wall and processor time of a recheck, and memory."""
    ours = environments.fwtracker_serve()
    theirs = environments.peer("changedetection.io")
    for kind, title, target, more in (
        ("still", "unchanged", UNCHANGED, ""),
        ("moving", "changed, without rule files", None, "[fwtracker]\nformats = []\n"),
        ("moving", "changed", CHANGED, ""),
    ):
        with serving() as site:
            urls = site.url(kind, "fwtracker"), site.url(kind, "changedetection")
            with (
                Fwtracker(ours, work / f"fwtracker {title}", urls[0], more) as mine,
                Changedetection(theirs, work / f"changedetection {title}", urls[1]) as other,
            ):
                yield from _rows(site, mine, other, urls, rounds, title, target, kind)
                memory = mine.memory(), other.memory()
    ratio = memory[0] / memory[1]
    yield Row("memory", "PSS MiB", *memory, other.tool, ratio, MEMORY)


def _rows(
    site: Site,
    mine: Served,
    other: Served,
    urls: tuple[str, str],
    rounds: int,
    title: str,
    target: float | None,
    kind: str,
) -> Iterator[Row]:
    both = (mine, urls[0]), (other, urls[1])
    idle = {one.tool: _idle(one) for one, _ in both}
    wall: dict[str, list[float]] = {mine.tool: [], other.tool: []}
    busy: dict[str, list[float]] = {mine.tool: [], other.tool: []}
    site.answers()  # clear those of the start
    for number in range(rounds + 1):
        for one, url in both:
            if kind == "moving":
                site.turn(url)
            began = time.monotonic()
            took, cpu = one.check()
            # Ours does a quick check first; the process that reads the page fetches it again.
            wanted = 2 if one is mine and kind == "moving" else 1
            if (asked := len(site.answers())) != wanted:
                raise NotAsPlanned(f"{one.tool}: it asked {asked} times, not {wanted}")
            if number:  # the first one fills caches
                wall[one.tool].append(took)
                busy[one.tool].append(cpu - idle[one.tool] * (time.monotonic() - began))
    # Both clocks have steps, of some ms and of 10 ms, so means are used; for wall time that of
    # the middle half, because the other tool occasionally writes much later.
    yield _row(title, "wall ms", _middle, wall, target)
    yield _row(title, "CPU ms", mean, busy, target)


def _row(
    title: str,
    unit: str,
    of: Callable[[list[float]], float],
    found: dict[str, list[float]],
    target: float | None,
) -> Row:
    (_, ours), (peer, theirs) = ((tool, of(each)) for tool, each in found.items())
    return Row(f"recheck, {title}", unit, ours, theirs, peer, ours / theirs, target)


def _middle(values: list[float]) -> float:
    """Return the mean of the middle half."""
    aside = len(values) // 4
    return mean(sorted(values)[aside : len(values) - aside])


def _idle(one: Served) -> float:
    """Return the processor time (ms) in a second without requests."""
    before = one.busy()
    time.sleep(_IDLE)
    return (one.busy() - before) / _IDLE
