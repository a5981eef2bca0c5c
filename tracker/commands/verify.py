"""`verify`: tests whether this network allows the documented connections."""

from __future__ import annotations

import math
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tracker.commands.common import Setup, command, print_json, source_option
from tracker.commands.verify_output import (
    OutputFile,
    describe_no_network,
    describe_plan,
    format_report,
)
from tracker.commands.verify_subject import (
    Subject,
    VerifyOptions,
    build_report,
    find_subject,
    report_files,
)
from tracker.config.tables import VerifyConfig
from tracker.errors import UsageError
from tracker.publish.rule_files import format_endpoint
from tracker.times import format_utc
from tracker.verify.plan import KNOWN_ISSUERS
from tracker.verify.report import Result, VerifyReport, notes_on_sites, summarize_attempts
from tracker.verify.states import TO_ALLOW, UNANSWERED

if TYPE_CHECKING:
    from tracker.formats import Format
    from tracker.verify.probe import ProbeOptions

SCRIPT_KINDS = ("powershell", "sh")  # of tracker.verify.scripts
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class PreparedOptions(NamedTuple):
    """Files and settings that options name, checked before any connection is made."""

    probing: ProbeOptions
    form: Format | None
    junit: OutputFile | None
    prometheus: OutputFile | None


@command()
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option("--component", "components", multiple=True, help="Only for this component.")
@click.option(
    "--site",
    "--only-for",
    "sites",
    multiple=True,
    help="Where this machine is, as the page calls it; what is only for others does not count.",
)
@click.option("--version", type=int, help="Test this version.  [the newest]")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 300), help="Time limit of each step in seconds."
)
@click.option(
    "--deadline", type=click.FloatRange(1, 3600), help="Time limit of the whole run in seconds."
)
@click.option("--retries", type=click.IntRange(0, 10), help="Retry failures so many times.")
@click.option("--source-address", metavar="ADDRESS", help="Connect from this address.")
@click.option(
    "--proxy", metavar="URL", help='Also try this HTTP proxy; "env": that of HTTPS_PROXY.'
)
@click.option("--dry-run", is_flag=True, help="Show what it would connect to, and stop.")
@click.option("--format", "form", help="Print rules in this format for what is not open.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML."
)
@click.option(
    "--prometheus",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write Prometheus's text format.",
)
@click.option(
    "--script",
    type=click.Choice(SCRIPT_KINDS),
    help="Print a test for machines without Python, and connect to nothing.",
)
@click.option(
    "--read", is_flag=True, help="Report results of scripts or --json from elsewhere."
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@source_option
def verify(setup: Setup, name: str | None, **given: Any) -> int:
    """Try to reach each documented endpoint from this machine.

    Connects only to what the version lists, what its names resolve to and the proxy, and lists
    these targets first. Run it in the network from which the endpoints must be reachable.

    --read FILE... reports the results of scripts, or of --json, from other machines.

    Exit status: 0 all required endpoints are open; 1 some are not; 2 usage.
    """
    options = VerifyOptions(**given)
    options.require_compatible()
    if options.read:
        return report_files(setup, name, options)
    subject = find_subject(setup, name, options, options.version)
    if options.script:
        click.echo(
            _render_script(setup.config.verify, subject, options, options.script), nl=False
        )
        return 0
    quiet = bool(click.get_current_context().params.get("quiet"))
    prepared = _prepare_options(setup.config.verify, options)
    planned = describe_plan(subject.tasks, str(prepared.probing.proxy or ""))
    _print(() if quiet else planned, to_stdout=options.dry_run)
    if options.dry_run:
        return 0
    report = _run(setup.config.verify, subject, prepared.probing, options, quiet=quiet)
    _deliver(report, subject, prepared, options)
    return 0 if report.reached else 1


def _render_script(
    own: VerifyConfig, subject: Subject, options: VerifyOptions, kind: str
) -> str:
    from tracker.verify.scripts import render_script  # noqa: PLC0415
    from tracker.verify.scripts.contents import ScriptContents  # noqa: PLC0415

    snapshot, seconds = subject.snapshot, options.timeout or own.timeout
    timeout = max(1, math.ceil(seconds))
    contents = ScriptContents(snapshot.source, snapshot.version, snapshot.digest, timeout)
    return render_script(kind, contents, subject.tasks)


def _prepare_options(own: VerifyConfig, options: VerifyOptions) -> PreparedOptions:
    """Return what the options name. Raises UsageError if some of it is missing or unusable."""
    from tracker.formats import load  # noqa: PLC0415
    from tracker.verify.connect import check_source, parse_proxy  # noqa: PLC0415
    from tracker.verify.probe import ProbeOptions  # noqa: PLC0415
    from tracker.verify.tls import load_authorities  # noqa: PLC0415

    form = load(options.form) if options.form else None
    authorities = load_authorities(own.ca_file, own.issuers, KNOWN_ISSUERS)
    source = options.source_address or own.source_address or None
    if source:
        check_source(source)
    proxy = _find_proxy_url(options.proxy or own.proxy)
    probing = ProbeOptions(
        options.timeout or own.timeout,
        authorities,
        source,
        parse_proxy(proxy) if proxy else None,
        own.retries if options.retries is None else options.retries,
    )
    return PreparedOptions(
        probing,
        form,
        OutputFile(options.junit) if options.junit else None,
        OutputFile(options.prometheus) if options.prometheus else None,
    )


def _find_proxy_url(url: str) -> str:
    """Return the URL of the proxy; "env" means that of the environment. Raises UsageError."""
    if url != "env":
        return url
    found = next((os.environ[name] for name in _PROXIES if os.environ.get(name)), None)
    if found is None:
        raise UsageError(f"the environment has no proxy; set one of {', '.join(_PROXIES)}")
    return found


def _run(
    own: VerifyConfig,
    subject: Subject,
    probing: ProbeOptions,
    options: VerifyOptions,
    *,
    quiet: bool,
) -> VerifyReport:
    """Run all probes, and return the report."""
    import msgspec  # noqa: PLC0415

    start, clock = datetime.now(UTC), time.monotonic()
    results = _probe_all(own, subject, probing, options, quiet=quiet)
    trouble = _find_network_trouble(subject, results)
    notes = [*([trouble] if trouble else []), *_notes(subject, probing)]
    notes += notes_on_sites(results, subject.sites)
    return msgspec.structs.replace(
        build_report(subject, results, notes),
        host=socket.gethostname(),
        started_at=format_utc(start),
        seconds=round(time.monotonic() - clock, 3),
        network=trouble is None,
        source_address=probing.source or msgspec.UNSET,
        proxy=str(probing.proxy) if probing.proxy else msgspec.UNSET,
    )


def _probe_all(
    own: VerifyConfig,
    subject: Subject,
    probing: ProbeOptions,
    options: VerifyOptions,
    *,
    quiet: bool,
) -> list[Result]:
    from tracker.verify.probe import run_probes  # noqa: PLC0415

    shown = sys.stderr.isatty() and not quiet
    tried = run_probes(
        subject.tasks,
        probing,
        own.parallel,
        options.deadline or own.deadline,
        _progress(shown=shown),
    )
    if shown:
        click.echo("\r\033[K", nl=False, err=True)
    by_proxy = [each.by_proxy if probing.proxy else None for each in tried]
    return [
        summarize_attempts(task, each.direct, subject.sites, second)
        for task, each, second in zip(subject.tasks, tried, by_proxy, strict=True)
    ]


def _find_network_trouble(subject: Subject, results: Iterable[Result]) -> str | None:
    """Return a note that this machine has no network; None if it has, or got an answer."""
    from tracker.verify.connect import find_silent_gateway  # noqa: PLC0415
    from tracker.verify.probe import has_network  # noqa: PLC0415

    if not has_network(subject.tasks):
        return describe_no_network(None)
    states = {each.state for result in results for each in result.attempts}
    gateway = find_silent_gateway() if states <= UNANSWERED else None
    return describe_no_network(gateway) if gateway else None


def _progress(*, shown: bool) -> Callable[[int, int], None]:
    """Return the function that draws a progress bar on stderr, if that is a terminal."""

    def show(done: int, count: int) -> None:
        """Draw the number of finished probes."""
        if shown and count:
            bar = "#" * (20 * done // count)
            click.echo(f"\r{bar:20} {done} of {count}", nl=False, err=True)

    return show


def _notes(subject: Subject, probing: ProbeOptions) -> Iterator[str]:
    from tracker.verify.resolve import names_in_hosts_file  # noqa: PLC0415

    named = next((name for name in _PROXIES if os.environ.get(name)), None)
    if named and not probing.proxy:
        yield (f"{named} is set, but that proxy is not tried; use --proxy env")
    targets = {probe.target for task in subject.tasks for probe in task.probes}
    for name in names_in_hosts_file(targets):
        yield (
            f"the hosts file of this machine has {name}: programs connect to that address, but"
            " this test uses the one in DNS"
        )


def _print(lines: Iterable[str], *, to_stdout: bool) -> None:
    for each in lines:
        click.echo(each, err=not to_stdout)


def _deliver(
    report: VerifyReport, subject: Subject, prepared: PreparedOptions, options: VerifyOptions
) -> None:
    """Write the files and print the report; then raise the first failure, if any."""
    from tracker.verify.exports import render_junit, render_prometheus  # noqa: PLC0415

    failed: list[UsageError] = []
    for file, render in (
        (prepared.junit, render_junit),
        (prepared.prometheus, render_prometheus),
    ):
        try:
            if file:
                file.write(render(report))
        except UsageError as error:
            failed.append(error)
    if options.as_json:
        print_json(report)
    else:
        _print(format_report(report), to_stdout=prepared.form is None)
    if prepared.form:
        click.echo(_render_rules(prepared.form, subject, report), nl=False)
    if failed:
        raise failed[0]


def _render_rules(form: Format, subject: Subject, report: VerifyReport) -> str:
    """Return rules for the endpoints that are blocked; empty if there are none."""
    from tracker.verify.plan import limit_to  # noqa: PLC0415

    if report.network is False:
        return ""
    closed = {
        task.endpoint
        for task, result in zip(subject.tasks, report.results, strict=True)
        if result.state in TO_ALLOW
    }
    made = [form.render(limit_to(each, closed)) for each in subject.sets]
    left = [item for each in made for item in each.left_out]
    for item in left:
        click.echo(f"left out: {format_endpoint(item.endpoint)}: {item.reason}", err=True)
    return "".join(each.text for each in made if each.text)
