"""The frame of a plain site whose content was pasted from elsewhere: a login, a menu, no theme.

It belongs to the editors of small systems, which keep whatever the clipboard holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE

from .surroundings import (
    ANALYTICS,
    CONSENT_LISTS,
    NO_SCRIPT,
    footer_columns,
    json_ld,
    mega_menu,
)

if TYPE_CHECKING:
    from tests.pages.facts import Generation

    from .common import Content

STYLE: Final = """\
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}
.hidden{display:none}
.mega-panel{visibility:hidden;opacity:0;position:absolute}
.mega:hover .mega-panel{visibility:visible;opacity:1}
"""
PAGE: Final = """\
<!DOCTYPE HTML>
<html lang="en">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{title} | Action1</title>
<style type="text/css">
{style}</style>
{json_ld}{analytics}</head>
<body class="node-type-page not-logged-in">
{no_script}<div id="skip-link"><a href="#content" class="visually-hidden">Jump to
content</a></div>
<div id="header"><div class="hotline">Hotline: +1 555 0142 (port 443 of our switchboard)</div>
<nav class="menu-main">{menu}</nav></div>
<div class="breadcrumb"><a href="{site}/">Home</a> &rsaquo; <a href="{site}/documentation/">
Documentation</a> &rsaquo; {title}</div>
<div id="content" role="main"><h1>{title}</h1>
<div class="field field-name-body">
{body}</div>
<div class="submitted">Submitted by editor on {modified}</div>
</div>
<aside class="sidebar"><h2>Related</h2><ul>{links}<li><a
 href="{site}/documentation/proxy/">Proxy
settings</a></li></ul></aside>
<footer>
{footer}</footer>
{consent}</body>
</html>
"""


def frame(
    generation: Generation, content: Content, *, style: str = "", consent: str = CONSENT_LISTS
) -> str:
    """A whole page around the content."""
    return PAGE.format(
        title=content.title,
        style=STYLE + style,
        json_ld=json_ld(generation, content.title),
        analytics=ANALYTICS,
        no_script=NO_SCRIPT,
        menu=mega_menu("leaf"),
        site=SITE,
        body=content.body,
        modified=generation.modified[:10],
        links="".join(
            f'<li><a href="{href}">{name}</a></li>\n' for href, name in content.links.items()
        ),
        footer=footer_columns(generation),
        consent=consent,
    )
