"""Figures of the parts, and the one table in which they are printed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Figures:
    """What was tried, and what went wrong: every count in `wrong` must be 0.

    `notes` say for a person where each wrong thing was met.
    """

    name: str
    tried: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def count(self, wrong: Counter[str], where: object) -> None:
        """Add what went wrong at one place."""
        self.wrong.update(wrong)
        found = [f"{kind} ({number})" for kind, number in wrong.items() if number]
        if found:
            self.notes.append(f"{self.name}: {', '.join(found)}: {where}")
            print(self.notes[-1], file=sys.stderr, flush=True)  # the table may be an hour away

    @property
    def good(self) -> bool:
        return not +self.wrong

    def __str__(self) -> str:
        return table([self])


def table(parts: Sequence[Figures]) -> str:
    """All figures: the part, what was counted, how often, and how often it may be."""
    rows = [("part", "what", "count", "wanted")]
    for part in parts:
        rows += [(part.name, what, f"{number:,}", "") for what, number in part.tried.items()]
        rows += [
            (part.name, what, f"{number:,}", "0" if number == 0 else "0  <-- NOT SO")
            for what, number in part.wrong.items()
        ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines, above = [], None
    for part, what, count, wanted in rows:
        named = "" if part == above else part
        above = part
        line = f"{named:<{widths[0]}}  {what:<{widths[1]}}  {count:>{widths[2]}}  {wanted}"
        lines.append(line.rstrip())
    return "\n".join(lines)
