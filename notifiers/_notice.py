"""What a notice says: what is wrong with the watch itself, what to do, and why. Pure.

The same for every channel, as with `_words`, which tells of versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._counts import news_of
from notifiers._lines import Line, change_line, endpoint_lines
from notifiers._message import Section, Words, minute, titled
from notifiers._text import clip, counted, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.model import ChangeSet, Notice

REASON_LIMIT = 600  # characters
NAMES_LIMIT = 80
CHANNEL_LIMIT = 63
HOUR, DAY = 3600, 86_400
MORE = "More"

Told = tuple[str, str, tuple[Section, ...]]  # subject, lead, sections


def words_of_notice(notice: Notice) -> Words:
    """The notice in words. Every string is one line of printable characters."""
    subject, lead, sections = TELL[notice.kind](notice)
    return Words(
        subject=titled(notice, subject),
        lead=lead,
        sections=tuple(section for section in sections if section.lines),
        facts=_facts(notice),
        more=MORE,
    )


def _failing(notice: Notice) -> Told:
    subject = f"{_row(notice)} failed{_named(notice)}"
    lead = f"No check has worked since {minute(notice.since)}. {_in_force(notice)}"
    do = (
        Line(text="Open the page in a browser: is it there, and is it the page?"),
        _command("fwtracker run -v", "Try again, and see more:"),
    )
    return subject, lead, (Section("What to do", do), _why(notice))


def _layout(notice: Notice) -> Told:
    row = f", {_row(notice)}" if notice.count > 1 else ""
    subject = f"the page cannot be read{row}{_named(notice)}"
    from shlex import quote  # noqa: PLC0415

    lead = (
        "The page came, but in a form that cannot be read without doubt, and nothing of it was"
        f" taken. {_in_force(notice)}"
    )
    do = (
        Line(text="Look at the page: what is new on it has to be let through by hand for now."),
        _command(f"fwtracker parse {quote(plain(notice.page_url))} -v", "Where reading ends:"),
    )
    return subject, lead, (Section("What to do", do), _why(notice))


def _held(notice: Notice) -> Told:
    digest = plain(notice.digest or "")[:12]
    lead = f"Nothing of it is published until somebody decides. {_in_force(notice)}"
    do = (
        _command("fwtracker held", "See all of it:"),
        _command(f"fwtracker approve {digest}", "Publish exactly this page:"),
        _command(f"fwtracker reject {digest}", "Drop it, and keep the version in force:"),
    )
    found = tuple(
        Line(label=f"{plain(each.name)}:", text=clip(each.message, REASON_LIMIT))
        for each in notice.findings
    )
    sections = (Section("What to do", do), Section("Why it is held", found))
    return (
        f"held for review{_named(notice)}",
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
    lead = f"{_in_force(notice)} Since then nobody knows what the page says."
    if notice.name == "unchecked":
        text = "Look whether fwtracker still runs: cron, timer or container, and its log."
        do = (Line(text=text), _command("fwtracker run -v", "Check now:"))
    else:
        do = (
            _command("fwtracker held", "Does a page wait for a decision?"),
            _command("fwtracker run -v", "Try again, and see more:"),
        )
    why = "" if notice.name == "unchecked" else _named(notice)
    subject = f"no good check for {_lasted(notice)}{why}"
    return subject, lead, (Section("What to do", do), _why(notice))


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
        _command(f"fwtracker notify test {name}", "Mend it, and see whether it works:"),
        _command(f"fwtracker notify retry {name}", "Then send what it has not got:"),
    )
    return subject, lead, (Section("What to do", do), _why(notice))


def _drift(notice: Notice) -> Told:
    lead = (
        "DNS and the page do not agree. Rule files follow the page alone, and nothing of this"
        " is in them."
    )
    do = (
        _command("fwtracker drift", "See all of it, and since when:"),
        Line(text="A vendor that moves tells the page later, or forgets it: ask, or wait."),
    )
    found = tuple(
        Line(label=f"{plain(each.name)}:", text=clip(each.message, REASON_LIMIT))
        for each in notice.findings
    )
    count = counted(len(found), "difference")
    subject = f"{count} between DNS and the page{_named(notice)}"
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
        _command("fwtracker doctor", "Mend the file, until nothing is wrong with it:"),
        _command("systemctl reload fwtracker-serve", "Have it read again, or send SIGHUP:"),
    )
    subject = f"the new configuration {'lacks tokens' if tokens else 'was not taken'}"
    return subject, lead, (Section("What to do", do), _why(notice))


def _over(notice: Notice) -> Told:
    if notice.name in AGREED:
        return AGREED[notice.name], "Nothing to do.", ()
    if notice.channel:
        return _channel_again(notice)
    if notice.name in NOT_GOOD:
        subject, lead = NOT_GOOD[notice.name]
        return subject, f"{lead} {_in_force(notice)}", ()
    if notice.name in {"approved", "rejected"}:
        return f"the held page was {notice.name}", "Nothing to do.", ()
    if set(notice.ends) <= {"held"}:
        return "no page is held any more", f"Nothing to do. {_in_force(notice)}", ()
    lead = f"Nothing to do. The last good check before was at {minute(notice.since)}."
    return f"checks work again, after {_lasted(notice)}", lead, ()


def _channel_again(notice: Notice) -> Told:
    name = clip(notice.channel or "", CHANNEL_LIMIT)
    again = _command(f"fwtracker notify retry {name}", "Send what it refused before:")
    sections = (Section("What to do", (again,)),)
    return (
        f"channel {name} takes messages again",
        "What it took before is not repeated.",
        sections,
    )


TELL: dict[str, Callable[[Notice], Told]] = {
    "failing": _failing,
    "layout": _layout,
    "held": _held,
    "stale": _stale,
    "channel": _channel,
    "drift": _drift,
    "config": _config,
    "over": _over,
}
AGREED = {  # what is over and has nothing to do with checks
    "drift": "DNS and the page agree again",
    "config": "the configuration is right again, and in force",
}
NOT_GOOD = {  # how far a check came that is not good, but better than the last
    "layout": ("the page can be had again, but not be read", "What failed before works."),
    "held": ("the page can be read again, but is held", "See: fwtracker held."),
}


def _row(notice: Notice) -> str:
    """`1 check`, `3 checks in a row`."""
    row = " in a row" if notice.count > 1 else ""
    return f"{counted(notice.count, 'check')}{row}"


def _command(command: str, label: str) -> Line:
    return Line((command,), label=label)


def _why(notice: Notice) -> Section:
    reason = clip(notice.reason, REASON_LIMIT)
    return Section("Why", (Line(text=reason),) if reason else ())


def _named(notice: Notice) -> str:
    """`: unreachable`, the stable name of the reason."""
    return f": {clip(notice.name, NAMES_LIMIT)}" if notice.name else ""


def _in_force(notice: Notice) -> str:
    if notice.version is None:
        return "There is no version yet."
    force = f"Version {notice.version} stays in force"
    if notice.checked_at is None:
        return f"{force}."
    return f"{force}; the last good check was at {minute(notice.checked_at)}."


def _lasted(notice: Notice) -> str:
    """From `since` to `at`: `26 hours`, `3 days`."""
    from datetime import datetime  # noqa: PLC0415

    try:
        between = datetime.fromisoformat(notice.at) - datetime.fromisoformat(notice.since)
    except ValueError:
        return "some time"
    seconds = max(between.total_seconds(), 0)
    if seconds >= 2 * DAY:
        return counted(round(seconds / DAY), "day")
    if seconds >= HOUR:
        return counted(round(seconds / HOUR), "hour")
    return counted(round(seconds / 60), "minute")


def _facts(notice: Notice) -> tuple[Line, ...]:
    """Where to read on: the page, the state, when it is told again."""
    again = (
        f", told again after {minute(notice.again_at)} if it lasts" if notice.again_at else ""
    )
    version = f"Version {notice.version} in force" if notice.version else "No version yet"
    return (
        _command("fwtracker notify status", "See more:"),
        Line((plain(notice.page_url),), label="Page:"),
        Line(text=version),
        Line(text=f"Notice {notice.number}, {minute(notice.at)}{again}"),
    )
