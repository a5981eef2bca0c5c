"""`store verify`, `rebuild`, `export`, and `replay`: work on the store and its raw pages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from tracker.commands.common import (
    HELP,
    Setup,
    command,
    echo_note,
    print_json,
    say_if_slow,
    source_option,
)
from tracker.config import Config
from tracker.store.records import Manifest
from tracker.store.tree import Tree
from tracker.text import count_of

_AT_ONCE = 16  # files that are read together
_ORIGINAL = ("versions/", "pages/")  # never rewritten
_KINDS = {"changes": "change sets", "rules": "rule files", "deltas": "files of deltas"}
_OTHER = "other files"


@click.group(context_settings=HELP)
def store() -> None:
    """Verify the store, recreate everything derived, or export it."""


@command("verify", short_help="Verify every file by its hash, and the signatures.")
@source_option
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also prove that manifest.json and version.json are signed by the key in this .pub"
    " file, or by one of those in it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def _verify(setup: Setup, name: str | None, public_key: Path | None, *, as_json: bool) -> int:
    """Recompute every hash; name each damaged, missing or unknown file."""
    from tracker.history.archive import list_versions  # noqa: PLC0415
    from tracker.history.integrity import verify_tree  # noqa: PLC0415
    from tracker.publish.signing import load_public_keys  # noqa: PLC0415

    keys = load_public_keys(public_key) if public_key else ()
    tree = setup.tree(setup.source(name).name)
    versions = count_of(len(list_versions(tree)), "version", "versions")
    faults = list(dict.fromkeys(verify_tree(tree, keys)))
    if as_json:
        print_json(faults)
    for fault in () if as_json else faults:
        within = "" if fault.file.startswith(".state/") else f"{tree.source}/"
        line = f"{within}{fault.file}: {fault.what}; {fault.action}"
        echo_note(f"fwtracker: {line}")
    if not faults and not as_json:
        signed = f", signed by the key in {public_key}" if public_key else ""
        click.echo(f"{tree.source}: {versions}, every file is as it was written{signed}")
    return 1 if faults else 0


@command("rebuild", short_help="Recreate all that is derived from the versions.")
@source_option
@click.option(
    "--upgrade",
    "is_upgrade",
    is_flag=True,
    help="Write what an older fwtracker wrote in today's form, and say what that adds.",
)
def _rebuild(setup: Setup, name: str | None, *, is_upgrade: bool) -> int:
    """Recreate all that is derived from the versions: changes, rule files, index, manifest.

    Change sets and index of an older fwtracker stay as they are if they say the same.
    """
    from tracker.history.archive import list_versions  # noqa: PLC0415
    from tracker.publish.publish import rebuild  # noqa: PLC0415

    tree, now = setup.tree(setup.source(name).name), datetime.now(UTC)
    list_versions(tree)
    with tree.lock(), say_if_slow(f"{tree.source}: recreating everything derived"):
        done = upgrade(tree, setup.config, now) if is_upgrade else None
        manifest = done.manifest if done else rebuild(tree, setup.config, now)
    click.echo(f"{tree.source}: {len(manifest.files)} files of version {manifest.version} made")
    if done:
        click.echo(f"{tree.source}: added: {describe_counts(done.added)}")
        click.echo(f"{tree.source}: changed: {describe_counts(done.renewed)}")
    return 0


@command("export", short_help="Write all versions to one queryable file.")
@source_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["sqlite"]),
    default="sqlite",
    help="The format of the file.  [sqlite]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [SOURCE.sqlite]",
)
def _export(setup: Setup, name: str | None, form: str, out: Path | None) -> int:
    """Write all versions and endpoints to one queryable file."""
    from tracker.history.archive import load_versions  # noqa: PLC0415
    from tracker.history.export import export_versions  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    target = out or Path(f"{tree.source}.{form}")
    with say_if_slow(f"{tree.source}: exporting all versions"):
        written = export_versions(load_versions(tree), target)
    click.echo(f"{target}: {count_of(written, 'version', 'versions')}")
    return 0


@command()
@click.argument("version", type=int, required=False)
@source_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def replay(setup: Setup, version: int | None, name: str | None, *, as_json: bool) -> int:
    """Read the stored raw pages again with the current reader; show differences.

    Exit status 1 if a version (by default any) is read differently or refused.
    """
    from tracker.commands.output import format_changes  # noqa: PLC0415
    from tracker.history import archive  # noqa: PLC0415
    from tracker.history.replay import replay_versions  # noqa: PLC0415

    source = setup.source(name)
    tree = setup.tree(source.name)
    chosen = (
        archive.load_versions(tree)
        if version is None
        else [archive.load_version(tree, version)]
    )
    found = list(replay_versions(tree, source, chosen))
    if as_json:
        print_json(found)
    for item in () if as_json else found:
        if item.same:
            click.echo(f"version {item.version}: read the same")
        elif item.changes:
            click.echo(f"version {item.version}: read differently today")
            click.echo("\n".join(f"  {line}" for line in format_changes(item.changes)))
        else:
            click.echo(f"version {item.version}: refused today: {item.error}")
    return 0 if all(item.same for item in found) else 1


class Upgrade(NamedTuple):
    """The manifest after an upgrade, and how many files of each kind are new or changed."""

    manifest: Manifest
    added: Counter[str]
    renewed: Counter[str]


def upgrade(tree: Tree, config: Config, now: datetime) -> Upgrade:
    """Recreate all derived files in their newest form. Raises the errors of `rebuild`."""
    from tracker.publish.publish import rebuild  # noqa: PLC0415

    before = _hash_derived(tree)
    manifest = rebuild(tree, config, now, is_upgrade=True)
    after = _hash_derived(tree)
    added = [name for name in after if name not in before]
    renewed = [name for name in after if before.get(name, after[name]) != after[name]]
    return Upgrade(manifest, Counter(map(_name_kind, added)), Counter(map(_name_kind, renewed)))


def describe_counts(counts: Mapping[str, int]) -> str:
    """Return `2 change sets, 3 other files`, or `nothing`."""
    kinds = (*_KINDS.values(), _OTHER)
    return ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind]) or "nothing"


def _hash_derived(tree: Tree) -> dict[str, bytes]:
    names = [name for name in tree.walk() if not name.startswith(_ORIGINAL)]
    found: dict[str, bytes] = {}
    for at in range(0, len(names), _AT_ONCE):
        for name, data in tree.read_many(names[at : at + _AT_ONCE]).items():
            found[name] = hashlib.sha256(data or b"").digest()
    return found


def _name_kind(name: str) -> str:
    return _KINDS.get(name.partition("/")[0], _OTHER)


for _command in (_verify, _rebuild, _export):
    store.add_command(_command)
