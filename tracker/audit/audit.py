"""An audit: compare parsed configurations with the documented endpoints, for a report.

Pure: the command opens the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from tracker.audit import readers
from tracker.audit.compare import Comparison, Doubtful, Missing, compare
from tracker.audit.documented import DocumentedEndpoint, DocumentedState, collect_documented
from tracker.audit.parsed_config import (
    AddressRange,
    ConfigParseError,
    Judged,
    Location,
    Option,
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
    JudgedPart,
    NotCompared,
    build_findings,
    describe_endpoint,
    explain_doubt,
    list_skipped,
    summarize,
)
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.filters.entry_filters import matches
from tracker.formats import NO_PORT, RuleSet
from tracker.model import SCHEMA, Endpoint, Snapshot, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import RuleSettings, build_region_sets

_COUNTS_AS_OPEN = "taken as let through: no policy in this file"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file's name and text; without a `kind`, that is detected from the text."""

    name: str
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The report of an audit, and the data to make a fix from."""

    report: AuditReport
    found: Comparison
    sets: tuple[RuleSet, ...]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file, its reader, and the configuration that the reader parsed."""

    name: str
    reader: Reader
    config: ParsedConfig


def parse_files(
    texts: Sequence[ConfigFile], options: ReadOptions | None = None
) -> list[ParsedFile]:
    """Parse each file with its reader; the options may limit what is read.

    Raises ConfigParseError or UsageError, which name the file.
    """
    known = [(each, _choose_reader(each)) for each in texts]
    options = options or ReadOptions()
    _require_supported(options, [reader for _, reader in known])
    sets: dict[str, tuple[SetMember, ...]] = {}
    parsed: dict[int, ParsedFile] = {}
    # Files that define sets for others come first; the result keeps the order of the files.
    for number, (each, reader) in sorted(
        enumerate(known), key=lambda item: item[1][1].sets_for is None
    ):
        parsed[number] = ParsedFile(
            each.name, reader, _parse_file(each, reader, replace(options, sets=sets))
        )
        sets |= parsed[number].config.sets
    kinds = {reader.name for _, reader in known}
    for read in parsed.values():
        if read.reader.sets_for in kinds:
            read.config.permits.clear()
            read.config.is_fragment = False
        if read.config.is_fragment:
            read.config.judged.append(Judged("all that it names", _COUNTS_AS_OPEN))
    found = [parsed[number] for number in sorted(parsed)]
    _require_one_firewall(found, options)
    return found


def _choose_reader(each: ConfigFile) -> Reader:
    return (
        readers.load_reader_for(each.kind, each.text, each.name)
        if each.kind
        else readers.detect_reader(each.text, each.name)
    )


def _require_supported(options: ReadOptions, used: Iterable[Reader]) -> None:
    """Raise UsageError for an option that no reader of these files supports."""
    given: dict[Option, bool] = {
        "chain": bool(options.chain),
        "profile": bool(options.profile),
        "scope": bool(options.scopes),
    }
    for option, is_given in given.items():
        if is_given and not any(option in reader.takes for reader in used):
            takers = [
                name
                for name in readers.list_readers()
                if option in readers.load_reader(name).takes
            ]
            kinds = ", ".join(dict.fromkeys(reader.name for reader in used))
            raise UsageError(
                f"--{option} is for files of {', '.join(takers) or 'no kind'}; leave it out"
                f" for {kinds}"
            )


def _require_one_firewall(parsed: Sequence[ParsedFile], options: ReadOptions) -> None:
    """Raise ConfigParseError for an unknown scope, and for several firewalls without a choice.

    The rules of several firewalls are never combined: one may stop what another allows.
    """
    with_scopes = [each for each in parsed if each.config.scopes]
    names = dict.fromkeys(name for each in with_scopes for name in each.config.scopes)
    known = ", ".join(names) or "none"
    if options.scopes:
        for scope in options.scopes:
            if scope not in names:
                raise ConfigParseError(f'no scope is called "{scope}"; there are: {known}')
    elif len(names) > 1:
        files = ", ".join(each.name for each in with_scopes)
        raise ConfigParseError(
            f"{files}: has {len(names)} {with_scopes[0].reader.scopes_are}, each with rules of"
            f" its own: {known}; choose with --scope NAME"
        )


