"""What each channel is owed: versions and notices are the outbox, receipts record deliveries.

A channel is owed what came after it was first seen and has neither a receipt nor a dead letter.
`delivery.py` sends it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from tracker.config.tables import Channel
from tracker.errors import Damaged
from tracker.model import Number, NumberOrZero
from tracker.notifications import Notice, NoticeNumber
from tracker.store.records import ChannelState, Receipt
from tracker.store.tree import Tree

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 20  # read at once; usually there is none
NOT_CONCERNED = "nothing in it for this channel"  # the detail of a receipt; nothing was sent


class Queue(NamedTuple):
    """One kind of message: its name, and where its delivery is recorded."""

    name: str
    receipts: str
    dead_letters: str
    attempts: str


VERSIONS = Queue("version", "receipts", "dead", "attempts")
NOTICES = Queue("notice", "notice-receipts", "notice-dead", "notice-attempts")
QUEUES = (VERSIONS, NOTICES)


class DeliveryFailure(msgspec.Struct, frozen=True):
    """A failed delivery; if `final`, it is not retried automatically."""

    channel: str
    what: str
    message: str
    final: bool = False

    def __str__(self) -> str:
        """Return one line for the operator."""
        if self.final:
            return (
                f"channel {self.channel}: {self.what} was permanently rejected:"
                f" {self.message}; fix it, then: fwtracker notify retry"
            )
        return (
            f"channel {self.channel}: {self.what} is still owed: {self.message}; the next run"
            " tries again"
        )


class ChannelStatus(msgspec.Struct, frozen=True):
    """What one channel has and has not received, as `notify status --json` prints it.

    Numbers of versions and notices; for dead letters also why they were refused. `silent` are
    versions that contain nothing for the channel: done without a message.
    """

    channel: str
    type: str
    since: NumberOrZero
    delivered: tuple[Number, ...]
    silent: tuple[Number, ...]
    owed: tuple[Number, ...]
    dead: dict[Number, str]
    notices_owed: tuple[NoticeNumber, ...]
    notices_dead: dict[NoticeNumber, str]


def register_channels(tree: Tree, channels: Sequence[Channel]) -> list[str]:
    """Record where the messages of each new channel begin; return names, if there are versions.

    Done before a commit, so that a channel never misses the version that a run makes.
    """
    known = {*tree.states("channels")}  # also damaged ones, which stop only their own channel
    new = [channel for channel in channels if channel.name not in known]
    if not new:
        return []
    newest = max(tree.versions(), default=0)
    state = ChannelState(since=newest, notices=max(notice_numbers(tree), default=0))
    for channel in new:
        tree.remember(f"channels/{channel.name}", state)
    return [channel.name for channel in new] if newest else []


def is_registered(tree: Tree, channel: Channel) -> bool:
    """Return whether there is a record of where the messages of this channel begin."""
    return load_channel(tree, channel) is not None


def load_channel(tree: Tree, channel: Channel) -> ChannelState | None:
    """Return where the versions and notices for a channel begin; None if it is new here.

    If that record is damaged, it is rebuilt from receipts. Raises Damaged if there are none.
    """
    name = f"channels/{channel.name}"
    try:
        return tree.state(name, ChannelState)
    except Damaged:
        first = [
            _numbers_in(tree, queue.receipts, channel)
            + _numbers_in(tree, queue.dead_letters, channel)
            for queue in QUEUES
        ]
    if not first[0]:
        raise Damaged(
            f".state/{tree.source}/{name}.json: damaged, and no receipt says what this channel"
            " is owed; remove that file: the channel gets alerts from the next version on"
        )
    versions, notices = (min(numbers, default=1) - 1 for numbers in first)
    log.warning("%s of %s: damaged; recreated from its receipts", name, tree.source)
    tree.remember(name, state := ChannelState(versions, notices))
    return state


def notice_numbers(tree: Tree) -> list[int]:
    """Return the numbers of the committed notices, in order."""
    return sorted(int(name) for name in tree.states("notices") if name.isdecimal())


def load_notices(tree: Tree, numbers: Iterable[int]) -> Iterator[Notice]:
    """Yield those of these notices that can be read; their delivery reports the others."""
    for number in numbers:
        try:
            yield load_notice(tree, number)
        except Damaged as error:
            log.warning("%s", error)


def load_notice(tree: Tree, number: int) -> Notice:
    """Return one committed notice. Raises Damaged if it cannot be read."""
    notice = tree.state(notice_name(number), Notice)
    if notice is None:
        raise Damaged(f"{notice_name(number)}: there is no such notice")
    return notice


def notice_name(number: int) -> str:
    """Return where a notice is stored: `notices/000001`."""
    return f"notices/{number:06d}"


def owed_numbers(tree: Tree, channel: Channel, queue: Queue = VERSIONS) -> list[int]:
    """Return the numbers for which a channel has no receipt and no dead letter, in order."""
    state = load_channel(tree, channel)
    if state is None:
        return []
    if queue is VERSIONS:
        numbers = [number for number in tree.versions() if number > state.since]
    else:
        numbers = [number for number in notice_numbers(tree) if number > state.notices]
    if not numbers:
        return []
    done = {
        *_numbers_in(tree, queue.receipts, channel),
        *_numbers_in(tree, queue.dead_letters, channel),
    }
    return [number for number in numbers if number not in done]


def count_owed(
    tree: Tree, channels: Sequence[Channel], queues: Sequence[Queue] = QUEUES
) -> int:
    """Return how many deliveries these channels are owed; one if the record is damaged."""
    return sum(_count_owed(tree, channel, queues) for channel in channels)


def _count_owed(tree: Tree, channel: Channel, queues: Sequence[Queue]) -> int:
    try:
        return sum(len(owed_numbers(tree, channel, queue)) for queue in queues)
    except Damaged:  # the delivery reports it
        return 1


def count_delivered(tree: Tree, channel: Channel) -> int:
    """Return how many versions and notices this channel has received."""
    details = (_details_in(tree, queue.receipts, channel) for queue in QUEUES)
    return sum(detail != NOT_CONCERNED for each in details for detail in each.values())


def channel_status(tree: Tree, channel: Channel) -> ChannelStatus:
    """Return everything about one channel."""
    state = load_channel(tree, channel)
    details = _details_in(tree, VERSIONS.receipts, channel)
    silent = [number for number, detail in details.items() if detail == NOT_CONCERNED]
    return ChannelStatus(
        channel=channel.name,
        type=channel.type,
        since=state.since if state else 0,
        delivered=tuple(number for number in details if number not in silent),
        silent=tuple(silent),
        owed=tuple(owed_numbers(tree, channel)),
        dead=_details_in(tree, VERSIONS.dead_letters, channel),
        notices_owed=tuple(owed_numbers(tree, channel, NOTICES)),
        notices_dead=_details_in(tree, NOTICES.dead_letters, channel),
    )


def record_receipt(
    tree: Tree, channel: Channel, receipt: Receipt, queue: Queue = VERSIONS
) -> None:
    """Write the receipt of a delivery; remove a dead letter for the same number."""
    tree.remember(_state_name(queue.receipts, channel, receipt.version), receipt)
    tree.forget(_state_name(queue.dead_letters, channel, receipt.version))


def record_attempt(
    tree: Tree, channel: Channel, attempt: Receipt, queue: Queue
) -> Receipt | None:
    """Record which alerts a message may open before it is sent; return the earlier record.

    It stays until `forget_attempt`, and stands in for the receipt after a kill.
    """
    name, known = _state_name(queue.attempts, channel, attempt.version), None
    with suppress(Damaged):
        known = tree.state(name, Receipt)
    if known is None:
        tree.remember(name, attempt)
    elif attempt.detail not in known.detail:  # other contents, as with another filter
        tree.remember(name, replace(attempt, detail=f"{known.detail}, {attempt.detail}"))
    return known


def forget_attempt(
    tree: Tree, channel: Channel, number: int, queue: Queue, before: Receipt | None = None
) -> None:
    """Forget which alerts a message may have opened: a receipt records it, or it was refused.

    What earlier attempts may have opened, `before`, stays.
    """
    name = _state_name(queue.attempts, channel, number)
    if before is None:
        tree.forget(name)
    else:
        tree.remember(name, before)


def record_dead_letter(
    tree: Tree, channel: Channel, letter: Receipt, queue: Queue = VERSIONS
) -> None:
    """Write a dead letter: the channel will never accept this message."""
    tree.remember(_state_name(queue.dead_letters, channel, letter.version), letter)


def requeue(tree: Tree, channel: Channel) -> int:
    """Owe the dead letters of a channel again; return how many there were."""
    letters = [
        _state_name(queue.dead_letters, channel, number)
        for queue in QUEUES
        for number in _numbers_in(tree, queue.dead_letters, channel)
    ]
    for letter in letters:
        tree.forget(letter)
    return len(letters)


def load_receipts(
    tree: Tree, channel: Channel, most: int, queue: Queue = VERSIONS
) -> dict[int, str]:
    """Return the details of a channel's newest receipts, by number, newest first.

    Those of messages that had nothing for the channel are left out, as are damaged ones.
    """
    return _load_details(tree, queue.receipts, channel, most)


def load_attempts(tree: Tree, channel: Channel, queue: Queue) -> dict[int, str]:
    """Return which alerts messages without a receipt may have opened, newest number first."""
    return _load_details(tree, queue.attempts, channel, MOST_ATTEMPTS)


def _load_details(tree: Tree, folder: str, channel: Channel, most: int) -> dict[int, str]:
    found = {}
    for number in reversed(_numbers_in(tree, folder, channel)[-most:]):
        with suppress(Damaged):
            receipt = tree.state(_state_name(folder, channel, number), Receipt)
            if receipt and receipt.detail != NOT_CONCERNED:
                found[number] = receipt.detail
    return found


def _details_in(tree: Tree, folder: str, channel: Channel) -> dict[int, str]:
    """Return the details of a channel's receipts or dead letters, by number.

    A damaged one counts too: it was written when the message was done.
    """
    found = {}
    for number in _numbers_in(tree, folder, channel):
        name = _state_name(folder, channel, number)
        try:
            receipt = tree.state(name, Receipt)
        except Damaged:
            found[number] = f"{name}.json is damaged"
        else:
            found |= {number: receipt.detail} if receipt else {}
    return found


def _numbers_in(tree: Tree, folder: str, channel: Channel) -> list[int]:
    names = tree.states(f"{folder}/{channel.name}")
    return sorted(int(name) for name in names if name.isdecimal())


def _state_name(folder: str, channel: Channel, number: int) -> str:
    return f"{folder}/{channel.name}/{number:06d}"
