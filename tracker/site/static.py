"""The files for people in the published tree: index.html, feed.atom, and what they need.

Any web server or bucket shows them. They are made from the versions, the configuration and what
is leaving, and hold nothing that a check without news would change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup

from tracker import sources
from tracker.model import Snapshot
from tracker.plugins import read_resource
from tracker.publish.grace import Leaving
from tracker.publish.index import IndexEntry
from tracker.site.atom import feed
from tracker.site.chart import chart
from tracker.site.entries import regions
from tracker.site.layout import page
from tracker.site.links import Links, static
from tracker.site.markup import Template, link, shown, when
from tracker.site.rule_files import rule_files
from tracker.site.timeline import ChangesOf, timeline

DETAILED = 10  # versions whose changes are spelt out
LISTED = 100  # versions in the list; index.json has all
ASSETS = ("page.css", "page.js")

_MAIN = Template(
    """<h1>{title}: what firewalls must let through</h1>
<p>{facts}</p>
<p class="checked" data-manifest="manifest.json" hidden></p>
<form class="filter" role="search" hidden>
<label for="filter">Filter by address, host, port or component</label>
<input id="filter" type="search" autocomplete="off" spellcheck="false">
<output for="filter" class="note"></output>
</form>
<section id="in-force" aria-labelledby="in-force-title">
<h2 id="in-force-title">In force</h2>
{regions}</section>
<section id="rule-files" aria-labelledby="rule-files-title">
<h2 id="rule-files-title">Rule files</h2>
{rules}</section>
<section id="history" aria-labelledby="history-title">
<h2 id="history-title">History</h2>
{chart}{timeline}<p>{more}</p>
</section>"""
)


class Published(msgspec.Struct, frozen=True):
    """What the publisher knows when it makes the page."""

    latest: Snapshot
    versions: Sequence[IndexEntry]
    changes_of: ChangesOf
    late: Leaving
    rules: Iterable[str]
    public_url: str = ""


def files(known: Published) -> dict[str, bytes]:
    """The files by name."""
    source = known.latest.source
    base = f"{known.public_url.rstrip('/')}/{source}/" if known.public_url else ""
    links = static(base)
    title = source_title(source)
    recent = known.versions[-DETAILED:]
    return {
        "index.html": page(links, title, _main(known, links, title)),
        "feed.atom": feed(title, source, recent, known.changes_of, links),
        **{name: asset(name) for name in ASSETS},
    }


def source_title(name: str) -> str:
    """A source as people call it."""
    return sources.load(name).title if name in sources.names() else name


def asset(name: str) -> bytes:
    """A file that every page needs."""
    return read_resource("tracker.site", name)


def facts(snapshot: Snapshot) -> Markup:
    """Which version it is, and where and when it was read."""
    where = snapshot.pages[0].url if snapshot.pages else ""
    said = Markup("Version {}, read {}").format(snapshot.version, when(snapshot.captured_at))
    if where.startswith(("https://", "http://")):
        said += Markup(" from {}").format(link(where, shown(where)))
    return said + "."


def _main(known: Published, links: Links, title: str) -> Markup:
    index = link("index.json", "index.json")
    return _MAIN.format(
        title=title,
        facts=facts(known.latest),
        regions=regions(known.latest.entries, links, known.late),
        rules=rule_files(known.latest.source, known.rules, links),
        chart=chart(known.versions),
        timeline=timeline(known.versions[-LISTED:], known.changes_of, links, DETAILED),
        more=Markup("All {} versions are in {}.").format(len(known.versions), index),
    )
