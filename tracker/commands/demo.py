"""`demo`: the whole job on sample pages, offline."""

from __future__ import annotations

from pathlib import Path

import click

from tracker.commands.common import Setup, command


@command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where to keep what the demo makes.",
)
def demo(setup: Setup, out: Path) -> int:  # noqa: ARG001  the demo has its own configuration
    """Show the whole job on sample pages, offline: six checks, with the alerts they send."""
    from tracker.demo.story import play  # noqa: PLC0415

    play(out, click.echo)
    return 0
