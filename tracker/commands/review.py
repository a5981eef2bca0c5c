"""`held`, `approve` and `reject`: what the guard held, and the decision about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click

from tracker.commands.common import Setup, command, echo_note, print_json, source_option
from tracker.errors import FwtrackerError, UsageError
from tracker.sources import Source

if TYPE_CHECKING:
    from tracker.check.review import Excerpt, HeldReport
    from tracker.model import Finding
    from tracker.store.records import Held
    from tracker.store.tree import Tree


class _HeldItem(NamedTuple):
    """A held candidate, with findings about the rule files and excerpts of its pages."""

    tree: Tree
    held: Held
    rule_findings: tuple[Finding, ...]
    excerpts: tuple[Excerpt, ...]

    @property
    def digest(self) -> str:
        """The digest of the candidate, for `approve` or `reject`."""
        return self.held.candidate.digest


@command()
@click.option("--source", "name", help="Only of this source.  [all]")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def held(setup: Setup, name: str | None, *, as_json: bool) -> int:
    """Show the pages that are held for review, why, and what they would change.

    Each finding comes with the part of the page that it is about, and if possible with
    configuration lines that resolve it for all future checks.
    """
    sources = [setup.source(name)] if name else list(setup.config.sources.values())
    found: list[_HeldItem] = []
    status = 0
    for source in sources:
        try:
            found += _list_waiting(setup, source)
        except FwtrackerError as error:  # about this source; the others are still shown
            echo_note(f"fwtracker: {source.name}: {error}")
            status = error.exit_status
    if as_json:
        print_json([_build_report(item) for item in found])
        return status
    if not found and not status:
        click.echo("nothing is held")
    for item in found:
        click.echo("\n".join(_describe(item, several=len(sources) > 1)))
    return status


def _list_waiting(setup: Setup, source: Source) -> Iterator[_HeldItem]:
    from tracker.check.review import find_excerpts, rule_findings  # noqa: PLC0415
    from tracker.store.held import list_held  # noqa: PLC0415

    tree, now = setup.tree(source.name), datetime.now(UTC)
    for item in list_held(tree):
        rules = rule_findings(tree, setup.config, now, item.candidate)
        yield _HeldItem(tree, item, rules, find_excerpts(tree, item))


def _build_report(item: _HeldItem) -> HeldReport:
    from tracker.check.review import HeldReport  # noqa: PLC0415

    return HeldReport(
        source=item.tree.source,
        digest=item.digest,
        candidate=item.held.candidate,
        first_seen=item.held.first_seen,
        rejected=item.held.rejected,
        notified=item.held.notified,
        previous_digest=item.held.previous_digest,
        rule_findings=item.rule_findings,
        excerpts=item.excerpts,
    )


def _describe(item: _HeldItem, *, several: bool) -> Iterator[str]:
    """Yield the lines of a held candidate: why, where on the page, changes, what to do."""
    from tracker.commands.output import format_changes, join_settling  # noqa: PLC0415
    from tracker.diff.diff import diff  # noqa: PLC0415

    candidate = item.held.candidate
    whose = f" of {candidate.source}" if several else ""
    yield f"held {item.digest[:12]}{whose}, first seen {item.held.first_seen}"
    yield from _describe_findings(candidate.findings + item.rule_findings, item.excerpts)
    for line in format_changes(diff(item.tree.latest(), candidate)):
        yield f"  {line}"
    yield f"publish it with: fwtracker approve {item.digest[:12]}"
    yield f"drop it with:    fwtracker reject {item.digest[:12]}"
    if settle := join_settling(candidate.findings):
        yield "or resolve it for all future checks, in the configuration:"
        yield settle


def _describe_findings(
    findings: Sequence[Finding], excerpts: Sequence[Excerpt]
) -> Iterator[str]:
    """Yield each finding, followed by the lines of the page that it is about."""
    from tracker.commands.output import format_findings  # noqa: PLC0415

    lines = {(each.name, each.message): each.lines for each in excerpts}
    for finding in findings:
        yield from (f"  {line}" for line in format_findings([finding]))
        yield from (f"      {line}" for line in lines.get((finding.name, finding.message), ()))


def _find_source(setup: Setup, name: str | None, digest: str) -> Source:
    """Return the source with this name, or without one the source that has the candidate.

    Raises UsageError if there is none, or more than one.
    """
    from tracker.store.held import explain_missing, has_held  # noqa: PLC0415

    sources = list(setup.config.sources.values())
    if name or len(sources) == 1:
        return setup.source(name)
    found = [source for source in sources if has_held(setup.tree(source.name), digest)]
    if len(found) > 1:
        names = ", ".join(source.name for source in found)
        raise UsageError(f'"{digest}" is held for {names}; choose one with --source')
    if not found:
        raise explain_missing(digest, [setup.tree(source.name) for source in sources])
    return found[0]


@command()
@click.argument("digest")
@source_option
@click.option("--no-notify", is_flag=True, help="Send nothing now; the version stays owed.")
def approve(setup: Setup, digest: str, name: str | None, *, no_notify: bool) -> int:
    """Publish exactly the held page with this DIGEST (its first 8 characters are enough).

    Filters that match nothing on that page are reported first.
    """
    from tracker.check.context import CheckContext  # noqa: PLC0415
    from tracker.check.review import approve as publish_held  # noqa: PLC0415
    from tracker.check.review import find_held_warnings  # noqa: PLC0415
    from tracker.commands.output import format_findings  # noqa: PLC0415

    source = _find_source(setup, name, digest)
    tree = setup.tree(source.name)
    context = CheckContext(source, tree, setup.config, notify=not no_notify)
    warned = find_held_warnings(context, digest)
    for line in format_findings(warned):
        echo_note(f"  {line}")
    outcome = publish_held(context, digest)
    if outcome.outcome == "published":
        click.echo(f"{source.name}: published version {outcome.version}")
    else:
        click.echo(f"{source.name}: accepted; version {outcome.version} already says the same")
    for line in format_findings(each for each in outcome.findings if each not in warned):
        echo_note(f"  {line}")
    for note in outcome.notes:
        echo_note(f"fwtracker: {source.name}: {note}")
    return 1 if outcome.notes else 0


@command()
@click.argument("digest")
@source_option
def reject(setup: Setup, digest: str, name: str | None) -> int:
    """Drop the held page with this DIGEST; you are not asked about the same page again."""
    from tracker.check.context import CheckContext  # noqa: PLC0415
    from tracker.check.review import reject as drop_held  # noqa: PLC0415

    source = _find_source(setup, name, digest)
    context = CheckContext(source, setup.tree(source.name), setup.config)
    item = drop_held(context, digest)
    click.echo(f"{source.name}: rejected {item.candidate.digest[:12]}; the last version stays")
    return 0
