"""docfx: a body that a scroll spy watches, headings with ids, Bootstrap tables, an affix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE
from tests.pages.markups.common import COLUMNS, beside, heading, html

from .common import Builder, Content, anchor, whole_rows, with_headings
from .surroundings import ANALYTICS, CONSENT_TABLE, footer_columns, json_ld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region

STYLE: Final = """\
.affix{position:fixed}.hide{display:none!important}
@media (max-width:767px){.hidden-xs{display:none!important}}
@media print{.hidden-print{display:none!important}}
.expand-stub{cursor:pointer;display:inline-block;width:10px}
"""
HEAD: Final = """\
<!DOCTYPE html>
<!--[if IE]><![endif]-->
<html>
<head>
<meta charset="utf-8"><meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1">
<title>{title} | Action1 </title>
<meta name="generator" content="docfx 2.59.4.0">
<meta property="docfx:navrel" content="../../toc.html"><style>{style}</style>
{json_ld}{analytics}</head>
<body data-spy="scroll" data-target="#affix" data-offset="120">
<div id="wrapper">
<header>
<nav id="autocollapse" class="navbar navbar-inverse ng-scope" role="navigation">
<div class="container"><div class="navbar-header">
<button type="button" class="navbar-toggle" data-toggle="collapse" data-target="#navbar">
<span class="sr-only">Toggle navigation</span><span class="icon-bar"></span></button>
<a class="navbar-brand" href="{site}/">Action1</a></div>
<div class="collapse navbar-collapse" id="navbar"><form class="navbar-form" role="search">
<input type="text" class="form-control" id="search-query" placeholder="Search"></form>
<ul class="nav level1 navbar-nav"><li><a href="{site}/resources/">Resources</a></li>
<li><a href="{site}/europe/">Europe</a></li></ul></div></div></nav>
<div class="subnav navbar navbar-default"><div class="container hide-when-search"
 id="breadcrumb">
<ul class="breadcrumb"><li><a href="{site}/documentation/">Documentation</a></li>
<li><a href="#">{title}</a></li></ul></div></div>
</header>
<div role="main" class="container body-content hide-when-search">
<div class="sidenav hide-when-search"><a class="btn toc-toggle collapse" data-toggle="collapse"
 href="#sidetoggle" aria-expanded="false">Show / Hide Table of Contents</a>
<div class="sidetoggle collapse in" id="sidetoggle"><div id="sidetoc"><div class="sidetoc">
<div class="toc" id="toc"><ul class="nav level1">
<li><span class="expand-stub"></span><a href="../deployer/" title="Deployer">Deployer</a></li>
<li class="active in"><span class="expand-stub"></span><a href="#" title="{title}">{title}</a>
<ul class="nav level2">{toc}</ul></li></ul></div></div></div></div></div>
<div class="article row grid-right"><div class="col-md-10">
<article class="content wrap" id="_content" data-uid="">
<h1 id="firewall-configuration">{title}</h1>
"""
FOOT: Final = """\
</article></div>
<div class="hidden-sm col-md-2" role="complementary"><div class="sideaffix">
<div class="contribution"><ul class="nav"><li><a class="contribution-link"
 href="https://github.com/Action1Corp/docs/blob/main/firewall.md/#L1">Improve this Doc</a></li>
</ul></div>
<nav class="bs-docs-sidebar hidden-print hidden-xs hidden-sm affix" id="affix">
<h5>In This Article</h5>
<ul class="nav bs-docs-sidenav">{affix}</ul></nav></div></div>
</div></div>
<footer><div class="grad-bottom"></div><div class="footer"><div class="container">
<span class="pull-right"><a href="#top">Back to top</a></span>{footer}</div></div></footer>
</div>
{consent}<script type="text/javascript" src="../../styles/docfx.vendor.js"></script>
</body>
</html>
"""
_HIDDEN: Final = ("", ' aria-hidden="true" hidden="hidden"')


def _frame(generation: Generation, content: Content) -> str:
    body = with_headings(content.body, _heading)
    head = HEAD.format(
        title=content.title,
        style=STYLE,
        json_ld=json_ld(generation, content.title),
        analytics=ANALYTICS,
        site=SITE,
        toc=_items(content.links),
    )
    foot = FOOT.format(
        affix=_affix(body), footer=footer_columns(generation), consent=CONSENT_TABLE
    )
    return head + body + foot


def _heading(level: str, name: str, text: str) -> str:
    return f'<h{level} id="{name}">{text}</h{level}>\n'


def _affix(body: str) -> str:
    """Links to all headings of the article, as the script makes them."""
    found = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body)
    return "".join(f'<li><a href="#{name}">{text}</a></li>\n' for name, text in found)


def _items(links: Mapping[str, str]) -> str:
    return "".join(
        f'<li><span class="expand-stub"></span><a href="{href}" '
        f'title="{name}">{name}</a></li>\n'
        for href, name in links.items()
    )


def _regions(regions: Sequence[Region]) -> str:
    return "".join(
        f'<h2 id="region-{anchor(region)}">{html(heading(region))}</h2>\n{_table(region)}'
        if region.name
        else _table(region)
        for region in regions
    )


def _tabs(regions: Sequence[Region]) -> str:
    """A tab group: links to the ids of the panels, of which all but one are hidden."""
    named = [region for region in regions if region.name]
    if not named:
        return "".join(map(_table, regions))
    tabs = "".join(
        f'<li role="presentation"><a href="#tabpanel_1_{anchor(region)}" role="tab" '
        f'aria-controls="tabpanel_1_{anchor(region)}" data-tab="{anchor(region)}" '
        f'tabindex="0" aria-selected="true">{html(region.name or "")}</a></li>\n'
        for region in named
    )
    panels = "".join(
        f'<section id="tabpanel_1_{anchor(region)}" role="tabpanel" '
        f'data-tab="{anchor(region)}"{_HIDDEN[n > 0]}>\n{_table(region)}</section>\n'
        for n, region in enumerate(named)
    )
    above = f'<ul role="tablist">\n{tabs}</ul>\n'
    return f'<div class="tabGroup" id="tabgroup_1">\n{above}{panels}</div>\n'


def _table(region: Region) -> str:
    head = "".join(f"<th>{html(name)}</th>\n" for name in COLUMNS)
    return (
        '<table class="table table-bordered table-striped table-condensed">\n'
        f"<thead>\n<tr>\n{head}</tr>\n</thead>\n<tbody>\n{''.join(_rows(region))}</tbody>\n"
        "</table>\n"
    )


def _rows(region: Region) -> Iterator[str]:
    for row in whole_rows(region):
        assert row.resource is not None
        values = [html(row.resource.printed), *map(_code, row.resource.listed)]
        cells = ["<br>".join(values), *map(html, beside(row.use))]
        yield "<tr>\n" + "".join(f"<td>{cell}</td>\n" for cell in cells) + "</tr>\n"


def _code(value: str) -> str:
    return f"<code>{html(value)}</code>"


def _list(links: Mapping[str, str]) -> str:
    items = "".join(f'<li><a href="{href}">{name}</a></li>\n' for href, name in links.items())
    return f"<ul>\n{items}</ul>\n"


TABS: Final = Builder(_frame, _tabs, _list)
ARTICLE: Final = Builder(_frame, _regions, _list)
