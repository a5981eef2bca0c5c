"""`held`, `approve` and `reject`: what the guard held, and the decision about it."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import msgspec

from tracker.commands.common import Setup, command, print_json, source_option


@command()
@source_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def held(setup: Setup, name: str | None, *, as_json: bool) -> int:
    """Show the candidates that wait for a decision, why, and what they would change."""
    from tracker.commands.output import format_changes, format_findings  # noqa: PLC0415
    from tracker.diff.diff import diff  # noqa: PLC0415
    from tracker.review import rule_findings  # noqa: PLC0415
    from tracker.store.held import list_held  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    found, now = list_held(tree), datetime.now(UTC)
    rules = [rule_findings(tree, setup.config, now, item.candidate) for item in found]
    if as_json:
        plain = [
            {
                "digest": item.candidate.digest,
                **msgspec.to_builtins(item),
                "rule_findings": msgspec.to_builtins(findings),
            }
            for item, findings in zip(found, rules, strict=True)
        ]
        print_json(plain)
        return 0
    if not found:
        click.echo("nothing is held")
    for item, findings in zip(found, rules, strict=True):
        click.echo(f"held {item.candidate.digest[:12]}, first seen {item.first_seen}")
        for line in format_findings(item.candidate.findings + findings):
            click.echo(f"  {line}")
        click.echo(
            "\n".join(
                f"  {line}" for line in format_changes(diff(tree.latest(), item.candidate))
            )
        )
        click.echo(f"publish it with: fwtracker approve {item.candidate.digest[:12]}")
        click.echo(f"drop it with:    fwtracker reject {item.candidate.digest[:12]}")
    return 0


@command()
@click.argument("digest")
@source_option
@click.option("--no-notify", is_flag=True, help="Send nothing now; the version stays owed.")
def approve(setup: Setup, digest: str, name: str | None, *, no_notify: bool) -> int:
    """Publish exactly the held candidate with this DIGEST (its first 8 characters will do)."""
    from tracker.commands.output import format_findings  # noqa: PLC0415
    from tracker.context import CheckContext  # noqa: PLC0415
    from tracker.review import approve as publish_held  # noqa: PLC0415

    source = setup.source(name)
    tree = setup.tree(source.name)
    context = CheckContext(source, tree, setup.config, notify=not no_notify)
    outcome = publish_held(context, digest)
    if outcome.outcome == "published":
        click.echo(f"{source.name}: published version {outcome.version}")
    else:
        click.echo(f"{source.name}: accepted; version {outcome.version} says the same already")
    for line in format_findings(outcome.findings):
        click.echo(f"  {line}", err=True)
    for note in outcome.notes:
        click.echo(f"fwtracker: {source.name}: {note}", err=True)
    return 1 if outcome.notes else 0


@command()
@click.argument("digest")
@source_option
def reject(setup: Setup, digest: str, name: str | None) -> int:
    """Drop the held candidate with this DIGEST; the same page does not ask again."""
    from tracker.context import CheckContext  # noqa: PLC0415
    from tracker.review import reject as drop_held  # noqa: PLC0415

    source = setup.source(name)
    context = CheckContext(source, setup.tree(source.name), setup.config)
    item = drop_held(context, digest)
    click.echo(f"{source.name}: rejected {item.candidate.digest[:12]}; the last version stays")
    return 0
