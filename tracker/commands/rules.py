"""`rules`: render rule files of any version, to a folder or to the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
from msgspec import structs

from tracker import formats
from tracker.commands.common import Setup, command, echo_note, source_option
from tracker.commands.completion import complete_formats, complete_regions
from tracker.config import Config
from tracker.config.tables import Rules
from tracker.errors import RuleError, UsageError
from tracker.filters.scope import find_default
from tracker.formats import Format, Rendered, RuleSet
from tracker.history.archive import load_version
from tracker.model import Requirement, Snapshot
from tracker.publish.deltas import Step, delta_file_name, pair_rule_sets
from tracker.publish.grace import PendingRemovals, find_removals_pending_at
from tracker.publish.index import load_pending_removals
from tracker.publish.rule_files import NOT_MADE, RuleFile
from tracker.publish.rule_sets import (
    ALL_REGIONS,
    build_all_set,
    build_region_sets,
    read_settings,
    require_known_values,
)
from tracker.publish.rule_state import RuleState
from tracker.publish.serials import take_published_serial
from tracker.store.records import Manifest
from tracker.store.tree import Tree
from tracker.text import clean


class WantedSets(NamedTuple):
    """Which rule sets to render: one for each region, and one of all; None for neither."""

    of_regions: Rules | None
    of_all: Rules | None

    def build(self, state: RuleState) -> list[RuleSet]:
        """Return the rule sets of a state. Raises RuleError as `build_region_sets` does."""
        parts = state.snapshot, read_settings(state.config), state.pending
        found = build_region_sets(*parts, self.of_regions) if self.of_regions else []
        if self.of_all and ALL_REGIONS not in {each.name for each in found}:
            found.append(build_all_set(*parts, self.of_all))
        return found


@command()
@click.option("--list", "list_only", is_flag=True, help="List the formats.")
@click.option("--format", "form", help="Only this format.", shell_complete=complete_formats)
@click.option(
    "--region",
    "regions",
    multiple=True,
    help="Only this region, or `all` of them in one file; may be repeated.",
    shell_complete=complete_regions,
)
@click.option(
    "--component", "components", multiple=True, help="Only entries of this component."
)
@click.option(
    "--requirement",
    multiple=True,
    type=click.Choice(["required", "recommended", "optional"]),
    help="Only entries with this requirement; without one, an entry is required.",
)
@click.option(
    "--only-for", multiple=True, help="Only entries for everyone and for this audience."
)
@click.option("--version", type=int, help="Render this version.  [the newest]")
@click.option(
    "--since", type=int, help="Render the delta from this version, not the whole file."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write into this folder.  [a single file goes to stdout]",
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
    """Render rule files, or with --since deltas: into a folder, or one file to stdout.

    Without --region, the folder gets each region and all regions together, as published.
    """
    if list_only:
        return _list_formats()
    tree = setup.tree(setup.source(name).name)
    snapshot = load_version(tree, version)
    late = PendingRemovals() if version else _load_pending(tree, setup.config)
    entries = snapshot.entries + late.entries
    named = tuple(region for region in regions if region != ALL_REGIONS)
    tracked = find_default(setup.config.chosen_regions(tree.source), entries)
    choice = Rules(
        name="rules",
        regions=named or tracked,
        components=components or None,
        requirement=requirement or None,
        only_for=only_for or None,
    )
    wanted = WantedSets(
        choice if named or not regions else None,
        structs.replace(choice, regions=tracked)
        if ALL_REGIONS in regions or (out and not regions)
        else None,
    )
    require_known_values(choice, entries)
    if version is None:
        _warn_of_tables(tree, setup.config, snapshot)
    chosen = [formats.load(name) for name in ([form] if form else setup.config.format_names)]
    if since is None:
        state = RuleState(snapshot, late, setup.config)
        made = [
            _as_published(state.render(rule_set, each), each, tree.manifest())
            for rule_set in wanted.build(state)
            for each in chosen
        ]
    else:
        made = render_changes_since(tree, setup.config, since, (snapshot, late), wanted, chosen)
    if out is None:
        _write_to_stdout(made)
    else:
        _write_to_folder(made, out)
    return int(any(file.finding and file.finding.name == NOT_MADE for file in made))


def _list_formats() -> int:
    for name in formats.names():
        click.echo(_describe(formats.load(name)))
    return 0


def _load_pending(tree: Tree, config: Config) -> PendingRemovals:
    """Return the endpoints that left the page but are still in rule files."""
    return load_pending_removals(tree, config, datetime.now(UTC), of_all=True)


def _as_published(file: RuleFile, form: Format, manifest: Manifest | None) -> RuleFile:
    """Return a file with the serial that it was published with, if it has one."""
    text = file.rendered.text
    if text is None or form.serial is None:
        return file
    numbered = take_published_serial(manifest, form, file.path, text)
    return replace(file, rendered=structs.replace(file.rendered, text=numbered))


def _describe(form: Format) -> str:
    """Return three lines of at most 80 characters: names, purpose, and how it is loaded."""
    return f"{form.name:18} {form.file}\n    {form.about}\n    load: {form.loaded}"


def _warn_of_tables(tree: Tree, config: Config, newest: Snapshot) -> None:
    """Warn of `[[rules]]` tables whose filter matches nothing; they are not rendered here."""
    if config.rules:
        from tracker.publish.publish import find_filter_problems  # noqa: PLC0415

        for finding in find_filter_problems(tree, config, datetime.now(UTC), newest):
            echo_note(f"{finding.name}: {clean(finding.message)}")


def _write_to_stdout(made: list[RuleFile]) -> None:
    if len(made) != 1:
        raise UsageError(
            f"{len(made)} files would be rendered; name a folder with --out, or one --format"
            f" and one --region (--region {ALL_REGIONS}: all of them in one file)"
        )
    if made[0].rendered.text is None and made[0].finding:
        raise RuleError(made[0].finding.message)
    if made[0].rendered.text is None:
        raise RuleError(f"{made[0].path}: this format can express none of it")
    click.echo(made[0].rendered.text, nl=False)
    for line in made[0].excluded:
        echo_note(f"left out: {line}")


def _write_to_folder(made: list[RuleFile], out: Path) -> None:
    for file in made:
        path = out / Path(file.path).relative_to("rules")
        if file.finding:
            echo_note(f"{file.finding.name}: {file.finding.message}")
        if file.rendered.text is None:
            if not file.finding:
                text = "not written, this format can express none of it"
                echo_note(f"{path}: {text}")
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.rendered.text, "utf-8", newline="")
        except OSError as error:
            raise RuleError(f"{path}: cannot be written: {error.strerror}") from None
        left = f"  ({len(file.excluded)} left out)" if file.excluded else ""
        click.echo(f"{path}{left}")


def render_changes_since(
    tree: Tree,
    config: Config,
    since: int,
    now: tuple[Snapshot, PendingRemovals],
    wanted: WantedSets,
    forms: Sequence[Format],
) -> list[RuleFile]:
    """Return a file for each rule set and format that differs.

    The changes start from the rule files as they first were at version `since`. Raises
    UsageError if the only requested format is always loaded whole, or if nothing differs.
    """
    with_delta = [form for form in forms if form.delta]
    if not with_delta:
        raise UsageError(f"{forms[0].name} has no deltas: load the whole file")
    before = load_version(tree, since)
    days, at = config.fwtracker.grace_days, before.captured_at
    late = find_removals_pending_at(tree.versions(), tree.snapshot, days, before.version, at)
    old = RuleState(before, late, config)
    step = Step(old, RuleState(*now, config), now[0].captured_at)
    made = list(_delta_files(step, wanted, with_delta))
    if not made:
        raise UsageError(f"nothing to apply: these rule files are those of version {since}")
    return made


def _delta_files(step: Step, wanted: WantedSets, forms: Sequence[Format]) -> Iterator[RuleFile]:
    old, new = wanted.build(step.before), wanted.build(step.after)
    for before, after in pair_rule_sets(old, new, step):
        for form in forms:
            text = form.delta(before, after) if form.delta else None
            if text is not None:
                path = f"rules/{after.name}/{delta_file_name(form, 'apply')}"
                yield RuleFile(path, after, Rendered(text))
