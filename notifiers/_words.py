"""What a message says: subject, counts, sections by importance, facts. Pure.

The same for every channel. How a line looks and how much of it fits is the channel's. What
a notice says is in `_notice`.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from notifiers._counts import News, lead, news_of, subject
from notifiers._dates import changed_before, dates_of
from notifiers._lines import REGION_LIMIT, Line, change_line, endpoint_lines
from notifiers._message import Section, Words, minute, titled
from notifiers._text import clip, counted, listed, plain
from tracker.model import Notice

if TYPE_CHECKING:
    from tracker.model import Announcement, Change, Endpoint, Entry, Message

FILES_BUDGET = 60  # characters of file names in one line
MOST_FOLDERS = 4  # of deltas, each on a line
GONE = ", no longer on the page"


def words_of(message: Message) -> Words:
    """The message in words. Every string is one line of printable characters."""
    if isinstance(message, Notice):
        from notifiers._notice import words_of_notice  # noqa: PLC0415  rarely needed

        return words_of_notice(message)
    if message.version == 0:
        return _trial(message)
    return _baseline(message) if message.baseline else _changes(message)


def _trial(announcement: Announcement) -> Words:
    """What `notify test` sends."""
    page = Line((plain(announcement.page_url),), label="Page that is watched:")
    return Words(
        subject=titled(announcement, "test message, nothing has changed"),
        lead="This channel works. Nothing to do: it will be told when the page changes.",
        sections=(),
        facts=(page, Line(text=f"Sent {minute(announcement.captured_at)}")),
        more="About",
    )


def _changes(announcement: Announcement) -> Words:
    news = news_of(announcement.change_set)
    return Words(
        subject=subject(announcement, news),
        lead=lead(news),
        sections=_sections(announcement, news),
        facts=_facts(announcement),
    )


def _baseline(announcement: Announcement) -> Words:
    entries = counted(announcement.entries, "entry", "entries")
    regions = [clip(region, REGION_LIMIT) for region in announcement.regions if region]
    within = f" in {counted(len(regions), 'region')}" if regions else ""
    lines = tuple(Line(text=region) for region in regions)
    return Words(
        subject=titled(announcement, f"watching {entries}{within} (baseline)"),
        lead=f"Now watching {entries}{within}. Nothing to do: later changes are told.",
        sections=(Section("Regions", lines),) if lines else (),
        facts=_facts(announcement),
    )


def _sections(told: Announcement, news: News) -> tuple[Section, ...]:
    changes = told.change_set.changes
    after = [change.after for change in changes if change.after]
    before = [change.before for change in changes if change.before]
    keep = f"{counted(len(news.inside), 'endpoint')}, LAN only"
    sections = (
        _endpoints(told, f"Allow these: {_count(news.added)}", news.added, after),
        _endpoints(told, f"Keep closed to the internet: {keep}", news.inside, after),
        _endpoints(told, f"May go: {_count(news.removed)}", news.removed, before, GONE),
        Section("Changed", _rows(told, news.loud)),
        Section("Only renamed or reworded", _rows(told, news.quiet)),
    )
    return tuple(section for section in sections if section.lines)


def _endpoints(
    told: Announcement,
    heading: str,
    endpoints: tuple[Endpoint, ...],
    rows: list[Entry],
    undated: str = "",
) -> Section:
    """Endpoints with their dates: in the heading what they share, on each line the rest.

    `undated` is what the heading says where they share nothing.
    """
    first, last = told.change_set.from_, told.change_set.to
    dates = dates_of(endpoints, told.stays, several=last - (first or 0) > 1)
    lines = endpoint_lines(endpoints, rows, dates.own)
    return Section(heading + (dates.common or undated), lines)


def _rows(told: Announcement, changes: tuple[Change, ...]) -> tuple[Line, ...]:
    """Changed rows, each with when it had last changed."""
    known = told.changed_before
    return tuple(
        change_line(change, changed_before(known.get(change)) if known else "")
        for change in changes
    )


def _count(endpoints: tuple[Endpoint, ...]) -> str:
    return counted(len(endpoints), "endpoint")


def _facts(announcement: Announcement) -> tuple[Line, ...]:
    """Where to read on: rule files, deltas, page, version, command."""
    version, previous = announcement.version, announcement.change_set.from_
    more = f"diff {previous} {version}" if previous else f"show {version}"
    what = f"Version {version}, {plain(announcement.digest)[:12]}"
    all_of_it = Line((plain(announcement.web_page),), label="All of it:")
    return (
        *_rule_files(announcement.rule_files),
        *_deltas(announcement),
        *([all_of_it] if announcement.web_page else []),
        Line((f"fwtracker {more}",), label="See more:"),
        Line((plain(announcement.page_url),), label="Page:"),
        Line(text=f"{what}, read {minute(announcement.captured_at)}"),
    )


def _rule_files(paths: tuple[str, ...]) -> list[Line]:
    """One line for each folder: `Rules: rules/europe/ ips.txt, domains.txt`."""
    return [
        Line((folder,), listed(names, FILES_BUDGET), label="Rules:", weight=len(names))
        for folder, names in _folders(paths).items()
    ]


def _deltas(announcement: Announcement) -> list[Line]:
    """`To paste: deltas/000042/europe/ 26 files, attached`: what changed, for each format.

    Many folders are a line for each step, the first and the last of many steps.
    """
    attached = ", attached" if announcement.attachments else ""
    folders = _folders(announcement.delta_files)
    if len(folders) > MOST_FOLDERS:
        folders = _steps(folders)
    lines = [
        Line(
            (folder,),
            f"{counted(len(names), 'file')}{attached}",
            label="To paste:",
            weight=len(names),
        )
        for folder, names in folders.items()
    ]
    if len(lines) > MOST_FOLDERS:
        left = counted(len(lines) - 2, "more folder")
        between = Line(text=f"then {left} up to the next{attached}", label="To paste:")
        lines = [lines[0], between, lines[-1]]
    previous, version = announcement.change_set.from_, announcement.version
    if previous and version - previous > 1:
        lines.append(
            Line(
                (f"fwtracker rules --since {previous} --out changes",), label="Or in one step:"
            )
        )
    return lines


def _steps(folders: dict[str, list[str]]) -> dict[str, list[str]]:
    """Those of each version, or end of a grace, together."""
    steps: dict[str, list[str]] = {}
    for folder, names in folders.items():
        steps.setdefault(f"{PurePosixPath(folder).parent}/", []).extend(names)
    return steps


def _folders(paths: tuple[str, ...]) -> dict[str, list[str]]:
    """The names of the files by the folder that they are in."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, map(plain, paths)):
        folders.setdefault(f"{path.parent}/", []).append(path.name)
    return folders
