"""`drift`: what DNS has that the page has not, and the reverse, since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, print_json, source_option
from tracker.history.archive import load_version
from tracker.scope import narrow_snapshot

if TYPE_CHECKING:
    from tracker.drift.differences import Difference

_WORDS = {
    "unlisted": "in DNS, not on the page",
    "unanswered": "on the page, not in DNS",
    "nameless": "on the page, and DNS does not know the name",
}


@command()
@click.option("--now", is_flag=True, help="Look up now; writes nothing and tells nobody.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@source_option
def drift(setup: Setup, name: str | None, *, now: bool, as_json: bool) -> int:
    """Show where DNS and the page do not agree, since when, in how many checks.

    Each check looks, where [drift] is enabled. Exit status 1 where there is a difference.
    """
    from tracker.drift.check import load_state, look_up_now  # noqa: PLC0415
    from tracker.times import format_utc  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    chosen = setup.config.chosen_regions(tree.source)
    snapshot = narrow_snapshot(load_version(tree, None), chosen)
    found = load_state(tree)
    if now:
        at = format_utc(datetime.now(UTC))
        found, failed = look_up_now(tree, snapshot, setup.config.drift, at)
        for line in failed:
            click.echo(f"not looked up: {line}", err=True)
    if as_json:
        print_json(found)
    elif found is None:
        click.echo("never looked up: set enabled = true in [drift], or use --now")
    else:
        click.echo(_shown(found.differences, found.looked_at))
    return 1 if found and found.differences else 0


def _shown(differences: tuple[Difference, ...], looked_at: str) -> str:
    from tracker.commands.output import format_table  # noqa: PLC0415

    if not differences:
        return f"DNS and the page agree, as of {looked_at}"
    header = ("Host", "Address", "What", "First seen", "Checks", "Told")
    rows = [
        (
            *(each.host, each.address or "-", _WORDS[each.kind], each.first),
            *(str(each.checks), "yes" if each.reported else "no"),
        )
        for each in differences
    ]
    return f"{format_table(header, rows)}\n\nlast looked up at {looked_at}"
