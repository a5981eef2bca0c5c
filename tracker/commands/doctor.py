"""`doctor`: what is wrong with a setup, and what to do about it."""

from __future__ import annotations

import click

from tracker.commands.common import Setup, command, paint, print_json

_MARKS = {"good": "ok", "warning": "warning", "bad": "BAD"}


@command()
@click.option("--offline", is_flag=True, help="Do not use the network.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor(setup: Setup, *, offline: bool, as_json: bool) -> int:
    """Check configuration, store, disk, clock, page and channels; say what to fix.

    Exit status 1 if something does not work; warnings do not count.
    """
    from tracker.doctor import examine  # noqa: PLC0415
    from tracker.text import clean  # noqa: PLC0415

    found = []
    for line in examine(setup.config, setup.snapshots, online=not offline):
        found.append(line)
        if not as_json:
            mark = paint(f"{_MARKS[line.verdict]:8}", line.verdict)
            click.echo(f"{mark} {clean(line.about)}: {clean(line.text)}")
            if line.advice:
                click.echo(f"{'':8} -> {clean(line.advice)}")
    if as_json:
        print_json(found)
    return 1 if any(line.verdict == "bad" for line in found) else 0
