"""MkDocs with the Material theme: content tabs of radio buttons, permalinks, code in cells.

The theme itself uses check boxes with labels too, for its drawer, search and palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, html

from .common import Builder, Content, strong_bracket, whole_rows, with_headings
from .surroundings import ANALYTICS, SOCIAL, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region

STYLE: Final = """\
.md-toggle,.md-option{display:none;height:0;opacity:0;position:absolute;width:0}
.tabbed-set>input{height:0;opacity:0;position:absolute;width:0}
.tabbed-content{width:100%}
.tabbed-block{display:none}
.tabbed-set>input:first-child:checked~.tabbed-content>:first-child,
.tabbed-set>input:nth-child(2):checked~.tabbed-content>:nth-child(2),
.tabbed-set>input:nth-child(3):checked~.tabbed-content>:nth-child(3),
.tabbed-set>input:nth-child(4):checked~.tabbed-content>:nth-child(4){display:block}
.headerlink{display:inline-block;margin-left:.5rem;opacity:0}
:hover>.headerlink,.headerlink:focus{opacity:1}
[hidden]{display:none!important}
"""
HEAD: Final = """\
<!doctype html>
<html lang="en" class="no-js">
<head>
<meta charset="utf-8">
<meta name="generator" content="mkdocs-1.5.3, mkdocs-material-9.5.18">
<title>{title} - Action1</title><style>{style}</style>
<script>__md_scope=new URL("../..",location),__md_get=(e,_=localStorage)=>null</script>
{json_ld}{analytics}</head>
<body dir="ltr" data-md-color-scheme="default" data-md-color-primary="indigo">
<input class="md-toggle" data-md-toggle="drawer" type="checkbox" id="__drawer">
<input class="md-toggle" data-md-toggle="search" type="checkbox" id="__search">
<label class="md-overlay" for="__drawer"></label>
<div data-md-component="skip"><a href="#firewall-configuration" class="md-skip">
Skip to content</a></div>
<div data-md-component="announce"><aside class="md-banner"><div class="md-banner__inner">
{banner}, {when}</div></aside></div>
<header class="md-header" data-md-component="header"><nav class="md-header__inner md-grid"
 aria-label="Header"><a href="../.." title="Action1" class="md-header__button md-logo">A</a>
<label class="md-header__button md-icon" for="__drawer">
<svg width="24" viewBox="0 0 24 24"></svg></label>
<div class="md-header__title" data-md-component="header-title"><div class="md-ellipsis">
<span class="md-header__topic">Action1</span></div></div>
<form class="md-header__option" data-md-component="palette">
<input class="md-option" type="radio" name="__palette" id="__palette_0" aria-label="Dark mode">
<label class="md-header__button md-icon" title="Dark mode" for="__palette_1" hidden></label>
<input class="md-option" type="radio" name="__palette" id="__palette_1" aria-label="Light mode">
<label class="md-header__button md-icon" title="Light mode" for="__palette_0" hidden></label>
</form></nav></header>
<div class="md-container" data-md-component="container"><main class="md-main">
<div class="md-main__inner md-grid">
<div class="md-sidebar md-sidebar--primary" data-md-type="navigation">
<nav class="md-nav md-nav--primary" aria-label="Navigation" data-md-level="0">
<label class="md-nav__title" for="__drawer">Action1</label>
<ul class="md-nav__list" data-md-scrollfix>
<li class="md-nav__item"><a href="../deployer/" class="md-nav__link">Deployer</a></li>
<li class="md-nav__item md-nav__item--active"><input class="md-nav__toggle md-toggle"
 type="checkbox" id="__toc"><label class="md-nav__link" for="__toc"><span class="md-ellipsis">
{title}</span></label></li>{links}</ul></nav></div>
<div class="md-content" data-md-component="content"><article class="md-content__inner
 md-typeset">
<a href="https://github.com/Action1Corp/docs/edit/main/firewall.md" title="Edit this page"
 class="md-content__button md-icon"></a>
<h1 id="firewall-configuration">{title}<a class="headerlink" href="#firewall-configuration"
 title="Permanent link">&para;</a></h1>
