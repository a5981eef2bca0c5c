"""What is owed to whom: the committed versions are the outbox, receipts say what is done.

`deliver.py` sends; in here is only what is owed, delivered and dead. Knows no kind of channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tracker.config import Channel
from tracker.store.tree import ChannelState, Receipt, Tree

NOT_CONCERNED = "nothing in it for this channel"


class Owed(msgspec.Struct, frozen=True):
    """One channel's account: version numbers, and why the dead ones will not be sent again.

    `silent` are versions with nothing in them for the channel: done, and nothing was sent.
    """

    channel: str
    type: str
    since: int
    delivered: tuple[int, ...]
    silent: tuple[int, ...]
    owed: tuple[int, ...]
    dead: dict[int, str]


def register(tree: Tree, channels: Sequence[Channel]) -> list[str]:
    """Note since when each channel owes; returns the names that were new to a filled store.

    Done before a commit, so that a channel never misses the version that a run makes.
    """
    newest = max(tree.versions(), default=0)
    late: list[str] = []
    for channel in channels:
        if tree.state(f"channels/{channel.name}", ChannelState) is None:
            tree.remember(f"channels/{channel.name}", ChannelState(since=newest))
            if newest:
                late.append(channel.name)
    return late


def owed(tree: Tree, channel: Channel) -> list[int]:
    """The versions that this channel has neither a receipt nor a dead letter for, in order."""
    state = tree.state(f"channels/{channel.name}", ChannelState)
    if state is None:
        return []
    done = {*_numbers(tree, "receipts", channel.name), *_numbers(tree, "dead", channel.name)}
    return [number for number in tree.versions() if number > state.since and number not in done]


def account(tree: Tree, channel: Channel) -> Owed:
    """Everything about one channel."""
    state = tree.state(f"channels/{channel.name}", ChannelState)
    done = _details(tree, "receipts", channel)
    silent = [number for number, detail in done.items() if detail == NOT_CONCERNED]
    return Owed(
        channel=channel.name,
        type=channel.type,
        since=state.since if state else 0,
        delivered=tuple(number for number in done if number not in silent),
        silent=tuple(silent),
        owed=tuple(owed(tree, channel)),
        dead=_details(tree, "dead", channel),
    )


def note(tree: Tree, channel: Channel, receipt: Receipt) -> None:
    """Write the receipt of a delivery."""
    tree.remember(_name("receipts", channel.name, receipt.version), receipt)
    tree.forget(_name("dead", channel.name, receipt.version))


def bury(tree: Tree, channel: Channel, letter: Receipt) -> None:
    """Write a dead letter: this version will not be taken, however often it is sent."""
    tree.remember(_name("dead", channel.name, letter.version), letter)


def revive(tree: Tree, channel: Channel) -> int:
    """Owe the dead letters of a channel again; returns how many."""
    numbers = _numbers(tree, "dead", channel.name)
    for number in numbers:
        tree.forget(_name("dead", channel.name, number))
    return len(numbers)


def _details(tree: Tree, folder: str, channel: Channel) -> dict[int, str]:
    """What the receipts or dead letters of a channel say, by version."""
    return {
        number: found.detail
        for number in _numbers(tree, folder, channel.name)
        if (found := tree.state(_name(folder, channel.name, number), Receipt))
    }


def _numbers(tree: Tree, folder: str, channel: str) -> list[int]:
    return sorted(int(name) for name in tree.states(f"{folder}/{channel}"))


def _name(folder: str, channel: str, version: int) -> str:
    return f"{folder}/{channel}/{version:06d}"
