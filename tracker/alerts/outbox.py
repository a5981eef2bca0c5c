"""What is owed to whom: versions and notices are the outbox, receipts say what is done.

`deliver.py` sends; in here is only what is owed, delivered and dead. Knows no kind of channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tracker.config.tables import Channel
from tracker.errors import Damaged
from tracker.model import Notice
from tracker.store.tree import ChannelState, Receipt, Tree

NOT_CONCERNED = "nothing in it for this channel"


class Box(NamedTuple):
    """One kind of message: what it is called, and where its receipts and dead letters are."""

    name: str
    receipts: str
    dead: str


VERSIONS = Box("version", "receipts", "dead")
NOTICES = Box("notice", "notice-receipts", "notice-dead")
BOXES = (VERSIONS, NOTICES)


class Failure(msgspec.Struct, frozen=True):
    """A delivery that did not work. `final`: it will not be tried again by itself."""

    channel: str
    what: str
    message: str
    final: bool = False

    def __str__(self) -> str:
        """One line for the operator."""
        if self.final:
            return (
                f"channel {self.channel}: {self.what} was refused for good:"
                f" {self.message}; mend it, then: fwtracker notify retry"
            )
        return (
            f"channel {self.channel}: {self.what} is still owed: {self.message}; the next run"
            " tries again"
        )


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
    notices_owed: tuple[int, ...]
    notices_dead: dict[int, str]


def register(tree: Tree, channels: Sequence[Channel]) -> list[str]:
    """Note since when each channel owes; returns the names that were new to a filled store.

    Done before a commit, so that a channel never misses the version that a run makes.
    """
    newest = max(tree.versions(), default=0)
    late: list[str] = []
    for channel in channels:
        if not is_known(tree, channel):
            state = ChannelState(since=newest, notices=max(notices(tree), default=0))
            tree.remember(f"channels/{channel.name}", state)
            if newest:
                late.append(channel.name)
    return late


def is_known(tree: Tree, channel: Channel) -> bool:
    """Whether it is noted since when this channel owes."""
    return tree.state(f"channels/{channel.name}", ChannelState) is not None


def notices(tree: Tree) -> list[int]:
    """The numbers of the committed notices, in order."""
    return sorted(map(int, tree.states("notices")))


def notice(tree: Tree, number: int) -> Notice:
    """One committed notice. Raises Damaged where it cannot be read."""
    found = tree.state(notice_name(number), Notice)
    if found is None:
        raise Damaged(f"{notice_name(number)}: there is no such notice")
    return found


def notice_name(number: int) -> str:
    """`notices/000001`."""
    return f"notices/{number:06d}"


def owed(tree: Tree, channel: Channel, box: Box = VERSIONS) -> list[int]:
    """What this channel has neither a receipt nor a dead letter for, in order."""
    state = tree.state(f"channels/{channel.name}", ChannelState)
    if state is None:
        return []
    every, since = (
        (tree.versions(), state.since) if box is VERSIONS else (notices(tree), state.notices)
    )
    there = [number for number in every if number > since]
    if not there:
        return []
    done = {*_numbers(tree, box.receipts, channel), *_numbers(tree, box.dead, channel)}
    return [number for number in there if number not in done]


def account(tree: Tree, channel: Channel) -> Owed:
    """Everything about one channel."""
    state = tree.state(f"channels/{channel.name}", ChannelState)
    done = _details(tree, VERSIONS.receipts, channel)
    silent = [number for number, detail in done.items() if detail == NOT_CONCERNED]
    return Owed(
        channel=channel.name,
        type=channel.type,
        since=state.since if state else 0,
        delivered=tuple(number for number in done if number not in silent),
        silent=tuple(silent),
        owed=tuple(owed(tree, channel)),
        dead=_details(tree, VERSIONS.dead, channel),
        notices_owed=tuple(owed(tree, channel, NOTICES)),
        notices_dead=_details(tree, NOTICES.dead, channel),
    )


def sent(tree: Tree, channel: Channel) -> int:
    """How many versions and notices this channel has taken."""
    details = (_details(tree, box.receipts, channel) for box in BOXES)
    return sum(detail != NOT_CONCERNED for each in details for detail in each.values())


def note(tree: Tree, channel: Channel, receipt: Receipt, box: Box = VERSIONS) -> None:
    """Write the receipt of a delivery."""
    tree.remember(_name(box.receipts, channel, receipt.version), receipt)
    tree.forget(_name(box.dead, channel, receipt.version))


def bury(tree: Tree, channel: Channel, letter: Receipt, box: Box = VERSIONS) -> None:
    """Write a dead letter: this one will not be taken, however often it is sent."""
    tree.remember(_name(box.dead, channel, letter.version), letter)


def revive(tree: Tree, channel: Channel) -> int:
    """Owe the dead letters of a channel again; returns how many."""
    letters = [
        _name(box.dead, channel, number)
        for box in BOXES
        for number in _numbers(tree, box.dead, channel)
    ]
    for letter in letters:
        tree.forget(letter)
    return len(letters)


def _details(tree: Tree, folder: str, channel: Channel) -> dict[int, str]:
    """What the receipts or dead letters of a channel say, by number."""
    return {
        number: found.detail
        for number in _numbers(tree, folder, channel)
        if (found := tree.state(_name(folder, channel, number), Receipt))
    }


def _numbers(tree: Tree, folder: str, channel: Channel) -> list[int]:
    return sorted(map(int, tree.states(f"{folder}/{channel.name}")))


def _name(folder: str, channel: Channel, number: int) -> str:
    return f"{folder}/{channel.name}/{number:06d}"
