"""The message as plain text: where a channel knows no markup, or a program passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._text import fit

if TYPE_CHECKING:
    from notifiers._lines import Line
    from notifiers._message import Words

SECTION_BUDGET = 60_000  # characters of one section


def text_of(words: Words, budget: int = SECTION_BUDGET) -> str:
    """The message as plain text, readable on a phone.

    Args:
        words: What it says.
        budget: Characters of each section; what is left out is counted at its end.
    """
    parts = [words.lead]
    for heading, lines in sections_of(words):
        shown = fit(map(_bullet, lines), [line.weight for line in lines], budget)
        parts.append("\n".join((heading, "-" * len(heading), *shown)))
    return "\n\n".join(parts) + "\n"


def sections_of(words: Words) -> list[tuple[str, tuple[Line, ...]]]:
    """Every heading with its lines, the facts last."""
    told = [(section.heading, section.lines) for section in words.sections]
    return [*told, (words.more, words.facts)]


def _bullet(line: Line) -> str:
    gap = "\n    " if line.note else " "
    parts = (line.label, ", ".join(line.values), line.text, line.note)
    return f"* {gap.join(filter(None, parts))}"
