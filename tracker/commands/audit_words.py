"""An audit in the words that the terminal shows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tracker.audit.report import FINDING_KINDS, MEANINGS, AuditFinding, AuditReport
from tracker.commands.output import format_table
from tracker.text import clean

_FEW_SHOWN = 5


def format_report(report: AuditReport, *, verbose: bool) -> Iterator[str]:
    """What was compared, the findings by kind, what was not read, the sum."""
    files = ", ".join(f"{each.file} ({each.kind})" for each in report.files)
    where = ", ".join(report.regions) or "all"
    yield clean(f"{files} against {report.source} version {report.version}: {where}")
    for kind, group in groupby(report.findings, lambda finding: finding.kind):
        found = list(group)
        yield ""
        yield f"{kind}: {len(found)}, {MEANINGS[kind]}"
        yield ""
        yield format_table(("Endpoint", "What", "Where"), [_finding_row(finding) for finding in found])
    yield from _not_read_lines(report)
    yield from _not_compared_lines(report, verbose=verbose)
    yield ""
    yield from (clean(f"note: {note}") for note in report.notes)
    yield _summary_line(report)


def _finding_row(finding: AuditFinding) -> tuple[str, str, str]:
    if finding.kind in {"missing", "covered"}:
        need = f" ({finding.requirement})" if finding.requirement else ""
        said = "" if finding.message == "not let through" else f": {finding.message}"
        return finding.endpoint, f"{finding.resource}{need}{said}", ", ".join(finding.regions)
    at = f"{finding.file}:{finding.line}" if finding.line else f"{finding.file}"
    return finding.endpoint, finding.message, at if finding.line else f"{at}: {finding.text}"


def _not_read_lines(report: AuditReport) -> Iterator[str]:
    if report.not_read:
        yield ""
        count = len(report.not_read)
        yield f"not understood: {count}, each may let something through or stop it"
    for line in report.not_read:
        at = f"{line.file}:{line.line}" if line.line else line.file
        yield f"  {clean(f'{at}: {line.text}: {line.why}')}"


def _not_compared_lines(report: AuditReport, *, verbose: bool) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in report.not_compared:
        reasons.setdefault(each.reason, []).append(each.endpoint)
    for reason, endpoints in reasons.items():
        shown = endpoints if verbose else endpoints[:_FEW_SHOWN]
        yield ""
        yield clean(f"not compared: {len(endpoints)}, because {reason}")
        yield from (f"  {clean(endpoint)}" for endpoint in shown)
        if len(shown) < len(endpoints):
            yield f"  and {len(endpoints) - len(shown)} more (-v shows all)"


def _summary_line(report: AuditReport) -> str:
    compared = report.endpoints - len(report.not_compared)
    found = [f"{report.summary[kind]} {kind}" for kind in FINDING_KINDS if report.summary[kind]]
    return f"{compared} of {report.endpoints} endpoints compared: {', '.join(found) or 'clean'}"


def list_left_alone(report: AuditReport) -> Iterator[str]:
    """What a fix leaves alone: it may be somebody's own."""
    for finding in report.findings:
        if finding.kind in {"wide", "extra"}:
            at = f"{finding.file}:{finding.line}" if finding.line else finding.file
            yield clean(f"left alone: {finding.kind} {finding.endpoint} ({at}): {finding.text}")
    for line in report.not_read:
        yield clean(f"left alone: not understood: {line.file}:{line.line}: {line.text}")
    if not report.summary["missing"] and not report.summary["stale"]:
        yield "nothing is missing and nothing is stale"
