"""`notify test`, `retry` and `status`: test a channel, deliver what is owed, show it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from tracker.commands.common import HELP, Setup, command, echo_note, print_json, source_option
from tracker.commands.completion import complete_channels
from tracker.config import load_notifier
from tracker.config.tables import Channel
from tracker.errors import FwtrackerError, UsageError


@click.group(context_settings=HELP)
def notify() -> None:
    """Test a channel, deliver what is owed, or show what is owed."""


@command("test", short_help="Send a test message and report the answer.")
@click.argument("channel", required=False, shell_complete=complete_channels)
@click.option(
    "--page", is_flag=True, help="Page the people on call at CHANNEL, then resolve it."
)
@source_option
def _test(setup: Setup, channel: str | None, name: str | None, *, page: bool) -> int:
    """Send a test message to CHANNEL, or to all, and report the real answer."""
    from tracker.alerts.delivery import send_test  # noqa: PLC0415

    if page and channel is None:
        raise UsageError("--page pages people: name the CHANNEL to use")

    source = setup.source(name)
    status = 0
    for each in _choose_channels(setup, channel):
        try:
            detail = send_test(source, each, datetime.now(UTC), page=page)
        except FwtrackerError as error:
            echo_note(f"fwtracker: channel {each.name}: {error}")
            status = error.exit_status
        else:
            hint = "" if page else _explain_paging(each)
            click.echo(f"channel {each.name}: delivered ({detail}){hint}")
            notifier = load_notifier(each.type)
            if notifier.doubt and (doubt := notifier.doubt(each.settings)):
                echo_note(f"fwtracker: channel {each.name}: {doubt}")
    return status


def _explain_paging(channel: Channel) -> str:
    """Return a note on how to test paging; "" for types that never page."""
    if load_notifier(channel.type).page is None:
        return ""
    return f"; this paged no one; to test paging: fwtracker notify test {channel.name} --page"


@command("retry", short_help="Deliver what is owed and dead letters, without a check.")
@click.argument("channel", required=False, shell_complete=complete_channels)
@click.option("--owed", is_flag=True, help="Deliver only what is owed, no dead letters.")
@source_option
def _retry(setup: Setup, channel: str | None, name: str | None, *, owed: bool) -> int:
    """Deliver what is owed to CHANNEL or to all, and dead letters, now and without a check."""
    from tracker.alerts import notices, outbox  # noqa: PLC0415
    from tracker.alerts.delivery import deliver_owed  # noqa: PLC0415
    from tracker.check.context import CheckContext  # noqa: PLC0415

    channels = _choose_channels(setup, channel)
    source = setup.source(name)
    tree = setup.tree(source.name)
    context = CheckContext(source, tree, setup.config)
    with tree.lock():
        outbox.register_channels(tree, channels)
        for each in () if owed else channels:
            outbox.requeue(tree, each)
        notices.record_overdue(context)
        before = sum(outbox.count_delivered(tree, each) for each in channels)
        failures = deliver_owed(context, channels)
        done = sum(outbox.count_delivered(tree, each) for each in channels) - before
        left = outbox.count_owed(tree, channels)
    dead = sum(failure.final for failure in failures)
    refused = f", {dead} permanently rejected" if dead else ""
    click.echo(f"{tree.source}: {done} delivered, {left} still owed{refused}")
    for failure in failures:
        echo_note(f"fwtracker: {tree.source}: {failure}")
    return 1 if failures else 0


@command("status", short_help="Show what each channel was sent, is owed or refused.")
@source_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def _status(setup: Setup, name: str | None, *, as_json: bool) -> int:
    """Show for each channel what is delivered, owed and dead, and why.

    "Silent" versions have nothing for the channel.
    """
    from tracker.alerts import outbox  # noqa: PLC0415
    from tracker.commands.output import format_table  # noqa: PLC0415

    tree = setup.tree(setup.source(name).name)
    accounts = [outbox.channel_status(tree, each) for each in setup.config.channels]
    if as_json:
        print_json(accounts)
        return 0
    if not accounts:
        click.echo("no channel is configured")
        return 0
    rows = [
        (
            each.channel,
            each.type,
            str(len(each.delivered)),
            _list_numbers(each.silent),
            _list_numbers(each.owed, each.notices_owed),
            _list_reasons(each.dead, each.notices_dead),
        )
        for each in accounts
    ]
    click.echo(format_table(("Channel", "Type", "Delivered", "Silent", "Owed", "Dead"), rows))
    health = tree.health()
    if health and health.current_problem:
        row = f"{health.count} in a row since {health.since}"
        click.echo(f"{tree.source}: checks are not good ({health.current_problem}), {row}")
    return 0


def _list_numbers(versions: Iterable[int], notices: Iterable[int] = ()) -> str:
    """Return `41, 42, notice 7`, or a dash."""
    return ", ".join([*map(str, versions), *(f"notice {each}" for each in notices)]) or "-"


def _list_reasons(versions: dict[int, str], notices: dict[int, str]) -> str:
    """Return `41: HTTP 404 ...; notice 7: ...`, or a dash."""
    lines = [f"{number}: {why}" for number, why in versions.items()]
    lines += [f"notice {number}: {why}" for number, why in notices.items()]
    return "; ".join(lines) or "-"


def _choose_channels(setup: Setup, name: str | None) -> list[Channel]:
    channels = [each for each in setup.config.channels if name in {None, each.name}]
    if channels:
        return channels
    known = ", ".join(each.name for each in setup.config.channels)
    if name is None or not known:
        raise UsageError("no channel is configured; add one with [[channels]]")
    raise UsageError(f'no channel is called "{name}"; there are: {known}')


for _command in (_test, _retry, _status):
    notify.add_command(_command)
