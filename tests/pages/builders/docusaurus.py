"""Docusaurus: tabs whose hidden panels only their order ties to the tabs, hash links.

The hash link's text is a blank without width, so that a heading read by its text has a sign
that nobody sees. Class names end in what the bundler makes up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE
from tests.pages.markups.common import COLUMNS, beside, html

from .common import Builder, Content, anchor, whole_rows, with_headings
from .surroundings import ANALYTICS, CONSENT_LISTS, footer_columns, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region

STYLE: Final = """\
.hash-link{opacity:0;padding-left:.5rem}.hash-link:before{content:'#'}
.tabItem_Ymn6>:last-child{margin-bottom:0!important}
@media (min-width:997px){.tocMobile_ITEo,.navbar__toggle{display:none}}
.skipToContent_fXgn{left:100%;position:absolute}
"""
HEAD: Final = """\
<!doctype html>
<html lang="en" dir="ltr" class="docs-wrapper plugin-docs" data-has-hydrated="false">
<head>
<meta charset="UTF-8"><meta name="generator" content="Docusaurus v3.4.0">
<title data-rh="true">{title} | Action1</title><style>{style}</style>
{json_ld}{analytics}</head>
<body class="navigation-with-keyboard">
<script>!function(){{document.documentElement.setAttribute("data-theme","light")}}()</script>
<div id="__docusaurus">
<div role="region" aria-label="Skip to main content"><a class="skipToContent_fXgn"
 href="#__docusaurus_skipToContent_fallback">Skip to main content</a></div>
<div class="announcementBar_mb4j" role="banner"><div class="content_knG7">{banner}, {when}</div>
<button type="button" aria-label="Close" class="clean-btn close">×</button></div>
<nav aria-label="Main" class="navbar navbar--fixed-top"><div class="navbar__inner">
<button aria-label="Toggle navigation bar" class="navbar__toggle clean-btn">Menu</button>
<a class="navbar__brand" href="/"><b class="navbar__title text--truncate">Action1</b></a>
<a class="navbar__item navbar__link" href="{site}/resources/">Resources</a>
<div class="navbar__item dropdown dropdown--hoverable"><a href="#" aria-haspopup="true"
 role="button" class="navbar__link">5.221</a><ul class="dropdown__menu">
<li><a class="dropdown__link" href="/docs/5.220/firewall/">5.220.411.2</a></li></ul></div>
</div></nav>
<div id="__docusaurus_skipToContent_fallback" class="main-wrapper mainWrapper_z2l0">
<div class="docRoot_UBD9"><aside class="theme-doc-sidebar-container docSidebarContainer_YfHR">
<nav aria-label="Docs sidebar" class="menu thin-scrollbar"><ul class="theme-doc-sidebar-menu
 menu__list"><li class="theme-doc-sidebar-item-link menu__list-item"><a class="menu__link"
 href="/documentation/deployer/">Deployer</a></li>{links}</ul></nav></aside>
<main class="docMainContainer_TBSr"><div class="container padding-top--md"><div class="row">
<div class="col docItemCol_VOVn"><div class="docItemContainer_Djhp"><article>
<nav class="theme-doc-breadcrumbs" aria-label="Breadcrumbs"><ul class="breadcrumbs">
<li class="breadcrumbs__item"><a aria-label="Home page" class="breadcrumbs__link" href="/"></a>
</li><li class="breadcrumbs__item breadcrumbs__item--active"><span class="breadcrumbs__link">
{title}</span></li></ul></nav>
<span class="theme-doc-version-badge badge badge--secondary">Version: 5.221</span>
<div class="tocCollapsible_ETCw theme-doc-toc-mobile tocMobile_ITEo"><button type="button"
 class="clean-btn tocCollapsibleButton_TO0P">On this page</button></div>
<div class="theme-doc-markdown markdown"><header><h1>{title}</h1></header>
"""
FOOT: Final = """\
</div><footer class="theme-doc-footer docusaurus-mt-lg"><span class="theme-last-updated">Last
updated on <b><time datetime="{modified}">{day}</time></b></span></footer></article>
<nav class="pagination-nav" aria-label="Docs pages"><a class="pagination-nav__link"
 href="/documentation/proxy-settings/"><div class="pagination-nav__label">Proxy settings</div>
