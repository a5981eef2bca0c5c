"""`verify`: whether this network lets through what the page documents."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, print_json, source_option
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.history.archive import version as stored
from tracker.publish.grace import Leaving
from tracker.publish.rules import line, region_sets, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tracker.formats import RuleSet
    from tracker.verify.plan import Task
    from tracker.verify.result import Report, Result

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
    from tracker.commands import verify_words as words  # noqa: PLC0415
    from tracker.verify.plan import tasks  # noqa: PLC0415

    if form and as_json:
        raise click.UsageError("--format and --json are one or the other")
    choice = Rules(name="verify", regions=regions or None, components=components or None)
    snapshot = stored(setup.tree(setup.source(name).name), version)
    require(choice, snapshot.entries)
    sets = region_sets(snapshot, setup.config.assumptions, Leaving(), choice)
    entries = [entry for each in sets for entry in each.entries]
    todo = tasks(entries, setup.config.verify.children)
    quiet = bool(click.get_current_context().params.get("quiet"))
    _say(() if quiet else words.intent(todo), to_stdout=dry_run)
    if dry_run:
        return 0
    results = _results(setup, todo, timeout, deadline, quiet=quiet)
    report = words.report(snapshot, regions, results, list(_notes()))
    _write_junit(junit, report)
    if as_json:
        print_json(report)
    else:
        _say(words.lines(report), to_stdout=form is None)
    if form:
        click.echo(_rules(form, sets, todo, results), nl=False)
    return 0 if report.reached else 1


def _results(
    setup: Setup,
    todo: Sequence[Task],
    timeout: float | None,
    deadline: float | None,
    *,
    quiet: bool,
) -> list[Result]:
    from tracker.verify.probe import Means  # noqa: PLC0415
    from tracker.verify.run import run  # noqa: PLC0415
    from tracker.verify.tls import authorities  # noqa: PLC0415

    own = setup.config.verify
    means = Means(timeout or own.timeout, authorities(own.ca_file, own.issuers))
    shown = sys.stderr.isatty() and not quiet
    found = run(todo, means, own.parallel, deadline or own.deadline, _progress(shown=shown))
    if shown:
        click.echo("\r\033[K", nl=False, err=True)
    return found


def _progress(*, shown: bool) -> Callable[[int, int], None]:
    """A bar on stderr, on a terminal alone."""

    def show(done: int, count: int) -> None:
        if shown and count:
            bar = "#" * (20 * done // count)
            click.echo(f"\r{bar:20} {done} of {count}", nl=False, err=True)

    return show


def _notes() -> Iterator[str]:
    if named := next((name for name in _PROXIES if os.environ.get(name)), None):
        yield f"{named} is set: what goes through that proxy is not tried here"


def _say(lines: Iterable[str], *, to_stdout: bool) -> None:
    for each in lines:
        click.echo(each, err=not to_stdout)


def _write_junit(path: Path | None, report: Report) -> None:
    from tracker.verify.junit import junit as written  # noqa: PLC0415

    if path is None:
        return
    try:
        path.write_text(written(report), "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def _rules(
    form: str, sets: Sequence[RuleSet], todo: Sequence[Task], results: Sequence[Result]
) -> str:
    """Rules of a format for what is refused or blocked; empty where there is nothing."""
    from tracker.formats import load  # noqa: PLC0415
    from tracker.verify.allow import only  # noqa: PLC0415

    closed = {
        task.endpoint
        for task, result in zip(todo, results, strict=True)
        if result.state in {"refused", "blocked"}
    }
    made = [load(form).render(only(each, closed)) for each in sets]
    left = [item for each in made for item in each.left_out]
    for item in left:
        click.echo(f"left out: {line(item.endpoint)}: {item.reason}", err=True)
    return "".join(each.text for each in made if each.text)
