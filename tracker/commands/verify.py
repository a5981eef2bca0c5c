"""`verify`: whether this network lets through what the page documents."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, print_json, source_option
from tracker.commands.output import format_table
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.history.archive import load_version
from tracker.model import SCHEMA, Snapshot, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_files import format_endpoint
from tracker.publish.rule_sets import build_region_sets, read_settings, require_known_values
from tracker.scope import find_default
from tracker.text import clean
from tracker.verify.plan import ProbeTask
from tracker.verify.report import (
    MEANINGS,
    STATES,
    Result,
    VerifyReport,
    count_states,
    endpoint_text,
    is_reached,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.formats import RuleSet


_TO_ALLOW = {"refused", "blocked"}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@command()
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option("--component", "components", multiple=True, help="Only for this component.")
@click.option("--version", type=int, help="What this version lists.  [the newest]")
@click.option("--timeout", type=click.FloatRange(0.1, 300), help="Seconds for each step.")
@click.option("--deadline", type=click.FloatRange(1, 3600), help="Seconds for all of it.")
@click.option("--dry-run", is_flag=True, help="Say what would be connected to, and stop.")
@click.option("--format", "form", help="Print rules of this format for what is not open.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML."
)
@source_option
def verify(
    setup: Setup,
    regions: tuple[str, ...],
    components: tuple[str, ...],
    version: int | None,
    timeout: float | None,
    deadline: float | None,
    form: str | None,
    junit: Path | None,
    name: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Try to reach each documented endpoint from this machine.

    Connects to nothing but what the version lists, and says first what that is. Run it in
    the network that the endpoints have to be reached from.

    Exit status: 0 all that is required is open; 1 something required is not; 2 usage.
    """
    from tracker.verify.plan import plan_tasks  # noqa: PLC0415

    if form and as_json:
        raise click.UsageError("--format and --json are one or the other")
    tree = setup.tree(setup.source(name).name)
    snapshot = load_version(tree, version)
    chosen = setup.config.chosen_regions(tree.source)
    shown = regions or find_default(chosen, snapshot.entries)
    choice = Rules(name="verify", regions=shown, components=components or None)
    require_known_values(choice, snapshot.entries)
    sets = build_region_sets(snapshot, read_settings(setup.config), PendingRemovals(), choice)
    entries = [entry for each in sets for entry in each.entries]
    todo = plan_tasks(entries, setup.config.verify.children)
    quiet = bool(click.get_current_context().params.get("quiet"))
    _print(() if quiet else describe_plan(todo), to_stdout=dry_run)
    if dry_run:
        return 0
    results = _run_probes(setup, todo, timeout, deadline, quiet=quiet)
    report = build_report(snapshot, shown or (), results, list(_notes()))
    _write_junit(junit, report)
    if as_json:
        print_json(report)
    else:
        _print(format_report(report), to_stdout=form is None)
    if form:
        click.echo(_render_rules(form, sets, todo, results), nl=False)
    return 0 if report.reached else 1


def _run_probes(
    setup: Setup,
    todo: Sequence[ProbeTask],
    timeout: float | None,
    deadline: float | None,
    *,
    quiet: bool,
) -> list[Result]:
    from tracker.verify.probe import ProbeOptions, run_probes  # noqa: PLC0415
    from tracker.verify.tls import load_authorities  # noqa: PLC0415

    own = setup.config.verify
    options = ProbeOptions(timeout or own.timeout, load_authorities(own.ca_file, own.issuers))
    shown = sys.stderr.isatty() and not quiet
    found = run_probes(
        todo, options, own.parallel, deadline or own.deadline, _progress(shown=shown)
    )
    if shown:
        click.echo("\r\033[K", nl=False, err=True)
    return found


