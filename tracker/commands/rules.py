"""`rules`: render rule files of any version, to a folder or to the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from tracker import formats
from tracker.commands.common import Setup, command, source_option
from tracker.config.tables import Rules
from tracker.errors import RuleError, UsageError
from tracker.history.archive import version as stored
from tracker.model import Requirement
from tracker.publish.grace import Leaving
from tracker.publish.publish import leaving_now
from tracker.publish.rules import RuleFile, region_sets, rendered, require


@command()
@click.option("--list", "list_only", is_flag=True, help="List the formats.")
@click.option("--format", "form", help="Only this format.")
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option("--component", "components", multiple=True, help="Only of this component.")
@click.option(
    "--requirement",
    multiple=True,
    type=click.Choice(["required", "recommended", "optional"]),
    help="Only what the page calls so; where it says nothing, it is required.",
)
@click.option("--only-for", multiple=True, help="Only for everybody and for this audience.")
@click.option("--version", type=int, help="Of this version.  [the newest]")
@click.option(
    "--since", type=int, help="Not the file: what leads to it from that of this version."
)
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
    components: tuple[str, ...],
    requirement: tuple[Requirement, ...],
    only_for: tuple[str, ...],
    version: int | None,
    since: int | None,
    out: Path | None,
    name: str | None,
    *,
    list_only: bool,
) -> int:
    """Render rule files, or with --since changes to them: to a folder, or one to stdout."""
    if list_only:
        for known in (formats.load(format_name) for format_name in formats.names()):
            click.echo(f"{known.name:18} {known.file:26} {known.about}")
        return 0
    tree = setup.tree(setup.source(name).name)
    snapshot = stored(tree, version)
    late = Leaving() if version else leaving_now(tree, setup.config, datetime.now(UTC))
    choice = Rules(
        name="rules",
        regions=regions or None,
        components=components or None,
        requirement=requirement or None,
        only_for=only_for or None,
    )
    require(choice, snapshot.entries + late.entries)
    chosen = [formats.load(name) for name in ([form] if form else setup.config.format_names)]
    if since is None:
        sets = region_sets(snapshot, setup.config.assumptions, late, choice)
        made = [rendered(rule_set, each) for rule_set in sets for each in chosen]
    else:
        from tracker.commands._since import changes  # noqa: PLC0415  not for whole files

        made = changes(tree, setup.config, since, (snapshot, late), choice, chosen)
    if out is None:
        _to_stdout(made)
    else:
        _to_folder(made, out)
    return 0


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
        if file.finding:
            click.echo(f"{file.finding.name}: {file.finding.message}", err=True)
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
