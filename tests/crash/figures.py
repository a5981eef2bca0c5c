"""Figures of a part, and how they are printed."""

from __future__ import annotations

from collections import Counter
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

    @property
    def good(self) -> bool:
        return not +self.wrong

    def __str__(self) -> str:
        lines = [(what, number, "") for what, number in self.tried.items()]
        lines += [
            (what, number, "" if number == 0 else "  <-- must be 0")
            for what, number in self.wrong.items()
        ]
        width = 52
        body = (f"  {what:<{width}}{number:>8}{flag}" for what, number, flag in lines)
        return "\n".join((self.name, *body))
