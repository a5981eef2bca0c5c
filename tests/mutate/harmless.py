"""Edits that change nothing that a reader is told: each page is to be found unchanged."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Final
from zlib import crc32

from tests.mutate.facts import INDEX, ROWS, Facts, Mutated, Mutation
from tests.mutate.layout import ADDRESS, headings, markup_of, renamed, sections, swapped_in
from tests.mutate.oracle import exactly

_SYNONYMS: Final = {
    "Resource": ("Destination", "Host", "Resources", "Servers", "Endpoint", "RESOURCE", "URL"),
    "Type": ("Direction", "Traffic", "Traffic direction", "type", "Direction:"),
    "Port & Protocol": ("Ports", "Port/Protocol", "Protocol &amp; Port", "Ports and protocols"),
    "Required for": ("Purpose", "Description", "Used for", "Reason", "Usage"),
    "Components": ("Component", "Used by", "Product", "Applies to"),
}
_SCRIPTS: Final = (
    "<script async src='https://tags.example.com/gtm.js?id=GTM-4711'></script>",
    "<script>window.d=window.d||[];d.push({ip:'10.1.2.3',port:'443 TCP',dir:'Outbound'})</script>",
    "<noscript><img height=1 width=1 src='https://px.example.com/t?ev=PageView'></noscript>",
    "<iframe src='https://tags.example.com/ns.html' style='display:none'></iframe>",
    "<style>.x9{{color:red}} .x9::after{{content:'Inbound'}}</style>",
    "<link rel=preload href='/font.woff2' as=font>",
)
_PROSE: Final = (
    "<p>Updated for version 5.230.611.2 of the agent. Call +1 (555) 0142 on 12/03/2025.</p>",
    "<p>See section 3.2.1 for proxies; most sites need nothing but outbound rules.</p>",
    "<h2>What is new</h2><p>We have made this page easier to read.</p>",
    "<blockquote>The agent calls out. Nothing calls in. 99.95% of the time it works.</blockquote>",
    "<ol><li>Open your firewall.</li><li>Create the rules.</li><li>Save.</li></ol>",
    "<p>For example, 192.0.2.10:3128 could be your proxy.</p>",
    "<p><em>Was this page helpful?</em> <button>Yes</button> <button>No</button></p>",
)
_MENUS: Final = (
    "<nav><ul><li><a href='/a/'>Resource</a></li><li><a href='/b/'>Components</a></li></ul></nav>",
    "<aside><ul><li><a href='#rules'>Region: Europe</a></li><li><a href='/x'>Type</a></li></ul></aside>",
    "<p><a href='https://status.example.com/'>Status</a> | <a href='/trial/'>Free trial</a></p>",
    "<div class=toc><a href='#content'>Which rules to create</a><a href='#x'>Need help?</a></div>",
)
_BANNERS: Final = (
    "<div class=top-banner><p>Meet us at Infosecurity 2026</p><p>Jun 2 - 4 | London</p></div>",
    "<div role=alert>New: Patch 3.14.15.9 of the console is out. Read more</div>",
    "<div class=promo><h3>Start your free trial</h3><p>200 endpoints, free forever</p></div>",
)
_TAG: Final = re.compile(r"<(div|td|th|tr|table|ul|li|p|h[1-4]|section|figure)(?=[ >])")


def attributes(page: str, dice: Random, facts: Facts) -> str | None:
    """New attributes on many tags."""
    return _TAG.sub(
        lambda m: f'{m[0]} data-x{dice.randrange(99)}="{dice.randrange(9**9)}" lang="en"'
        if dice.random() < 0.4
        else m[0],
        page,
    )


def classes(page: str, dice: Random, facts: Facts) -> str | None:
    """Other names of all classes."""
    salt = dice.randrange(9**9)
    return re.sub(r'class="([^"]*)"', lambda m: f'class="c{crc32(f"{m[1]}{salt}".encode())}"', page)


def ids(page: str, dice: Random, facts: Facts) -> str | None:
    """An id on each cell and heading."""
    number = iter(range(10**6))
    return re.sub(r"<(td|th|h[1-4]|p)(?=[ >])", lambda m: f"{m[0]} id=n{next(number)}", page)


def wrappers(page: str, dice: Random, facts: Facts) -> str | None:
    """Boxes around the tables, as themes and builders put them."""
    if _is_text(facts):
        return None
    for part in reversed(sections(facts.markup, page)):
        before, after = dice.choice(
            (
                ("<div class=scroll><div>", "</div></div>"),
                ("<section><div class=inner>", "</div></section>"),
                ("<article><div><div>", "</div></div></article>"),
            )
        )
        page = swapped_in(page, part.span(), f"{before}{part[0]}{after}")
    return page


def boxed_cells(page: str, dice: Random, facts: Facts) -> str | None:
    """A box inside each cell of a table of rows."""
    if facts.markup not in ROWS:
        return None
    tag = dice.choice(("div", "p", "span"))
    return re.sub(r"(<t[dh][^>]*>)(.*?)(</t[dh]>)", rf"\1<{tag}>\2</{tag}>\3", page, flags=re.S)


def whitespace(page: str, dice: Random, facts: Facts) -> str | None:
    """White space where it means nothing."""
    return re.sub(
        r"(</?(?:div|tr|td|th|table|tbody|ul|li|p)[^>]*>)(?=<)",
        lambda m: m[0] + dice.choice(("\n", "\n\t\t", "  ", "\r\n", "")),
        page,
    )


def comments(page: str, dice: Random, facts: Facts) -> str | None:
    """Comments between the tags."""
    return re.sub(
        r"</(?:td|div|li|ul|p|tr)>",
        lambda m: f"{m[0]}<!-- /wp:{dice.choice(('column', '1.2.3.4', 'Outbound'))} -->"
        if dice.random() < 0.3
        else m[0],
        page,
    )


def rows_in_other_order(page: str, dice: Random, facts: Facts) -> str | None:
    """The resources of a table of rows in another order."""
    if facts.markup not in ROWS:
        return None
    regions = tuple(
        replace(region, resources=tuple(dice.sample(region.resources, len(region.resources))))
        for region in facts.generation.regions
    )
    return facts.render(replace(facts.generation, regions=regions))


def regions_in_other_order(page: str, dice: Random, facts: Facts) -> str | None:
    """The regions of a page in another order."""
    regions = facts.generation.regions
    if len(regions) < 2 or facts.markup == INDEX:  # the first of an index page names it
        return None
    return facts.render(replace(facts.generation, regions=regions[::-1]))


def relabelled(page: str, dice: Random, facts: Facts) -> str | None:
    """Usual other words for the columns."""
    names = {old: dice.choice(words) for old, words in _SYNONYMS.items()}
    if facts.markup == "text":
        names = {old: word.replace("&amp;", "&") for old, word in names.items()}
    return renamed(facts.markup, page, names)


def formatting(page: str, dice: Random, facts: Facts) -> str | None:
    """Inline markup around values and words."""
    if _is_text(facts):
        return None
    tag = dice.choice(("strong", "code", "b", "em", "span class=x", "kbd"))
    end = tag.split()[0]
    pattern = dice.choice((ADDRESS, "Outbound|Inbound", r"\bAction1 \w+", "TCP|UDP|HTTPS"))
    for part in reversed(sections(facts.markup, page)):
        bold = re.sub(f"(?<![/.\\w])(?:{pattern})(?=[^<>]*<)", rf"<{tag}>\g<0></{end}>", part[0])
        page = swapped_in(page, part.span(), bold)
    return page


def linked(page: str, dice: Random, facts: Facts) -> str | None:
    """Hosts that are links now."""
    if _is_text(facts):
        return None
    host = r"(?<=[>(])(?:\*\.)?(?:[\w-]+\.)+(?:com|net)(?=[)<])"
    for part in reversed(sections(facts.markup, page)):
        found = re.sub(host, r'<a href="https://example.org/x">\g<0></a>', part[0])
        page = swapped_in(page, part.span(), found)
    return page


def minified(page: str, dice: Random, facts: Facts) -> str | None:
    """All white space between tags is gone."""
    return re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", page, flags=re.S)).strip()


def capital_tags(page: str, dice: Random, facts: Facts) -> str | None:
    """Tags in capitals, attributes in single quotes."""
    page = re.sub(r"</?(?:td|tr|th|table|ul|li|div|p)\b", lambda m: m[0].upper(), page)
    return re.sub(r'class="([^"\']*)"', r"class='\1'", page)


def other_line_ends(page: str, dice: Random, facts: Facts) -> str | None:
    """Line ends of another system."""
    return page.replace("\n", "\r\n")


def other_heading(page: str, dice: Random, facts: Facts) -> str | None:
    """Another level, or other marks, for the regions' headings."""
    before, after = dice.choice(
        (("<h2>", "</h2>"), ("<h4>", "</h4>"), ("<p><strong>", "</strong></p>"), ("<h3><b>", "</b></h3>"))
    )
    if markup_of(facts.markup) not in {"table-spans", "bare"}:
        return None
    for match in reversed(headings(facts.markup, page)):
        page = swapped_in(page, match.span(), f"{before}{match[1]}{after}")
    return page


