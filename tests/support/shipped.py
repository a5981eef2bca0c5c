"""Facts of a shipped definition's sample, picked by hand: `tests/sources/facts/NAME.txt`.

One fact per line, "region | direction | target | ports"; the region "-" means none, and ports
are written as they are shown to users. Before them are counts, and the names of findings that
hold the first version:

    entries: 17
    endpoints: 32
    held for: wide-network
    not: 169.254.169.254
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tracker.model import Endpoint, port_text

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "tests/sources/facts"
SHIPPED = ROOT / "tracker/sources/shipped"
_ELSEWHERE = {"action1": ROOT / "tracker/samples/2024-11/stacks.html"}  # it has many samples
_TYPES = {".html": "text/html", ".json": "application/json", ".csv": "text/csv"}


@dataclass
class Facts:
    """The facts of one sample."""

    counts: dict[str, int] = field(default_factory=dict)
    held_for: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def load_facts(name: str) -> Facts:
    """Return the facts of a shipped definition's sample."""
    facts = Facts()
    for line in (FACTS / f"{name}.txt").read_text("utf-8").splitlines():
        key, colon, value = line.partition(": ")
        if not line or line.startswith("#"):
            continue
        if " | " in line:
            facts.lines += _one_port_each(line)
        elif key in {"entries", "endpoints"} and colon:
            facts.counts[key] = int(value)
        elif key == "held for":
            facts.held_for = sorted(value.split(", "))
        elif key == "not":
            facts.absent.append(value)
        else:
            raise ValueError(f"{name}: not a fact: {line}")
    return facts


def _one_port_each(line: str) -> Iterator[str]:
    *start, ports = line.split(" | ")
    return (" | ".join((*start, port.strip())) for port in ports.split(","))


def describe(endpoints: Iterable[Endpoint]) -> set[str]:
    """Return endpoints in the notation of facts."""
    return {
        f"{one.region or '-'} | {one.direction} | {one.target} | {port_text(one)}"
        for one in endpoints
    }


def sample_of(name: str) -> Path:
    """Return the sample page or feed of a shipped definition."""
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    (found,) = SHIPPED.glob(f"{name}.sample.*")
    return found


def type_of(sample: Path) -> str:
    """Return the content type that a server sends with a sample."""
    return _TYPES.get(sample.suffix, "text/plain") + "; charset=utf-8"
