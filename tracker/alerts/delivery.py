"""Delivery of owed messages: to all channels in parallel, to each channel in order.

A message that cannot be delivered now is retried, within the run with growing pauses, then by
the next run. One that the channel rejects permanently becomes a dead letter; the run reports
it, and the other channels get a notice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from tracker.alerts import outbox
from tracker.alerts.messages import (
    build_message,
    build_notice,
    find_web_page,
    group_notices,
    test_message,
)
from tracker.alerts.outbox import NOTICES, QUEUES, VERSIONS, DeliveryFailure, Queue
from tracker.alerts.recall import load_notice_receipts
from tracker.alerts.spans import VersionSpan, load_span, split_by_cause
from tracker.check.concurrency import run_in_threads
from tracker.check.context import CheckContext
from tracker.config import load_notifier
from tracker.config.tables import Channel
from tracker.errors import Damaged, DeliveryError, FwtrackerError, UsageError
from tracker.notifications import Message
from tracker.sources import Source
from tracker.store.records import Receipt
from tracker.text import clean
from tracker.times import Backoff, format_utc

log = logging.getLogger(__name__)

ATTEMPTS = 3  # in one run
BACKOFF = Backoff(first=1.0, factor=4.0, longest=30.0)
MOST_AT_ONCE = 3  # more owed versions than these become one digest

LoadSpan = Callable[[Sequence[int]], VersionSpan]


class DeadLetter(NamedTuple):
    """A permanently rejected message, recorded after the notice to the other channels."""

    channel: Channel
    receipt: Receipt
    queue: Queue


@dataclass
class DeliveryResult:
    """The result of deliveries; `delivered_to` are channels that accepted something."""

    failures: list[DeliveryFailure] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    delivered_to: set[str] = field(default_factory=set)


def deliver_owed(
    context: CheckContext, channels: Sequence[Channel], *, troubled: bool = True
) -> list[DeliveryFailure]:
    """Send each channel what it is owed, and return the failures.

    A failure stops only its own channel. `troubled`: there may be notices too; otherwise none
    are looked for. Callers hold the source's lock.
    """
    result = _deliver_queues(context, channels, QUEUES if troubled else (VERSIONS,))
    failures = list(result.failures)
    if not (troubled or failures):
        return failures
    for _ in range(len(channels) + 1):  # a failing channel makes a notice for the others
        if not _record_channel_health(context, result):
            break
        blocked = {failure.channel for failure in failures if not failure.final}
        open_channels = [channel for channel in channels if channel.name not in blocked]
        result = _deliver_queues(context, open_channels, (NOTICES,))
        failures += result.failures
    from tracker.alerts import notices  # noqa: PLC0415  only if something is wrong

    notices.forget_when_well(context, channels)
    return failures


def send_test(source: Source, channel: Channel, now: datetime, *, page: bool = False) -> str:
    """Send a test message, without retries; return the receipt's detail.

    With `page` it pages people. Raises UsageError if the channel's type cannot.
    """
    notifier = load_notifier(channel.type)
    send = notifier.page if page else notifier.send
    if send is None:
        raise UsageError(f"a channel of type {channel.type} pages no one; leave out --page")
    return send(channel.settings, test_message(source, now))


def _deliver_queues(
    context: CheckContext, channels: Sequence[Channel], queues: Sequence[Queue]
) -> DeliveryResult:
    """Send to all channels in parallel: no channel waits for another."""
    load = _load_span_once(context)
    jobs = [
        partial(ChannelDelivery(context, channel, load).run, queues)
        for channel in channels
        if outbox.count_owed(context.tree, [channel], queues)
    ]
    total = DeliveryResult()
    for result in run_in_threads(jobs):
        total.failures += result.failures
        total.dead_letters += result.dead_letters
        total.delivered_to |= result.delivered_to
    total.delivered_to -= {failure.channel for failure in total.failures}
    return total


def _load_span_once(context: CheckContext) -> LoadSpan:
    """Return `load_span`, cached for channels that are owed the same versions."""
    lock = threading.Lock()
    known: dict[tuple[int, ...], VersionSpan] = {}

    def load(versions: Sequence[int]) -> VersionSpan:
        """Return the span of these versions, read once for all channels."""
        key = tuple(versions)
        with lock:
            if key not in known:
                days = context.config.fwtracker.grace_days
                known[key] = load_span(context.tree, versions, days)
            return known[key]

    return load


def _record_channel_health(context: CheckContext, result: DeliveryResult) -> bool:
    """Commit notices about failing channels, then record dead letters.

    After a kill between the two, the message is sent, refused and recorded again. Returns
    whether there is more to deliver now.
    """
    from tracker.alerts import notices  # noqa: PLC0415  only if something is wrong

    more = notices.record_deliveries(context, result.failures, result.delivered_to)
    for letter in result.dead_letters:
        outbox.record_dead_letter(context.tree, *letter)
    return more


@dataclass
class ChannelDelivery:
    """Delivers the messages that one channel is owed, in order."""

    context: CheckContext
    channel: Channel
    load_span: LoadSpan

    def run(self, queues: Sequence[Queue]) -> DeliveryResult:
        """Send until a message has to be retried later: the next one would overtake it."""
        result = DeliveryResult()
        try:
            for queue in queues:
                for batch in self._batches(queue):
                    if not self._deliver_batch(batch, queue, result):
                        return result
        except Damaged as error:  # a record of this channel
            failure = DeliveryFailure(self.channel.name, "every message", clean(str(error)))
            result.failures.append(failure)
        return result

    def _batches(self, queue: Queue) -> list[list[int]]:
        numbers = outbox.owed_numbers(self.context.tree, self.channel, queue)
        if queue is NOTICES:
            return group_notices(self.context.tree, numbers)
        if len(numbers) > MOST_AT_ONCE:
            return split_by_cause(self.context.tree, numbers)
        return [[number] for number in numbers]

    def _deliver_batch(
        self, batch: Sequence[int], queue: Queue, result: DeliveryResult
    ) -> bool:
        """Send one batch; return whether the channel is done with it, delivered or dead."""
        try:
            detail, is_noted = self._send(batch, queue)
        except FwtrackerError as error:
            failure = self._note_failure(batch, queue, result, error)
            return failure.final or isinstance(error, Damaged)  # the others can be sent
        if detail != outbox.NOT_CONCERNED:
            result.delivered_to.add(self.channel.name)
        for receipt in self._receipts(batch, queue, detail):
            outbox.record_receipt(self.context.tree, self.channel, receipt, queue)
        if is_noted:
            outbox.forget_attempt(self.context.tree, self.channel, batch[-1], queue)
        return True

    def _note_failure(
        self, batch: Sequence[int], queue: Queue, result: DeliveryResult, error: FwtrackerError
    ) -> DeliveryFailure:
        final = isinstance(error, DeliveryError) and not error.retriable
        what = f"{queue.name} {batch[-1]}"
        failure = DeliveryFailure(self.channel.name, what, clean(str(error)), final)
        result.failures.append(failure)
        if final:
            letters = self._receipts(batch, queue, str(error))
            result.dead_letters += [DeadLetter(self.channel, each, queue) for each in letters]
        return failure

    def _receipts(self, batch: Sequence[int], queue: Queue, detail: str) -> list[Receipt]:
        when, said = format_utc(self.context.now()), clean(detail)
        digests = self.load_span(batch).digests if queue is VERSIONS else {}
        return [Receipt(number, when, said, digests.get(number)) for number in batch]

    def _send(self, batch: Sequence[int], queue: Queue) -> tuple[str, bool]:
        """Send a batch as one message; return its receipt's detail, and if it left an attempt.

        Raises FwtrackerError.
        """
        message = self._message(batch, queue)
        if message is None:
            return outbox.NOT_CONCERNED, False
        notifier, settings = load_notifier(self.channel.type), self.channel.settings
        send = partial(notifier.send, settings, message)
        describe = notifier.describe_attempt
        opens = describe(settings, message) if describe else ""
        if opens:
            return self._send_noted(batch, queue, send, opens), True
        return self._try(send), False

    def _send_noted(
        self, batch: Sequence[int], queue: Queue, send: Callable[[], str], opens: str
    ) -> str:
        """Send after recording which alerts it may open, in case of a kill or a lost answer."""
        tree = self.context.tree
        (note,) = self._receipts(batch, queue, opens)[-1:]
        before = outbox.record_attempt(tree, self.channel, note, queue)
        try:
            return self._try(send)
        except FwtrackerError as error:
            if not (isinstance(error, DeliveryError) and error.may_have_arrived):
                outbox.forget_attempt(tree, self.channel, batch[-1], queue, before)
            raise

    def _try(self, send: Callable[[], str]) -> str:
        """Send, with retries within this run. Raises FwtrackerError if none succeeded."""
        attempt, arrived = 1, False
        while True:
            try:
                return send()
            except FwtrackerError as error:
                if isinstance(error, DeliveryError):
                    arrived = error.may_have_arrived = arrived or error.may_have_arrived
                wait = _retry_wait(error, attempt)
                if wait is None:
                    raise
                log.info("channel %s: %s; again in %.0f s", self.channel.name, error, wait)
            self.context.sleep(wait)
            attempt += 1

    def _message(self, batch: Sequence[int], queue: Queue) -> Message | None:
        if queue is VERSIONS:
            return build_message(self.context, self.channel, self.load_span(batch))
        chosen = self.context.source.definition.regions
        notice = build_notice(self.context.tree, self.channel, batch[-1], chosen)
        if notice is None:
            return None
        title, web_page = self.context.source.title, find_web_page(self.context)
        notice = replace(notice, title=title, web_page=web_page)
        if load_notifier(self.channel.type).describe_attempt is None:
            return notice
        return replace(notice, receipts=load_notice_receipts(self.context.tree, self.channel))


def _retry_wait(error: FwtrackerError, attempt: int) -> float | None:
    """Return the seconds until the next attempt within this run; None if there is none."""
    if not isinstance(error, DeliveryError) or not error.retriable or attempt == ATTEMPTS:
        return None
    if (error.retry_after or 0.0) > BACKOFF.longest:
        return None
    return BACKOFF.delay(attempt, error.retry_after)
