"""What a notice says: what is wrong with the watch itself, what to do, and why. Pure.

The same for every channel, as with `_words`, which tells of versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._counts import news_of
from notifiers._lines import Line, change_line, endpoint_lines
from notifiers._message import Section, Words, minute, titled
from notifiers._notice_over import over
from notifiers._notice_parts import (
    CHANNEL_LIMIT,
    REASON_LIMIT,
    Told,
    command,
    facts,
    in_force,
    lasted,
    named,
    row,
    why,
)
from notifiers._text import clip, counted, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.model import ChangeSet, Notice

MORE = "More"


def words_of_notice(notice: Notice) -> Words:
    """The notice in words. Every string is one line of printable characters."""
    subject, lead, sections = TELL[notice.kind](notice)
    return Words(
        subject=titled(notice, subject),
        lead=lead,
        sections=tuple(section for section in sections if section.lines),
        facts=facts(notice),
        more=MORE,
    )


def _failing(notice: Notice) -> Told:
    subject = f"{row(notice)} failed{named(notice)}"
    lead = f"No check has worked since {minute(notice.since)}. {in_force(notice)}"
    do = (
        Line(text="Open the page in a browser: is it there, and is it the page?"),
        command("fwtracker run -v", "Try again, and see more:"),
    )
    return subject, lead, (Section("What to do", do), why(notice))


def _layout(notice: Notice) -> Told:
    times = f", {row(notice)}" if notice.count > 1 else ""
    subject = f"the page cannot be read{times}{named(notice)}"
    from shlex import quote  # noqa: PLC0415

    lead = (
        "The page came, but in a form that cannot be read without doubt, and nothing of it was"
        f" taken. {in_force(notice)}"
    )
    do = (
        Line(text="Look at the page: what is new on it has to be let through by hand for now."),
        command(f"fwtracker parse {quote(plain(notice.page_url))} -v", "Where reading ends:"),
    )
    return subject, lead, (Section("What to do", do), why(notice))


def _held(notice: Notice) -> Told:
    digest = plain(notice.digest or "")[:12]
    lead = f"Nothing of it is published until somebody decides. {in_force(notice)}"
    do = (
        command("fwtracker held", "See all of it:"),
        command(f"fwtracker approve {digest}", "Publish exactly this page:"),
        command(f"fwtracker reject {digest}", "Drop it, and keep the version in force:"),
    )
    found = tuple(
        Line(label=f"{plain(each.name)}:", text=clip(each.message, REASON_LIMIT))
        for each in notice.findings
    )
    sections = (Section("What to do", do), Section("Why it is held", found))
    return (
        f"held for review{named(notice)}",
        lead,
        (*sections, *_difference(notice.change_set)),
    )


def _difference(change_set: ChangeSet | None) -> tuple[Section, ...]:
    """What the page would change. Nobody is told to allow it: it may well be wrong."""
    if change_set is None:
        return ()
    news, changes = news_of(change_set), change_set.changes
    added = news.added + news.inside
    after = [change.after for change in changes if change.after]
    before = [change.before for change in changes if change.before]
    new = f"New on the held page: {counted(len(added), 'endpoint')}"
    gone = f"Gone from it: {counted(len(news.removed), 'endpoint')}"
    return (
        Section(new, endpoint_lines(added, after)),
        Section(gone, endpoint_lines(news.removed, before)),
        Section("Changed on it", tuple(map(change_line, news.loud))),
        Section("Only renamed or reworded on it", tuple(map(change_line, news.quiet))),
    )


def _stale(notice: Notice) -> Told:
    lead = f"{in_force(notice)} Since then nobody knows what the page says."
    if notice.name == "unchecked":
        text = "Look whether fwtracker still runs: cron, timer or container, and its log."
        do = (Line(text=text), command("fwtracker run -v", "Check now:"))
    else:
        do = (
            command("fwtracker held", "Does a page wait for a decision?"),
            command("fwtracker run -v", "Try again, and see more:"),
        )
    name = "" if notice.name == "unchecked" else named(notice)
    subject = f"no good check for {lasted(notice)}{name}"
    return subject, lead, (Section("What to do", do), why(notice))


def _channel(notice: Notice) -> Told:
    name = clip(notice.channel or "", CHANNEL_LIMIT)
    refused = notice.name == "refused"
    subject = f"channel {name} {'refuses messages' if refused else 'takes no messages'}"
    lead = (
        f"Channel {name} refused a message for good; it is not sent again by itself."
        if refused
        else f"Channel {name} has taken nothing since {minute(notice.since)}."
    )
    do = (
        command(f"fwtracker notify test {name}", "Mend it, and see whether it works:"),
        command(f"fwtracker notify retry {name}", "Then send what it has not got:"),
    )
    return subject, lead, (Section("What to do", do), why(notice))


def _drift(notice: Notice) -> Told:
    lead = (
        "DNS and the page do not agree. Rule files follow the page alone, and nothing of this"
        " is in them."
    )
    do = (
        command("fwtracker drift", "See all of it, and since when:"),
        Line(text="A vendor that moves tells the page later, or forgets it: ask, or wait."),
    )
    found = tuple(
        Line(label=f"{plain(each.name)}:", text=clip(each.message, REASON_LIMIT))
        for each in notice.findings
    )
    count = counted(len(found), "difference")
    subject = f"{count} between DNS and the page{named(notice)}"
    return subject, lead, (Section("What to do", do), Section("What differs", found))


def _config(notice: Notice) -> Told:
    tokens = notice.name == "tokens-missing"
    lead = (
        "fwtracker serve checks by its new configuration but cannot read its tokens: it goes on"
        " asking for those of before."
        if tokens
        else "fwtracker serve has read its configuration again and cannot use it: it goes on"
        " with the one that it had before, and nothing of the new one is in force."
    )
    do = (
        command("fwtracker doctor", "Mend the file, until nothing is wrong with it:"),
        command("systemctl reload fwtracker-serve", "Have it read again, or send SIGHUP:"),
    )
    subject = f"the new configuration {'lacks tokens' if tokens else 'was not taken'}"
    return subject, lead, (Section("What to do", do), why(notice))


TELL: dict[str, Callable[[Notice], Told]] = {
    "failing": _failing,
    "layout": _layout,
    "held": _held,
    "stale": _stale,
    "channel": _channel,
    "drift": _drift,
    "config": _config,
    "over": over,
}
