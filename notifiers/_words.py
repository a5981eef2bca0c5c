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
from notifiers._notice import words_of_notice
from notifiers._text import clip, counted, plain
from tracker.model import Notice

if TYPE_CHECKING:
    from tracker.model import Announcement, Change, Message


def words_of(message: Message) -> Words:
    """The message in words. Every string is one line of printable characters."""
    if isinstance(message, Notice):
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
    """Where to read on: rule files, page, version, command."""
    version, previous = announcement.version, announcement.change_set.from_
    more = f"diff {previous} {version}" if previous else f"show {version}"
    what = f"Version {version}, {plain(announcement.digest)[:12]}"
    return (
        *_rule_files(announcement.rule_files),
        Line((f"fwtracker {more}",), label="See more:"),
        Line((plain(announcement.page_url),), label="Page:"),
        Line(text=f"{what}, read {minute(announcement.captured_at)}"),
    )


def _rule_files(paths: tuple[str, ...]) -> list[Line]:
    """One line for each folder: `Rules: rules/europe/ ips.txt, domains.txt`."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, map(plain, paths)):
        folders.setdefault(f"{path.parent}/", []).append(path.name)
    return [
        Line((folder,), ", ".join(names), label="Rules:", weight=len(names))
        for folder, names in folders.items()
    ]