def other_sign(page: str, dice: Random, facts: Facts) -> str | None:
    """A dash for the colon of a region's heading."""
    sign = dice.choice((" – ", " - ", " — ", ":  ", " : "))
    for match in reversed(headings(facts.markup, page)):
        page = swapped_in(page, match.span(1), match[1].replace(": ", sign))
    return page


def scripts(page: str, dice: Random, facts: Facts) -> str | None:
    """Scripts and styles that count visitors."""
    return _sprinkled(page, dice, facts, _SCRIPTS)


def prose(page: str, dice: Random, facts: Facts) -> str | None:
    """Other words before and behind the tables."""
    return _sprinkled(page, dice, facts, _PROSE)


def menus(page: str, dice: Random, facts: Facts) -> str | None:
    """More links and menus."""
    return _sprinkled(page, dice, facts, _MENUS)


def banners(page: str, dice: Random, facts: Facts) -> str | None:
    """Other banners."""
    return _sprinkled(page, dice, facts, _BANNERS)


def bullets(page: str, dice: Random, facts: Facts) -> str | None:
    """Another sign before the items of a text."""
    return page.replace("  • ", dice.choice(("  - ", "  * ", "• ", "\t▪ "))) if _is_text(facts) else None


def blank_lines(page: str, dice: Random, facts: Facts) -> str | None:
    """More blank lines, and blanks at the ends of lines, in a text."""
    return re.sub("\n\n", "\n  \n\n", page).replace("\n  •", " \n  •") if _is_text(facts) else None


