"""The same facts in another order, under other words, in another dress."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import INDEX, ROWS, Facts
from tests.mutate.layout import (
    ADDRESS,
    area,
    headings,
    is_plain,
    markup_of,
    renamed,
    swapped_in,
)

_SYNONYMS: Final = {
    "Resource": ("Destination", "Host", "Resources", "Servers", "Endpoint", "RESOURCE", "URL"),
    "Type": ("Direction", "Traffic", "Traffic direction", "type", "Direction:"),
    "Port & Protocol": ("Ports", "Port/Protocol", "Protocol &amp; Port", "Ports and protocols"),
    "Required for": ("Purpose", "Description", "Used for", "Reason", "Usage"),
    "Components": ("Component", "Used by", "Product", "Applies to"),
}


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
    if is_plain(page):
        return None
    tag = dice.choice(("strong", "code", "b", "em", "span class=x", "kbd"))
    name = tag.split()[0]
    pattern = dice.choice((ADDRESS, "Outbound|Inbound", r"\bAction1 \w+", "TCP|UDP|HTTPS"))
    start, end = area(page)
    bold = rf"<{tag}>\g<0></{name}>"
    found = re.sub(f"(?<![/.\\w])(?:{pattern})(?=[^<>]*<)", bold, page[start:end])
    return page[:start] + found + page[end:]


def linked(page: str, dice: Random, facts: Facts) -> str | None:
    """Hosts that are links now."""
    if is_plain(page):
        return None
    host = r"(?<=[>(])(?:\*\.)?(?:[\w-]+\.)+(?:com|net)(?=[)<])"
    start, end = area(page)
    found = re.sub(host, r'<a href="https://example.org/x">\g<0></a>', page[start:end])
    return page[:start] + found + page[end:]


def other_heading(page: str, dice: Random, facts: Facts) -> str | None:
    """Another level, or other marks, for the regions' headings."""
    before, after = dice.choice(
        (
            ("<h2>", "</h2>"),
            ("<h4>", "</h4>"),
            ("<p><strong>", "</strong></p>"),
            ("<h3><b>", "</b></h3>"),
        )
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


def bullets(page: str, dice: Random, facts: Facts) -> str | None:
    """Another sign before the items of a text."""
    return (
        page.replace("  • ", dice.choice(("  - ", "  * ", "• ", "\t▪ ")))
        if _is_text(facts)
        else None
    )


def blank_lines(page: str, dice: Random, facts: Facts) -> str | None:
    """More blank lines, and blanks at the ends of lines, in a text."""
    return (
        re.sub("\n\n", "\n  \n\n", page).replace("\n  •", " \n  •") if _is_text(facts) else None
    )


def new_text_banner(page: str, dice: Random, facts: Facts) -> str | None:
    """Another banner above a text."""
    return f"Meet us in London\n\nJun 2 - 4 | Booth 12\n\n{page}" if is_plain(page) else None


def _is_text(facts: Facts) -> bool:
    return facts.markup == "text"


EDITS = (
    rows_in_other_order,
    regions_in_other_order,
    relabelled,
    formatting,
    linked,
    other_heading,
    other_sign,
    bullets,
    blank_lines,
    new_text_banner,
)