def _progress(*, shown: bool) -> Callable[[int, int], None]:
    """Return what shows a bar on stderr; on a terminal alone."""

    def show(done: int, count: int) -> None:
        """Draw how many of the probes are done."""
        if shown and count:
            bar = "#" * (20 * done // count)
            click.echo(f"\r{bar:20} {done} of {count}", nl=False, err=True)

    return show


def _notes() -> Iterator[str]:
    if named := next((name for name in _PROXIES if os.environ.get(name)), None):
        yield f"{named} is set: what goes through that proxy is not tried here"


def _print(lines: Iterable[str], *, to_stdout: bool) -> None:
    for each in lines:
        click.echo(each, err=not to_stdout)


def _write_junit(path: Path | None, report: VerifyReport) -> None:
    from tracker.verify.report import render_junit  # noqa: PLC0415

    if path is None:
        return
    try:
        path.write_text(render_junit(report), "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _render_rules(
    form: str, sets: Sequence[RuleSet], todo: Sequence[ProbeTask], results: Sequence[Result]
) -> str:
    """Return rules of a format for what is refused or blocked; empty where nothing is."""
    from tracker.formats import load  # noqa: PLC0415
    from tracker.verify.plan import limit_to  # noqa: PLC0415

    closed = {
        task.endpoint
        for task, result in zip(todo, results, strict=True)
        if result.state in _TO_ALLOW
    }
    made = [load(form).render(limit_to(each, closed)) for each in sets]
    left = [item for each in made for item in each.left_out]
    for item in left:
        click.echo(f"left out: {format_endpoint(item.endpoint)}: {item.reason}", err=True)
    return "".join(each.text for each in made if each.text)


def describe_plan(tasks: Sequence[ProbeTask]) -> Iterator[str]:
    """Yield what will be connected to, one target a line."""
    probes = dict.fromkeys(probe for task in tasks for probe in task.probes)
    ports: dict[str, list[str]] = {}
    for probe in probes:
        ports.setdefault(probe.target, []).append(str(probe).removeprefix(f"{probe.target} "))
    yield f"connecting to {len(ports)} targets, and to nothing else:"
    yield from (clean(f"{target}  {', '.join(said)}") for target, said in ports.items())
    reasons = Counter(task.why for task in tasks if task.why)
    yield from (clean(f"not tried: {count}, {why}") for why, count in reasons.items())


def build_report(
    snapshot: Snapshot, regions: tuple[str, ...], results: Sequence[Result], notes: list[str]
) -> VerifyReport:
    """Return all results with what they are about."""
    return VerifyReport(
        schema=SCHEMA,
        source=snapshot.source,
        version=snapshot.version,
        regions=regions or tuple(each for each in regions_of(snapshot.entries) if each),
        reached=is_reached(results),
        summary=count_states(results),
        results=tuple(results),
        notes=tuple(notes),
    )


def format_report(report: VerifyReport) -> Iterator[str]:
    """Yield lines: the table by state, what to allow, and the sum."""
    ordered = sorted(report.results, key=lambda each: STATES.index(each.state))
    yield format_table(
        ("Endpoint", "Result", "Detail"), [_result_row(each) for each in ordered]
    )
    closed = [each for each in ordered if each.state in _TO_ALLOW]
    if closed:
        yield ""
        yield f"allow these {len(closed)} (--format NAME prints rules for them):"
        yield from (f"  {clean(endpoint_text(each))}" for each in closed)
    yield ""
    yield from (clean(f"note: {note}") for note in report.notes)
    said = [f"{report.summary[state]} {state}" for state in STATES if report.summary[state]]
    yield f"{len(report.results)} endpoints: {', '.join(said) or 'none'}"
    for state in STATES:
        if state != "open" and report.summary[state]:
            yield f"  {state}: {MEANINGS[state]}"
    yield f"{'' if report.reached else 'NOT '}all that is required is open"


def _result_row(result: Result) -> tuple[str, str, str]:
    need = f" ({result.requirement})" if result.requirement else ""
    addresses = ", ".join(
        dict.fromkeys(each.address for each in result.attempts if each.address and each.name)
    )
    said = ", ".join(filter(None, (result.detail, f"at {addresses}" if addresses else "")))
    return f"{endpoint_text(result)}{need}", result.state, said