def new_text_banner(page: str, dice: Random, facts: Facts) -> str | None:
    """Another banner above a text."""
    return f"Meet us in London\n\nJun 2 - 4 | Booth 12\n\n{page}" if _is_text(facts) else None


def _is_text(facts: Facts) -> bool:
    return facts.markup == "text"


def _sprinkled(page: str, dice: Random, facts: Facts, more: tuple[str, ...]) -> str | None:
    """Something more before and behind the tables, and at the ends of the page."""
    if _is_text(facts):
        return None
    marks = ('<main id="content"', '<p class="note">', "</article>", '<h2 id="rules"', "</footer>")
    for mark in dice.sample(marks, 3):
        page = page.replace(mark, dice.choice(more) + mark, 1)
    return page


def _edit(change: object) -> Mutation:
    def edit(page: str, dice: Random, facts: Facts) -> Mutated | None:
        changed = change(page, dice, facts)  # type: ignore[operator]
        if changed is None or changed == page:
            return None
        return Mutated(changed, edit.__name__, exactly(facts.entries))

    edit.__name__ = change.__name__  # type: ignore[attr-defined]
    return edit


EDITS: Final[tuple[Mutation, ...]] = tuple(
    map(
        _edit,
        (
            *(attributes, classes, ids, wrappers, boxed_cells, whitespace, comments),
            *(rows_in_other_order, regions_in_other_order, relabelled, formatting, linked),
            *(minified, capital_tags, other_line_ends, other_heading, other_sign, scripts),
            *(prose, menus, banners, bullets, blank_lines, new_text_banner),
        ),
    )
)
