"""The JSON output of `source check`."""

from __future__ import annotations

import msgspec

from tracker.check.context import CheckError, OutcomeKind
from tracker.drafts.parts import Part, Removal
from tracker.model import Entry, Finding


class SourceCheck(msgspec.Struct, frozen=True):
    """The current reading of a source's pages, as `source check --json` prints it."""

    source: str
    entries: tuple[Entry, ...]
    parts: tuple[Part, ...]
    removals: tuple[Removal, ...]
    outcome: OutcomeKind
    findings: tuple[Finding, ...]
    error: CheckError | None
