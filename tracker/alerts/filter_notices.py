"""Notices of filters that match nothing: of `[[rules]]` to all channels, of a channel to it.

Each is sent once, and once more when what it is about changes or is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.alerts import health as rules
from tracker.alerts.notices import NoticeWriter
from tracker.filters.entry_filters import name_problem
from tracker.store.records import Health
from tracker.store.tree import Tree
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext
    from tracker.config.tables import Channel
    from tracker.model import Finding
    from tracker.notifications import Notice

TOPIC = "filter"  # of rule sets; `filter/NAME` of a channel

# What a notice is about, with what it says.
Problems = dict[str, list["Finding"]]


def record_filters(
    context: CheckContext,
    rule_findings: Sequence[Finding],
    channel_problems: Iterable[tuple[Channel, Finding]],
) -> None:
    """Commit the notices that are due of these filters, and of those that match again."""
    problems = _group_problems(rule_findings, channel_problems)
    stored = context.tree.health()
    if not problems and stored is None:
        return
    writer = NoticeWriter(context)
    health = _forget_channels(writer.load_health(), context.config.channels)
    notices: list[Notice] = []
    for about in _list_over(health, problems):
        learned = reduce(rules.apply_notice, notices, health)
        notices.append(_report_over(writer, learned, about))
    for about, findings in problems.items():
        if not _is_known(context, health, about, _digest(findings)):
            learned = reduce(rules.apply_notice, notices, health)
            notices.append(_report_problem(writer, learned, about, findings))
    if notices or health != stored:
        writer.commit(health, notices)


def _group_problems(
    rule_findings: Sequence[Finding], channel_problems: Iterable[tuple[Channel, Finding]]
) -> Problems:
    problems: Problems = {TOPIC: list(rule_findings)} if rule_findings else {}
    for channel, finding in channel_problems:
        if channel.health:
            problems.setdefault(f"{TOPIC}/{channel.name}", []).append(finding)
    return problems


def _forget_channels(health: Health, channels: Iterable[Channel]) -> Health:
    """Return the health without the filters of channels that are no longer configured."""
    names = {f"{TOPIC}/{channel.name}" for channel in channels}
    notified = {
        about: problem
        for about, problem in health.notified.items()
        if not about.startswith(f"{TOPIC}/") or about in names
    }
    return replace(health, notified=notified)


def _list_over(health: Health, problems: Collection[str]) -> list[str]:
    return [
        about
        for about, problem in health.notified.items()
        if about.partition("/")[0] == TOPIC and problem.lasts and about not in problems
    ]


def _is_known(context: CheckContext, health: Health, about: str, digest: str) -> bool:
    """Whether there was a notice of it: for a channel's filter, also of another source."""
    healths: list[Health | None] = [health]
    if about != TOPIC:
        others = (name for name in context.config.sources if name != context.tree.source)
        healths += [Tree(context.tree.blobs, name).health() for name in others]
    known = (each.notified.get(about) for each in healths if each)
    return any(each.lasts and each.digest == digest for each in known if each)


def _digest(findings: Iterable[Finding]) -> str:
    return hashlib.sha256("\n".join(sorted(map(name_problem, findings))).encode()).hexdigest()


def _report_problem(
    writer: NoticeWriter, health: Health, about: str, findings: Sequence[Finding]
) -> Notice:
    return writer.build(
        "filter",
        health,
        channel=about.partition("/")[2] or None,
        since=format_utc(writer.now),
        name=", ".join(dict.fromkeys(each.name for each in findings)),
        findings=tuple(findings),
        digest=_digest(findings),
    )


def _report_over(writer: NoticeWriter, health: Health, about: str) -> Notice:
    facts = {"since": health.notified[about].at, "name": TOPIC, "ends": (about,)}
    return writer.build("over", health, channel=about.partition("/")[2] or None, **facts)
