"""Confluence: sortable heads with a hidden copy, expand macros, status lozenges.

The script that keeps a head in sight puts a second one into the table; it is hidden as long
as the first one is in sight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, heading, html

from .common import Builder, Content, rowspan, spanning_rows, strong_bracket, with_headings
from .surroundings import CONTACT, VISITOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region, Resource

STYLE: Final = """\
.assistive{position:absolute!important;clip:rect(1px,1px,1px,1px);overflow:hidden}
.expand-hidden{display:none}
.aui-lozenge{text-transform:uppercase;font-weight:700;border-radius:3px;font-size:11px}
.aui-dropdown2{display:none}
"""
HEAD: Final = """\
<!DOCTYPE html>
<html lang="en-GB">
<head>
<title>{title} - Public documentation - Confluence</title>
<meta http-equiv="X-UA-Compatible" content="IE=EDGE,chrome=IE7"><meta charset="UTF-8">
<meta name="ajs-page-id" content="65535"><meta name="ajs-version-number" content="8.5.4.1">
<style>{style}</style>
<script>window.WRM = window.WRM || {{}}; WRM._unparsedData["hosts"] = "10.0.0.8:8090";</script>
</head>
<body id="com-atlassian-confluence" class="theme-default aui-layout aui-theme-default">
<div id="page"><div id="full-height-container"><div id="header-precursor"></div>
<header id="header" role="banner"><a class="assistive" href="#main-content">Skip to content</a>
<nav class="aui-header aui-dropdown2-trigger-group" aria-label="site"><ul class="aui-nav">
<li><a id="space-menu-link" class="aui-nav-imagelink"
 href="/spacedirectory/view.action">Spaces</a>
</li><li><a href="/people/">People</a></li></ul>
<div id="help-menu" class="aui-dropdown2"><ul><li><a
 href="https://docs.example.com/">Help</a></li>
</ul></div></nav></header>
<div class="ia-splitter"><div class="ia-splitter-left"><div class="ia-fixed-sidebar"
 role="complementary">
<div class="acs-side-bar"><div class="ia-secondary-container tipsy-enabled"
 data-tree-type="pages">
<div class="ia-secondary-header"><h5 class="ia-secondary-header-title page-tree">Page
tree</h5></div>
<ul class="plugin_pagetree_children_list"><li><div class="plugin_pagetree_children_content">
<a href="/display/DOC/Deployer">Deployer</a></div></li>{links}</ul></div></div></div></div>
<main role="main" id="main" class="aui-page-panel">
<div id="main-header"><div id="navigation" class="content-navigation">
<ul class="ajs-menu-bar"><li class="ajs-button normal"><a id="editPageLink"
 href="/pages/editpage">
Edit</a></li></ul></div>
<h1 id="title-heading" class="pagetitle"><span id="title-text"><a href="/display/DOC/Firewall">
{title}</a></span></h1>
<ol id="breadcrumbs" aria-label="Breadcrumbs"><li class="first"><span><a
 href="/display/DOC">Public
documentation</a></span></li></ol></div>
<div id="content" class="page view">
<div class="page-metadata" role="contentinfo"><ul class="banner"><li
 class="page-metadata-modification-info">Created by <span class="author">A. Writer</span>, last
modified on <a class="last-modified" href="/pages/diffpagesbyversion.action">{day}</a></li></ul>
</div>
<div id="main-content" class="wiki-content"><p><span class="status-macro aui-lozenge
 aui-lozenge-success">Current</span></p>
{toc}"""
FOOT: Final = """\
</div>
<div id="likes-and-labels-container"><div class="like-summary">5 people like this</div>
<div class="label-list"><span class="no-labels-message">No labels</span></div></div>
<div id="comments-section" class="pageSection group"><h2 id="comments-section-title"
 class="section-title">1 Comment</h2><ol class="comment-threads top-level"><li><div
 class="comment">
<h4 class="author">B. Reader</h4><div class="comment-content wiki-content"><p>Works with our
proxy
since the last update, thank you!</p></div><div
 class="comment-footer">{day}</div></div></li></ol></div>
