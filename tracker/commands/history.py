"""`history`, `show` and `diff`: what is stored, read back."""

from __future__ import annotations

import click
import msgspec

from tracker.commands.common import Setup, command
from tracker.errors import UsageError
from tracker.model import Snapshot
from tracker.store.tree import Tree

_SOURCE = click.option("--source", "name", help="Which source.  [the configured one]")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@command()
@_SOURCE
@_JSON
def history(setup: Setup, name: str | None, *, as_json: bool) -> int:
    """List the versions, newest first, with what each one changed."""
    from tracker.commands.table import table  # noqa: PLC0415
    from tracker.commands.words import counts  # noqa: PLC0415
    from tracker.publish import change_set  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    found = [
        (tree.snapshot(number), change_set(tree, number)) for number in _numbers(tree)[::-1]
    ]
    if as_json:
        _print_json(
            [
                {
                    "version": snapshot.version,
                    "captured_at": snapshot.captured_at,
                    "digest": snapshot.digest,
                    "entries": len(snapshot.entries),
                    "summary": changes.summary,
                }
                for snapshot, changes in found
            ]
        )
        return 0
    rows = [
        (
            str(snapshot.version),
            snapshot.captured_at,
            str(len(snapshot.entries)),
            counts(changes.summary) if snapshot.previous else "baseline",
            snapshot.digest[:12],
        )
        for snapshot, changes in found
    ]
    click.echo(table(("Version", "Captured", "Entries", "What changed", "Digest"), rows))
    return 0


@command()
@click.argument("version", type=int, required=False)
@_SOURCE
@_JSON
def show(setup: Setup, version: int | None, name: str | None, *, as_json: bool) -> int:
    """Print the entries of VERSION, by default the newest."""
    from tracker.commands.words import entries_table, finding_lines  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    snapshot = _version(tree, version)
    if as_json:
        _print_json(snapshot)
        return 0
    click.echo(
        f"{snapshot.source} version {snapshot.version}, captured {snapshot.captured_at},"
        f" digest {snapshot.digest[:12]}"
    )
    for page in snapshot.pages:
        click.echo(f"read from {page.url}")
    click.echo()
    click.echo(entries_table(snapshot.entries))
    for line in finding_lines(snapshot.findings):
        click.echo(line)
    return 0


@command()
@click.argument("before", type=int, required=False, metavar="[A]")
@click.argument("after", type=int, required=False, metavar="[B]")
@_SOURCE
@_JSON
def diff(
    setup: Setup, before: int | None, after: int | None, name: str | None, *, as_json: bool
) -> int:
    """Say what changed from version A to version B.

    Without B, from A to the newest; without both, what the newest version changed.
    """
    from tracker.commands.words import change_lines  # noqa: PLC0415
    from tracker.diff import diff as compare  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    new = _version(tree, after)
    number = before if before is not None else new.previous
    old = _version(tree, number) if number is not None else None
    changes = compare(old, new)
    if as_json:
        _print_json(changes)
    else:
        click.echo("\n".join(change_lines(changes)))
    return 0


def _numbers(tree: Tree) -> list[int]:
    """The versions there are. Raises UsageError where there is none."""
    numbers = tree.versions()
    if not numbers:
        raise UsageError(
            f"no version of {tree.source} is stored here yet; make one with: fwtracker run"
            f" {tree.source}, or name another folder with --snapshots"
        )
    return numbers


def _version(tree: Tree, version: int | None) -> Snapshot:
    numbers = _numbers(tree)
    if version is not None and version not in numbers:
        raise UsageError(
            f"there is no version {version} of {tree.source}; there are"
            f" {numbers[0]} to {numbers[-1]}"
        )
    return tree.snapshot(numbers[-1] if version is None else version)


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
