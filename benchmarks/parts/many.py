"""Many sources in one run, nothing new on any, beside as many jobs of urlwatch.

A source is a module of `tracker/sources`; here the installed program is copied and given 50 of
them, each the first one under another name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import environments
import tools
from case import Case, in_turn
from figures import Row, ratios
from page_server import HOSTS, serving

TITLE = "50 sources unchanged, in one run"
TAKES = "a minute, of which most is their first check"
NOTE = f"pages on {len(HOSTS)} hosts (127.0.0.1, 127.0.0.2, ...), all answered with 304"
COUNT = 50
_SOURCE = """
from dataclasses import replace
from tracker.sources.load import load_source
SOURCE = replace(ACTION1, name="{name}")
"""


def measured(work: Path, rounds: int) -> Iterator[Row]:
    """Wall time and memory."""
    ours, theirs = environments.fwtracker(), environments.peer("urlwatch")
    names = [f"vendor_{number:03}" for number in range(COUNT)]
    program = _with_sources(ours, names, work / "program")
    with serving() as site:
        mine = {
            name: site.url("still", f"fwtracker-{name}", at) for at, name in enumerate(names)
        }
        other = [site.url("still", f"urlwatch-{name}", at) for at, name in enumerate(names)]
        command = tools.fwtracker(ours, mine, work / "many.toml")
        cases = (
            Case(
                TITLE,
                "fwtracker",
                [str(ours / "bin/python"), "-m", "tracker", *command[1:]],
                work / "fwtracker",
                says=f"{names[-1]}: unchanged",
                answers=[304] * COUNT,
                environment={"PYTHONPATH": str(program)},
            ),
            Case(
                TITLE,
                "urlwatch",
                tools.urlwatch(theirs, other, work / "many.urls"),
                work / "urlwatch",
                answers=[304] * COUNT,
            ),
        )
        in_turn(cases, site, rounds)
    yield from ratios(*cases, wall=0.9)


def _with_sources(environment: Path, names: list[str], place: Path) -> Path:
    """A copy of the installed program with these sources."""
    for package in ("tracker", "notifiers"):
        shutil.copytree(environments.site_packages(environment) / package, place / package)
    for name in names:
        text = _SOURCE.format(name=name)
        (place / "tracker/sources" / f"{name}.py").write_text(text, "utf-8")
    return place
