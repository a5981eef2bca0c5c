"""A report as SARIF 2.1.0 (OASIS), for code scanning and whatever else shows such files.

Only findings become results: a rule for each kind, the firewall's file and line as the
location where it says something; what is missing is located at the first file.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tracker import __version__
from tracker.audit.report import KINDS, MEANING, Finding, Kind, NotRead, Report

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVEL: dict[Kind, str] = {
    "missing": "error",
    "stale": "warning",
    "wide": "warning",
    "covered": "note",
    "extra": "note",
}
_NOT_READ = "not-read"


def sarif(report: Report) -> dict[str, Any]:
    """One run with one result for each finding and each line that was not understood."""
    first = report.files[0].file
    rules: list[tuple[str, str]] = [(kind, MEANING[kind]) for kind in KINDS]
    rules.append((_NOT_READ, "not understood: it may let something through, or stop it"))
    driver = {
        "name": "fwtracker",
        "version": __version__,
        "rules": [{"id": kind, "shortDescription": {"text": text}} for kind, text in rules],
    }
    results = [_result(finding, first) for finding in report.findings]
    results += [_not_read(line) for line in report.not_read]
    about = {"source": report.source, "version": report.version}
    run = {"tool": {"driver": driver}, "results": results, "properties": about}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, first: str) -> dict[str, Any]:
    text = f"{finding.endpoint}: {finding.message}"
    return {
        "ruleId": finding.kind,
        "level": _LEVEL[finding.kind],
        "message": {"text": text},
        "locations": [_location(finding.file or first, finding.line)],
        # The same finding in the next run is the same: neither line nor wording counts.
        "partialFingerprints": {"endpoint/v1": f"{finding.kind} {finding.endpoint}"},
    }


def _not_read(line: NotRead) -> dict[str, Any]:
    return {
        "ruleId": _NOT_READ,
        "level": "note",
        "message": {"text": f"{line.text}: {line.why}"},
        "locations": [_location(line.file, line.line or None)],
    }


def _location(file: str, line: int | None) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if line:
        where["region"] = {"startLine": line}
    return {"physicalLocation": where}