</div></main></div>
<footer id="footer" role="contentinfo"><section class="footer-body"><ul id="poweredby">
<li class="noprint">Powered by <a href="http://www.atlassian.com/">Confluence</a>
8.5.4.1</li></ul>
{contact}{visitor}</section></footer>
</div></div>
</body>
</html>
"""
_COLUMN: Final = '<col style="width: 20.0%;">'


def _frame(generation: Generation, content: Content) -> str:
    titles: list[str] = []

    def named(level: str, _: str, text: str) -> str:
        titles.append(text)
        return f'<h{level} id="{_name(text)}">{text}</h{level}>\n'

    body = with_headings(content.body, named)
    toc = "".join(
        f'<li><span class="TOCOutline">{number}</span> <a '
        f'href="#{_name(text)}">{text}</a></li>\n'
        for number, text in enumerate(titles, start=1)
    )
    head = HEAD.format(
        title=content.title,
        style=STYLE,
        links=_page_tree(content.links),
        day=generation.modified[:10],
        toc='<div class="toc-macro rbtoc1700"><ul '
        f'class="toc-indentation">\n{toc}</ul></div>\n',
    )
    foot = FOOT.format(day=generation.modified[:10], contact=CONTACT, visitor=VISITOR)
    return head + body + foot


def _name(text: str) -> str:
    return f"FirewallConfiguration-{text.replace(' ', '')}"


def _page_tree(links: Mapping[str, str]) -> str:
    return "".join(
        '<li><div class="plugin_pagetree_children_content"><span '
        f'class="plugin_pagetree_children_span"><a href="{href}">{name}</a></span></div></li>\n'
        for href, name in links.items()
    )


def _headings(regions: Sequence[Region]) -> str:
    return "".join(
        f"<h2>{html(heading(region))}</h2>\n{_table(region)}" if region.name else _table(region)
        for region in regions
    )


def _expanders(regions: Sequence[Region]) -> str:
    """An expand macro for each region, closed: a title without a role, and what it opens."""
    return "".join(
        _expander(region, 1587141478 + number) if region.name else _table(region)
        for number, region in enumerate(regions)
    )


def _expander(region: Region, number: int) -> str:
    return (
        f'<div id="expander-{number}" class="expand-container conf-macro output-block" '
        'data-hasbody="true" data-macro-name="expand">\n'
        f'<div id="expander-control-{number}" class="expand-control"><span '
        'class="expand-control-icon icon">&nbsp;</span><span class="expand-control-text">'
        f"{html(region.name or '')}</span></div>\n"
        f'<div id="expander-content-{number}" class="expand-content expand-hidden">\n'
        f"{_table(region)}</div></div>\n"
    )


def _table(region: Region) -> str:
    head = "".join(map(_head_cell, range(len(COLUMNS))))
    copy = "".join(f'<th class="confluenceTh">{html(name)}</th>' for name in COLUMNS)
    return (
        '<div class="table-wrap"><table class="relative-table wrapped confluenceTable '
        'tablesorter tablesorter-default stickyTableHeaders" role="grid" resolved="">\n'
        f"<colgroup>{_COLUMN * len(COLUMNS)}</colgroup>\n"
        '<thead class="tableFloatingHeaderOriginal"><tr role="row" '
        f'class="tablesorter-headerRow">{head}</tr></thead>\n'
        f'<thead class="tableFloatingHeader" style="display: none;"><tr>{copy}</tr></thead>\n'
        f'<tbody aria-live="polite" aria-relevant="all">\n{"".join(_rows(region))}</tbody>\n'
        "</table></div>\n"
    )


def _head_cell(column: int) -> str:
    name = html(COLUMNS[column])
    return (
        '<th class="confluenceTh tablesorter-header sortableHeader tablesorter-headerUnSorted" '
        f'data-column="{column}" tabindex="0" scope="col" role="columnheader" '
        f'aria-sort="none" aria-label="{name}: No sort applied, activate to apply an ascending '
        f'sort" style="user-select: none;"><div class="tablesorter-header-inner"><p>{name}</p>'
        "</div></th>"
    )


def _rows(region: Region) -> Iterator[str]:
    for row in spanning_rows(region):
        direction, ports, _, components = map(html, beside(row.use))
        kind = "current" if direction == "Inbound" else "success"
        lozenge = (
            f'<span class="status-macro aui-lozenge aui-lozenge-{kind} conf-macro '
            f'output-inline">{direction}</span>'
        )
        others = (lozenge, ports, strong_bracket(row.use), components)
        cells = "".join(f'<td class="confluenceTd"><p>{cell}</p></td>' for cell in others)
        first = ""
        if row.resource:
            first = f'<td class="confluenceTd"{rowspan(row)}>{_resource(row.resource)}</td>'
        yield f'<tr role="row">{first}{cells}</tr>\n'


def _resource(resource: Resource) -> str:
    items = "".join(f"<li><p>{html(value)}</p></li>" for value in resource.listed)
    return f"<p>{html(resource.printed)}</p>" + (f"<ul>{items}</ul>" if items else "")


def _children(links: Mapping[str, str]) -> str:
    items = "".join(
        f'<li><span class="child-display"><a href="{href}">{name}</a></span></li>\n'
        for href, name in links.items()
    )
    return f'<ul class="childpages-macro conf-macro output-block">\n{items}</ul>\n'


HEADINGS: Final = Builder(_frame, _headings, _children)
EXPANDERS: Final = Builder(_frame, _expanders, _children)
