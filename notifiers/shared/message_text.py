"""The text of a message about a version: subject, counts, sections by importance, facts. Pure.

It is the same for every channel; the channel decides how a line looks and how much of it fits.
Dates that all endpoints of a section share are stated once, in its heading.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from notifiers.shared.message import (
    REGION_LIMIT,
    Line,
    MessageText,
    Section,
    build_change_line,
    build_endpoint_lines,
    format_minute,
    format_subject,
    name_source,
)
from notifiers.shared.summary import (
    ChangeGroups,
    build_lead,
    build_rename_lines,
    build_subject,
    describe_cause,
    explain_cause,
    group_changes,
)
from notifiers.shared.text import clip, count_noun, pack_rows, to_line
from tracker.notifications import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tracker.change_set import Change
    from tracker.model import Endpoint, Entry, Finding
    from tracker.notifications import Announcement, Message, Presence, VersionAt


FINDING_LIMIT = 200  # characters
FILES_BUDGET = 60  # characters of file names in one line
STEPS = "How to load it"  # the heading over the paths of the commands to paste
MOST_FOLDERS = 4  # of deltas, each on its own line
ON_THE_PAGE, READ = "on the page", "read"  # READ if the definition changed, not the page
MOST_FINDINGS = 3  # names of findings, each on its own line


def compose_text(message: Message) -> MessageText:
    """Return the text of a message. Every string is one line of printable characters."""
    if isinstance(message, Notice):
        from notifiers.shared.notice_text import compose_notice  # noqa: PLC0415  rarely needed

        return compose_notice(message)
    if message.version == 0:
        return _compose_sign_of_life(message) if message.alive else _compose_test(message)
    return _compose_baseline(message) if message.baseline else _compose_changes(message)


def _compose_test(announcement: Announcement) -> MessageText:
    """Return the message of `notify test`."""
    page = Line((to_line(announcement.page_url),), label="Watched page:")
    return MessageText(
        subject=format_subject(announcement, "TEST", "this channel works, nothing has changed"),
        lead="This channel works. Nothing to do: it gets a message when the page changes.",
        sections=(),
        facts=(page, Line(text=f"Sent {format_minute(announcement.captured_at)}")),
        more="About",
    )


def _compose_sign_of_life(announcement: Announcement) -> MessageText:
    """Return the message for a channel with `keepalive_days`."""
    page = Line((to_line(announcement.page_url),), label="Watched page:")
    name, when = name_source(announcement), format_minute(announcement.captured_at)
    return MessageText(
        subject=format_subject(announcement, "INFO", "still watching, this channel works"),
        lead=f"{name}: checks are running, and the last one succeeded. Nothing to do.",
        sections=(),
        facts=(page, Line(text=f"Sent {when} because of keepalive_days")),
        more="About",
    )


def _compose_changes(announcement: Announcement) -> MessageText:
    news = group_changes(announcement.change_set)
    return MessageText(
        subject=build_subject(announcement, news),
        lead=" ".join(
            filter(
                None,
                (
                    build_lead(announcement, news),
                    describe_cause(announcement),
                    _describe_span(announcement),
                    _describe_delay(announcement),
                ),
            )
        ),
        sections=_build_sections(announcement, news),
        facts=_build_facts(announcement),
    )


def _compose_baseline(announcement: Announcement) -> MessageText:
    entries, name = (
        count_noun(announcement.entries, "entry", "entries"),
        name_source(announcement),
    )
    regions = [clip(region, REGION_LIMIT) for region in announcement.regions if region]
    within = f" in {count_noun(len(regions), 'region')}" if regions else ""
    lines = tuple(Line(text=region) for region in regions)
    return MessageText(
        subject=format_subject(announcement, "INFO", f"watching {entries}{within} (baseline)"),
        lead=f"{name}: now watching {entries}{within}. Nothing to do: later changes are sent."
        f" {_describe_delay(announcement)}".rstrip(),
        sections=(Section("Regions", lines),) if lines else (),
        facts=_build_facts(announcement),
    )


def _describe_delay(announcement: Announcement) -> str:
    """Return a note that the rule files are not of this version yet; "" if they are."""
    known = announcement.rule_files_of
    if known is UNSET:
        return ""
    now = f"are still those of version {known}" if known else "do not exist yet"
    return f"Its rule files could not be written: they {now}. See why: fwtracker run -v."


def _describe_span(announcement: Announcement) -> str:
    """Return a note that the message is about several versions, and why it is late; or ""."""
    first, last = (announcement.change_set.from_ or 0) + 1, announcement.change_set.to
    if last == first:
        return ""
    return (
        f"This is about versions {first} to {last} together: the earlier ones could not be sent"
        " to this channel when they were made."
    )


def _build_sections(announcement: Announcement, news: ChangeGroups) -> tuple[Section, ...]:
    changes = announcement.change_set.changes
    after = [change.after for change in changes if change.after]
    before = [change.before for change in changes if change.before]
    keep = f"{count_noun(len(news.inside), 'endpoint')}, LAN only"
    sections = (
        _build_endpoints(
            announcement, f"Allow these: {_count_endpoints(news.added)}", news.added, after
        ),
        _build_steps(announcement),
        _build_endpoints(
            announcement, f"Keep closed to the internet: {keep}", news.inside, after
        ),
        _build_endpoints(
            announcement,
            f"Without a stated port: {_count_endpoints(news.unstated)}",
            news.unstated,
            after,
        ),
        _build_endpoints(
            announcement,
            f"No longer listed: {_count_endpoints(news.removed)}",
            news.removed,
            before,
        ),
        Section("Renamed regions", build_rename_lines(news.renames)),
        Section("Changed", _build_rows(announcement, news.loud)),
        Section("Only renamed or reworded", _build_rows(announcement, news.quiet)),
        build_findings(announcement),
    )
    return tuple(section for section in sections if section.lines)


def _build_endpoints(
    announcement: Announcement,
    heading: str,
    endpoints: tuple[Endpoint, ...],
    rows: list[Entry],
) -> Section:
    """Return endpoints with their dates: shared ones in the heading, others on the lines."""
    first, last = announcement.change_set.from_, announcement.change_set.to
    several, where = last - (first or 0) > 1, _name_presence(announcement)
    dates = describe_dates(endpoints, announcement.stays, where, several=several)
    lines = build_endpoint_lines(endpoints, rows, dates.own)
    return Section(heading + dates.common, lines)


def _name_presence(announcement: Announcement) -> str:
    """Return "on the page", or "read" if the page itself did not change."""
    return READ if explain_cause(announcement.cause) else ON_THE_PAGE


def build_findings(announcement: Announcement) -> Section:
    """Return the findings of the version for the operator: the first one of each name."""
    found: dict[str, list[Finding]] = {}
    for finding in announcement.findings:
        found.setdefault(finding.name, []).append(finding)
    lines = [
        Line(
            label=f"{to_line(name)}{f' ({len(alike)})' if len(alike) > 1 else ''}:",
            text=clip(alike[0].message, FINDING_LIMIT),
            weight=len(alike),
        )
        for name, alike in found.items()
    ]
    if len(lines) > MOST_FINDINGS:
        left = f"{count_noun(len(lines) - MOST_FINDINGS, 'more kind')}:"
        command = f"fwtracker show {announcement.version}"
        lines[MOST_FINDINGS:] = [Line((command,), label=left)]
    return Section(
        f"{count_noun(len(announcement.findings), 'finding')} of this version", tuple(lines)
    )


def _build_rows(announcement: Announcement, changes: tuple[Change, ...]) -> tuple[Line, ...]:
    """Return changed rows, each with the date of its previous change."""
    known = announcement.changed_before
    return tuple(
        build_change_line(change, describe_last_change(known.get(change)) if known else "")
        for change in changes
    )


def _count_endpoints(endpoints: tuple[Endpoint, ...]) -> str:
    return count_noun(len(endpoints), "endpoint")


def _build_facts(announcement: Announcement) -> tuple[Line, ...]:
    """Return where to find more: rule files, command, page, version."""
    what = f"Version {announcement.version}, {to_line(announcement.digest)[:12]}"
    all_of_it = Line((to_line(announcement.web_page),), label="All of it:")
    return (
        *_build_rules_line(announcement.rule_files),
        *([all_of_it] if announcement.web_page else []),
        *([] if announcement.delta_files else [_build_command(announcement)]),
        Line((to_line(announcement.page_url),), label="Page:"),
        Line(text=f"{what}, read {format_minute(announcement.captured_at)}"),
    )


def _build_steps(announcement: Announcement) -> Section:
    """Return the paths of the commands to paste, and the command that shows all changes."""
    if not announcement.delta_files:
        return Section("", ())
    lines = (*_build_delta_lines(announcement), _build_command(announcement))
    return Section(STEPS, lines)


def _build_command(announcement: Announcement) -> Line:
    version, previous = announcement.version, announcement.change_set.from_
    more = f"diff {previous} {version}" if previous else f"show {version}"
    return Line((f"fwtracker {more}",), label="See all of it:")


def _build_rules_line(paths: tuple[str, ...]) -> list[Line]:
    """Return one line: `Rules: rules/europe/, rules/canada/ and 3 more folders, 130 files`."""
    folders = list(_group_folders(paths))
    if not folders:
        return []
    shown = next(pack_rows(folders, FILES_BUDGET))
    left = len(folders) - len(shown)
    more = f"and {count_noun(left, 'more folder')}, " if left else ""
    return [Line(shown, f"{more}{count_noun(len(paths), 'file')}", label="Rules:")]


def _build_delta_lines(announcement: Announcement) -> list[Line]:
    """Return `To paste: deltas/000042/europe/ 26 files`, a line for each folder.

    If there are many folders, there is a line per step; if many steps, only the first and last.
    """
    folders = _group_folders(announcement.delta_files)
    if len(folders) > MOST_FOLDERS:
        folders = _group_steps(folders)
    lines = [
        Line(
            (folder,),
            count_noun(len(names), "file"),
            label="To paste:",
            weight=len(names),
        )
        for folder, names in folders.items()
    ]
    if len(lines) > MOST_FOLDERS:
        left = count_noun(len(lines) - 2, "more folder")
        between = Line(text=f"then {left} up to the next", label="To paste:")
        lines = [lines[0], between, lines[-1]]
    previous, version = announcement.change_set.from_, announcement.version
    if previous and version - previous > 1:
        lines.append(
            Line(
                (f"fwtracker rules --since {previous} --out changes",), label="Or in one step:"
            )
        )
    return lines


def _group_steps(folders: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the files by step: by version, or by the end of a grace period."""
    steps: dict[str, list[str]] = {}
    for folder, names in folders.items():
        steps.setdefault(f"{PurePosixPath(folder).parent}/", []).extend(names)
    return steps


