"""What came of each endpoint, in words that the table, JSON and JUnit share. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from tracker.model import LAN, Direction, Protocol, Requirement
from tracker.verify.plan import Task

State = Literal[
    "open", "refused", "blocked", "dns-fails", "tls-intercepted", "tls-fails", "cannot-tell"
]
STATES: tuple[State, ...] = get_args(State)
MEANING: dict[State, str] = {
    "open": "reached",
    "refused": "somebody answered, and said no",
    "blocked": "no answer, or the network does not let it through",
    "dns-fails": "its name does not lead to it",
    "tls-intercepted": "somebody else answered: the certificate is not as expected",
    "tls-fails": "reached, but no TLS connection came about",
    "cannot-tell": "not tried, or silence that means nothing",
}
# Of several attempts for one endpoint the first of these is told.
_WORST: tuple[State, ...] = (
    *("tls-intercepted", "dns-fails", "blocked", "refused", "tls-fails", "cannot-tell", "open"),
)


class Attempt(msgspec.Struct, frozen=True):
    """One address and port that was tried. `name` is the host that led there."""

    address: str | None
    port: int
    name: str | None
    state: State
    detail: str


class Result(msgspec.Struct, frozen=True):
    """What came of one endpoint."""

    direction: Direction
    target: str
    protocol: Protocol
    from_port: int | None
    to_port: int | None
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    state: State
    detail: str
    attempts: tuple[Attempt, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """One verification, as `verify --json` prints it. `reached` is the exit status's answer."""

    schema: Literal[1]
    source: str
    version: int
    regions: tuple[str, ...]
    reached: bool
    summary: dict[str, int]
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


def result(task: Task, attempts: Iterable[Attempt]) -> Result:
    """The worst of all attempts, and how many were like it."""
    tried = tuple(attempts)
    if not tried:
        return _of(task, "cannot-tell", task.why or "not tried in time")
    state = min((each.state for each in tried), key=_WORST.index)
    alike = [each for each in tried if each.state == state]
    share = f"{len(alike)} of {len(tried)}: " if len(alike) < len(tried) else ""
    details = "; ".join(dict.fromkeys(each.detail for each in alike if each.detail))
    return _of(task, state, f"{share}{details}", tried)


def _of(task: Task, state: State, detail: str, tried: tuple[Attempt, ...] = ()) -> Result:
    endpoint = task.endpoint
    return Result(
        endpoint.direction,
        endpoint.target,
        endpoint.protocol,
        endpoint.from_port,
        endpoint.to_port,
        task.regions,
        task.resource,
        task.requirement,
        state,
        detail,
        tried,
    )


def reached(results: Iterable[Result]) -> bool:
    """Whether all that is required and can be tried from here at all is open.

    Where nothing is marked as required, everything is. What comes in, and the local network,
    are never tried and do not count.
    """
    outward = [each for each in results if each.direction == "outbound" and each.target != LAN]
    required = [each for each in outward if each.requirement == "required"]
    marked = any(each.requirement for each in outward)
    return all(each.state == "open" for each in (required if marked else outward))


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many of each state, also of those that there are none of."""
    counted = Counter(each.state for each in results)
    return {state: counted[state] for state in STATES}
