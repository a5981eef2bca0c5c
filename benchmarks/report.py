"""The figures as a table for people, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from cases import CHANGED, UNCHANGED, Case

# What fwtracker wants to reach, as a share of what urlwatch takes.
TARGETS = {UNCHANGED: {"wall": 0.65, "memory": 0.75}, CHANGED: {"wall": 1.2}}


def figures(measured: Sequence[Case]) -> dict[str, Any]:
    """All figures: of each case, and of each pair how they compare."""
    return {
        "cases": [_case(case) for case in measured],
        "ratios": [
            _ratio(ours, theirs)
            for ours, theirs in pairwise(measured)
            if (ours.title, ours.tool) == (theirs.title, "fwtracker")
        ],
    }


def _case(case: Case) -> dict[str, Any]:
    walls = [cost.wall for cost in case.costs]
    return {
        "title": case.title,
        "tool": case.tool,
        "wall_ms_median": round(median(walls), 1),
        "wall_ms_min": round(min(walls), 1),
        "memory_mib_median": round(median(cost.memory for cost in case.costs), 1),
    }


def _ratio(ours: Case, theirs: Case) -> dict[str, Any]:
    """The median of the ratios of each round, so that a slow moment counts for both."""
    rounds = list(zip(ours.costs, theirs.costs, strict=True))
    found = {
        "wall": median(mine.wall / other.wall for mine, other in rounds),
        "memory": median(mine.memory / other.memory for mine, other in rounds),
    }
    return {
        "title": ours.title,
        **{name: round(value, 2) for name, value in found.items()},
        "targets": TARGETS.get(ours.title, {}),
    }


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [
        f"{'':46}{'wall ms':>16}{'peak MiB':>12}",
        f"{'':46}{'median':>8}{'min':>8}{'median':>12}",
        *map(_case_line, found["cases"]),
        "",
        f"{'fwtracker / urlwatch':34}{'wall':>8}{'target':>10}{'memory':>10}{'target':>10}",
        *map(_ratio_line, found["ratios"]),
    ]
    return "\n".join(lines)


def _case_line(case: dict[str, Any]) -> str:
    wall = f"{case['wall_ms_median']:>8.1f}{case['wall_ms_min']:>8.1f}"
    return f"{case['title']:34}{case['tool']:12}{wall}{case['memory_mib_median']:>12.1f}"


def _ratio_line(ratio: dict[str, Any]) -> str:
    line = f"{ratio['title']:34}"
    for name, width in (("wall", 8), ("memory", 10)):
        target = ratio["targets"].get(name)
        line += f"{ratio[name]:>{width}.2f}{f'<= {target:.2f}' if target else '-':>10}"
    return line