def _group_folders(paths: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the names of the files by their folders."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, map(to_line, paths)):
        folders.setdefault(f"{path.parent}/", []).append(path.name)
    return folders


class EndpointDates(NamedTuple):
    """The text about dates that all endpoints of a section share, and that of single ones."""

    common: str = ""
    own: Mapping[Endpoint, str] = {}


def describe_dates(
    endpoints: Sequence[Endpoint],
    stays: Mapping[Endpoint, Presence],
    where: str = ON_THE_PAGE,
    *,
    several: bool,
) -> EndpointDates:
    """Return the dates of endpoints. With `several` versions, each date has its version."""
    descriptions = {
        end: _describe_presence(stays[end], where, several=several)
        for end in endpoints
        if end in stays
    }
    if not descriptions:
        return EndpointDates()
    of_all = len(descriptions) == len(endpoints)
    first = next(iter(descriptions.values()))
    shared = [
        of_all and len({words[at] for words in descriptions.values()}) == 1 for at in (0, 1)
    ]
    shared[0] &= not any(
        stays[end].went for end in descriptions
    )  # a whole time span is too long for the heading
    common = "".join(words for words, same in zip(first, shared, strict=True) if same)
    if all(shared):
        return EndpointDates(common)
    own = {
        end: "".join(each for each, same in zip(words, shared, strict=True) if not same)
        for end, words in descriptions.items()
    }
    return EndpointDates(common, own)


def describe_last_change(dated: VersionAt | None) -> str:
    """Return `before that unchanged since 2024-05-01 (version 3)` for a changed row."""
    return (
        f"before that unchanged since {_format_version_at(dated, versioned=True)}"
        if dated
        else ""
    )


def _describe_presence(stay: Presence, where: str, *, several: bool) -> tuple[str, str]:
    """Return since when an endpoint is on the page, and until when it is in rule files.

    Each text that is not empty begins with a comma.
    """
    if stay.went is None:
        return (
            f", {where} since {_format_version_at(stay.came, versioned=several)}"
            if stay.came
            else ""
        ), ""
    came = ""
    if stay.came:
        before = " or before" if stay.came.version == 1 else ""
        came = f"from {_format_day(stay.came.at)}{before} "
    page = f", {where} {came}until {_format_version_at(stay.went, versioned=several)}"
    kept = stay.until is not None and stay.until > stay.went.at
    until = f"until {_format_day(stay.until or '')}" if kept else "no longer"
    return page, f", in rule files {until}"


def _format_version_at(dated: VersionAt, *, versioned: bool) -> str:
    return (
        f"{_format_day(dated.at)} (version {dated.version})"
        if versioned
        else _format_day(dated.at)
    )


def _format_day(time: str) -> str:
    return to_line(time)[:10]
