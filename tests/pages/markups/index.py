"""The index shape: a page without a table that leads to one page per region.

The links sit in a menu, in cards and in buttons, never in the running text. A region's
page that holds one region prints no region heading: only its address and its title name
the region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import SITE, page
from tests.pages.prose import INTRO, NOTE, RULES, SUPPORT, SUPPORT_LIST

from .common import html
from .table_spans import section, table

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region

DIAGRAM = """\
<figure class="wp-block-image">
<svg viewBox="0 0 520 130" width="520" height="130" role="img" aria-label="Diagram">
  <rect x="10" y="35" width="130" height="60" rx="8" fill="#eef3f8"/>
  <text x="75" y="70" text-anchor="middle">Agent</text>
  <line x1="140" y1="65" x2="370" y2="65" stroke="#0a58a8" stroke-width="2"/>
  <text x="255" y="55" text-anchor="middle">22543 or 443, outbound</text>
  <rect x="370" y="35" width="140" height="60" rx="8" fill="#eef3f8"/>
  <text x="440" y="70" text-anchor="middle">Action1 Cloud</text>
</svg>
<figcaption>Who connects to whom: the agent calls, the cloud answers.</figcaption>
</figure>
"""
CHOOSE = """\
<h2>Choose your region</h2>
<p>Your region is the one that you chose when you signed up; the address bar of the
console shows it. The rules of each region are on a page of their own.</p>
"""


def index_pages(generation: Generation) -> dict[str, str]:
    """All pages of the generation: path below the page's own -> page."""
    groups = _groups(generation)
    pages = {"index.html": _index(generation, groups)}
    for folder in groups:
        pages[f"{folder}/index.html"] = _region_page(generation, folder, groups)
    return pages


def _groups(generation: Generation) -> dict[str, list[Region]]:
    """The regions by the page that they are on."""
    groups: dict[str, list[Region]] = {}
    for region in generation.regions:
        groups.setdefault(region.page, []).append(region)
    return groups


def _index(generation: Generation, groups: dict[str, list[Region]]) -> str:
    names = {folder: _name(regions) for folder, regions in groups.items()}
    body = _menu(names, "") + INTRO + DIAGRAM + CHOOSE + _cards(names) + _buttons(names)
    return page(generation, body + SUPPORT_LIST)


def _region_page(generation: Generation, folder: str, groups: dict[str, list[Region]]) -> str:
    regions = groups[folder]
    # Only a page of several groups has to say which is which.
    show = section if len(regions) > 1 else table
    names = {other: _name(found) for other, found in groups.items()}
    body = _menu(names, "../") + RULES + "".join(map(show, regions)) + NOTE + SUPPORT
    return page(generation, body, title=f"Firewall Configuration: {names[folder]}")


def _name(regions: list[Region]) -> str:
    return html(regions[0].name or "All")


def _menu(names: dict[str, str], root: str) -> str:
    links = "\n".join(
        f'  <li class="menu-item"><a href="{root}{folder}/">{name}</a></li>'
        for folder, name in names.items()
    )
    return (
        '<aside class="doc-menu"><ul>\n'
        f'  <li><a href="{SITE}/documentation/">All documentation</a></li>\n'
        f"{links}\n"
        '  <li><a href="#content">Back to top</a></li>\n</ul></aside>\n'
    )


def _cards(names: dict[str, str]) -> str:
    cards = "\n".join(
        f'<div class="card"><a href="{folder}/#rules" aria-label="{name}">'
        f'<div class="card__title">{name}</div></a></div>'
        for folder, name in names.items()
    )
    return f'<div class="card-grid">\n{cards}\n</div>\n'


def _buttons(names: dict[str, str]) -> str:
    buttons = "\n".join(
        f'<a class="button" role="button" href="{folder}/">Rules for {name}</a>'
        for folder, name in names.items()
    )
    return f'<p class="buttons">\n{buttons}\n</p>\n'
