"""How the work grows with the entries of a page, and with the versions of a history.

An exponent of 1 means ten times the work for ten times the size. Commands are cold processes,
so the time at the smallest history is subtracted first: it is that of the process itself.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import median

import environments
import tools
from case import Case, NotAsPlanned, run_in_turn
from figures import Row
from memory import memory
from page_server import PAGES, Site, serving

TITLE = "growth: entries of a page, versions of a history"
TAKES = "two minutes"
NOTE = "1 entry in 100 changed; pages are read from memory: a fetch takes 16 MiB at most"
ENTRIES = (1_000, 10_000, 20_000)
AIM = 10_000  # entries; the targets for time and memory are for this size
VERSIONS = (10, 1_000, 10_000)
EXPONENT, SECONDS, MIB = 1.15, 20, 600
_ROUNDS = 5
_LOOK = 0.1
_WALL = "wall"
_LONGEST = 300  # seconds
_SCRIPT = Path(__file__).parent.parent / "grow.py"
_VALUE = "3.74.63.86"  # is on the page in every version


class TooLong(NotAsPlanned):
    """The process was ended before its work was done."""


def measure(work: Path, rounds: int) -> Iterator[Row]:
    """Yield exponents and times of pages, then of histories."""
    python = environments.fwtracker() / "bin/python"
    yield from _pages(python, work)
    yield from _histories(python.parent.parent, work, min(rounds, _ROUNDS))


def _pages(python: Path, work: Path) -> Iterator[Row]:
    found: list[dict[str, float]] = []
    for count in ENTRIES:
        try:
            found.append(_run(python, "page", count, work / f"page-{count}"))
        except TooLong:
            ended = f"{count:,} entries: ended by the benchmark"
            yield Row(ended, "s", _LONGEST, value=_LONGEST, target=SECONDS, target_of="s")
            break
    largest = f"{ENTRIES[len(found) - 1]:,} entries"
    for step in found[-1]:
        if step not in {"MiB", _WALL}:
            times = [each[step] for each in found]
            both = zip(ENTRIES, times, strict=False)
            growth = max(_exponent(*two) for two in pairwise(both))
            yield _row(f"{largest}: {step}", "CPU s", times, growth)
    for count, one in zip(ENTRIES, found, strict=False):
        what, is_aim = f"{count:,} entries: all of it", count == AIM
        seconds, mib = (SECONDS, MIB) if is_aim else (None, None)
        took, peak = one[_WALL], one["MiB"]
        yield Row(what, "s", took, value=took, target=seconds, target_of="s")
        yield Row(what, "peak MiB", peak, value=peak, target=mib, target_of="MiB")


def _histories(ours: Path, work: Path, rounds: int) -> Iterator[Row]:
    page = work / "page.html"
    page.write_bytes(PAGES[0])
    with serving() as site:
        cases: dict[str, list[Case]] = {}
        for count in VERSIONS:
            for kind in ("still", "moving"):
                store = work / f"{kind}-{count}"
                _run(ours / "bin/python", "history", count, store, str(page))
                for case in _cases(ours, site, store, kind):
                    cases.setdefault(case.title, []).append(case)
        run_in_turn([case for some in cases.values() for case in some], site, rounds)
    for title, some in cases.items():
        times = [median(cost.cpu for cost in case.costs) for case in some]
        yield _row(f"{VERSIONS[-1]:,} versions: {title}", "CPU ms", times, _above(times))


def _cases(ours: Path, site: Site, store: Path, kind: str) -> Iterator[Case]:
    """Yield the commands on one store, whose page is still, or goes back and forth."""
    url = site.url(kind, store.name)
    command = tools.fwtracker(ours, {"action1": url}, store.with_suffix(".toml"))
    moving = kind == "moving"
    yield Case(
        "check, changed" if moving else "check, unchanged",
        "fwtracker",
        [*command, "--snapshots", str(store)],
        store.with_suffix(".work"),
        says="published" if moving else "unchanged",
        answers=[200 if moving else 304],
        moves=[url] if moving else [],
    )
    if moving:
        return
    for name, *arguments in (("history",), ("blame", _VALUE)):
        yield Case(
            name,
            "fwtracker",
            [command[0], name, *arguments, "--snapshots", str(store)],
            store.with_suffix(f".{name}"),
            fetches=False,
        )


def _row(what: str, unit: str, times: Sequence[float], exponent: float) -> Row:
    series = ", ".join(f"{time:.3g}" for time in times)
    return Row(
        what, unit, times[-1], None, "", exponent, EXPONENT, f"exponent of {series} {unit}"
    )


def _exponent(one: tuple[int, float], other: tuple[int, float]) -> float:
    return log(other[1] / one[1]) / log(other[0] / one[0])


def _above(times: Sequence[float]) -> float:
    """Return the exponent between the two larger histories, by their times above the smallest.

    Differences below a twentieth of the smallest one are noise.
    """
    floor, *larger = times
    above = [max(time - floor, floor / 20) for time in larger]
    return _exponent((VERSIONS[1], above[0]), (VERSIONS[2], above[1]))


def _run(python: Path, what: str, count: int, folder: Path, *rest: str) -> dict[str, float]:
    """Run a part of grow.py; return its figures. Raises NotAsPlanned if it fails or is slow."""
    command = [str(python), str(_SCRIPT), what, str(count), str(folder), *rest]
    until, peak = time.monotonic() + _LONGEST, 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None:
            if time.monotonic() > until:
                running.kill()
                raise TooLong(f"{what} of {count:,}: not done in {_LONGEST} s")
            peak = max(peak, memory(running.pid))
            time.sleep(_LOOK)
        out, err = running.communicate()
    if running.returncode:
        raise NotAsPlanned(f"{what} of {count:,}: {err[-2000:]}")
    found: dict[str, float] = json.loads(out)
    return found | {"MiB": peak}
