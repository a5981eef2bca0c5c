"""`history`, `show`, `diff`, `as-of` and `blame`: stored versions, and what changed when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, paint, print_json, source_option
from tracker.commands.completion import complete_regions

if TYPE_CHECKING:
    from tracker.change_set import ChangeSet, Impact
    from tracker.commands.json_types import HistoryItem
    from tracker.history.blame import Occurrence
    from tracker.model import Snapshot


_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@command()
@click.option(
    "--since", metavar="TIME", help="Only versions of TIME or later; of a date, the whole day."
)
@click.option(
    "--until",
    metavar="TIME",
    help="Only versions of TIME or earlier; of a date, the whole day.",
)
@click.option(
    "--region",
    help="Only versions that changed something in this region.",
    shell_complete=complete_regions,
)
@click.option(
    "--impact",
    type=click.Choice(["info", "action", "breaking"]),
    help="Only versions with a change of at least this impact.",
)
@source_option
@_JSON
def history(
    setup: Setup,
    since: str | None,
    until: str | None,
    region: str | None,
    impact: Impact | None,
    name: str | None,
    *,
    as_json: bool,
) -> int:
    """List the versions, newest first, with what each one changed."""
    from tracker.history import archive  # noqa: PLC0415
    from tracker.times import parse_utc  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    first = archive.parse_user_time(since, is_start=True) if since else None
    last = archive.parse_user_time(until) if until else None
    if region:
        archive.require_known_region(tree, region)
    found: list[tuple[Snapshot, ChangeSet]] = []
    for number in reversed(archive.list_versions(tree)):
        snapshot = tree.snapshot(number)
        captured = parse_utc(snapshot.captured_at)
        if (first and captured < first) or (last and captured > last):
            continue
        change = archive.load_changes(tree, number)
        if archive.is_relevant(change, region, impact) or not (region or impact):
            found.append((snapshot, change))
    if as_json:
        print_json([_build_item(*item) for item in found])
    else:
        click.echo(_table(found))
    return 0


def _build_item(snapshot: Snapshot, change: ChangeSet) -> HistoryItem:
    from tracker.commands.json_types import HistoryItem  # noqa: PLC0415

    return HistoryItem(
        version=snapshot.version,
        captured_at=snapshot.captured_at,
        digest=snapshot.digest,
        entries=len(snapshot.entries),
        summary=change.summary,
        cause=snapshot.cause or None,
    )


def _table(found: list[tuple[Snapshot, ChangeSet]]) -> str:
    from tracker.commands.output import format_counts, format_table  # noqa: PLC0415
    from tracker.model import format_cause  # noqa: PLC0415

    rows = [
        (
            str(snapshot.version),
            snapshot.captured_at,
            str(len(snapshot.entries)),
            format_counts(change.summary) + format_cause(snapshot.cause)
            if snapshot.previous
            else "baseline",
            snapshot.digest[:12],
        )
        for snapshot, change in found
    ]
    return format_table(("Version", "Captured", "Entries", "What changed", "Digest"), rows)


@command()
@click.argument("version", type=int, required=False)
@source_option
@_JSON
def show(setup: Setup, version: int | None, name: str | None, *, as_json: bool) -> int:
    """Print the entries of VERSION, by default the newest."""
    from tracker.commands.output import format_snapshot  # noqa: PLC0415
    from tracker.history.archive import load_version  # noqa: PLC0415

    snapshot = load_version(setup.tree(setup.source(name).name), version)
    if as_json:
        print_json(snapshot)
    else:
        click.echo("\n".join(format_snapshot(snapshot)))
    return 0


@command()
@click.argument("before", type=int, required=False, metavar="[A]")
@click.argument("after", type=int, required=False, metavar="[B]")
@source_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "md", "html", "json"]),
    default="text",
    show_default=True,
    help="How to print it: md and html for a ticket or a mail.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def diff(
    setup: Setup,
    before: int | None,
    after: int | None,
    name: str | None,
    form: str,
    *,
    as_json: bool,
) -> int:
    """Show what changed from version A to version B.

    Without B: from A to the newest. Without both: the changes of the newest version.
    """
    from tracker.commands import output  # noqa: PLC0415
    from tracker.commands.output import format_changes  # noqa: PLC0415
    from tracker.diff.diff import diff as compare  # noqa: PLC0415
    from tracker.history.archive import describe_causes, load_version  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    new = load_version(tree, after)
    number = before if before is not None else new.previous
    changes = compare(load_version(tree, number) if number is not None else None, new)
    if as_json or form == "json":
        print_json(changes)
    elif form == "text":
        click.echo("\n".join(map(_paint_change, format_changes(changes))))
        if causes := describe_causes(tree, number or 0, new.version):
            click.echo(f"\nnot all changes are the page's: {causes}")
    else:
        click.echo(
            output.render_markdown(changes) if form == "md" else output.render_html(changes)
        )
    return 0


def _paint_change(line: str) -> str:
    """Return a line of a change set, in colour if it is an addition or a removal."""
    verdict = {"  + ": "good", "  - ": "bad"}.get(line[:4])
    return paint(line, verdict) if verdict else line


@command("as-of")
@click.argument("time")
@source_option
@_JSON
def as_of(setup: Setup, time: str, name: str | None, *, as_json: bool) -> int:
    """Print the version in force at TIME: 2026-03-01 (its end) or 2026-03-01T12:00Z."""
    from tracker.commands.output import format_snapshot  # noqa: PLC0415
    from tracker.history import archive  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    snapshot = archive.find_version_at(tree, archive.parse_user_time(time))
    if as_json:
        print_json(snapshot)
    else:
        click.echo("\n".join(format_snapshot(snapshot)))
    return 0


@command()
@click.argument("value")
@source_option
@_JSON
def blame(setup: Setup, value: str, name: str | None, *, as_json: bool) -> int:
    """Show since when VALUE, an address, host or port, has been on the page, and until when.

    An address in a listed network counts, and so does a host that a wildcard covers. VALUE may
    also be the id of an endpoint, as in change sets.
    """
    from tracker.commands.output import format_table  # noqa: PLC0415
    from tracker.history.archive import load_versions  # noqa: PLC0415
    from tracker.history.blame import find_occurrences  # noqa: PLC0415

    spans = find_occurrences(load_versions(setup.tree(setup.source(name).name)), value)
    if as_json:
        print_json(spans)
        return 0
    if not spans:
        click.echo(f"{value} was never on the page, in any stored version")
        return 0

    def row(span: Occurrence) -> tuple[str, ...]:
        """Return the cells of one occurrence."""
        since = f"version {span.first}, {span.since}"
        return ", ".join(span.matched), span.region or "-", _labels(span), since, _until(span)

    click.echo(
        format_table(("Listed as", "Region", "Resource", "Since", "Until"), [*map(row, spans)])
    )
    return 0


def _labels(span: Occurrence) -> str:
    """Return `Hosts (relabelled: "Servers" up to version 4)`, or only the label."""
    before = ", ".join(f'"{each.resource}" up to version {each.last}' for each in span.labels)
    return f"{span.resource} (relabelled: {before})" if before else span.resource


def _until(span: Occurrence) -> str:
    if span.last is None:
        return "now"
    if span.gone is None:
        return f"version {span.last}; the region still lists it"
    return f"version {span.last}, gone {span.gone}"
