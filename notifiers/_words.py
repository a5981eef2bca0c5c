"""What a message says: subject, counts, sections by importance, facts. Pure.

The same for every channel. How a line looks and how much of it fits is the channel's. What
a notice says is in `_notice`.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from notifiers._counts import News, lead, news_of, subject
from notifiers._lines import REGION_LIMIT, Line, change_line, endpoint_lines
from notifiers._message import Section, Words, minute, titled
from notifiers._text import clip, counted, listed, plain
from tracker.model import Notice

if TYPE_CHECKING:
    from tracker.model import Announcement, Change, Message

FILES_BUDGET = 60  # characters of file names in one line


def words_of(message: Message) -> Words:
    """The message in words. Every string is one line of printable characters."""
    if isinstance(message, Notice):
        from notifiers._notice import words_of_notice  # noqa: PLC0415  rarely needed

        return words_of_notice(message)
    return _baseline(message) if message.baseline else _changes(message)


def _changes(announcement: Announcement) -> Words:
    news = news_of(announcement.change_set)
    return Words(
        subject=subject(announcement, news),
        lead=lead(news),
        sections=_sections(announcement.change_set.changes, news),
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


def _sections(changes: tuple[Change, ...], news: News) -> tuple[Section, ...]:
    after = [change.after for change in changes if change.after]
    before = [change.before for change in changes if change.before]
    allow = f"Allow these: {counted(len(news.added), 'endpoint')}"
    keep = f"Keep closed to the internet: {counted(len(news.inside), 'endpoint')}, LAN only"
    go = f"May go: {counted(len(news.removed), 'endpoint')}, no longer on the page"
    sections = (
        Section(allow, endpoint_lines(news.added, after)),
        Section(keep, endpoint_lines(news.inside, after)),
        Section(go, endpoint_lines(news.removed, before)),
        Section("Changed", tuple(map(change_line, news.loud))),
        Section("Only renamed or reworded", tuple(map(change_line, news.quiet))),
    )
    return tuple(section for section in sections if section.lines)


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
    """`To paste: deltas/000042/europe/ 26 files, attached`: what changed, for each format."""
    attached = ", attached" if announcement.attachments else ""
    return [
        Line(
            (folder,),
            f"{counted(len(names), 'file')}{attached}",
            label="To paste:",
            weight=len(names),
        )
        for folder, names in _folders(announcement.delta_files).items()
    ]


def _folders(paths: tuple[str, ...]) -> dict[str, list[str]]:
    """The names of the files by the folder that they are in."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, map(plain, paths)):
        folders.setdefault(f"{path.parent}/", []).append(path.name)
    return folders
