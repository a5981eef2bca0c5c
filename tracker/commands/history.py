"""`history`, `show` and `diff`: versions read back, and set beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, print_json, source_option

if TYPE_CHECKING:
    from tracker.model import ChangeSet, Impact, Snapshot

_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@command()
@click.option("--since", metavar="TIME", help="Only versions captured at TIME or later.")
@click.option("--until", metavar="TIME", help="Only versions captured at TIME or earlier.")
@click.option("--region", help="Only versions that changed something in this region.")
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
    from tracker.history.archive import changes, concerns, numbers, parse_utc  # noqa: PLC0415
    from tracker.times import parse_utc as stored  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    first, last = (parse_utc(text) if text else None for text in (since, until))
    found: list[tuple[Snapshot, ChangeSet]] = []
    for number in reversed(numbers(tree)):
        snapshot = tree.snapshot(number)
        captured = stored(snapshot.captured_at)
        if (first and captured < first) or (last and captured > last):
            continue
        change = changes(tree, number)
        if concerns(change, region, impact) or not (region or impact):
            found.append((snapshot, change))
    if as_json:
        print_json([_summary(*item) for item in found])
    else:
        click.echo(_table(found))
    return 0


def _summary(snapshot: Snapshot, change: ChangeSet) -> dict[str, object]:
    return {
        "version": snapshot.version,
        "captured_at": snapshot.captured_at,
        "digest": snapshot.digest,
        "entries": len(snapshot.entries),
        "summary": change.summary,
    }


def _table(found: list[tuple[Snapshot, ChangeSet]]) -> str:
    from tracker.commands.table import table  # noqa: PLC0415
    from tracker.commands.words import counts  # noqa: PLC0415

    rows = [
        (
            str(snapshot.version),
            snapshot.captured_at,
            str(len(snapshot.entries)),
            counts(change.summary) if snapshot.previous else "baseline",
            snapshot.digest[:12],
        )
        for snapshot, change in found
    ]
    return table(("Version", "Captured", "Entries", "What changed", "Digest"), rows)


@command()
@click.argument("version", type=int, required=False)
@source_option
@_JSON
def show(setup: Setup, version: int | None, name: str | None, *, as_json: bool) -> int:
    """Print the entries of VERSION, by default the newest."""
    from tracker.commands.words import snapshot_lines  # noqa: PLC0415
    from tracker.history.archive import version as stored  # noqa: PLC0415

    snapshot = stored(setup.tree(setup.source(name).name), version)
    if as_json:
        print_json(snapshot)
    else:
        click.echo("\n".join(snapshot_lines(snapshot)))
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
    """Say what changed from version A to version B.

    Without B, from A to the newest; without both, what the newest version changed.
    """
    from tracker.commands import report  # noqa: PLC0415
    from tracker.commands.words import change_lines  # noqa: PLC0415
    from tracker.diff.diff import diff as compare  # noqa: PLC0415
    from tracker.history.archive import version  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    new = version(tree, after)
    number = before if before is not None else new.previous
    changes = compare(version(tree, number) if number is not None else None, new)
    if as_json or form == "json":
        print_json(changes)
    elif form == "text":
        click.echo("\n".join(change_lines(changes)))
    else:
        click.echo(report.markdown(changes) if form == "md" else report.html(changes))
    return 0
