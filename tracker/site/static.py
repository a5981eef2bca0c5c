"""The files for people in the published tree: index.html, the feeds, and what they need.

Any web server or bucket can serve them. They are made from the versions, the configuration and
pending removals, and a check that finds no change leaves them as they are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from tracker.change_set import ChangeSet, Summary
from tracker.filters.scope import Choice
from tracker.model import Snapshot, format_cause
from tracker.plugins import read_resource
from tracker.publish.grace import PendingRemovals
from tracker.publish.index import IndexEntry
from tracker.site.changes import ChangeList, build_change_list, format_changes, sort_findings
from tracker.site.entries import build_region_tables
from tracker.site.rendering import Links, build_static_links, render
from tracker.site.rule_files import list_delta_items, list_rule_set_items
from tracker.site.timeline import ChangesOf, build_chart, build_timeline
from tracker.store.records import encode_pretty
from tracker.store.tree import change_name
from tracker.text import make_printable

_DETAILED = 10  # versions whose changes are shown
_LISTED = 100  # versions in the list; index.json has all
ASSETS = ("page.css", "page.js")
_FEED_IDS = uuid.UUID("6d1c5a0e-4c63-5b0f-9f2c-2f1f6f1f5a11")  # our own namespace


class Published(msgspec.Struct, frozen=True):
    """The data for the page, from the publisher, narrowed to the chosen regions.

    `rules` are the paths of rule files and deltas.
    """

    latest: Snapshot
    versions: Sequence[IndexEntry]
    changes_of: ChangesOf
    late: PendingRemovals
    rules: Iterable[str]
    public_url: str = ""
    title: str = ""
    chosen: Choice = None


def render_files(known: Published) -> dict[str, bytes]:
    """Return the files by name."""
    source = known.latest.source
    base = f"{known.public_url.rstrip('/')}/{source}/" if known.public_url else ""
    links = build_static_links(base)
    title = known.title or source
    return {
        "index.html": _render_page(known, links, title),
        **_render_feeds(title, known, links),
        **{name: read_asset(name) for name in ASSETS},
    }


def read_asset(name: str) -> bytes:
    """Return a file that every page needs. Raises Incomplete if it cannot be read."""
    return read_resource("tracker.site", name)


def _render_page(known: Published, links: Links, title: str) -> bytes:
    return render(
        "pages/index.html",
        links=links,
        here="",
        title=title,
        snapshot=known.latest,
        findings=sort_findings(known.latest.findings),
        regions=build_region_tables(known.latest.entries, known.late),
        rule_sets=list_rule_set_items(known.latest.source, known.rules, links),
        deltas=list_delta_items(known.latest.version, known.rules),
        picture=build_chart(known.versions),
        versions=build_timeline(known.versions[-_LISTED:], known.changes_of, _DETAILED),
        version_count=len(known.versions),
        chosen=known.chosen,
    )


class FeedItem(NamedTuple):
    """A version in the feed; `impact` is the highest of its changes."""

    id: str
    version: int
    captured_at: str
    summary: str
    file: str
    impact: str
    changes: ChangeList | None


def _render_feeds(title: str, known: Published, links: Links) -> dict[str, bytes]:
    """Return the feeds of the newest versions, newest first, as Atom and as JSON."""
    source, newest = known.latest.source, known.versions[-1]
    recent = known.versions[-_DETAILED:]
    shown = [entry for entry in reversed(recent) if _is_news(entry, known.chosen)]
    items = [_build_feed_item(source, entry, known.changes_of) for entry in shown]
    atom = render(
        "feed.xml",
        id=_make_id(source),
        title=title,
        source=source,
        updated=(shown[0] if shown else newest).captured_at,
        links=links,
        items=items,
    )
    return {"feed.atom": atom, "feed.json": _encode_json_feed(title, source, items, links)}


def _encode_json_feed(
    title: str, source: str, items: Iterable[FeedItem], links: Links
) -> bytes:
    """Return a JSON Feed 1.1 (jsonfeed.org)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": make_printable(f"{title}: firewall requirements"),
        "home_page_url": links.absolute("index.html"),
        "feed_url": links.absolute("feed.json"),
        "language": "en",
        "authors": [{"name": "fwtracker"}],
        "items": [_build_json_item(source, item, links) for item in items],
    }
    return encode_pretty(feed)


def _build_json_item(source: str, item: FeedItem, links: Links) -> dict[str, object]:
    change_set = {"url": links.absolute(item.file), "mime_type": "application/json"}
    return {
        "id": item.id,
        "url": f"{links.absolute('index.html')}#version-{item.version}",
        "title": make_printable(f"{source} version {item.version}: {item.summary}"),
        "content_html": render("feed_item.html", item=item).decode(),
        "date_published": item.captured_at,
        "tags": [item.impact],
        "attachments": [change_set],
    }


def _is_news(entry: IndexEntry, chosen: Choice) -> bool:
    """Return whether a version changed something in the regions that are shown."""
    nothing = entry.summary == Summary() and entry.cause != "scope"
    return chosen is None or not nothing


def _build_feed_item(source: str, entry: IndexEntry, changes_of: ChangesOf) -> FeedItem:
    identifier = _make_id(f"{source}/{entry.version}/{entry.digest}")
    if entry.summary is None:  # a first version: everything is new
        summary = f"the first version, {entry.entries} entries"
        file, impact, changes = entry.file, "breaking", None
    else:
        found = changes_of(entry.version)
        summary = format_changes(found) + format_cause(entry.cause)
        file, impact = change_name(entry.version), _find_highest_impact(found)
        changes = build_change_list(found)
    return FeedItem(
        identifier, entry.version, entry.captured_at, summary, file, impact, changes
    )


def _find_highest_impact(changes: ChangeSet) -> str:
    """Return the highest impact; "breaking" for a change set without any."""
    impacts = {change.impact for change in changes.changes}
    return next(
        (each for each in ("breaking", "action", "info") if each in impacts), "breaking"
    )


def _make_id(name: str) -> str:
    """Return a UUID that is the same wherever and however often the feed is made."""
    return f"urn:uuid:{uuid.uuid5(_FEED_IDS, name)}"
