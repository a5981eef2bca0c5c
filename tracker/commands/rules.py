"""`rules`: render rule files of any version, to a folder or to the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from tracker import formats
from tracker.archive import version as stored
from tracker.commands.common import Setup, command, source_option
from tracker.config import Rules
from tracker.errors import RuleError, UsageError
from tracker.grace import Leaving
from tracker.model import Snapshot
from tracker.publish import leaving_now
from tracker.rules import RuleFile, chosen, region_sets, rendered
from tracker.text import slug


@command()
@click.option("--list", "list_only", is_flag=True, help="List the formats.")
@click.option("--format", "form", help="Only this format.")
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option("--version", type=int, help="Of this version.  [the newest]")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write below this folder.  [one file may go to stdout]",
)
@source_option
def rules(
    setup: Setup,
    form: str | None,
    regions: tuple[str, ...],
    version: int | None,
    out: Path | None,
    name: str | None,
    *,
    list_only: bool,
) -> int:
    """Render rule files: to a folder with --out, or a single one to stdout."""
    if list_only:
        for known in (formats.load(format_name) for format_name in formats.names()):
            click.echo(f"{known.name:14} {known.file:16} {known.about}")
        return 0
    tree = setup.tree(setup.source(name).name)
    snapshot = stored(tree, version)
    late = None if version else leaving_now(tree, setup.config, datetime.now(UTC))
    made = _made(snapshot, late, form, regions)
    if out is None:
        _to_stdout(made)
    else:
        _to_folder(made, out)
    return 0


def _made(
    snapshot: Snapshot, late: Leaving | None, form: str | None, regions: tuple[str, ...]
) -> list[RuleFile]:
    sets = region_sets(snapshot, late)
    for region in regions:
        chosen(snapshot, Rules(name=region, regions=(region,)), late)  # is there, or an error
    if regions:
        folders = {slug(region) for region in regions}
        sets = [rule_set for rule_set in sets if rule_set.name in folders]
    names = [form] if form else formats.names()
    return [rendered(rule_set, formats.load(name)) for rule_set in sets for name in names]


def _to_stdout(made: list[RuleFile]) -> None:
    if len(made) != 1:
        raise UsageError(
            f"{len(made)} files would be rendered; name a folder with --out, or one --format"
            " and one --region"
        )
    if made[0].rendered.text is None:
        raise RuleError(f"{made[0].path}: nothing of it can be said in this format")
    click.echo(made[0].rendered.text, nl=False)
    for line in made[0].left_out:
        click.echo(f"left out: {line}", err=True)


def _to_folder(made: list[RuleFile], out: Path) -> None:
    for file in made:
        path = out / Path(file.path).relative_to("rules")
        if file.rendered.text is None:
            click.echo(
                f"{path}: not written, nothing of it can be said in this format", err=True
            )
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.rendered.text, "utf-8", newline="")
        except OSError as error:
            raise RuleError(f"{path}: cannot be written: {error.strerror}") from None
        left = f"  ({len(file.left_out)} left out)" if file.left_out else ""
        click.echo(f"{path}{left}")
