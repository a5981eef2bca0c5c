"""Notices: messages to channels about the checks themselves, each a small committed record.

They are numbered and created exclusively, as versions are, and delivered in the same way. The
notices themselves record what was notified, and the state is written before the first of them:
a kill at any point neither loses a notice nor makes it twice. Callers hold the source's lock.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from tracker.alerts import health as health_rules
from tracker.alerts import outbox
from tracker.config.tables import Channel
from tracker.model import Finding
from tracker.notifications import Notice, NoticeKind
from tracker.store.identity import find_newest, is_of_another_time
from tracker.store.records import Health, Held
from tracker.store.tree import Tree
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.alerts.health import CheckDiagnosis
    from tracker.alerts.outbox import DeliveryFailure
    from tracker.check.context import CheckContext, CheckOutcome


class NoticeWriter:
    """Builds and commits the notices of one source, all with the same time."""

    def __init__(self, context: CheckContext) -> None:
        self.context, self.tree, self.config = context, context.tree, context.config
        self.now = context.now()

    def load_health(self, last_success_at: str | None = None) -> Health:
        """Return the health by now: the stored one, and the notices committed after it.

        `last_success_at` is the time of the last good check, if no problem is known.
        """
        numbers = outbox.notice_numbers(self.tree)
        known = self.tree.health() or Health(newest=max(numbers, default=0))
        new = outbox.load_notices(self.tree, [each for each in numbers if each > known.newest])
        health = health_rules.forget_ended(
            reduce(health_rules.apply_notice, new, known), self.now
        )
        return replace(health, last_success_at=health.last_success_at or last_success_at)

    def build(self, kind: NoticeKind, health: Health, **facts: Any) -> Notice:
        """Return a notice with the next number and the current time."""
        about = f"{kind}/{facts['channel']}" if facts.get("channel") else kind
        times = health_rules.next_count(health, about)
        repeats = kind not in {
            "held",
            "drift",
            "config",
            "files",
            "rewound",
            "scope",
            "upgrade",
        }
        repeats = repeats and kind not in {"filter", "grace", "over"}
        pause = health_rules.repeat_pause(about, times)
        newest = find_newest(self.tree)
        return Notice(
            source=self.tree.source,
            number=health.newest + 1,
            kind=kind,
            at=format_utc(self.now),
            page_url=self.context.unchecked_url,
            version=newest.version if newest else None,
            version_digest=newest.digest if newest else UNSET,
            times=times if repeats else 1,
            again_at=format_utc(self.now + pause) if repeats else None,
            **facts,
        )

    def commit(self, health: Health, notices: Sequence[Notice]) -> None:
        """Commit notices, then the health that includes them."""
        stored = self.tree.health()
        if notices and stored is None:
            self.tree.remember("health", Health(newest=notices[0].number - 1))
        for notice in notices:
            self.tree.create(outbox.notice_name(notice.number), notice)
        health = reduce(health_rules.apply_notice, notices, health)
        if health != stored and not (stored is None and health_rules.is_well(health)):
            self.tree.remember("health", health)


# The checks


def begin_after_gap(context: CheckContext, last_success_at: str) -> Health:
    """Store a gap before the check that ends it, which may be killed; return the health."""
    health = NoticeWriter(context).load_health(last_success_at)
    context.tree.remember("health", health)
    return health


def record_check(
    context: CheckContext, outcome: CheckOutcome, last_success_at: str | None
) -> None:
    """Count a check, and commit the notices about it that are due.

    `last_success_at` is when the version in force was last checked; None if there was none.
    """
    writer, options = NoticeWriter(context), context.config.health
    check = _with_held_state(context, health_rules.diagnose_check(outcome))
    before = writer.load_health(last_success_at)
    health = health_rules.count_check(before, check, writer.now)
    kinds: list[NoticeKind] = list(health_rules.due_notices(health, check, writer.now, options))
    ends = health_rules.ended_problems(before, check, writer.now, options)
    if ends and not kinds:
        kinds = ["over"]
    now = format_utc(writer.now)
    notices: list[Notice] = []
    for kind in kinds:
        since = health.since if kind == check.problem else before.last_success_at
        notice = writer.build(
            kind,
            reduce(health_rules.apply_notice, notices, health),
            checked_at=before.last_success_at if check.problem else now,
            since=since or now,
            name=check.problem if kind == "over" and check.problem else check.name,
            reason=check.reason,
            count=health.count,
            findings=check.findings,
            digest=check.digest,
            ends=() if notices else ends,
        )
        notices.append(notice)
    writer.commit(health, notices)
    if check.digest and not check.is_known:
        _mark_notified(context, check.digest)


def _with_held_state(context: CheckContext, check: CheckDiagnosis) -> CheckDiagnosis:
    """Return the diagnosis, with whether the held page was notified before."""
    name = f"held/{check.digest}"
    held = context.tree.cached_state(name, Held) if check.digest else None
    return dataclasses.replace(check, is_known=bool(held and held.notified))


def _mark_notified(context: CheckContext, digest: str) -> None:
    held = context.tree.cached_state(f"held/{digest}", Held)
    if held and not held.notified:
        context.tree.remember(f"held/{digest}", replace(held, notified=True))


def record_decision(context: CheckContext, digest: str, decision: str) -> None:
    """Commit that an operator has approved or rejected the held page that was notified."""
    if context.tree.health() is None:
        return
    writer = NoticeWriter(context)
    health = writer.load_health()
    problem = health.notified.get("held")
    if problem and problem.lasts and problem.digest == digest:
        facts = {"since": problem.at, "name": decision, "ends": ("held",), "digest": digest}
        writer.commit(health, [writer.build("over", health, **facts)])


def is_overdue(context: CheckContext) -> bool:
    """Return whether `record_overdue` would commit a notice. Reads only."""
    writer = NoticeWriter(context)
    health = writer.load_health(_find_last_success(context.tree))
    return any(health_rules.overdue_notices(health, writer.now, context.config.health))


def record_overdue(context: CheckContext) -> None:
    """Commit, without a check, the notice that no check has been good for too long."""
    writer = NoticeWriter(context)
    health = writer.load_health(_find_last_success(context.tree))
    notices = [
        writer.build(
            kind,
            health,
            checked_at=health.last_success_at,
            since=health.last_success_at,
            name=health.current_problem or "unchecked",
            count=health.count,
        )
        for kind in health_rules.overdue_notices(health, writer.now, context.config.health)
    ]
    if notices:
        writer.commit(health, notices)


def _find_last_success(tree: Tree) -> str | None:
    """Return when the last good check was; None if the manifest is from a restored store."""
    manifest = tree.manifest()
    if manifest is None or is_of_another_time(tree, manifest):
        return None
    return manifest.checked_at


def forget_when_well(context: CheckContext, channels: Sequence[Channel]) -> None:
    """Forget the health once all is well and every channel has received its notices."""
    tree = context.tree
    if tree.health() is None or not health_rules.is_well(NoticeWriter(context).load_health()):
        return
    if not outbox.count_owed(tree, channels, (outbox.NOTICES,)):
        tree.forget("health")


def record_changed_files(context: CheckContext, finding: Finding) -> None:
    """Commit, at most once a day, the notice that published files were changed."""
    writer = NoticeWriter(context)
    health = writer.load_health()
    if health_rules.is_due(health, "files", writer.now):
        facts = {"since": format_utc(writer.now), "name": finding.name, "findings": (finding,)}
        writer.commit(health, [writer.build("files", health, **facts)])


def record_once(
    context: CheckContext,
    kind: Literal["rewound", "scope", "upgrade"],
    finding: Finding,
    event: str,
) -> None:
    """Commit the notice of an event with this digest, once.

    "rewound": the store was restored or rewound; "scope": other regions are shown; "upgrade": a
    newer program writes rule files in another form.
    """
    writer = NoticeWriter(context)
    health = writer.load_health()
    known = health.notified.get(kind)
    if known is None or known.digest != event:
        facts = {"since": format_utc(writer.now), "name": finding.name, "findings": (finding,)}
        writer.commit(health, [writer.build(kind, health, digest=event, **facts)])


# Failing channels: one that rejected a message permanently, or accepted none for a long time.
# The other channels get a notice of it, and one when it accepts messages again.


def record_deliveries(
    context: CheckContext, failures: Sequence[DeliveryFailure], delivered_to: Collection[str]
) -> bool:
    """Commit notices about failing channels; return whether there is more to deliver.

    `delivered_to` are the channels that accepted something and refused nothing.
    """
    writer = NoticeWriter(context)
    names = {channel.name for channel in context.config.channels}
    known = _only_channels(writer.load_health(), names)
    failed = {failure.channel: failure for failure in failures}
    failing = dict.fromkeys(failed, format_utc(writer.now)) | {
        name: since
        for name, since in known.failing_channels.items()
        if name not in delivered_to
    }
    health = replace(known, failing_channels=failing)
    notices: list[Notice] = []
    for failure in failed.values():
        if _is_dead(writer, health, failure):
            learned = reduce(health_rules.apply_notice, notices, health)
            notices.append(_report_dead(writer, learned, failure))
    for name in sorted(delivered_to):
        if health_rules.lasts(health, f"channel/{name}"):
            learned = reduce(health_rules.apply_notice, notices, health)
            notices.append(_report_alive(writer, learned, name))
    writer.commit(health, notices)
    return bool(notices)


def _is_dead(writer: NoticeWriter, health: Health, failure: DeliveryFailure) -> bool:
    """Return whether the other channels should get a notice now."""
    hours, since = writer.config.health.stale_hours, health.failing_channels[failure.channel]
    lasting = failure.final or health_rules.has_lapsed(since, writer.now, hours)
    return lasting and health_rules.is_due(health, f"channel/{failure.channel}", writer.now)


def _report_dead(writer: NoticeWriter, health: Health, failure: DeliveryFailure) -> Notice:
    return writer.build(
        "channel",
        health,
        channel=failure.channel,
        since=health.failing_channels[failure.channel],
        name="refused" if failure.final else "silent",
        reason=failure.message,
    )


def _report_alive(writer: NoticeWriter, health: Health, name: str) -> Notice:
    about = f"channel/{name}"
    facts = {"since": health.notified[about].at, "name": "channel", "ends": (about,)}
    return writer.build("over", health, channel=name, **facts)


def _only_channels(health: Health, names: Collection[str]) -> Health:
    """Return the health without channels that are no longer configured."""
    return replace(
        health,
        failing_channels={
            name: since for name, since in health.failing_channels.items() if name in names
        },
        notified={
            about: problem
            for about, problem in health.notified.items()
            if not about.startswith("channel/") or about.partition("/")[2] in names
        },
    )


# The configuration of `serve`: one notice for each rejected content, and one when it is valid
# again. They are sent to the channels of the configuration in force.


class RejectedConfig(NamedTuple):
    """Why a configuration was rejected, as a word and a sentence; a hash of these and it."""

    name: str
    reason: str
    digest: str


def describe_rejected(name: str, reason: str, file: Path) -> RejectedConfig:
    """Return what is wrong with this file; equal for the same bytes with the same error."""
    try:
        content = file.read_bytes()
    except OSError:
        content = b""  # the reason may be that it cannot be read
    said = f"{name}\n{reason}\n".encode()
    return RejectedConfig(name, reason, hashlib.sha256(said + content).hexdigest())


def record_config(context: CheckContext, rejected: RejectedConfig | None) -> None:
    """Commit the notice about the configuration that is due, if any; None if it is valid."""
    writer = NoticeWriter(context)
    health = writer.load_health()
    problem = health.notified.get("config")
    lasting = problem if problem and problem.lasts else None
    since = _config_rejected_since(writer) if lasting else format_utc(writer.now)
    if rejected is None and lasting:
        over = writer.build("over", health, since=since, name="config", ends=("config",))
        writer.commit(health, [over])
    elif rejected and not (lasting and lasting.digest == rejected.digest):
        notice = writer.build("config", health, since=since, **rejected._asdict())
        writer.commit(health, [notice])


def config_problem_lasts(context: CheckContext) -> bool:
    """Return whether a configuration was reported as rejected, and not yet as valid again."""
    if context.tree.health() is None:
        return False
    return health_rules.lasts(NoticeWriter(context).load_health(), "config")


def _config_rejected_since(writer: NoticeWriter) -> str:
    """Return when the problem of the last such notice began."""
    for number in reversed(outbox.notice_numbers(writer.tree)):
        notice = outbox.load_notice(writer.tree, number)
        if notice.kind == "config":
            return notice.since
    return format_utc(writer.now)