def _parse_file(each: ConfigFile, reader: Reader, options: ReadOptions) -> ParsedConfig:
    try:
        config = reader.read(each.text, options)
    except ConfigParseError as error:
        raise ConfigParseError(f"{each.name}: {error} (read as {reader.name})") from None
    unknown = {
        (each.location, each.unknown)
        for each in config.permits
        if each.unknown and not each.for_some
    }
    config.skipped += [Skipped(*item) for item in sorted(unknown, key=_sort_key)]
    config.permits = [_with_file(permit, each.name) for permit in config.permits]
    config.skipped = [
        Skipped(replace(item.location, file=each.name), item.why) for item in config.skipped
    ]
    config.notes = [f"{each.name}: {note}" for note in config.notes]
    return config


def _sort_key(item: tuple[Location, str]) -> tuple[int, str, str]:
    return item[0].line, item[0].text, item[1]


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
    """Compare files with a version; `older` versions, newest first, show what is stale."""
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
    found = compare(documented, [permits for each in read for permits in _split_by_scope(each)])
    not_compared = (
        *_remove_unnamed(found, read),
        *map(_report_doubtful, found.doubtful),
        *map(_report_portless, documented.unstated),
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
        judged=tuple(
            JudgedPart(each.name, part.what, part.why)
            for each in read
            for part in each.config.judged
        ),
    )
    return AuditResult(report, found, sets)


def _remove_unnamed(found: Comparison, read: Sequence[ParsedFile]) -> Iterator[NotCompared]:
    """Remove missing endpoints that no file of these kinds can contain, and yield them."""
    kept: list[Missing] = []
    whole = any(not each.config.is_fragment and each.reader.sets_for is None for each in read)
    for missing in found.missing:
        reasons = [_explain_unnamed(missing.needed, each) for each in read]
        # A host name that is blocked at any address needs no rule with its name.
        is_closed = whole and missing.nothing_open and missing.needed.is_host
        if missing.partly or is_closed or not all(reasons):
            kept.append(missing)
        else:
            needed = missing.needed
            over = "covered over IPv6 only; over IPv4 " if missing.over_ipv6 else ""
            reason = f"{over}{reasons[0]}"
            yield NotCompared(describe_endpoint(needed), needed.resource, reason)
    found.missing[:] = kept


def _split_by_scope(read: ParsedFile) -> Iterable[list[Permit]]:
    """Return the permits of each firewall in a file: in each, the first match decides."""
    scopes: dict[str, list[Permit]] = {}
    for permit in read.config.permits:
        scopes.setdefault(permit.scope, []).append(permit)
    return scopes.values()


def _report_doubtful(found: Doubtful) -> NotCompared:
    needed = found.needed
    return NotCompared(describe_endpoint(needed), needed.resource, explain_doubt(found))


def _report_portless(needed: DocumentedEndpoint) -> NotCompared:
    return NotCompared(describe_endpoint(needed), needed.resource, NO_PORT)


def _explain_unnamed(needed: DocumentedEndpoint, read: ParsedFile) -> str | None:
    """Return why a file cannot contain an endpoint; None if it can."""
    target = needed.target
    if isinstance(target, AddressRange) and target.family not in read.config.families:
        return f"the file is not about IPv{target.family}"
    return read.reader.unsupported(_as_on_page(needed))


def _as_on_page(needed: DocumentedEndpoint) -> Endpoint:
    """Return the endpoint as on the page: a bare name is part of its wildcard."""
    if needed.bare_of is None:
        return needed.endpoint
    return msgspec.structs.replace(needed.endpoint, target=needed.bare_of)


def _suggest_regions(documented: DocumentedState, found: Comparison) -> Iterator[str]:
    """Yield notes on regions of which nothing is allowed: probably they are not the user's."""
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
