"""Divi: sections, rows and columns of modules; toggles, tabs without ids, blurbs with icons.

Icons are letters in a font of its own, so that a "5" on the page is an arrow to a visitor.
Tables come from the classic editor: no head, the first row in bold.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE
from tests.pages.markups.common import (
    COLUMNS,
    beside,
    bullets,
    columns_beside,
    heading,
    html,
)

from .common import Builder, Content, rowspan, spanning_rows
from .wordpress import frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region, Resource

STYLE: Final = """\
.et-pb-icon,.et_pb_toggle_title:before{font-family:ETmodules!important;speak:none}
.et_pb_toggle_title:before{content:"\\e050";position:absolute;right:0}
.et_pb_toggle_close .et_pb_toggle_content{display:none}
.et_pb_toggle_open .et_pb_toggle_content{display:block}
.et_pb_tab{display:none}
.et_pb_active_content{display:block}
.et_pb_row:after{content:"";display:block;clear:both}
.et_pb_column_1_5{width:20%;float:left}
@media (max-width:980px){.et_pb_column_1_5{width:100%}}
"""
ICON: Final = '<span class="et-waypoint et_pb_animation_top et-pb-icon">&#x35;</span>'
# Arrows between the words, as a module of the page and not as its navigation.
TRAIL: Final = (
    f'<p class="trail"><a href="{SITE}/">Action1</a> <span>5</span> '
    f'<a href="{SITE}/documentation/">Documentation</a> <span class="et-pb-icon">&#x35;</span> '
    "Firewall Configuration</p>"
)
ADDRESS: Final = "/documentation/firewall-configuration/"
BLURBS: Final = {
    "Outbound": "Agents call the cloud; nothing has to be opened towards them.",
    "No VPN": "Agents work from wherever they are connected.",
    "Local sharing": "Neighbours pass on what they have downloaded, if you let them.",
}


def _frame(generation: Generation, content: Content) -> str:
    before, after = (
        _section(_row("4_4", [_text(part)])) for part in (content.before, content.after)
    )
    blurbs = map(_blurb, BLURBS, BLURBS.values())
    body = (
        '<div id="et-boc" class="et-boc"><div class="et-l et-l--post">'
        '<div class="et_builder_inner_content et_pb_gutters3">\n'
        f"{_section(_row('4_4', [_text(TRAIL)]) + _row('1_3', blurbs))}"
        f"{before}{content.tables}{after}</div></div></div>\n"
    )
    return frame(
        generation,
        content._replace(before="", tables=body, after=""),
        classes="et_pb_button_helper_class et_fixed_nav et_pb_pagebuilder_layout Divi",
        style=STYLE,
    )


def _partly_linked(generation: Generation, content: Content) -> str:
    """The menu has not heard of the newest region."""
    links = dict(list(content.links.items())[:-1])
    return _frame(generation, content._replace(links=links))


def _section(rows: str) -> str:
    return (
        f'<div class="et_pb_section et_pb_with_background et_section_regular">\n{rows}</div>\n'
    )


def _row(width: str, columns: Iterable[str]) -> str:
    cells = "".join(
        f'<div class="et_pb_column et_pb_column_{width} '
        'et_pb_css_mix_blend_mode_passthrough">\n'
        f"{column}</div>\n"
        for column in columns
    )
    return f'<div class="et_pb_row et_pb_equal_columns">\n{cells}</div>\n'


def _text(inner: str) -> str:
    return (
        '<div class="et_pb_module et_pb_text et_pb_text_align_left et_pb_bg_layout_light">'
        f'<div class="et_pb_text_inner">{inner}</div></div>\n'
    )


def _blurb(title: str, text: str, more: str = "") -> str:
    return (
        f'<div class="et_pb_module et_pb_blurb et_pb_blurb_position_top {more}">'
        '<div class="et_pb_blurb_content"><div class="et_pb_main_blurb_image">'
        f'<span class="et_pb_image_wrap">{ICON}</span></div>'
        '<div class="et_pb_blurb_container"><h4 class="et_pb_module_header">'
        f'<span>{title}</span></h4><div class="et_pb_blurb_description"><p>{text}</p></div>'
        "</div></div></div>\n"
    )


def _link_blurbs(links: Mapping[str, str]) -> str:
    blurbs = (
        _blurb(f'<a href="{href}">{name}</a>', f"The rules of {name}.")
        for href, name in links.items()
    )
    return _row("1_4", blurbs)


def _script_blurbs(links: Mapping[str, str]) -> str:
    """Blurbs that are links by nothing but a script: Divi's "module link"."""
    blurbs = (_blurb(name, f"The rules of {name}.", "et_clickable") for name in links.values())
    data = [
        {"class": f"et_pb_blurb_{number}", "url": f"{ADDRESS}{href}", "target": "_self"}
        for number, href in enumerate(links)
    ]
    # As PHP writes it, with the slashes escaped.
    found = json.dumps(data).replace("/", "\\/")
    return _row("1_4", blurbs) + f"<script>var et_link_options_data = {found};</script>\n"


