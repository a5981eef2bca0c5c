"""`as-of` and `blame`: what was in force then, and since when a value is on the page."""

from __future__ import annotations

import click

from tracker.commands.common import Setup, command, print_json, source_option


@command("as-of")
@click.argument("time")
@source_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def as_of(setup: Setup, time: str, name: str | None, *, as_json: bool) -> int:
    """Print the version in force at TIME: 2026-03-01 (its end) or 2026-03-01T12:00Z."""
    from tracker.commands.words import snapshot_lines  # noqa: PLC0415
    from tracker.history.archive import as_of as in_force  # noqa: PLC0415
    from tracker.history.archive import moment  # noqa: PLC0415

    snapshot = in_force(setup.tree(setup.source(name).name), moment(time))
    if as_json:
        print_json(snapshot)
    else:
        click.echo("\n".join(snapshot_lines(snapshot)))
    return 0


@command()
@click.argument("value")
@source_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def blame(setup: Setup, value: str, name: str | None, *, as_json: bool) -> int:
    """Say since which version VALUE, an address, host or port, is on the page, and until when.

    An address inside a listed network counts, and so does a host that a wildcard covers.
    """
    from tracker.commands.table import table  # noqa: PLC0415
    from tracker.history.archive import versions  # noqa: PLC0415
    from tracker.history.blame import Span  # noqa: PLC0415
    from tracker.history.blame import blame as spans_of  # noqa: PLC0415

    spans = spans_of(versions(setup.tree(setup.source(name).name)), value)
    if as_json:
        print_json(spans)
        return 0
    if not spans:
        click.echo(f"{value} was never on the page, as far as is stored")
        return 0

    def row(span: Span) -> tuple[str, ...]:
        until = f"version {span.last}, gone {span.gone}" if span.last else "now"
        since = f"version {span.first}, {span.since}"
        return ", ".join(span.matched), span.region or "-", span.resource, since, until

    click.echo(table(("Listed as", "Region", "Resource", "Since", "Until"), [*map(row, spans)]))
    return 0