"""
FOOT: Final = """\
<aside class="md-source-file"><span class="md-source-file__fact"><span
 class="git-revision-date">
{modified}</span></span></aside>
</article></div></div></main>
<footer class="md-footer"><div class="md-footer-meta md-typeset"><div class="md-copyright">
Copyright &copy; 2018 - 2026 Action1, +1 555 0142</div>{social}</div></footer></div>
<div class="md-dialog" data-md-component="dialog"><div class="md-dialog__inner"></div></div>
<div class="md-consent" data-md-component="consent" id="__consent" hidden>
<div class="md-consent__overlay"></div><aside class="md-consent__inner">
<form class="md-consent__form md-grid md-typeset" name="consent"><h4>Cookie consent</h4>
<p>We use <code>_ga</code> of <code>.example.com</code> to count visits.</p>
<label class="task-list-control"><input type="checkbox" name="analytics" checked> Google
Analytics</label><button class="md-button
 md-button--primary">Accept</button></form></aside></div>
<script id="__config" type="application/json">{{"base": "../..", "search":
"../../assets/javascripts/workers/search.b8dbb3d2.min.js", "version": "9.5.18.1"}}</script>
</body>
</html>
"""
_CHECKED: Final = ('checked="checked" ', "")


def _frame(generation: Generation, content: Content) -> str:
    banner, when = generation.banner
    head = HEAD.format(
        title=content.title,
        style=STYLE,
        json_ld=json_ld(generation, content.title),
        analytics=ANALYTICS,
        banner=banner,
        when=when,
        links="".join(
            f'<li class="md-nav__item"><a href="{href}" class="md-nav__link">'
            f'<span class="md-ellipsis">{name}</span></a></li>\n'
            for href, name in content.links.items()
        ),
    )
    before, after = (with_headings(p, _permalink) for p in (content.before, content.after))
    foot = FOOT.format(modified=generation.modified[:10], social=SOCIAL)
    return head + before + content.tables + after + foot


def _permalink(level: str, name: str, text: str) -> str:
    return (
        f'<h{level} id="{name}">{text}<a class="headerlink" href="#{name}" '
        f'title="Permanent link">&para;</a></h{level}>\n'
    )


def _tabs(regions: Sequence[Region]) -> str:
    """All radio buttons, then all labels, then all panels: only the order ties them."""
    named = [region for region in regions if region.name]
    if not named:
        return "".join(map(_table, regions))
    inputs = "".join(
        f'<input {_CHECKED[n > 1]}id="__tabbed_1_{n}" name="__tabbed_1" type="radio" />'
        for n in range(1, len(named) + 1)
    )
    labels = "".join(
        f'<label for="__tabbed_1_{n}">{html(region.name or "")}</label>'
        for n, region in enumerate(named, start=1)
    )
    blocks = "".join(f'<div class="tabbed-block">\n{_table(r)}</div>\n' for r in named)
    return (
        f'<div class="tabbed-set tabbed-alternate" data-tabs="1:{len(named)}">{inputs}'
        f'<div class="tabbed-labels">{labels}</div>\n'
        f'<div class="tabbed-content">\n{blocks}</div>\n</div>\n'
    )


def _headings(regions: Sequence[Region]) -> str:
    return "".join(
        _permalink("3", region.page, html(region.name)) + _table(region)
        if region.name
        else _table(region)
        for region in regions
    )


def _table(region: Region) -> str:
    head = "".join(f"<th>{html(name)}</th>\n" for name in COLUMNS)
    return (
        '<div class="md-typeset__scrollwrap"><div class="md-typeset__table"><table>\n<thead>\n'
        f"<tr>\n{head}</tr>\n</thead>\n<tbody>\n{''.join(_rows(region))}</tbody>\n"
        "</table></div></div>\n"
    )


def _rows(region: Region) -> Iterator[str]:
    for row in whole_rows(region):
        assert row.resource is not None
        listed = (f"<code>{html(value)}</code>" for value in row.resource.listed)
        direction, ports, _, components = map(html, beside(row.use))
        cells = (
            "<br />".join([html(row.resource.printed), *listed]),
            *(direction, ports.replace("<br>", " "), strong_bracket(row.use), components),
        )
        yield "<tr>\n" + "".join(f"<td>{cell}</td>\n" for cell in cells) + "</tr>\n"


def _links(links: Mapping[str, str]) -> str:
    items = "".join(f'<li><a href="{href}">{name}</a></li>\n' for href, name in links.items())
    return f'<div class="grid cards">\n<ul>\n{items}</ul>\n</div>\n'


TABS: Final = Builder(_frame, _tabs, _links)
HEADINGS: Final = Builder(_frame, _headings, _links)
