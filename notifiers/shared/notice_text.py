"""The text of a notice: what is wrong with fwtracker itself, what to do, and why. Pure.

It is the same for every channel, as in `message_text.py`, which is about versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers.shared.message import (
    NAMES_LIMIT,
    Line,
    MessageText,
    Section,
    advise,
    build_command,
    build_reason,
    format_duration,
    format_minute,
    format_subject,
    list_findings,
    name_source,
)
from notifiers.shared.summary import (
    VERDICTS,
    describe_difference,
    describe_stakes,
    explain_cause,
    name_in_words,
)
from notifiers.shared.text import clip, count_noun, to_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.notifications import Notice

OLD_NAME = "filter-by-old-name"  # the finding about a filter that has to be changed by a date
CHANNEL_LIMIT = 63

NOTICE_MORE = "More"
ENDINGS = {  # of problems that are not about checks
    "drift": "the reported DNS differences are over",
    "config": "the configuration is valid again, and in force",
    "filter": "what the filter names is on the page again",
}
PARTIAL_ENDINGS = {  # for a check that failed, but got further than the last one
    "layout": (
        "the page can be fetched again, but not read",
        "What failed before works again.",
    ),
    "held": ("the page can be read again, but is held", "See: fwtracker held."),
}

NoticeParts = tuple[str, str, tuple[Section, ...]]  # subject, lead, sections


def compose_notice(notice: Notice) -> MessageText:
    """Return the text of a notice. Every string is one line of printable characters."""
    subject, lead, sections = WRITERS[notice.kind](notice)
    return MessageText(
        subject=format_subject(notice, VERDICTS[notice.kind], subject),
        lead=f"{name_source(notice)}: {lead}",
        sections=tuple(section for section in sections if section.lines),
        facts=_build_facts(notice),
        more=NOTICE_MORE,
    )


def _describe_failing(notice: Notice) -> NoticeParts:
    subject = (
        f"{_count_checks(notice)} failed{_format_name(notice)}{advise('fwtracker run -v')}"
    )
    since = format_minute(notice.since)
    lead = f"No check has succeeded since {since}. {_describe_version(notice)}"
    do = (
        Line(text="Open the page in a browser: is it there, and is it the page?"),
        build_command("fwtracker run -v", "Try again, and see more:"),
    )
    return subject, lead, (Section("What to do", do), build_reason(notice.reason))


def _describe_layout(notice: Notice) -> NoticeParts:
    times = f", {_count_checks(notice)}" if notice.count > 1 else ""
    subject = f"the page cannot be read{times}{_format_name(notice)}"
    subject += advise("fwtracker run -v")
    from shlex import quote  # noqa: PLC0415

    lead = (
        "The page was fetched, but it cannot be read with certainty, so nothing was taken from"
        f" it. {_describe_version(notice)}"
    )
    do = (
        Line(text="Look at the page: until this is resolved, allow what is new on it by hand."),
        build_command(
            f"fwtracker parse {quote(to_line(notice.page_url))} --source {notice.source} -v",
            "See where reading stops, and what resolves it:",
        ),
    )
    return subject, lead, (Section("What to do", do), build_reason(notice.reason))


def _describe_held(notice: Notice) -> NoticeParts:
    digest = to_line(notice.digest or "")[:12]
    why = explain_cause(notice.change_set.cause) if notice.change_set else ""
    cause = f"It is read differently, because {why}. " if why else ""
    lead = (
        f"The page is held for review. {describe_stakes(notice.change_set)}{cause}Nothing of"
        f" it is published until it is approved or rejected. {_describe_version(notice)}"
    )
    do = (
        build_command("fwtracker held", "See all of it:"),
        build_command(f"fwtracker approve {digest}", "Publish exactly this page:"),
        build_command(f"fwtracker reject {digest}", "Drop it, and keep the version in force:"),
    )
    sections = (Section("What to do", do), _build_findings("Why it is held", notice))
    return (
        f"{name_in_words(notice) or 'held for review'}{advise('fwtracker held')}",
        lead,
        (*sections, *describe_difference(notice.change_set)),
    )


def _describe_stale(notice: Notice) -> NoticeParts:
    lead = f"{_describe_version(notice)} Since then the content of the page is unknown."
    if notice.name == "unchecked":
        text = "Check whether fwtracker still runs: cron, timer or container, and its log."
        do = (Line(text=text), build_command("fwtracker run -v", "Check now:"))
    else:
        do = (
            build_command("fwtracker held", "See whether a page is held for review:"),
            build_command("fwtracker run -v", "Try again, and see more:"),
        )
    name = "" if notice.name == "unchecked" else _format_name(notice)
    subject = f"no good check for {format_duration(notice.since, notice.at)}{name}"
    subject += advise("fwtracker run -v")
    return subject, lead, (Section("What to do", do), build_reason(notice.reason))


def _describe_channel(notice: Notice) -> NoticeParts:
    name = clip(notice.channel or "", CHANNEL_LIMIT)
    refused = notice.name == "refused"
    subject = f"channel {name} {'refuses messages' if refused else 'accepts no messages'}"
    subject += advise(f"fwtracker notify test {name}")
    lead = (
        f"Channel {name} rejected a message permanently; it is not sent again automatically."
        if refused
        else f"Channel {name} has accepted nothing since {format_minute(notice.since)}."
    )
    do = (
        build_command(f"fwtracker notify test {name}", "Fix it, and test it:"),
        build_command(f"fwtracker notify retry {name}", "Then send what it has missed:"),
    )
    return subject, lead, (Section("What to do", do), build_reason(notice.reason))


def _describe_drift(notice: Notice) -> NoticeParts:
    over = [each for each in notice.findings if each.name == "dns-over"]
    failing = [each for each in notice.findings if each.name == "dns-failing"]
    differing = [each for each in notice.findings if each not in over and each not in failing]
    if differing:
        subject = f"{count_noun(len(differing), 'difference')} between DNS and the page"
        lead = "DNS and the page differ."
    elif failing:
        subject = "names cannot be looked up in DNS"
        lead = "What cannot be looked up is not compared with the page."
    else:
        subject = "some of the reported DNS differences are over"
        lead = "Some of the reported DNS differences are over, and some remain."
    do = (
        build_command("fwtracker drift", "See all of it, and since when:"),
        Line(text="A vendor that moves may update the page later, or forget to: ask, or wait."),
    )
    return (
        f"{subject}{advise('fwtracker drift')}",
        f"{lead} Rule files follow the page alone; DNS does not change them.",
        (
            Section("What to do", do if differing else do[:1]),
            list_findings("What differs", differing),
            list_findings("What cannot be looked up", failing),
            list_findings("What has ended", over),
        ),
    )


def _describe_files(notice: Notice) -> NoticeParts:
    lead = (
        "Published files were not as fwtracker had written them. The check that noticed this"
        " writes them again from the stored versions, but firewalls may have loaded them."
    )
    do = (
        build_command("fwtracker store verify", "Check every file again:"),
        Line(text="Find out what else writes there: a sync, a restore, a script, an editor."),
    )
    subject = f"published files were changed{advise('fwtracker store verify')}"
    return subject, lead, (Section("What to do", do), _build_findings("What happened", notice))


def _describe_rewound(notice: Notice) -> NoticeParts:
    lead = (
        "The store is not as the last check left it: it was restored, rewound or replaced. The"
        " page is read again, and its changes are sent once more, under a version number that"
        " may have been used before."
    )
    do = (
        Line(
            text="If you did this, there is nothing to do. If not, find out what writes there:"
            " git, a sync."
        ),
        build_command("fwtracker store verify", "Check every file:"),
        build_command("fwtracker history", "See which versions there are now:"),
    )
    subject = f"the store went back{advise('fwtracker history')}"
    return subject, lead, (Section("What to do", do), _build_findings("What happened", notice))


def _describe_scope(notice: Notice) -> NoticeParts:
    lead = (
        "The regions that are shown have changed. Nothing is wrong, and the vendor changed"
        " nothing: everything that this adds to or removes from rule files and the web page"
        " was already on the vendor's page."
    )
    do = (
        Line(text="If firewalls load rule files of other regions, update them there."),
        build_command("fwtracker show", "See all of the version:"),
    )
    sections = (_build_findings("What has changed", notice), Section("What to do", do))
    return "the regions that are shown have changed", lead, sections


def _describe_upgrade(notice: Notice) -> NoticeParts:
    lead = (
        "A newer fwtracker writes the rule files in another form. The vendor changed nothing,"
        " but the rules of a firewall change when it next loads the files; a firewall that"
        " polls them does so automatically."
    )
    do = (
        Line(text="Read docs/upgrade.md for your formats, then load each file whole."),
        build_command("fwtracker rules --list", "See how each format is loaded:"),
    )
    sections = (_build_findings("What is different", notice), Section("What to do", do))
    subject = f"rule files have another form{advise('fwtracker rules --list')}"
    return subject, lead, sections


def _describe_grace(notice: Notice) -> NoticeParts:
    lead = (
        "Endpoints that left the page some days ago have now left the rule files too. Nothing"
        " stops working if you do nothing: firewalls that load the files drop them."
    )
    do = (
        Line(text="If you set rules by hand, remove these; the deltas have the commands."),
        build_command("fwtracker rules --list", "See the formats:"),
    )
    sections = (_build_findings("What it is", notice), Section("What to do", do))
    return "endpoints have left the rule files", lead, sections


def _describe_filter(notice: Notice) -> NoticeParts:
    if notice.channel:
        channel = clip(notice.channel, CHANNEL_LIMIT)
        if all(finding.name == OLD_NAME for finding in notice.findings):
            subject = f"the filter of channel {channel} has the old name of a region"
            lead = (
                f"The filter of channel {channel} has the old name of a region. For now both"
                " names count: the channel gets its alerts as before."
            )
        else:
            subject = f"the filter of channel {channel} matches nothing"
            lead = (
                f"The filter of channel {channel} names something that the page does not have:"
                " the channel gets no alerts about it."
            )
    else:
        subject = f"a rule set needs a look{_format_name(notice)}"
        lead = (
            "A rule set needs a look. Everything else is checked, published and sent as before."
        )
    do = (
        Line(text="Change the table that is named below, in the configuration."),
        build_command("fwtracker doctor", "See whether it is right now:"),
    )
    subject += advise("fwtracker doctor")
    return subject, lead, (Section("What to do", do), _build_findings("Why", notice))


def _describe_config(notice: Notice) -> NoticeParts:
    tokens = notice.name == "tokens-missing"
    lead = (
        "fwtracker serve uses its new configuration but cannot read its tokens: it still"
        " requires the previous tokens."
        if tokens
        else "fwtracker serve has reloaded its configuration and cannot use it: it continues"
        " with the previous one, and nothing in the new one is in force."
    )
    do = (
        build_command("fwtracker doctor", "Fix the file, until this reports no error:"),
        build_command("systemctl reload fwtracker-serve", "Reload it, or send SIGHUP:"),
    )
    subject = f"the new configuration {'lacks tokens' if tokens else 'was not accepted'}"
    subject += advise("fwtracker doctor")
    return subject, lead, (Section("What to do", do), build_reason(notice.reason))


def _describe_end(notice: Notice) -> NoticeParts:
    """Return what is over, and what is left to do; the lead can be read without the subject."""
    subject, lead, sections = _choose_end(notice)
    return subject, f"{subject[:1].upper()}{subject[1:]}. {lead}", sections


def _choose_end(notice: Notice) -> NoticeParts:
    if notice.name in ENDINGS:
        gone = [each for each in notice.findings if each.name == "dns-over"]
        over = list_findings("What has ended", gone)
        return ENDINGS[notice.name], "Nothing to do.", (over,)
    if notice.channel:
        return _describe_channel_end(notice)
    if notice.name in PARTIAL_ENDINGS:
        subject, lead = PARTIAL_ENDINGS[notice.name]
        return subject, f"{lead} {_describe_version(notice)}", ()
    if notice.name in {"approved", "rejected"}:
        return f"the held page was {notice.name}", "Nothing to do.", ()
    if set(notice.ends) <= {"held"}:
        return "no page is held any more", f"Nothing to do. {_describe_version(notice)}", ()
    lead = f"Nothing to do. The previous good check was at {format_minute(notice.since)}."
    return f"checks work again, after {format_duration(notice.since, notice.at)}", lead, ()


def _describe_channel_end(notice: Notice) -> NoticeParts:
    name = clip(notice.channel or "", CHANNEL_LIMIT)
    again = build_command(f"fwtracker notify retry {name}", "Send what it rejected before:")
    sections = (Section("What to do", (again,)),)
    return (
        f"channel {name} accepts messages again",
        "What it received before is not repeated.",
        sections,
    )


def _count_checks(notice: Notice) -> str:
    """Return `1 check`, `3 checks in a row`."""
    in_a_row = " in a row" if notice.count > 1 else ""
    return f"{count_noun(notice.count, 'check')}{in_a_row}"


def _build_findings(heading: str, notice: Notice) -> Section:
    """Return a line for each finding of a notice."""
    return list_findings(heading, notice.findings)


def _format_name(notice: Notice) -> str:
    """Return `: unreachable`, the stable name of the reason."""
    return f": {clip(notice.name, NAMES_LIMIT)}" if notice.name else ""


def _describe_version(notice: Notice) -> str:
    """Return which version stays in force, and when it was checked last."""
    if notice.version is None:
        return "There is no version yet."
    force = f"Version {notice.version} stays in force"
    if notice.checked_at is None:
        return f"{force}."
    return f"{force}; the last good check was at {format_minute(notice.checked_at)}."


def _build_facts(notice: Notice) -> tuple[Line, ...]:
    """Return where to find more: the page, the state, when the notice is repeated."""
    again = (
        f", sent again after {format_minute(notice.again_at)} if it lasts"
        if notice.again_at
        else ""
    )
    version = f"Version {notice.version} in force" if notice.version else "No version yet"
    return (
        build_command("fwtracker notify status", "See more:"),
        Line((to_line(notice.page_url),), label="Page:"),
        Line(text=version),
        Line(text=f"Notice {notice.number}, {format_minute(notice.at)}{again}"),
    )


WRITERS: dict[str, Callable[[Notice], NoticeParts]] = {
    "failing": _describe_failing,
    "layout": _describe_layout,
    "held": _describe_held,
    "stale": _describe_stale,
    "channel": _describe_channel,
    "drift": _describe_drift,
    "config": _describe_config,
    "files": _describe_files,
    "filter": _describe_filter,
    "rewound": _describe_rewound,
    "scope": _describe_scope,
    "upgrade": _describe_upgrade,
    "grace": _describe_grace,
    "over": _describe_end,
}
