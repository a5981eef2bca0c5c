"""One audit: files to parsed configurations, versions to what is documented, both to a report.

Pure: the command opens the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from tracker.audit import readers
from tracker.audit.compare import Comparison, Missing, compare
from tracker.audit.documented import DocumentedEndpoint, DocumentedState, collect_documented
from tracker.audit.parsed_config import (
    AddressRange,
    ConfigParseError,
    ParsedConfig,
    Permit,
    ReadOptions,
    SetMember,
    Skipped,
)
from tracker.audit.readers import Reader
from tracker.audit.report import (
    AuditedFile,
    AuditReport,
    NotCompared,
    build_findings,
    describe_endpoint,
    list_skipped,
    summarize,
)
from tracker.config.tables import Rules
from tracker.filters import matches
from tracker.formats import NO_PORT, RuleSet
from tracker.model import SCHEMA, Endpoint, Snapshot, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import RuleSettings, build_region_sets


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file's name and text; without a `kind` it is detected from the text."""

    name: str
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """An audit's report, and what a fix is made from."""

    report: AuditReport
    found: Comparison
    sets: tuple[RuleSet, ...]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file, its reader, and what the reader made of it."""

    name: str
    reader: Reader
    config: ParsedConfig


def parse_files(texts: Sequence[ConfigFile]) -> list[ParsedFile]:
    """Parse every file by its reader.

    Raises ConfigParseError or UsageError that names the file.
    """
    known = [(each, _choose_reader(each)) for each in texts]
    sets: dict[str, tuple[SetMember, ...]] = {}
    parsed: dict[int, ParsedFile] = {}
    # Files that others take sets from come first; the result keeps the order of the files.
    for number, (each, reader) in sorted(
        enumerate(known), key=lambda item: item[1][1].sets_for is None
    ):
        parsed[number] = ParsedFile(each.name, reader, _parse_file(each, reader, sets))
        sets |= parsed[number].config.sets
    kinds = {reader.name for _, reader in known}
    for read in parsed.values():
        if read.reader.sets_for in kinds:
            read.config.permits.clear()
    return [parsed[number] for number in sorted(parsed)]


def _choose_reader(each: ConfigFile) -> Reader:
    return (
        readers.load_reader(each.kind)
        if each.kind
        else readers.detect_reader(each.text, each.name)
    )


def _parse_file(
    each: ConfigFile, reader: Reader, sets: dict[str, tuple[SetMember, ...]]
) -> ParsedConfig:
    try:
        config = reader.read(each.text, ReadOptions(sets))
    except ConfigParseError as error:
        raise ConfigParseError(f"{each.name}: {error} (read as {reader.name})") from None
    config.permits = [_with_file(permit, each.name) for permit in config.permits]
    config.skipped = [
        Skipped(replace(item.location, file=each.name), item.why) for item in config.skipped
    ]
    config.notes = [f"{each.name}: {note}" for note in config.notes]
    return config


def _with_file(permit: Permit, name: str) -> Permit:
    return replace(permit, location=replace(permit.location, file=name))


def audit(
    snapshot: Snapshot,
    older: Iterable[Snapshot],
    late: PendingRemovals,
    choice: Rules,
    settings: RuleSettings,
    read: Sequence[ParsedFile],
) -> AuditResult:
    """Compare files with a version; `older` versions, newest first, tell what is stale."""
    sets = tuple(build_region_sets(snapshot, settings, late, choice))
    documented = collect_documented(
        sets,
        [entry for entry in snapshot.entries if matches(choice, entry)],
        build_region_sets(snapshot, settings, PendingRemovals()),
        (
            (each.version, build_region_sets(each, settings, PendingRemovals(), choice))
            for each in older
        ),
    )
    found = compare(documented, [each.config.permits for each in read])
    not_compared = (
        *_split_off_unnamed(found, read),
        *map(_without_port, documented.unstated),
    )
    findings = build_findings(found)
    report = AuditReport(
        schema=SCHEMA,
        source=snapshot.source,
        version=snapshot.version,
        regions=choice.regions or tuple(each for each in regions_of(snapshot.entries) if each),
        components=choice.components or (),
        files=tuple(AuditedFile(each.name, each.reader.name) for each in read),
        endpoints=len(documented.needed) + len(documented.unstated),
        summary=summarize(findings),
        findings=findings,
        not_compared=not_compared,
        not_read=tuple(line for each in read for line in list_skipped(each.config.skipped)),
        notes=(
            *(note for each in read for note in each.config.notes),
            *_suggest_regions(documented, found),
        ),
    )
    return AuditResult(report, found, sets)


def _split_off_unnamed(found: Comparison, read: Sequence[ParsedFile]) -> Iterator[NotCompared]:
    """Remove from what is missing, and yield, all that no file of these kinds ever names."""
    kept: list[Missing] = []
    for missing in found.missing:
        reasons = [_explain_unnamed(missing.needed, each) for each in read]
        if missing.partly or not all(reasons):
            kept.append(missing)
        else:
            needed = missing.needed
            yield NotCompared(describe_endpoint(needed), needed.resource, reasons[0] or "")
    found.missing[:] = kept


def _without_port(needed: DocumentedEndpoint) -> NotCompared:
    return NotCompared(describe_endpoint(needed), needed.resource, NO_PORT)


def _explain_unnamed(needed: DocumentedEndpoint, read: ParsedFile) -> str | None:
    """Say why a file does not name an endpoint; None if it could."""
    target = needed.target
    if isinstance(target, AddressRange) and target.family not in read.config.families:
        return f"the file is not about IPv{target.family}"
    return read.reader.unsupported(_as_on_page(needed))


def _as_on_page(needed: DocumentedEndpoint) -> Endpoint:
    """Return the endpoint as the page has it: a bare name is part of its wildcard."""
    if needed.bare_of is None:
        return needed.endpoint
    return msgspec.structs.replace(needed.endpoint, target=needed.bare_of)


def _suggest_regions(documented: DocumentedState, found: Comparison) -> Iterator[str]:
    """Name regions of which nothing is let through: they are probably not the user's."""
    regions = dict.fromkeys(region for each in documented.needed for region in each.regions)
    if len(regions) < 2:  # noqa: PLR2004  a choice needs two
        return
    lost = {missing.needed for missing in found.missing}
    for region in regions:
        own = [each for each in documented.needed if each.regions == (region,)]
        if own and lost.issuperset(own):
            yield (
                f"nothing that is only for {region} is let through;"
                " if it is not your region, name yours with --region"
            )
