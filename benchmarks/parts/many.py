"""Many unchanged sources in one run, next to as many jobs of urlwatch.

The configuration has 50 sources, each by the definition of the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import environments
import tools
from case import Case, run_in_turn
from figures import Row, ratios
from page_server import HOSTS, serving

TITLE = "50 sources unchanged, in one run"
TAKES = "a minute, of which most is their first check"
NOTE = f"pages on {len(HOSTS)} hosts (127.0.0.1, 127.0.0.2, ...), all answered with 304"
COUNT = 50


def measure(work: Path, rounds: int) -> Iterator[Row]:
    """Yield wall time and memory."""
    ours, theirs = environments.fwtracker(), environments.peer("urlwatch")
    names = [f"vendor_{number:03}" for number in range(COUNT)]
    with serving() as site:
        mine = {
            name: site.url("still", f"fwtracker-{name}", at) for at, name in enumerate(names)
        }
        other = [site.url("still", f"urlwatch-{name}", at) for at, name in enumerate(names)]
        cases = (
            Case(
                TITLE,
                "fwtracker",
                tools.fwtracker(ours, mine, work / "many.toml"),
                work / "fwtracker",
                says=f"{names[-1]}: unchanged",
                answers=[304] * COUNT,
            ),
            Case(
                TITLE,
                "urlwatch",
                tools.urlwatch(theirs, other, work / "many.urls"),
                work / "urlwatch",
                answers=[304] * COUNT,
            ),
        )
        run_in_turn(cases, site, rounds)
    yield from ratios(*cases, wall=0.9)