</a></nav></div></div>
<div class="col col--3"><div class="tableOfContents_bqdL thin-scrollbar"><ul class="
table-of-contents table-of-contents__left-border">{contents}</ul></div></div>
</div></div></main></div></div>
<footer class="theme-layout-footer footer footer--dark"><div class="container">{footer}</div>
</footer></div>
{consent}</body>
</html>
"""
_HIDDEN: Final = ("", ' hidden=""')


def _frame(generation: Generation, content: Content) -> str:
    banner, when = generation.banner
    head = HEAD.format(
        title=content.title,
        style=STYLE,
        json_ld=json_ld(generation, content.title),
        analytics=ANALYTICS,
        banner=banner,
        when=when,
        site=SITE,
        links="".join(
            '<li class="theme-doc-sidebar-item-link menu__list-item"><a class="menu__link" '
            f'href="{href}">{name}</a></li>\n'
            for href, name in content.links.items()
        ),
    )
    found: dict[str, str] = {}

    def linked(level: str, name: str, text: str) -> str:
        found[name] = text
        return _hash_link(level, name, text)

    body = with_headings(content.body, linked)
    contents = "".join(
        f'<li><a href="#{name}" class="table-of-contents__link toc-highlight">{text}</a></li>\n'
        for name, text in found.items()
    )
    foot = FOOT.format(
        modified=generation.modified,
        day=generation.modified[:10],
        contents=contents,
        footer=footer_columns(generation),
        consent=CONSENT_LISTS,
    )
    return head + body + foot


def _hash_link(level: str, name: str, text: str) -> str:
    return (
        f'<h{level} class="anchor anchorWithStickyNavbar_LWe7" id="{name}">{text}<a '
        f'href="#{name}" class="hash-link" aria-label="Direct link to {text}" '
        f'title="Direct link to {text}">\u200b</a></h{level}>\n'
    )


def _tabs(regions: Sequence[Region]) -> str:
    named = [region for region in regions if region.name]
    if not named:
        return "".join(map(_table, regions))
    tabs = "".join(
        f'<li role="tab" tabindex="{-1 if n else 0}" '
        f'aria-selected="{"false" if n else "true"}" '
        f'class="tabs__item tabItem_LNqP{"" if n else " tabs__item--active"}">'
        f"{html(region.name or '')}</li>"
        for n, region in enumerate(named)
    )
    panels = "".join(
        f'<div role="tabpanel" class="tabItem_Ymn6"{_HIDDEN[n > 0]}>{_table(region)}</div>'
        for n, region in enumerate(named)
    )
    return (
        '<div class="theme-tabs-container tabs-container tabList__CuJ"><ul role="tablist" '
        f'aria-orientation="horizontal" class="tabs">{tabs}</ul>'
        f'<div class="margin-top--md">{panels}</div></div>\n'
    )


def _headings(regions: Sequence[Region]) -> str:
    return "".join(
        f'<h2 id="{anchor(region)}">{html(region.name)}</h2>\n{_table(region)}'
        if region.name
        else _table(region)
        for region in regions
    )


def _table(region: Region) -> str:
    head = "".join(f"<th>{html(name)}</th>" for name in COLUMNS)
    rows = "".join(_rows(region))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>\n"


def _rows(region: Region) -> Iterator[str]:
    for row in whole_rows(region):
        assert row.resource is not None
        listed = (f"<li><code>{html(value)}</code></li>" for value in row.resource.listed)
        values = "".join(listed)
        first = html(row.resource.printed) + (f"<ul>{values}</ul>" if values else "")
        cells = (first, *map(html, beside(row.use)))
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _cards(links: Mapping[str, str]) -> str:
    cards = "".join(
        f'<article class="col col--6 margin-bottom--lg"><a class="card padding--lg '
        f'cardContainer_fWXF" href="{href}"><h2 class="text--truncate cardTitle_rnsV" '
        f'title="{name}">📄️ {name}</h2><p class="cardDescription_PWke">Its rules</p></a>'
        "</article>\n"
        for href, name in links.items()
    )
    return f'<section class="row list_eTzJ">{cards}</section>\n'


TABS: Final = Builder(_frame, _tabs, _cards)
HEADINGS: Final = Builder(_frame, _headings, _cards)