def _columns(regions: Sequence[Region]) -> str:
    """Five columns of text modules below a title with an icon before it."""
    return "".join(_section(_region_rows(region)) for region in regions)


def _region_rows(region: Region) -> str:
    title = heading(region)
    icon = '<span class="et-pb-icon" aria-hidden="true">&#x35;</span> '
    above = _row("4_4", [_text(f"<h2>{icon}{html(title)}</h2>")]) if title else ""
    resources = [_resource(found) for found in region.resources]
    others = [[f"<p>{html(cell)}</p>" for cell in c] for c in columns_beside(region)]
    columns = (
        _text(f"<h4>{html(name)}</h4>") + "".join(map(_text, cells))
        for name, cells in zip(COLUMNS, [resources, *others], strict=True)
    )
    return above + _row("1_5", columns)


def _resource(resource: Resource) -> str:
    return f"<p>{html(resource.printed)}</p>{bullets(resource.listed)}"


def _toggles(regions: Sequence[Region]) -> str:
    """An accordion: one item is open, the others are closed by the style sheet."""
    items = "".join(_toggle(region, number) for number, region in enumerate(regions))
    accordion = f'<div class="et_pb_module et_pb_accordion et_pb_accordion_0">\n{items}</div>\n'
    return _section(_row("4_4", [accordion]))


def _toggle(region: Region, number: int) -> str:
    if not region.name:
        return _text(table(region))
    state = "close" if number else "open"
    return (
        "<div class="
        f'"et_pb_toggle et_pb_module et_pb_accordion_item_{number} et_pb_toggle_{state}">\n'
        f'<h5 class="et_pb_toggle_title">{html(region.name)}</h5>\n'
        f'<div class="et_pb_toggle_content clearfix">{table(region)}</div></div>\n'
    )


def _tabs(regions: Sequence[Region]) -> str:
    """Tabs whose links lead nowhere, and panels that only their order ties to them."""
    named = [region for region in regions if region.name]
    if not named:
        return _section(_row("4_4", [_text(table(region)) for region in regions]))
    numbers = count()
    controls = "".join(
        f'<li class="et_pb_tab_{number}{"" if number else " et_pb_tab_active"}">'
        f'<a href="#">{html(region.name or "")}</a></li>'
        for number, region in zip(numbers, named, strict=False)
    )
    panels = "".join(_panel(region, number) for number, region in enumerate(named))
    tabs = (
        '<div class="et_pb_module et_pb_tabs et_pb_tabs_0" id="">\n'
        f'<ul class="et_pb_tabs_controls clearfix">{controls}</ul>\n'
        f'<div class="et_pb_all_tabs">{panels}</div></div>\n'
    )
    return _section(_row("4_4", [tabs]))


def _panel(region: Region, number: int) -> str:
    active = "" if number else " et_pb_active_content"
    return (
        f'<div class="et_pb_tab et_pb_tab_{number} clearfix{active}">'
        f'<div class="et_pb_tab_content">{table(region)}</div></div>\n'
    )


def table(region: Region) -> str:
    """A table as the classic editor makes it."""
    head = "".join(
        f'<td style="width: 20%;"><strong>{html(name)}</strong></td>' for name in COLUMNS
    )
    body = "\n".join(_cells(region))
    return (
        '<table style="border-collapse: collapse; width: 100%;" border="1"><tbody>\n'
        f"<tr>{head}</tr>\n{body}\n</tbody></table>\n"
    )


def _cells(region: Region) -> Iterator[str]:
    for row in spanning_rows(region):
        others = "".join(
            f'<td style="width: 20%;">{html(cell)}</td>' for cell in beside(row.use)
        )
        first = ""
        if row.resource:
            first = f'<td style="width: 20%;"{rowspan(row)}>{_resource(row.resource)}</td>'
        yield f"<tr>{first}{others}</tr>"


COLUMN_MODULES: Final = Builder(_frame, _columns, _link_blurbs)
TOGGLES: Final = Builder(_frame, _toggles, _link_blurbs)
TABS: Final = Builder(_frame, _tabs, _link_blurbs)
SCRIPTED: Final = Builder(_partly_linked, _columns, _script_blurbs)
