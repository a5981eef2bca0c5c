"""The result of a measurement: rows of figures next to a peer's, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from case import Case


@dataclass(frozen=True)
class Row:
    """One figure of ours, the peer's, and the target for `value`.

    `value` is the ratio of the two, or another quantity, which `target_of` names.
    """

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    peer: str = ""
    value: float | None = None
    target: float | None = None
    target_of: str = "ratio"


def ratios(
    ours: Case, theirs: Case, wall: float | None = None, memory: float | None = None
) -> Iterator[Row]:
    """Yield wall time, processor time and memory of two cases, with the median ratio.

    Ratios are taken per round, so that a slow moment of the machine affects both cases.
    """
    rounds = list(zip(ours.costs, theirs.costs, strict=True))
    for unit, name, target in (
        ("wall ms", "wall", wall),
        ("CPU ms", "cpu", None),
        ("peak MiB", "memory", memory),
    ):
        pairs = [(getattr(mine, name), getattr(other, name)) for mine, other in rounds]
        yield Row(
            ours.title,
            unit,
            median(mine for mine, _ in pairs),
            median(other for _, other in pairs),
            theirs.tool,
            median(mine / other for mine, other in pairs),
            target,
        )


def table(rows: Sequence[Row]) -> str:
    """Return the figures as text."""
    head = f"{'':50}{'fwtracker':>10}{'':28}{'ratio':>9}{'target':>10}"
    return "\n".join([head, *map(_line, rows)])


def _line(row: Row) -> str:
    beside = "" if row.theirs is None else f"{row.peer} {_number(row.theirs)}"
    value = "" if row.value is None else f"{row.value:.2f}"
    target = "" if row.target is None else f"<= {row.target:g}"
    kind = "" if row.target_of == "ratio" else f"  {row.target_of}"
    return (
        f"{row.what:40}{row.unit:10}{_number(row.ours):>10}{beside:>28}{value:>9}{target:>10}"
        f"{kind}"
    )


def _number(value: float) -> str:
    return (
        f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value < 10 else f"{value:.1f}"
    )
