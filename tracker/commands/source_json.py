"""What `source check` prints as JSON."""

from __future__ import annotations

import msgspec

from tracker.check.context import CheckError, OutcomeKind
from tracker.drafts.parts import Part, Removal
from tracker.model import Entry, Finding


class SourceCheck(msgspec.Struct, frozen=True):
    """What a definition makes of its pages today: `source check --json`."""

    source: str
    entries: tuple[Entry, ...]
    parts: tuple[Part, ...]
    removals: tuple[Removal, ...]
    outcome: OutcomeKind
    findings: tuple[Finding, ...]
    error: CheckError | None
