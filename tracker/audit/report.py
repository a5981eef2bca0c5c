"""Findings of an audit, in words and as data, for the table, JSON and SARIF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

import msgspec

from tracker import __version__
from tracker.audit.compare import Comparison, Covered, Doubtful, Extra, Missing, Stale, Wide
from tracker.audit.documented import DocumentedEndpoint
from tracker.audit.parsed_config import ANY_PORT, Permit, Ports, Skipped
from tracker.model import Count, Direction, Number, Protocol, Requirement

FindingKind = Literal["missing", "stale", "wide", "covered", "extra"]
# A firewall may be open from port 0 on, which no page lists.
AnyPort = Annotated[
    int, msgspec.Meta(ge=0, le=65535, description="port number", examples=[443])
]
Line = Annotated[int, msgspec.Meta(ge=1, description="line number", examples=[17])]
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
MEANINGS: dict[FindingKind, str] = {
    "missing": "documented, and not let through: this will break",
    "stale": "let through, and no longer documented",
    "wide": "lets through more than is documented",
    "covered": "documented, and let through only by something wider",
    "extra": "let through, and not documented for what was asked",
}
_SHOWN = 3
_SARIF_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_SARIF_LEVELS: dict[FindingKind, str] = {
    "missing": "error",
    "stale": "warning",
    "wide": "warning",
    "covered": "note",
    "extra": "note",
}
_NOT_READ = "not-read"  # the SARIF rule of lines that are not understood


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. A null protocol or port is any, or one that these files do not contain.

    A null direction is both ways within the local network. `version` is the last one that
    documented a stale endpoint. `others` are the permits that cover the endpoint, or the
    endpoints that a permit is needed or documented for. `file` and `line` locate the permit.
    """

    kind: FindingKind
    direction: Direction | None
    target: str
    protocol: Protocol | None
    from_port: AnyPort | None
    to_port: AnyPort | None
    message: str
    regions: tuple[str, ...] = ()
    resource: str | None = None
    requirement: Requirement | None = None
    version: Number | None = None
    others: tuple[str, ...] = ()
    file: str | None = None
    line: Line | None = None
    text: str | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint in words: `outbound 192.0.2.1 tcp/443`."""
        ports = None if self.from_port is None else (self.from_port, self.to_port or 0)
        return describe(self.direction, self.target, self.protocol, ports)


class SkippedLine(msgspec.Struct, frozen=True):
    """A line that is not understood; it may let something through, or stop it."""

    file: str
    line: Line | None
    text: str
    why: str


class NotCompared(msgspec.Struct, frozen=True):
    """A documented endpoint that these kinds of file can never contain."""

    endpoint: str
    resource: str
    reason: str


class AuditedFile(msgspec.Struct, frozen=True):
    """An audited file and its kind."""

    file: str
    kind: str


class JudgedPart(msgspec.Struct, frozen=True):
    """A part of a file that decided (a chain, a profile, a list), and why that one."""

    file: str
    what: str
    why: str


class AuditReport(msgspec.Struct, frozen=True):
    """One audit, as `audit --json` prints it."""

    schema: Literal[1]
    source: str
    version: Number
    regions: tuple[str, ...]
    components: tuple[str, ...]
    files: tuple[AuditedFile, ...]
    endpoints: Count
    summary: dict[str, Count]
    findings: tuple[AuditFinding, ...]
    not_compared: tuple[NotCompared, ...]
    not_read: tuple[SkippedLine, ...]
    notes: tuple[str, ...]
    judged: tuple[JudgedPart, ...] = ()


def build_findings(found: Comparison) -> tuple[AuditFinding, ...]:
    """Return all findings, by kind."""
    return (
        *map(_missing_finding, found.missing),
        *map(_stale_finding, found.stale),
        *map(_wide_finding, found.wide),
        *map(_covered_finding, found.covered),
        *map(_extra_finding, found.extra),
    )


def summarize(findings: Iterable[AuditFinding]) -> dict[str, int]:
    """Return the number of findings of each kind, also of kinds that have none."""
    counted = Counter(finding.kind for finding in findings)
    return {kind: counted[kind] for kind in FINDING_KINDS}


def list_skipped(found: Iterable[Skipped]) -> Iterator[SkippedLine]:
    """Yield the lines that were not understood."""
    for each in found:
        at = each.location
        yield SkippedLine(at.file, at.line or None, at.text, each.why)


def describe(
    direction: Direction | None, target: str, protocol: Protocol | None, ports: Ports | None
) -> str:
    """Return `outbound 192.0.2.1 tcp/443`; without ports only the target."""
    way = direction or "within"
    if ports is None:
        return f"{way} {target}{f' {protocol}/not stated' if protocol else ''}"
    first, last = ports
    span = "any" if ports == ANY_PORT else str(first) if first == last else f"{first}-{last}"
    return f"{way} {target} {protocol or 'any'}/{span}"


def describe_endpoint(needed: DocumentedEndpoint) -> str:
    """Return `outbound 192.0.2.1 tcp/443`."""
    endpoint = needed.endpoint
    return describe(endpoint.direction, endpoint.target, endpoint.protocol, needed.ports)


def describe_permit(permit: Permit) -> str:
    """Return `outbound 192.0.2.0/24 tcp/443`."""
    return describe(permit.direction, str(permit.target), permit.protocol, permit.ports)


def _missing_finding(found: Missing) -> AuditFinding:
    by = _list_permits(found.partly)
    bare = found.needed.bare_of
    why = f"the page's {bare} includes this name; " if bare else ""
    return _endpoint_finding("missing", found.needed, f"{why}{_explain_missing(found, by)}", by)


def _explain_missing(found: Missing, by: tuple[str, ...]) -> str:
    if found.over_ipv6:
        return f"let through over IPv6 only, by {_join_first(_list_permits(found.over_ipv6))}"
    if by:
        return f"only a part of it is let through, by {_join_first(by)}"
    if found.maybe:
        rules = _join_first(tuple(_describe_place(each) for each in found.maybe))
        some = all(each.for_some for each in found.maybe)
        what = "is for some only" if some else "is not understood"
        return f"not let through, unless by what {what}: {rules}"
    return "not let through"


def _list_permits(permits: Iterable[Permit]) -> tuple[str, ...]:
    return tuple(f"{describe_permit(each)} ({each.location})" for each in permits)


def _covered_finding(found: Covered) -> AuditFinding:
    by = _list_permits(found.by)
    over = ", over IPv4 only" if found.over_ipv4 else ""
    message = f"let through only by {_join_first(by)}{over}"
    return _endpoint_finding("covered", found.needed, message, by)


def explain_doubt(found: Doubtful) -> str:
    """Return a text that says which rule may stop an endpoint, and why that is uncertain."""
    rules = tuple(dict.fromkeys(_describe_place(each) for each in found.by))
    why = found.by[0].unknown
    reason = why if found.by[0].for_some else f"not understood: {why}"
    return f"{_join_first(rules)} may stop it ({reason})"


def _describe_place(permit: Permit) -> str:
    """Return where a permit is, with its text if the file has no lines."""
    at = permit.location
    return f"{at}" if at.line else f"{at}: {at.text}"


def _stale_finding(found: Stale) -> AuditFinding:
    needed, permit = found.needed, found.permit
    alone = str(permit.target) == needed.endpoint.target
    inside = "" if alone else f", as a part of {describe_permit(permit)}"
    message = f"documented until version {found.version}, and no longer{inside}"
    return msgspec.structs.replace(
        _permit_finding("stale", permit, message),
        target=needed.endpoint.target,
        protocol=needed.endpoint.protocol,
        from_port=needed.endpoint.from_port,
        to_port=needed.endpoint.to_port,
        version=found.version,
        regions=needed.regions,
        resource=needed.resource,
    )


def _wide_finding(found: Wide) -> AuditFinding:
    inside = tuple(map(describe_endpoint, found.inside))
    message = f"the page lists only {_join_first(inside)}"
    return _permit_finding("wide", found.permit, message, inside)


def _extra_finding(found: Extra) -> AuditFinding:
    others = tuple(map(describe_endpoint, found.others))
    regions = dict.fromkeys(region for each in found.others for region in each.regions)
    where = ", ".join(regions) or "other components"
    message = "the page does not list it"
    if others:
        message = f"documented for something else ({where}): {_join_first(others)}"
    return _permit_finding("extra", found.permit, message, others)


def _endpoint_finding(
    kind: FindingKind, needed: DocumentedEndpoint, message: str, others: tuple[str, ...]
) -> AuditFinding:
    return AuditFinding(
        kind=kind,
        direction=needed.endpoint.direction,
        target=needed.endpoint.target,
        protocol=needed.endpoint.protocol,
        from_port=needed.endpoint.from_port,
        to_port=needed.endpoint.to_port,
        message=message,
        regions=needed.regions,
        resource=needed.resource,
        requirement=needed.requirement,
        others=others,
    )


def _permit_finding(
    kind: FindingKind, permit: Permit, message: str, others: tuple[str, ...] = ()
) -> AuditFinding:
    first, last = permit.ports or (None, None)
    return AuditFinding(
        kind=kind,
        direction=permit.direction,
        target=str(permit.target),
        protocol=permit.protocol,
        from_port=first,
        to_port=last,
        message=message,
        others=others,
        file=permit.location.file,
        line=permit.location.line or None,
        text=permit.location.text,
    )


def _join_first(texts: tuple[str, ...]) -> str:
    """Return the first few texts, and how many more there are."""
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more


def render_sarif(report: AuditReport) -> dict[str, Any]:
    """Return a report as SARIF 2.1.0 (OASIS), for code scanning.

    Findings and lines that were not understood become results, located at the firewall's file
    and line. Missing endpoints are located at the first file.
    """
    first = report.files[0].file
    rules: list[tuple[str, str]] = [(kind, MEANINGS[kind]) for kind in FINDING_KINDS]
    rules.append((_NOT_READ, "not understood: it may let something through, or stop it"))
    driver = {
        "name": "fwtracker",
        "version": __version__,
        "rules": [{"id": kind, "shortDescription": {"text": text}} for kind, text in rules],
    }
    results = [_sarif_result(finding, first) for finding in report.findings]
    results += [_sarif_skipped(line) for line in report.not_read]
    about = {"source": report.source, "version": report.version}
    run = {"tool": {"driver": driver}, "results": results, "properties": about}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_result(finding: AuditFinding, first: str) -> dict[str, Any]:
    text = f"{finding.endpoint}: {finding.message}"
    return {
        "ruleId": finding.kind,
        "level": _SARIF_LEVELS[finding.kind],
        "message": {"text": text},
        "locations": [_sarif_location(finding.file or first, finding.line)],
        # Line and wording are left out, so that the next run's finding counts as the same.
        "partialFingerprints": {"endpoint/v1": f"{finding.kind} {finding.endpoint}"},
    }


def _sarif_skipped(line: SkippedLine) -> dict[str, Any]:
    return {
        "ruleId": _NOT_READ,
        "level": "note",
        "message": {"text": f"{line.text}: {line.why}"},
        "locations": [_sarif_location(line.file, line.line)],
    }


def _sarif_location(file: str, line: int | None) -> dict[str, Any]:
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(file)}}
    if line:
        where["region"] = {"startLine": line}
    return {"physicalLocation": where}
