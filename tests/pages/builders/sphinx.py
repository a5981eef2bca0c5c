"""Sphinx: sections with permalinks, docutils tables of paragraphs, line blocks, a toctree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, html

from .common import Builder, Content, anchor, rowspan, spanning_rows, with_headings
from .surroundings import ANALYTICS, CONTACT, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region, Resource

STYLE: Final = """\
a.headerlink{visibility:hidden;font-size:14px;margin-left:.5em}
h1:hover>a.headerlink,h2:hover>a.headerlink,caption:hover>a.headerlink{visibility:visible}
div.line-block div.line-block{margin-left:1.5em}
.wy-table-responsive{overflow:auto}
"""
HEAD: Final = """\
<!DOCTYPE html>
<html class="writer-html5" lang="en" data-content_root="../../">
<head>
<meta charset="utf-8" /><meta name="viewport" content="width=device-width" />
<title>{title} &mdash; Action1 documentation</title>
<link rel="stylesheet" type="text/css" href="../../_static/pygments.css?v=80d5e7a1" />
<style>{style}</style>
{json_ld}{analytics}<link rel="next" title="Proxy settings" href="../proxy-settings/" />
</head>
<body class="wy-body-for-nav">
<div class="wy-grid-for-nav">
<nav data-toggle="wy-nav-shift" class="wy-nav-side"><div class="wy-side-scroll">
<div class="wy-side-nav-search"><a href="../../" class="icon icon-home">Action1</a>
<div class="version">5.221.608.1</div>
<div role="search"><form id="rtd-search-form" class="wy-form" action="../../search/">
<input type="text" name="q" placeholder="Search docs" aria-label="Search docs" /></form></div>
</div>
<div class="wy-menu wy-menu-vertical" data-spy="affix" role="navigation">
<p class="caption" role="heading"><span class="caption-text">Administration</span></p>
<ul class="current">
<li class="toctree-l1"><a class="reference internal" href="../deployer/">Deployer</a></li>
<li class="toctree-l1 current"><a class="current reference internal" href="#">{title}</a>
<ul>{toctree}</ul></li>
</ul></div></div></nav>
<section data-toggle="wy-nav-shift" class="wy-nav-content-wrap"><nav class="wy-nav-top">
<i data-toggle="wy-nav-top" class="fa fa-bars"></i><a href="../../">Action1</a></nav>
<div class="wy-nav-content"><div class="rst-content">
<div role="navigation" aria-label="Page navigation"><ul class="wy-breadcrumbs">
<li><a href="../../" class="icon icon-home" aria-label="Home"></a></li>
<li class="breadcrumb-item active">{title}</li>
<li class="wy-breadcrumbs-aside"><a href="../../_sources/firewall.rst.txt" rel="nofollow">
View page source</a></li></ul><hr/></div>
<div role="main" class="document" itemscope="itemscope">
<div itemprop="articleBody">
"""
FOOT: Final = """\
</div></div>
<footer><div class="rst-footer-buttons" role="navigation" aria-label="Footer">
<a href="../proxy-settings/" class="btn btn-neutral float-right" accesskey="n" rel="next">Next
<span class="fa fa-arrow-circle-right" aria-hidden="true"></span></a></div><hr/>
<div role="contentinfo"><p>&#169; Copyright 2018-2026, Action1. Last updated {modified}.</p>
{contact}</div>
Built with <a href="https://www.sphinx-doc.org/">Sphinx</a> 7.2.6.
</footer>
</div></div></section></div>
<script>jQuery(function () {{ SphinxRtdTheme.Navigation.enable(true); }});</script>
</body>
</html>
"""
_NUMBER: Final = '<span class="section-number">4.{}. </span>'
_PARAGRAPH: Final = "<p>{}</p>\n"


def _frame(generation: Generation, content: Content) -> str:
    head = HEAD.format(
        title=content.title,
        style=STYLE,
        json_ld=json_ld(generation, content.title),
        analytics=ANALYTICS,
        toctree=_toctree(content.links),
    )
    foot = FOOT.format(modified=generation.modified[:10], contact=CONTACT)
    title = permalink("1", "firewall-configuration", content.title)
    before, after = (with_headings(p, permalink) for p in (content.before, content.after))
    body = (
        f'<section id="firewall-configuration">\n{title}{before}{content.tables}{after}'
        "</section>\n"
    )
    return head + body + foot


def permalink(level: str, name: str, text: str) -> str:
    """A heading that can be linked to."""
    return (
        f'<h{level}>{text}<a class="headerlink" href="#{name}" '
        f'title="Permalink to this heading">¶</a></h{level}>\n'
    )


def _toctree(links: Mapping[str, str]) -> str:
    return "".join(
        f'<li class="toctree-l2"><a class="reference internal" href="{href}">{name}</a></li>\n'
        for href, name in links.items()
    )


def _sections(regions: Sequence[Region]) -> str:
    """Each region is a section of its own, with the number that its toctree gives it."""
    return "".join(
        f'<section id="{anchor(region)}">\n'
        f"{permalink('2', anchor(region), _NUMBER.format(number) + html(region.name))}"
        f"{_table(region)}</section>\n"
        if region.name
        else _table(region)
        for number, region in enumerate(regions, start=1)
    )


def _captions(regions: Sequence[Region]) -> str:
    """Numbered tables, each with the region in its caption."""
    return "".join(
        _table(
            region,
            f'<caption><span class="caption-number">Table {number} </span>'
            f'<span class="caption-text">{html(region.name)}</span><a class="headerlink" '
            f'href="#id{number}" title="Permalink to this table">¶</a></caption>\n'
            if region.name
            else "",
            number,
        )
        for number, region in enumerate(regions, start=1)
    )


def _table(region: Region, caption: str = "", number: int = 1) -> str:
    head = "".join(
        f'<th class="head">{_PARAGRAPH.format(html(name))}</th>\n' for name in COLUMNS
    )
    columns = '<col style="width: 20.0%" />\n' * len(COLUMNS)
    return (
        '<div class="wy-table-responsive"><table class="docutils align-default" '
        f'id="id{number}">'
        f"\n{caption}<colgroup>\n{columns}</colgroup>\n<thead>\n"
        "<tr "
        f'class="row-odd">{head}</tr>\n</thead>\n<tbody>\n{"".join(_rows(region))}</tbody>\n'
        "</table></div>\n"
    )


def _rows(region: Region) -> Iterator[str]:
    for at, row in enumerate(spanning_rows(region)):
        others = "".join(f"<td>{_cell(text)}</td>\n" for text in beside(row.use))
        first = ""
        if row.resource:
            first = f"<td{rowspan(row)}>{_resource(row.resource)}</td>\n"
        yield f'<tr class="row-{"odd" if at % 2 else "even"}">{first}{others}</tr>\n'


def _resource(resource: Resource) -> str:
    items = "".join(
        f'<li><p><code class="docutils literal notranslate"><span class="pre">{html(value)}'
        "</span></code></p></li>\n"
        for value in resource.listed
    )
    values = f'<ul class="simple">\n{items}</ul>\n' if items else ""
    return _cell(resource.printed) + values


def _cell(text: str) -> str:
    """A paragraph, or a block of lines where the lines are the author's."""
    lines = html(text).split("<br>")
    if len(lines) == 1:
        return _PARAGRAPH.format(lines[0])
    block = "".join(f'<div class="line">{line}</div>\n' for line in lines)
    return f'<div class="line-block">\n{block}</div>\n'


def _links(links: Mapping[str, str]) -> str:
    return f'<div class="toctree-wrapper compound">\n<ul>\n{_toctree(links)}</ul>\n</div>\n'


SECTIONS: Final = Builder(_frame, _sections, _links)
CAPTIONS: Final = Builder(_frame, _captions, _links)
