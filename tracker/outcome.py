"""What one check came to. How it comes to that is in `tracker.pipeline`."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracker.errors import FwtrackerError, UsageError
from tracker.model import Finding, Summary

Result = Literal["unchanged", "published", "held", "failed"]


class Problem(msgspec.Struct, frozen=True):
    """Why a check failed."""

    name: str
    message: str


class Outcome(msgspec.Struct, frozen=True):
    """What one check came to, as `run --json` prints it.

    `version` is the one in force now. `digest` names a held candidate; `undelivered` counts the
    deliveries that failed in this run; `notes` are lines for the operator; `usage` says that
    the configuration is at fault.
    """

    source: str
    outcome: Result
    version: int | None = None
    summary: Summary | None = None
    findings: tuple[Finding, ...] = ()
    error: Problem | None = None
    owed: int = 0
    undelivered: int = 0
    notes: tuple[str, ...] = ()
    usage: bool = False
    digest: str | None = None


def failed(source: str, error: FwtrackerError) -> Outcome:
    """A check that ended with an error; the last good version stays."""
    return Outcome(
        source,
        "failed",
        error=Problem(error.name, str(error)),
        usage=isinstance(error, UsageError),
    )
