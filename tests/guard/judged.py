"""Short ways to a judgement of the guard, for its tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.readings import entry
from tracker.guard import guard
from tracker.guard.limits import GuardLimits
from tracker.model import Entry, Finding

NEVER: Mapping[str, int] = {}


def findings(
    old: Sequence[Entry],
    new: Sequence[Entry],
    older: Mapping[str, int] = NEVER,
    **limits: Any,
) -> tuple[Finding, ...]:
    return guard(old, new, GuardLimits(**limits), older)


def names(old: Sequence[Entry], new: Sequence[Entry], **limits: Any) -> list[str]:
    """The names of what is held."""
    return [one.name for one in findings(old, new, **limits) if one.verdict == "hold"]


def only(old: Sequence[Entry], new: Sequence[Entry], **limits: Any) -> Finding:
    """The one finding there is."""
    (found,) = findings(old, new, **limits)
    return found


def listing(*addresses: str, **fields: Any) -> Entry:
    return entry(addresses=addresses, **fields)


def naming(*hosts: str, **fields: Any) -> Entry:
    """A cell with hosts and no other word."""
    return entry(**{"addresses": (), "hosts": hosts, "resource": ", ".join(hosts)} | fields)
