"""`verify --read`: what scripts and other runs found, over many machines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import msgspec

from tracker.commands.common import Setup, print_json
from tracker.commands.output import format_table
from tracker.commands.verify_subject import Asked, Subject, build_report, find_subject
from tracker.errors import UsageError
from tracker.text import clean, quote
from tracker.verify.machines import (
    Judge,
    MachineReport,
    MachinesReport,
    join_reports,
    read_report,
)
from tracker.verify.plan import KNOWN_ISSUERS
from tracker.verify.report import VerifyReport
from tracker.verify.states import MEANINGS, STATES
from tracker.verify.tls import load_authorities

_SCRIPT_NOTE = (
    "a script judges certificates by what its machine trusts; the authority at the top is"
    " compared with the public ones by its name"
)


def report_files(setup: Setup, name: str | None, asked: Asked) -> int:
    """Print what the files say together, and return the exit status.

    Raises UsageError for a file that is no report, or one of another source or version.
    """
    own = setup.config.verify
    source = setup.source(name).name
    judge = Judge(load_authorities(own.ca_file, own.issuers, KNOWN_ISSUERS))

    @cache
    def subject_of(version: int) -> Subject:
        """Return what to try of a version; each is planned once."""
        return find_subject(setup, name, asked, version)

    machines = []
    for path in asked.files:
        found = read_report(path)
        _require_source(path, found.source, source)
        if isinstance(found, MachineReport):
            subject = subject_of(found.version)
            _require_digest(path, found, subject)
            found = _judge_report(found, subject, judge)
        machines.append(found)
    report = join_reports(source, machines)
    if asked.as_json:
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
            f"{path}: its version {found.version} is not the one in this store; write the"
            " script again with --script"
        )


def _judge_report(found: MachineReport, subject: Subject, judge: Judge) -> VerifyReport:
    """Return what a script found as a report like that of a run."""
    results = judge.results(found, subject.tasks, subject.sites)
    report = build_report(subject, results, [_SCRIPT_NOTE])
    return msgspec.structs.replace(
        report,
        host=clean(found.host),
        started_at=found.started_at,
        seconds=found.seconds,
    )


def format_machines(report: MachinesReport) -> Iterator[str]:
    """Yield lines: a table of the machines, what is closed on which, and the sum."""
    header = ("Machine", "When", "Version", "Required open", "Found")
    yield format_table(header, [_machine_row(each) for each in report.machines])
    if report.closed:
        yield ""
        rows = [
            (
                clean(each.endpoint),
                ", ".join(f"{count} {state}" for state, count in each.states.items()),
                clean(", ".join(each.hosts)),
            )
            for each in report.closed
        ]
        yield format_table(("Required and not open", "Result", "Machines"), rows)
    yield ""
    notes = dict.fromkeys(note for each in report.machines for note in each.notes)
    yield from (clean(f"note: {note}") for note in notes)
    seen = {state for each in report.closed for state in each.states}
    for state in STATES:
        if state in seen:
            yield f"  {state}: {MEANINGS[state].words} ({MEANINGS[state].sure})"
    good = sum(each.reached for each in report.machines)
    yield f"all that is required is open on {good} of {len(report.machines)} machines"


def _machine_row(report: VerifyReport) -> tuple[str, ...]:
    required = sum(each.required for each in report.by_region)
    opened = sum(each.required_open for each in report.by_region)
    found = [f"{count} {state}" for state, count in report.summary.items() if count]
    return (
        clean(report.host or "-"),
        clean(report.started_at or "-"),
        str(report.version),
        f"{opened} of {required}",
        clean(", ".join(found)),
    )
