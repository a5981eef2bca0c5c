"""The frame of a WordPress site: theme, plugins, widgets, mega menu, consent banner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE

from .surroundings import (
    ANALYTICS,
    CONSENT_TABLE,
    NO_SCRIPT,
    VISITOR,
    footer_columns,
    json_ld,
    mega_menu,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.pages.facts import Generation

    from .common import Content

STYLE: Final = """\
.screen-reader-text{border:0;clip:rect(1px,1px,1px,1px);clip-path:inset(50%);height:1px;
margin:-1px;overflow:hidden;padding:0;position:absolute!important;width:1px}
.hidden{display:none}
.mega-panel{display:none;position:absolute}
.mega:hover .mega-panel,.mega:focus-within .mega-panel{display:block}
.menu-toggle{display:none}
@media (max-width:781px){.menu-toggle{display:block}.widget-area{display:none}}
.wp-block-table{overflow-x:auto}
.is-style-stripes tbody tr:nth-child(odd){background-color:#f0f0f0}
"""
HEAD: Final = """\
<!DOCTYPE html>
<html lang="en-US" prefix="og: https://ogp.me/ns#">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Action1</title>
<link rel="canonical" href="{site}/documentation/firewall-configuration/">
<link rel="alternate" type="application/rss+xml" title="Comments" href="{site}/feed/">
<meta property="article:modified_time" content="{modified}">
{json_ld}<style id="global-styles-inline-css">
{style}</style>
{analytics}</head>
<body class="page-template-default page page-id-4711 {classes}">
{no_script}<a class="skip-link screen-reader-text" href="#main">Skip to content</a>
<header id="masthead" class="site-header" role="banner">
<div class="top-bar"><p>{banner} <span>{when}</span></p>
<a href="tel:+15550142">+1 555 0142</a> <a href="{site}/login/">Log in</a></div>
<button class="menu-toggle" aria-controls="site-navigation" aria-expanded="false">Menu</button>
<nav id="site-navigation" class="main-navigation" aria-label="Main">
{menu}</nav>
<form role="search" class="search-form" action="{site}/"><label>
<span class="screen-reader-text">Search for:</span><input type="search" name="s"></label>
<button type="submit">Search</button></form>
</header>
<nav class="rank-math-breadcrumb" aria-label="breadcrumbs"><p><a href="{site}/">Home</a>
<span class="separator"> &raquo; </span><a href="{site}/documentation/">Documentation</a>
<span class="separator"> &raquo; </span><span class="last">{title}</span></p></nav>
<main id="main" class="site-main"><article id="post-4711" class="page type-page hentry">
<header class="entry-header"><h1 class="entry-title">{title}</h1></header>
<div class="entry-content">
"""
FOOT: Final = """\
</div></article></main>
<aside id="secondary" class="widget-area" role="complementary">
<section class="widget widget_nav_menu"><h2 class="widget-title">Documentation</h2>
<ul class="menu">{links}<li class="menu-item"><a href="{site}/documentation/deployer/">
Deployer</a></li></ul></section>
{visitor}<section class="widget widget_recent_entries"><h2 class="widget-title">News</h2><ul>
<li><a href="{site}/blog/patches/">Patches of this month</a>
<span class="post-date">{modified}</span></li></ul></section>
</aside>
<footer id="colophon" class="site-footer" role="contentinfo">
{footer}</footer>
{consent}<script id="theme-js">
document.querySelectorAll(".menu-toggle").forEach(function (button) {{
  button.onclick = function () {{ document.body.classList.toggle("menu-open"); }}; }});
</script>
</body>
</html>
"""


def frame(
    generation: Generation,
    content: Content,
    *,
    classes: str = "theme-docs",
    style: str = "",
    consent: str = CONSENT_TABLE,
) -> str:
    """A whole page around the content; `style` and `classes` are the builder's own."""
    banner, when = generation.banner
    head = HEAD.format(
        title=content.title,
        site=SITE,
        modified=generation.modified,
        json_ld=json_ld(generation, content.title),
        style=STYLE + style,
        analytics=ANALYTICS,
        classes=classes,
        no_script=NO_SCRIPT,
        banner=banner,
        when=when,
        menu=mega_menu(),
    )
    foot = FOOT.format(
        site=SITE,
        links=menu_items(content.links),
        visitor=VISITOR,
        modified=generation.modified[:10],
        footer=footer_columns(generation),
        consent=consent,
    )
    return head + content.body + foot


def menu_items(links: Mapping[str, str]) -> str:
    """The regions' pages in a menu of the sidebar."""
    return "".join(
        f'<li class="menu-item"><a href="{href}">{name}</a></li>\n'
        for href, name in links.items()
    )
