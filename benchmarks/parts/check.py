"""One check as a cold process, next to urlwatch and to ten lines that a user would write."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import environments
import tools
from case import Case, run_in_turn
from figures import Row, ratios
from page_server import Site, serving

TITLE = "one check, a cold process"
TAKES = "half a minute"
NOTE = "the changed one writes every rule format here, and a text there; no channels"
UNCHANGED = "unchanged, 304"
_SCRIPT = Path(__file__).parent.parent / "ten_lines.py"
# Title, kind of page, status of the answer, targets for wall time and memory.
PAIRS = (
    (UNCHANGED, "still", 304, 0.7, 0.75),
    ("unchanged, by hash", "bare", 200, None, None),
    ("changed", "moving", 200, None, None),
)


def measure(work: Path, rounds: int) -> Iterator[Row]:
    """Yield the figures of each pair, and those of an interpreter that does nothing."""
    ours, theirs = environments.fwtracker(), environments.peer("urlwatch")
    with serving() as site:
        found = list(_cases(site, ours, theirs, work))
        run_in_turn(found, site, rounds)
    targets = {title: (wall, memory) for title, _, _, wall, memory in PAIRS}
    for mine, other in pairwise(found):
        if mine.tool == "fwtracker":
            yield from ratios(mine, other, *targets[mine.title])
            if mine.title == UNCHANGED:
                yield from ratios(mine, found[0])
                yield from ratios(mine, found[1], wall=1.0)


def _cases(site: Site, ours: Path, theirs: Path, work: Path) -> Iterator[Case]:
    """Yield the interpreter that does nothing, then each pair."""
    nothing = [str(ours / "bin/python"), "-c", "pass"]
    yield Case("nothing", "python -c pass", nothing, work / "nothing", fetches=False)
    url = site.url("still", "script")
    script = [str(ours / "bin/python"), str(_SCRIPT), url, str(work / "script.json")]
    yield Case(UNCHANGED, "ten lines", script, work / "script", answers=[304])
    for title, kind, answer, _, _ in PAIRS:
        mine, other = site.url(kind, "fwtracker"), site.url(kind, "urlwatch")
        moving = kind == "moving"
        yield Case(
            title,
            "fwtracker",
            tools.fwtracker(ours, {"action1": mine}, work / f"{kind}.toml"),
            work / f"fwtracker-{kind}",
            says="published" if moving else "unchanged",
            answers=[answer],
            moves=[mine] if moving else [],
        )
        yield Case(
            title,
            "urlwatch",
            tools.urlwatch(theirs, [other], work / f"{kind}.urls"),
            work / f"urlwatch-{kind}",
            says="CHANGED" if moving else "",
            answers=[answer],
            moves=[other] if moving else [],
            pause=tools.URLWATCH_PAUSE if moving else 0.0,
        )
