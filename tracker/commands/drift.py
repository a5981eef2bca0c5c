"""`drift`: what DNS has but the page does not, and the reverse, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tracker.commands.common import Setup, command, print_json, source_option
from tracker.filters.scope import narrow_snapshot
from tracker.history.archive import load_version

if TYPE_CHECKING:
    from tracker.drift.differences import Difference
    from tracker.drift.state import DriftState, FailedLookup

_WORDS = {
    "unlisted": "in DNS, not on the page",
    "unanswered": "on the page, not in DNS",
    "nameless": "on the page, but the name does not exist in DNS",
    "empty": "on the page, but DNS has no address for it",
    "failing": "could not be looked up",
}


@command()
@click.option("--now", is_flag=True, help="Look up now; write nothing, send no alerts.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@source_option
def drift(setup: Setup, name: str | None, *, now: bool, as_json: bool) -> int:
    """Show where DNS and the page differ, since when, and in how many checks.

    With [drift] enabled, each check compares them. Exit status 0 if every name was answered
    and nothing differs, else 1.
    """
    from tracker.drift.check import load_state, look_up_now  # noqa: PLC0415
    from tracker.times import format_utc  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    chosen = setup.config.chosen_regions(tree.source)
    snapshot = narrow_snapshot(load_version(tree, None), chosen)
    found = load_state(tree)
    if now:
        at = format_utc(datetime.now(UTC))
        found = look_up_now(tree, snapshot, setup.config.drift, at).state
    if as_json:
        print_json(found)
    elif found is None:
        click.echo("never looked up: set enabled = true in [drift], or use --now")
    else:
        click.echo("\n\n".join(_describe(found)))
    return 0 if found and found.agrees else 1


def _describe(found: DriftState) -> Iterator[str]:
    """Yield the paragraphs: what differs, what was not answered, what is not certain yet."""
    settled = [each for each in found.differences if not each.is_open]
    if settled:
        yield _format_differences(settled)
    if found.failures:
        yield "\n".join(["not answered:", *_list_failures(found.failures)])
    if waiting := [each for each in found.differences if each.is_open]:
        yield "\n".join(
            ["missing from the last answers, which may have other addresses each time:"]
            + [_describe_open(each) for each in waiting]
        )
    yield _conclude(found)


def _conclude(found: DriftState) -> str:
    at = f"as of {found.looked_at}"
    if found.hosts is None:  # by an older program, which did not store it
        return f"last looked up at {found.looked_at}"
    counted = f"{found.answered} of {found.hosts} names were answered"
    if not found.hosts:
        return f"nothing was looked up, {at}: the page names no host, or `ignore` excludes all"
    if not found.answered:
        return f"nothing could be looked up, {at}: {counted}"
    if found.agrees:
        return f"DNS and the page agree, {at}: {counted}"
    return f"{counted}, {at}"


def _list_failures(failures: Iterable[FailedLookup]) -> Iterator[str]:
    """Yield a line for each host and reason, with the record types that failed."""
    joined: dict[tuple[str, str, str], list[str]] = {}
    for each in failures:
        joined.setdefault((each.host, each.reason, each.resolver), []).append(each.record)
    for (host, reason, resolver), records in joined.items():
        yield f"  {host}, {' and '.join(records)}: {reason}, by {resolver}"


def _describe_open(difference: Difference) -> str:
    checks = f"{difference.checks} check{'s' if difference.checks > 1 else ''}"
    return f"  {difference.host} {difference.address}, in {checks} since {difference.first}"


def _format_differences(differences: Iterable[Difference]) -> str:
    from tracker.commands.output import format_table  # noqa: PLC0415

    header = ("Host", "Address", "What", "First seen", "Checks", "Alerted", "By")
    rows = [
        (
            *(each.host, each.address or "-", _WORDS[each.kind], each.first),
            *(str(each.checks), "yes" if each.reported else "no"),
            ", ".join(each.resolvers) or "-",
        )
        for each in differences
    ]
    return format_table(header, rows)
