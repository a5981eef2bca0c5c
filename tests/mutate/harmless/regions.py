"""Regions' headings in another dress: a person reads the same name in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import Facts
from tests.mutate.layout import headings, is_plain, sections, swapped_in

_PERMALINKS: Final = (
    '<a class="headerlink" href="#{id}" title="Link to this heading">¶</a>',
    '<a class="anchor" href="#{id}" aria-hidden="true">#</a>',
    ' <a href="#{id}" class="hash-link" aria-label="Direct link">\u200b</a>',
    '<a class="headerlink" href="#{id}"></a>',
    ' <a href="#{id}">🔗</a>',
    '<a class="anchorjs-link" href="#{id}" data-anchorjs-icon="\ue9cb"></a>',
    '<a href="#{id}" class="permalink">§</a>',
    '<span class="mw-editsection">[<a href="/edit">edit</a>]</span>',
)
_ICONS: Final = (
    *('<span class="et-pb-icon">\ue01d</span> ', '<i class="fa fa-globe"></i> ', "\uf0ac "),
    *('<i class="material-icons">\ue894</i> ', '<span class="dashicons"></span>', "🌍 ", "▸ "),
    *('<svg aria-hidden="true"><path d="M0 0"/></svg> ', '<img src="eu.svg" alt=""> ', "► "),
)
_NUMBERS: Final = ("{n}. ", "{n}) ", "{n} ", "Table {n}: ", "2.{n} ", "Table {n} – ", "({n}) ")
_MARKS: Final = (
    *("<sup>1</sup>", "*", '<sup><a href="#fn1">1</a></sup>', " [1]", "¹", "<sup>[2]</sup>"),
    *('<a class="footnote" href="#fn2">2</a>', " †"),
)
_INNER: Final = (
    '<a href="#{id}">{name}</a>',
    '<a name="{id}"></a>{name}',
    '<a id="{id}">{name}</a>',
    '<a name="{id}">{name}</a>',
    "<span>{name}</span>",
    "<strong><span style='color:#0a58a8'>{name}</span></strong>",
    "<u>{name}</u>",
    "<font color=navy>{name}</font>",
    "<em>{name}</em>",
    "\n  {name}\n",
    "<span data-text='true'>{name}</span><br>",
    "{name}&nbsp;",
    "<!-- x -->{name}",
    "&#8203;{name}",
)


def permalinks(page: str, dice: Random, facts: Facts) -> str | None:
    """A sign behind each heading that links to it."""
    sign = dice.choice(_PERMALINKS)
    return _each(page, facts, lambda name, n: name + sign.format(id=f"r{n}"))


def icons(page: str, dice: Random, facts: Facts) -> str | None:
    """A sign of an icon font, or a picture, in front of each heading."""
    icon = dice.choice(_ICONS)
    return _each(page, facts, lambda name, n: icon + name)


def numbering(page: str, dice: Random, facts: Facts) -> str | None:
    """A number in front of each heading."""
    form = dice.choice(_NUMBERS)
    return _each(page, facts, lambda name, n: form.format(n=n) + name)


def footnotes(page: str, dice: Random, facts: Facts) -> str | None:
    """The mark of a footnote behind each heading."""
    mark = dice.choice(_MARKS)
    return _each(page, facts, lambda name, n: name + mark)


def capitals(page: str, dice: Random, facts: Facts) -> str | None:
    """Headings in capital letters."""
    return _each(page, facts, lambda name, n: name.upper())


def inner_markup(page: str, dice: Random, facts: Facts) -> str | None:
    """Headings that are links, hold anchors, or are marked up."""
    form = dice.choice(_INNER)
    return _each(page, facts, lambda name, n: form.format(name=name, id=f"r{n}"))


def in_an_item(page: str, dice: Random, facts: Facts) -> str | None:
    """Each region, heading and table, is an item of a list, as accordions are made."""
    if is_plain(page):
        return None
    tag = dice.choice(("ul", "ol", 'ul class="accordion"'))
    box = dice.choice(("{}", "<div>{}</div>", '<div class="card-body">{}</div>'))
    found = sections(facts.markup, page)
    for number, part in reversed(list(enumerate(found))):
        first = f"<{tag}>" if number == 0 else ""
        last = f"</{tag.split()[0]}>" if number == len(found) - 1 else ""
        page = swapped_in(page, part.span(), f"{first}<li>{box.format(part[0])}</li>{last}")
    return page


def contents(page: str, dice: Random, facts: Facts) -> str | None:
    """A table of contents that follows the scrolling, and names all regions."""
    if is_plain(page):
        return None
    names = [match[1] for match in headings(facts.markup, page)]
    items = "".join(f'<li><a href="#r{n}">{name}</a></li>' for n, name in enumerate(names))
    nav = dice.choice(
        (
            '<nav id="toc"><ul>{}</ul></nav>',
            '<div id="toc" class="toc"><ul>{}</ul></div>',
            '<div id="ez-toc-container"><p>Table of Contents</p><nav><ul>{}</ul></nav></div>',
            "<ul>{}</ul>",
        )
    ).format(items)
    changed = _each(page, facts, lambda name, n: f'<span id="r{n}"></span>{name}')
    if changed is None:
        return None
    body = dice.choice(("<body ", '<body data-spy="scroll" data-target="#toc" '))
    mark = dice.choice(('<h2 id="rules"', '<h1 class="entry-title"', '<p class="note">'))
    return changed.replace("<body ", body, 1).replace(mark, nav + mark, 1)


def named_by_a_section(page: str, dice: Random, facts: Facts) -> str | None:
    """A section with an id around each region, and its heading names it."""
    if is_plain(page):
        return None
    for number, part in reversed(list(enumerate(sections(facts.markup, page)))):
        source = re.sub(r"<(h[23])>", rf'<\1 id="h{number}">', part[0], count=1)
        frame = f'<section id="s{number}" aria-labelledby="h{number}">{source}</section>'
        page = swapped_in(page, part.span(), frame)
    return page


def _each(page: str, facts: Facts, change: Callable[[str, int], str]) -> str | None:
    """The page with other words in each region's heading, by their number."""
    if is_plain(page):
        return None
    found = list(enumerate(headings(facts.markup, page), start=1))
    for number, match in reversed(found):
        page = swapped_in(page, match.span(1), change(match[1], number))
    return page if found else None


EDITS = (
    permalinks,
    icons,
    numbering,
    footnotes,
    capitals,
    inner_markup,
    in_an_item,
    contents,
    named_by_a_section,
)
