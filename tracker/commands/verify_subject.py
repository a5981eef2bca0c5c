"""The subject of `verify`: its options, a version, its tasks, or reports of machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from tracker.commands.common import Setup, print_json
from tracker.commands.verify_output import format_machines
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.filters.scope import find_default
from tracker.history.archive import load_version
from tracker.model import SCHEMA, Snapshot, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import build_region_sets, read_settings, require_known_values
from tracker.text import clean, comparable, quote
from tracker.verify.machines import Judge, MachineReport, join_reports, read_report
from tracker.verify.plan import KNOWN_ISSUERS, ProbeTask, join_children, plan_tasks
from tracker.verify.report import (
    ELSEWHERE,
    Result,
    VerifyReport,
    count_states,
    is_reached,
    summarize_regions,
)
from tracker.verify.tls import load_authorities

if TYPE_CHECKING:
    from tracker.formats import RuleSet

_SCRIPT_NOTE = (
    "scripts check certificates against what their machine trusts; the root authority is"
    " compared with the public ones by its name only"
)


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """The options of the command line, as click gives them."""

    regions: tuple[str, ...]
    components: tuple[str, ...]
    sites: tuple[str, ...]
    version: int | None
    timeout: float | None
    deadline: float | None
    retries: int | None
    source_address: str | None
    proxy: str | None
    form: str | None
    junit: Path | None
    prometheus: Path | None
    dry_run: bool
    as_json: bool
    script: str | None
    read: bool
    files: tuple[Path, ...]

    def require_compatible(self) -> None:
        """Raise UsageError for options that exclude each other."""
        if self.form and self.as_json:
            raise click.UsageError("choose one of --format and --json")
        if self.read and not self.files:
            raise click.UsageError("--read needs the files of reports: --read FILE...")
        if self.files and not self.read:
            raise click.UsageError("FILES can only be given with --read")
        if self.script and (self.read or self.form or self.as_json or self.junit):
            raise click.UsageError("--script cannot be combined with other output options")
        if self.read and (self.form or self.junit or self.prometheus or self.dry_run):
            raise click.UsageError(
                "--read can be combined with --json, but with no other output option"
            )


class Subject(NamedTuple):
    """A version with its chosen regions and sites, and the tasks that verify them."""

    snapshot: Snapshot
    regions: tuple[str, ...]
    sites: tuple[str, ...]
    sets: Sequence[RuleSet]
    tasks: Sequence[ProbeTask]


def find_subject(
    setup: Setup, name: str | None, options: VerifyOptions, version: int | None
) -> Subject:
    """Return the version and its tasks. Raises UsageError for unknown values."""
    tree = setup.tree(setup.source(name).name)
    snapshot = load_version(tree, version)
    chosen = setup.config.chosen_regions(tree.source)
    shown = options.regions or find_default(chosen, snapshot.entries)
    choice = Rules(name="verify", regions=shown, components=options.components or None)
    require_known_values(choice, snapshot.entries)
    sites = options.sites or _configured_sites(setup.config.verify.sites, snapshot)
    _require_known_sites(sites, snapshot)
    sets = build_region_sets(snapshot, read_settings(setup.config), PendingRemovals(), choice)
    entries = [entry for each in sets for entry in each.entries]
    children = join_children(setup.config.verify.children)
    tasks = plan_tasks(entries, children, snapshot.entries)
    return Subject(snapshot, tuple(shown or ()), sites, sets, tasks)


def _configured_sites(sites: tuple[str, ...], snapshot: Snapshot) -> tuple[str, ...]:
    """Return the configured sites; none if the page has none: they are another source's."""
    return sites if any(each.only_for for each in snapshot.entries) else ()


def _require_known_sites(sites: Iterable[str], snapshot: Snapshot) -> None:
    """Raise UsageError for a site that no row mentions."""
    there = {each.only_for for each in snapshot.entries if each.only_for}
    known = set(map(comparable, there | {ELSEWHERE}))
    for site in sites:
        if comparable(site) not in known:
            names = ", ".join(sorted(there)) or "none"
            raise UsageError(
                f'the page has nothing only for "{site}"; its sites: {names}; for any other'
                f' site use "{ELSEWHERE}"'
            )


def build_report(
    subject: Subject, results: Sequence[Result], notes: Sequence[str]
) -> VerifyReport:
    """Return the report of all results, with the version and the notes."""
    snapshot = subject.snapshot
    pairs = list(zip(subject.tasks, results, strict=True))
    return VerifyReport(
        schema=SCHEMA,
        source=snapshot.source,
        version=snapshot.version,
        regions=subject.regions or tuple(each for each in regions_of(snapshot.entries) if each),
        reached=is_reached(results),
        summary=count_states(results),
        results=tuple(results),
        notes=tuple(notes),
        sites=subject.sites,
        by_region=summarize_regions(pairs, subject.sites, regions_of(snapshot.entries)),
    )


def report_files(setup: Setup, name: str | None, options: VerifyOptions) -> int:
    """Print the combined reports of the files, and return the exit status.

    Raises UsageError for a file that is not a report, or is of another source or version.
    """
    own = setup.config.verify
    source = setup.source(name).name
    judge = Judge(load_authorities(own.ca_file, own.issuers, KNOWN_ISSUERS))

    @cache
    def subject_of(version: int) -> Subject:
        """Return the subject of a version; each is planned once."""
        return find_subject(setup, name, options, version)

    machines = []
    for path in options.files:
        found = read_report(path)
        _require_source(path, found.source, source)
        if isinstance(found, MachineReport):
            subject = subject_of(found.version)
            _require_digest(path, found, subject)
            found = _judge_report(found, subject, judge)
        machines.append(found)
    report = join_reports(source, machines)
    if options.as_json:
        print_json(report)
    else:
        for line in format_machines(report):
            click.echo(line)
    return 0 if report.reached else 1


def _require_source(path: Path, found: str, source: str) -> None:
    if found != source:
        raise UsageError(f"{path}: a report on {quote(found)}, not on {source}; see --source")


def _require_digest(path: Path, found: MachineReport, subject: Subject) -> None:
    if found.digest != subject.snapshot.digest:
        raise UsageError(
            f"{path}: its version {found.version} is not the one in this store; create"
            " the script again with --script"
        )


def _judge_report(found: MachineReport, subject: Subject, judge: Judge) -> VerifyReport:
    """Return the results of a script as a report, like that of a run."""
    results = judge.results(found, subject.tasks, subject.sites)
    report = build_report(subject, results, [_SCRIPT_NOTE])
    return msgspec.structs.replace(
        report,
        host=clean(found.host),
        started_at=found.started_at,
        seconds=found.seconds,
    )
