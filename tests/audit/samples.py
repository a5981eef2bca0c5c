"""Versions to audit against, and dumps made of what a rule set opens, for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tracker.audit.audit import AuditResult, ConfigFile, audit, parse_files
from tracker.audit.parsed_config import ReadOptions
from tracker.audit.report import AuditReport
from tracker.config import Config
from tracker.config.tables import Rules
from tracker.model import Entry, Page, Snapshot, digest
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import read_settings

URL: Final = "https://www.action1.com/documentation/firewall-configuration/"


def snapshot(*entries: Entry, version: int = 2) -> Snapshot:
    time = "2024-04-18T10:00:00Z"
    return Snapshot(
        schema=1,
        source="action1",
        version=version,
        captured_at=time,
        previous=version - 1 or None,
        digest=digest(entries),
        pages=(Page(URL, "0" * 64, time),),
        entries=entries,
    )


def audit_report(entries: Sequence[Entry], *texts: ConfigFile, **more: Any) -> AuditReport:
    """The report on these files; `more` as for `whole`."""
    return run_audit(entries, *texts, **more).report


def run_audit(
    entries: Sequence[Entry],
    *texts: ConfigFile,
    older: Sequence[Sequence[Entry]] = (),
    choice: Rules | None = None,
    late: PendingRemovals | None = None,
    options: ReadOptions | None = None,
) -> AuditResult:
    """An audit of these files; `older` are earlier versions, the newest first."""
    last = len(older) + 1
    past = [snapshot(*each, version=last - 1 - number) for number, each in enumerate(older)]
    now = snapshot(*entries, version=last)
    chosen = choice or Rules(name="audit")
    assumed = read_settings(Config())
    return audit(
        now, past, late or PendingRemovals(), chosen, assumed, parse_files(texts, options)
    )


def list_findings(report: AuditReport) -> list[str]:
    """`missing outbound 192.0.2.1 tcp/443`, one for each finding."""
    return [f"{each.kind} {each.endpoint}" for each in report.findings]
