"""`run`: one check of each source, its outcome, and the exit status."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from tracker.commands.common import (
    Setup,
    command,
    echo_note,
    echo_settling,
    paint,
    print_json,
    say_if_slow,
)
from tracker.commands.completion import complete_sources

if TYPE_CHECKING:
    from tracker.check.context import CheckOutcome, CheckReport
    from tracker.config.tables import GeneralConfig

MOST_ALIKE = 10  # findings of one name that are shown; `held` and `show` list all
_FAILED, _USAGE, _HELD, _PUBLISHED, _STOPPED = 1, 2, 3, 10, 130


@command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=complete_sources)
@click.option("--url", help="Read this page instead of the source's own.")
@click.option("--no-notify", is_flag=True, help="Send nothing now; alerts stay owed.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; write and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 when a version was published.")
def run(
    setup: Setup,
    sources: tuple[str, ...],
    url: str | None,
    *,
    no_notify: bool,
    dry_run: bool,
    as_json: bool,
    exit_code: bool,
) -> int:
    """Check each source once: the job for cron.

    Exit status: 0 done, changed or not; 1 failed, or an alert is still owed; 2 usage or
    configuration; 3 held for review; with --exit-code, 10 when a version was published.
    """
    from tracker.check.concurrency import run_checks  # noqa: PLC0415
    from tracker.check.context import CheckContext  # noqa: PLC0415
    from tracker.fetch.fetcher import Fetcher  # noqa: PLC0415
    from tracker.parse.pages import explain_refusal  # noqa: PLC0415
    from tracker.pipeline import dry_run as check_dry  # noqa: PLC0415
    from tracker.pipeline import run_check  # noqa: PLC0415

    chosen = [setup.source(name) for name in dict.fromkeys(sources or setup.config.sources)]
    if url and len(chosen) != 1:
        raise click.UsageError("--url needs exactly one source")
    outcomes = []
    try:
        names = ", ".join(source.name for source in chosen)
        with Fetcher(explain=explain_refusal) as fetcher, say_if_slow(f"{names}: fetching"):
            contexts = [
                CheckContext(
                    source,
                    setup.tree(source.name),
                    setup.config,
                    fetcher,
                    url,
                    notify=not no_notify,
                )
                for source in chosen
            ]
            for outcome in run_checks(contexts, check_dry if dry_run else run_check):
                outcomes.append(outcome)
                if not as_json:
                    _report(outcome, dry=dry_run)
    except KeyboardInterrupt:
        echo_note("fwtracker: stopped")
        os._exit(_STOPPED)  # a normal exit would wait for threads and their servers
    if not (dry_run or no_notify):
        _call_heartbeat(setup.config.fwtracker, outcomes)
    if as_json:
        print_json([_build_report(outcome) for outcome in outcomes])
    return _status(outcomes, tell_published=exit_code, notify=not (no_notify or dry_run))


def _call_heartbeat(general: GeneralConfig, outcomes: Iterable[CheckOutcome]) -> None:
    """Call the heartbeat URL after good checks; a failure of the call is a warning."""
    if not (general.heartbeat_url_env or general.heartbeat_url_file):
        return
    if all(outcome.is_good for outcome in outcomes):
        from tracker.alerts.notify import send_heartbeat  # noqa: PLC0415  only if there is one

        if warning := send_heartbeat(general):
            echo_note(f"fwtracker: {warning}")


def _report(outcome: CheckOutcome, *, dry: bool) -> None:
    """Print a line for people, then findings; outcomes that need attention go to stderr."""
    name = f"{outcome.source}: {'would be ' if dry else ''}{outcome.outcome}"
    if outcome.error:
        line = f"fwtracker: {outcome.source}: {outcome.error.message}"
        echo_note(paint(line, "bad", err=True))
        echo_settling(outcome.error.settle)
    elif outcome.outcome == "published" and outcome.summary:
        line = f"{name} version {outcome.version}"
        click.echo(f"{paint(line, 'good')}: {_describe(outcome)}")
    elif outcome.outcome == "held":
        kept = (
            f"version {outcome.version} stays in force" if outcome.version else "nothing stored"
        )
        review = (
            f"; review: fwtracker held; fwtracker approve {outcome.digest[:12]}"
            if (outcome.digest)
            else ""
        )
        line = paint(f"{name} for review", "warning", err=True)
        echo_note(f"{line}, {kept}{review}")
    elif not _quiet():
        kept = f"version {outcome.version}" if outcome.version else "nothing stored"
        click.echo(f"{name}, {kept}")
    if outcome.findings:
        from tracker.commands.output import (  # noqa: PLC0415  only if there are some
            format_findings,
            join_settling,
        )

        for line in format_findings(outcome.findings, MOST_ALIKE):
            echo_note(f"  {line}")
        echo_settling(join_settling(outcome.findings))
    for note in outcome.notes:
        echo_note(f"fwtracker: {outcome.source}: {note}")


def _describe(outcome: CheckOutcome) -> str:
    """Return the description of an outcome; the first version has no changes."""
    from tracker.commands.output import format_counts  # noqa: PLC0415
    from tracker.model import format_cause  # noqa: PLC0415
    from tracker.text import count_of  # noqa: PLC0415

    if outcome.summary is None or outcome.version == 1:
        return "the baseline" + (
            f", {count_of(outcome.summary.added, 'entry', 'entries')}"
            if outcome.summary
            else ""
        )
    return format_counts(outcome.summary) + format_cause(outcome.cause)


def _quiet() -> bool:
    return bool(click.get_current_context().params.get("quiet"))


def _build_report(outcome: CheckOutcome) -> CheckReport:
    from tracker.check.context import CheckReport  # noqa: PLC0415

    return CheckReport(
        source=outcome.source,
        outcome=outcome.outcome,
        version=outcome.version,
        summary=outcome.summary,
        findings=outcome.findings,
        error=outcome.error,
        owed=outcome.owed,
        digest=outcome.digest,
        notes=outcome.notes,
    )


def _status(outcomes: Iterable[CheckOutcome], *, tell_published: bool, notify: bool) -> int:
    """Return the exit status of the most serious outcome."""
    outcomes = list(outcomes)
    if any(outcome.usage for outcome in outcomes):
        return _USAGE
    if any(outcome.outcome == "failed" for outcome in outcomes):
        return _FAILED
    if any(outcome.outcome == "held" for outcome in outcomes):
        return _HELD
    if notify and any(outcome.owed or outcome.undelivered for outcome in outcomes):
        return _FAILED
    if tell_published and any(outcome.outcome == "published" for outcome in outcomes):
        return _PUBLISHED
    return 0
