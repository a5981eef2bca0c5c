"""`notify test` and `notify retry`: prove a channel, deliver what is owed."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tracker.commands.common import Setup, command, source_option
from tracker.config import Channel
from tracker.errors import FwtrackerError, UsageError


@click.group()
def notify() -> None:
    """Prove a channel, or deliver what is owed."""


@command("test")
@click.argument("channel", required=False)
@source_option
def _test(setup: Setup, channel: str | None, name: str | None) -> int:
    """Send a test message to CHANNEL, or to all, and judge by the real answer."""
    from tracker import outbox  # noqa: PLC0415

    source = setup.source(name)
    status = 0
    for each in _chosen(setup, channel):
        try:
            detail = outbox.try_out(source, each, datetime.now(UTC))
        except FwtrackerError as error:
            click.echo(f"fwtracker: channel {each.name}: {error}", err=True)
            status = error.exit_status
        else:
            click.echo(f"channel {each.name}: delivered ({detail})")
    return status


@command("retry")
@source_option
def _retry(setup: Setup, name: str | None) -> int:
    """Deliver what is owed now, without a check."""
    from tracker import outbox  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    with tree.lock():
        outbox.register(tree, setup.config.channels)
        before = sum(len(outbox.owed(tree, channel)) for channel in setup.config.channels)
        failures = outbox.deliver(tree, setup.config.channels, lambda: datetime.now(UTC))
        left = sum(len(outbox.owed(tree, channel)) for channel in setup.config.channels)
    click.echo(f"{tree.source}: {before - left} delivered, {left} still owed")
    for failure in failures:
        where = f"channel {failure.channel}: version {failure.version}"
        click.echo(f"fwtracker: {where}: {failure.message}", err=True)
    return 1 if failures else 0


def _chosen(setup: Setup, name: str | None) -> list[Channel]:
    channels = [each for each in setup.config.channels if name in {None, each.name}]
    if channels:
        return channels
    known = ", ".join(each.name for each in setup.config.channels)
    if name is None or not known:
        raise UsageError("no channel is configured; add one with [[channels]]")
    raise UsageError(f'no channel is called "{name}"; there are: {known}')


notify.add_command(_test)
notify.add_command(_retry)
