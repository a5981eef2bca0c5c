"""What an announcement says: subject, counts, sections by importance, facts. Pure.

The same for every channel. How a line looks and how much of it fits is the channel's.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from notifiers._lines import (
    REGION_LIMIT,
    Line,
    change_line,
    endpoint_lines,
    only_endpoints,
)
from notifiers._text import clip, counted, joined, plain
from tracker.model import IMPACTS, Announcement, Change, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBJECT_LIMIT = 150
REGIONS_NAMED = 3
QUIET = ("relabelled", "reworded")


class Section(msgspec.Struct, frozen=True):
    """Lines under one heading, in order of importance."""

    heading: str
    lines: tuple[Line, ...]


class Words(msgspec.Struct, frozen=True):
    """All that a message says: `sections` by importance, `facts` always last."""

    subject: str
    lead: str
    sections: tuple[Section, ...]
    facts: tuple[Line, ...]


def words_of(announcement: Announcement) -> Words:
    """The announcement in words. Every string is one line of printable characters."""
    if announcement.baseline:
        return _baseline(announcement)
    loud, quiet = _told_apart(announcement)
    return Words(
        subject=_subject(announcement, loud, quiet),
        lead=_lead(announcement, loud, quiet),
        sections=_sections(announcement, loud, quiet),
        facts=_facts(announcement),
    )


def _baseline(announcement: Announcement) -> Words:
    entries = counted(announcement.entries, "entry", "entries")
    regions = [clip(region, REGION_LIMIT) for region in announcement.regions if region]
    within = f" in {counted(len(regions), 'region')}" if regions else ""
    lead = (
        f"Now watching {entries}{within}. Nothing to do: changes are told from here on."
    )
    names = tuple(Line(text=region) for region in regions)
    return Words(
        subject=_titled(announcement, f"watching {entries}{within} (baseline)"),
        lead=lead,
        sections=(Section("Regions", names),) if names else (),
        facts=_facts(announcement),
    )


def _told_apart(announcement: Announcement) -> tuple[list[Change], list[Change]]:
    """Changes to look at beside the endpoints, and those that ask for nothing."""
    change_set = announcement.change_set
    shown = {*change_set.endpoints_added, *change_set.endpoints_removed}
    quiet = [change for change in change_set.changes if change.kind in QUIET]
    loud = [
        change
        for change in change_set.changes
        if change.kind not in QUIET and not only_endpoints(change, shown)
    ]
    return loud, quiet


def _sections(
    announcement: Announcement, loud: list[Change], quiet: list[Change]
) -> tuple[Section, ...]:
    change_set = announcement.change_set
    added, removed = change_set.endpoints_added, change_set.endpoints_removed
    after = (change.after for change in change_set.changes if change.after)
    before = (change.before for change in change_set.changes if change.before)
    sections = (
        Section(
            f"Allow these: {counted(len(added), 'endpoint')}",
            endpoint_lines(added, after),
        ),
        Section(
            f"May go: {counted(len(removed), 'endpoint')}, no longer on the page",
            endpoint_lines(removed, before),
        ),
        Section("Changed", tuple(map(change_line, loud))),
        Section(
            "Only renamed or reworded, nothing to do", tuple(map(change_line, quiet))
        ),
    )
    return tuple(section for section in sections if section.lines)


def _facts(announcement: Announcement) -> tuple[Line, ...]:
    """Where to read on: rule files, page, version, command."""
    version, previous = announcement.version, announcement.change_set.from_
    more = f"diff {previous} {version}" if previous else f"show {version}"
    what = f"Version {version}, {plain(announcement.digest)[:12]}"
    return (
        *_rule_files(announcement.rule_files),
        Line((plain(announcement.page_url),), "the page"),
        Line((f"fwtracker {more}",), "to see more"),
        Line(text=f"{what}, read {plain(announcement.captured_at)}"),
    )


def _rule_files(paths: tuple[str, ...]) -> list[Line]:
    """One line for each folder: `rules/europe/` ips.txt, domains.txt."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, map(plain, paths)):
        folders.setdefault(f"{path.parent}/", []).append(path.name)
    return [
        Line((folder,), ", ".join(names), weight=len(names))
        for folder, names in folders.items()
    ]
