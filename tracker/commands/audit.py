"""`audit`: compares the current configuration of a firewall with a version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.audit.report import (
    FINDING_KINDS,
    MEANINGS,
    AuditedFile,
    AuditFinding,
    AuditReport,
    JudgedPart,
)
from tracker.commands.common import (
    Setup,
    command,
    echo_note,
    print_json,
    region_option,
    source_option,
    verbose,
)
from tracker.commands.output import format_table
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.filters.scope import find_default
from tracker.history.archive import load_version
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import read_settings, require_known_values
from tracker.text import clean

if TYPE_CHECKING:
    from tracker.audit.audit import AuditResult, ConfigFile, ParsedFile
    from tracker.model import Snapshot
    from tracker.store.tree import Tree


_LARGEST = 64 << 20  # bytes of one file
_FEW_SHOWN = 5  # endpoints that are not compared for the same reason
_FAIL_ON = ("missing", "stale", "wide", "covered", "extra", "not-read")
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@command()
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--as", "kinds", multiple=True, help="Kind of the files: once, or once for each file."
)
@click.option(
    "--list", "list_only", is_flag=True, help="List the kinds, and how to export each."
)
@region_option
@click.option("--component", "components", multiple=True, help="Only for this component.")
@click.option("--chain", default="", help="Judge this chain, path (lan>wan1) or group.")
@click.option("--profile", default="", help="Judge this profile, such as Domain.")
@click.option("--scope", "scopes", multiple=True, help="Judge this one of several firewalls.")
@click.option("--version", type=int, help="Compare with this version.  [the newest]")
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    type=click.Choice(_FAIL_ON),
    help="Exit with 1 for these findings; may be repeated.  [missing]",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--fix", "as_fix", is_flag=True, help="Print the fixes, ready to load.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Print as SARIF 2.1.0.")
@source_option
def audit(
    setup: Setup,
    files: tuple[Path, ...],
    kinds: tuple[str, ...],
    regions: tuple[str, ...],
    components: tuple[str, ...],
    chain: str,
    profile: str,
    scopes: tuple[str, ...],
    version: int | None,
    fail_on: tuple[str, ...],
    name: str | None,
    *,
    list_only: bool,
    as_json: bool,
    as_sarif: bool,
    as_fix: bool,
) -> int:
    """Compare what a firewall has today with what the page documents.

    FILE is an export of the firewall: see --list. `-` reads standard input.

    Exit status: 0 no findings that --fail-on names; 1 such findings; 2 a file could not be
    read.
    """
    from tracker.audit.audit import audit as hold  # noqa: PLC0415
    from tracker.audit.audit import parse_files  # noqa: PLC0415
    from tracker.audit.parsed_config import ReadOptions  # noqa: PLC0415

    if list_only:
        return _list_kinds()
    if as_json + as_sarif + as_fix > 1:
        raise click.UsageError("choose one of --json, --sarif and --fix")
    texts = _read_files(files, kinds)
    read = parse_files(texts, ReadOptions({}, chain, profile, scopes))
    tree = setup.tree(setup.source(name).name)
    snapshot, late = load_version(tree, version), _pending_removals(tree, setup, version)
    entries = snapshot.entries + late.entries
    shown = regions or find_default(setup.config.chosen_regions(tree.source), entries)
    choice = Rules(name="audit", regions=shown, components=components or None)
    require_known_values(choice, entries)
    older = _older_versions(tree, snapshot.version)
    made = hold(snapshot, older, late, choice, read_settings(setup.config), read)
    report = made.report
    if as_fix:
        _print_fix(made, read, texts)
    else:
        _print(report, as_json=as_json, as_sarif=as_sarif)
    return 1 if _fails(report, fail_on or ("missing",)) else 0


def _list_kinds() -> int:
    from tracker.audit import readers  # noqa: PLC0415

    for kind in map(readers.load_reader, readers.list_readers()):
        click.echo(f"{kind.name}: {kind.about}\n    {kind.export}")
    return 0


def _read_files(files: tuple[Path, ...], kinds: tuple[str, ...]) -> list[ConfigFile]:
    """Return the files as text, each with its kind if that is given."""
    from tracker.audit.audit import ConfigFile  # noqa: PLC0415

    if not files:
        raise click.UsageError("name a FILE; fwtracker audit --list shows what to export")
    if len(kinds) not in {0, 1, len(files)}:
        raise click.UsageError("give --as once, or once for each file, in order")
    each = kinds * len(files) if len(kinds) == 1 else kinds or (None,) * len(files)
    return [
        ConfigFile(str(file), _decode(_read_bytes(file), file), kind)
        for file, kind in zip(files, each, strict=True)
    ]


def _read_bytes(file: Path) -> bytes:
    try:
        with click.open_file(str(file), "rb") as stream:
            data: bytes = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{file}: is larger than {_LARGEST >> 20} MiB")
    return data


def _decode(data: bytes, file: Path) -> str:
    """Decode UTF-8, or UTF-16 as written by redirections in Windows PowerShell."""
    coding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not {coding.upper()} text: {error.reason}") from None


def _pending_removals(tree: Tree, setup: Setup, version: int | None) -> PendingRemovals:
    """Return endpoints that left the page lately and may stay; none for a given version."""
    from tracker.publish.index import load_pending_removals  # noqa: PLC0415

    if version is not None:
        return PendingRemovals()
    return load_pending_removals(tree, setup.config, datetime.now(UTC), of_all=True)


def _older_versions(tree: Tree, version: int) -> Iterator[Snapshot]:
    return (tree.snapshot(each) for each in reversed(tree.versions()) if each < version)


def _fails(report: AuditReport, fail_on: tuple[str, ...]) -> bool:
    if "not-read" in fail_on and report.not_read:
        return True
    return any(report.summary.get(kind) for kind in fail_on)


def _print_fix(made: AuditResult, read: list[ParsedFile], texts: list[ConfigFile]) -> None:
    """Print the commands to load to stdout, and the steps to do by hand to stderr."""
    from tracker.audit.fix import fix, list_by_hand  # noqa: PLC0415

    for each, file in zip(read, texts, strict=True):
        own = (made.found, made.sets, each.reader, each.name, file.text)
        mended = fix(*own, into=each.config.fix_into)
        if mended is not None:
            click.echo(mended, nl=False)
        for stale in list_by_hand(*own):
            at = stale.permit.location
            echo_note(f"{at}: stale, remove it by hand: {at.text}")
    for line in list_left_alone(made.report):
        echo_note(line)


def _print(report: AuditReport, *, as_json: bool, as_sarif: bool) -> None:
    if as_json:
        print_json(report)
    elif as_sarif:
        from tracker.audit.report import render_sarif  # noqa: PLC0415

        print_json(render_sarif(report))
    else:
        click.echo("\n".join(format_report(report, verbose=verbose())))


def format_report(report: AuditReport, *, verbose: bool) -> Iterator[str]:
    """Yield the lines: what was compared, findings by kind, what was not read, a summary."""
    files = ", ".join(_describe_file(each, report) for each in report.files)
    where = ", ".join(report.regions) or "all"
    yield clean(f"{files} against {report.source} version {report.version}: {where}")
    yield from (clean(f"judged: {_describe_part(each)}") for each in report.judged)
    for kind, group in groupby(report.findings, lambda finding: finding.kind):
        found = list(group)
        yield ""
        yield f"{kind}: {len(found)}, {MEANINGS[kind]}"
        yield ""
        yield format_table(
            ("Endpoint", "What", "Where"), [_finding_row(finding) for finding in found]
        )
    yield from _not_read_lines(report)
    yield from _not_compared_lines(report, verbose=verbose)
    yield ""
    yield from (clean(f"note: {note}") for note in report.notes)
    yield _summary_line(report)


def _describe_file(file: AuditedFile, report: AuditReport) -> str:
    """Return `fw.rules (iptables, chain OUTPUT of IPv4)`; compared parts come first."""
    what = [each.what for each in report.judged if each.file == file.file]
    return f"{file.file} ({', '.join([file.kind, *what])})"


def _describe_part(part: JudgedPart) -> str:
    return f"{part.file}: {part.what}: {part.why}"


def _finding_row(finding: AuditFinding) -> tuple[str, str, str]:
    if finding.kind in {"missing", "covered"}:
        need = f" ({finding.requirement})" if finding.requirement else ""
        said = "" if finding.message == "not let through" else f": {finding.message}"
        return finding.endpoint, f"{finding.resource}{need}{said}", ", ".join(finding.regions)
    at = _locate(finding.file, finding.line)
    return finding.endpoint, finding.message, at if finding.line else f"{at}: {finding.text}"


def _not_read_lines(report: AuditReport) -> Iterator[str]:
    if report.not_read:
        yield ""
        count = len(report.not_read)
        yield f"not understood: {count}, each may let something through or stop it"
    for line in report.not_read:
        yield f"  {clean(f'{_locate(line.file, line.line)}: {line.text}: {line.why}')}"


def _locate(file: str | None, line: int | None) -> str:
    return f"{file}:{line}" if line else f"{file}"


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
    """Yield what a fix does not change, because it may be the operator's own."""
    for finding in report.findings:
        if finding.kind in {"wide", "extra"}:
            at = _locate(finding.file, finding.line)
            yield clean(f"left alone: {finding.kind} {finding.endpoint} ({at}): {finding.text}")
    for line in report.not_read:
        at = _locate(line.file, line.line)
        yield clean(f"left alone: not understood: {at}: {line.text}")
    if not report.summary["missing"] and not report.summary["stale"]:
        yield "nothing is missing and nothing is stale"
