"""The list of versions, newest first: when, how much, and what each one changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from tracker.model import ChangeSet
from tracker.publish.index import IndexEntry
from tracker.site.changes import change_list, counts
from tracker.site.entries import number, region_name
from tracker.site.links import Links
from tracker.site.markup import Template, join, when
from tracker.store.tree import change_name

_LIST = Template('<ol class="timeline" reversed>\n{}</ol>\n')
_VERSION = Template(
    """<li id="version-{number}" value="{number}">
<h3>{name} <span class="note">{when}</span></h3>
<p>{said}. {size}. <a href="{file}">JSON</a>{change_file}</p>
{details}</li>
"""
)
_DETAILS = Template("<details{}><summary>What changed</summary>\n{}</details>\n")
_FILE = Template(' <a href="{}">change set</a>')
_OPEN = Markup(" open")

ChangesOf = Callable[[int], ChangeSet]


def timeline(
    versions: Sequence[IndexEntry], changes_of: ChangesOf, links: Links, detailed: int
) -> Markup:
    """The versions, of which the newest `detailed` say what they changed, the newest openly."""
    newest = versions[-1].version if versions else 0
    return _LIST.format(
        join(
            _version(
                entry,
                changes_of if at < detailed and entry.version > 1 else None,
                links,
                newest=entry.version == newest,
            )
            for at, entry in enumerate(reversed(versions))
        )
    )


def _version(
    entry: IndexEntry, changes_of: ChangesOf | None, links: Links, *, newest: bool
) -> Markup:
    said = "the first version" if entry.summary is None else counts(entry.summary)
    details = (
        _DETAILS.format(_OPEN if newest else "", change_list(changes_of(entry.version)))
        if changes_of
        else ""
    )
    return _VERSION.format(
        number=entry.version,
        name=links.version(entry.version, "Version")
        if links.live
        else f"Version {entry.version}",
        when=when(entry.captured_at),
        said=said[0].upper() + said[1:],
        size=sizes(entry),
        file=entry.file,
        change_file=_FILE.format(change_name(entry.version)) if entry.version > 1 else "",
        details=details,
    )


def sizes(entry: IndexEntry) -> str:
    """`In force: Europe 30 endpoints, ...`."""
    parts = [
        f"{region_name(region)} {number(count, 'endpoint')}"
        for region, count in zip(entry.regions, entry.endpoints, strict=True)
    ]
    return ", ".join(parts)
