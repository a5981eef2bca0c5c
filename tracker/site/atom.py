"""The feed: the newest versions as Atom (RFC 4287), each with what it changed.

Identifiers are UUIDs made from the source, the number and the digest, so that they stay the
same wherever the tree is served and however often it is made again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from markupsafe import Markup, escape

from tracker.publish.index import IndexEntry
from tracker.site.changes import change_list, counts
from tracker.site.links import Links
from tracker.site.markup import Template, join, shown
from tracker.site.timeline import ChangesOf
from tracker.store.tree import change_name

_SPACE = uuid.UUID("6d1c5a0e-4c63-5b0f-9f2c-2f1f6f1f5a11")  # ours alone, drawn once

_FEED = Template(
    """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>{id}</id>
<title>{title}: firewall requirements</title>
<updated>{updated}</updated>
<author><name>fwtracker</name></author>
<link rel="self" type="application/atom+xml" href="{feed}"/>
<link rel="alternate" type="text/html" href="{page}"/>
{entries}</feed>
"""
)
_ENTRY = Template(
    """<entry>
<id>{id}</id>
<title>{title}</title>
<updated>{updated}</updated>
<link rel="alternate" type="text/html" href="{page}"/>
<link rel="related" type="application/json" href="{file}"/>
<category term="{impact}"/>
<content type="html">{content}</content>
</entry>
"""
)


def feed(
    title: str, source: str, versions: Sequence[IndexEntry], changes_of: ChangesOf, links: Links
) -> bytes:
    """The feed of these versions, which come oldest first. At least one."""
    return _FEED.format(
        id=_identifier(source),
        title=shown(title),
        updated=versions[-1].captured_at,
        feed=links.absolute("feed.atom"),
        page=links.absolute("index.html"),
        entries=join(_entry(source, entry, changes_of, links) for entry in reversed(versions)),
    ).encode()


def _entry(source: str, entry: IndexEntry, changes_of: ChangesOf, links: Links) -> Markup:
    first = entry.summary is None
    changes = None if first else changes_of(entry.version)
    said = f"the first version, {entry.entries} entries" if first else counts(entry.summary)  # type: ignore[arg-type]  # there is one
    content = change_list(changes) if changes else Markup("<p>{}</p>").format(said)
    return _ENTRY.format(
        id=_identifier(f"{source}/{entry.version}/{entry.digest}"),
        title=f"{shown(source)} version {entry.version}: {said}",
        updated=entry.captured_at,
        page=links.absolute("index.html") + f"#version-{entry.version}",
        file=links.absolute(entry.file if first else change_name(entry.version)),
        impact=_impact([change.impact for change in changes.changes] if changes else []),
        content=escape(str(content)),  # HTML as text, once more escaped: type="html"
    )


def _impact(impacts: Sequence[str]) -> str:
    """The gravest of all; a first version asks for everything."""
    for impact in ("breaking", "action", "info"):
        if impact in impacts:
            return impact
    return "breaking"


def _identifier(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, name)}"
