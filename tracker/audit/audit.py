"""One audit: texts to dumps, versions to what is documented, both to a report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from tracker.audit import readers
from tracker.audit.compare import compare
from tracker.audit.documented import Documented, Needed, documented
from tracker.audit.parsed_config import Dump, DumpError, Member, Opening, Span, Unread
from tracker.audit.readers import Reader
from tracker.audit.report import (
    File,
    NotCompared,
    Report,
    findings_of,
    needed_text,
    not_read,
    summary_of,
)
from tracker.audit.results import Comparison, Missing
from tracker.config.tables import Rules
from tracker.formats import NO_PORT, RuleSet
from tracker.model import SCHEMA, Endpoint, Snapshot, regions_of
from tracker.publish.assumed import Assumptions
from tracker.publish.grace import Leaving
from tracker.publish.rules import is_wanted, region_sets


@dataclass(frozen=True, slots=True)
class Text:
    """One file's name and text; `kind` is null where the text has to say it."""

    name: str
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit came to: in words, and as what a fix is made from."""

    report: Report
    found: Comparison
    sets: tuple[RuleSet, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """One file as its reader understood it."""

    name: str
    reader: Reader
    dump: Dump


def read_all(texts: Sequence[Text]) -> list[Read]:
    """Every file by its reader. Raises DumpError or UsageError that names the file."""
    known = [(each, _reader(each)) for each in texts]
    sets: dict[str, tuple[Member, ...]] = {}
    made: dict[int, Read] = {}
    # Those that others take sets from come first; the answer keeps the order of the files.
    for number, (each, reader) in sorted(
        enumerate(known), key=lambda item: item[1][1].sets_for is None
    ):
        made[number] = Read(each.name, reader, _dump(each, reader, sets))
        sets |= made[number].dump.sets
    kinds = {reader.name for _, reader in known}
    for read in made.values():
        if read.reader.sets_for in kinds:
            read.dump.openings.clear()
    return [made[number] for number in sorted(made)]


def _reader(each: Text) -> Reader:
    return readers.load(each.kind) if each.kind else readers.find(each.text, each.name)


def _dump(each: Text, reader: Reader, sets: dict[str, tuple[Member, ...]]) -> Dump:
    try:
        dump = reader.read(each.text, sets)
    except DumpError as error:
        raise DumpError(f"{each.name}: {error} (read as {reader.name})") from None
    dump.openings = [_at(opening, each.name) for opening in dump.openings]
    dump.unread = [
        Unread(replace(item.place, file=each.name), item.why) for item in dump.unread
    ]
    dump.notes = [f"{each.name}: {note}" for note in dump.notes]
    return dump


def _at(opening: Opening, name: str) -> Opening:
    return replace(opening, place=replace(opening.place, file=name))


def audit(
    snapshot: Snapshot,
    older: Iterable[Snapshot],
    late: Leaving,
    choice: Rules,
    assumptions: Assumptions,
    read: Sequence[Read],
) -> Audit:
    """Hold files against a version; `older` versions, newest first, say what is stale."""
    sets = tuple(region_sets(snapshot, assumptions, late, choice))
    pages = documented(
        sets,
        [entry for entry in snapshot.entries if is_wanted(choice, entry)],
        region_sets(snapshot, assumptions, Leaving()),
        ((each.version, region_sets(each, assumptions, Leaving(), choice)) for each in older),
    )
    found = compare(pages, [each.dump.openings for each in read])
    aside = (*_set_aside(found, read), *map(_no_port, pages.unstated))
    findings = findings_of(found)
    report = Report(
        schema=SCHEMA,
        source=snapshot.source,
        version=snapshot.version,
        regions=choice.regions or tuple(each for each in regions_of(snapshot.entries) if each),
        components=choice.components or (),
        files=tuple(File(each.name, each.reader.name) for each in read),
        endpoints=len(pages.needed) + len(pages.unstated),
        summary=summary_of(findings),
        findings=findings,
        not_compared=aside,
        not_read=tuple(line for each in read for line in not_read(each.dump.unread)),
        notes=(*(note for each in read for note in each.dump.notes), *_hints(pages, found)),
    )
    return Audit(report, found, sets)


def _set_aside(found: Comparison, read: Sequence[Read]) -> Iterator[NotCompared]:
    """Takes away from what is missing all that no file of these kinds ever names."""
    kept: list[Missing] = []
    for missing in found.missing:
        reasons = [_cannot(missing.needed, each) for each in read]
        if missing.partly or not all(reasons):
            kept.append(missing)
        else:
            needed = missing.needed
            yield NotCompared(needed_text(needed), needed.resource, reasons[0] or "")
    found.missing[:] = kept


def _no_port(needed: Needed) -> NotCompared:
    return NotCompared(needed_text(needed), needed.resource, NO_PORT)


def _cannot(needed: Needed, read: Read) -> str | None:
    """Why a file does not name an endpoint, by its kind or by what it is about."""
    target = needed.target
    if isinstance(target, Span) and target.family not in read.dump.families:
        return f"the file is not about IPv{target.family}"
    return read.reader.cannot(_asked(needed))


def _asked(needed: Needed) -> Endpoint:
    """The endpoint as the page has it: a bare name is part of its wildcard."""
    if needed.bare_of is None:
        return needed.endpoint
    return msgspec.structs.replace(needed.endpoint, target=needed.bare_of)


def _hints(pages: Documented, found: Comparison) -> Iterator[str]:
    """A region of which nothing at all is let through is probably none of the user's."""
    regions = dict.fromkeys(region for each in pages.needed for region in each.regions)
    if len(regions) < 2:  # noqa: PLR2004  a choice needs two
        return
    lost = {missing.needed for missing in found.missing}
    for region in regions:
        own = [each for each in pages.needed if each.regions == (region,)]
        if own and lost.issuperset(own):
            yield (
                f"nothing that is only for {region} is let through;"
                " if it is no region of yours, name yours with --region"
            )
