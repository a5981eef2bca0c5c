"""Tags, attributes and references in spellings that a browser reads as the usual ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts, Families, Mutated
from tests.mutate.layout import addresses, area, inside, is_plain, swapped_in
from tests.mutate.oracle import exactly
from tests.mutate.spots import TABLED, in_head

# Read like the digit in front, however it goes on (`6` stands for the number of rows).
_SPANS: Final = (
    *('rowspan="6" rowspan="2"', "rowspan=6", 'ROWSPAN="6"', 'rowspan=" 6"', 'rowspan="6px"'),
    *(
        'rowspan="6.9"',
        'rowspan="+6"',
        'rowspan="6" colspan="0"',
        'rowspan="06"',
        "rowspan='6'",
    ),
    *(
        'rowspan="6" colspan="-1"',
        'rowspan="6" colspan="x"',
        'rowspan\n=\n"6"',
        'x="a>b" rowspan="6"',
    ),
    *(
        'rowspan="6"title="a"',
        'rowspan="&#54;"',
        'class=a rowspan="6"/',
        'rowspan="6" / style=""',
    ),
)
_TWICE: Final = (
    '<tr style="" style="display:none">',
    '<tr class="a" class="x9">',
    '<tr class="a" CLASS="x9">',
    '<tr class style="color:red" STYLE="display:none">',
)
_NAMED: Final = {
    ".": ("&period;", "&#46;", "&#x2e;", "&#X2E;", "&#046;", "&#x0002E;"),
    "1": ("&#49;", "&#x31;"),
    "2": ("&#50;", "&#x32;"),
    "5": ("&#53;", "&#x35;"),
}
_TAGS: Final = {
    "<td>": (
        "<td/>",
        "<TD\n>",
        "<td >",
        "<td\t/>",
        "<td a b=c>",
        '<td title="a > b">',
        "<td/ >",
    ),
    "</td>": ("</td >", "</TD>", "</td\n>", '</td class="a">', "</td/>", ""),
    "</tr>": ("</TR >", "</tr/>", ""),
    "<li>": ("<LI>", "<li/>", "<li\n>", "<li value=3>"),
    "</li>": ("</li >", ""),
}


def first_row_not_begun(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The first row of a table has no start tag, which its first cell implies."""
    if facts.markup not in {"table-spans", "index", "tabs", "accordion"}:
        return None
    match = dice.choice(inside(page, "<tbody>\n<tr>"))
    changed = swapped_in(page, match.span(), dice.choice(("<tbody>\n", "<tbody>", "")))
    return Mutated(changed, f"no <tr> at {match.start()}", exactly(facts.entries))


def spans_otherwise(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The number of rows of a cell in another spelling, or said twice."""
    found = inside(page, 'rowspan="6"')
    if facts.markup not in ROWS or not found:
        return None
    match, source = dice.choice(found), dice.choice(_SPANS)
    changed = swapped_in(page, match.span(), source)
    return Mutated(changed, f"{source!r} at {match.start()}", exactly(facts.entries))


def attribute_twice(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An attribute stands twice in a tag: the first one counts."""
    if facts.markup not in TABLED:
        return None
    match = dice.choice(inside(page, "<tr>(?=<td)"))
    tag = dice.choice(_TWICE)
    changed = in_head(swapped_in(page, match.span(), tag), "<style>.x9{display:none}</style>")
    return Mutated(changed, f"{tag!r} at {match.start()}", exactly(facts.entries))


def characters_by_number(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A digit or a dot of an address is written by its number or name."""
    if is_plain(page):
        return None
    match = dice.choice(addresses(page))
    spots = [at for at in range(*match.span()) if page[at] in _NAMED]
    if not spots:
        return None
    at = dice.choice(spots)
    sign = dice.choice(_NAMED[page[at]])
    changed = swapped_in(page, (at, at + 1), sign)
    return Mutated(changed, f"{sign} in {match[0]}", exactly(facts.entries))


def reference_not_ended(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A character's name without its semicolon, or a character that is no text."""
    if is_plain(page):
        return None
    old, new = dice.choice(
        (
            ("Port &amp; Protocol", "Port &amp Protocol"),
            ("Port &amp; Protocol", "Port & Protocol"),
            ("Port &amp; Protocol", "Port&nbsp&amp;&nbsp Protocol"),
            ("443 HTTPS", "443&nbspHTTPS"),
            ("443 HTTPS", "443&nbsp HTTPS"),
            ("443 HTTPS", "443&#32HTTPS"),
            ("443 HTTPS", "443&#160;HTTPS"),
            ("135 RPC TCP", "135&NewLine;RPC&Tab;TCP"),
            ("(Required)", "&lpar;Required&rpar;"),
            ("Outbound", "Out&shybound"),
            ("*.mp.microsoft.com", "&ast;.mp.microsoft.com"),
            ("us.remote", "us&period;remote"),
        )
    )
    start, end = area(page)
    if old not in page[start:end]:
        return None
    changed = page[:start] + page[start:end].replace(old, new) + page[end:]
    return Mutated(changed, f"{new!r} for {old!r}", exactly(facts.entries))


def tags_otherwise(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Tags with signs in them that mean nothing, or ends that are implied."""
    if facts.markup not in TABLED:
        return None
    old, forms = dice.choice(list(_TAGS.items()))
    start, end = area(page)
    if old not in page[start:end]:
        return None
    found = re.sub(old, _any_of(forms, dice), page[start:end])
    changed = page[:start] + found + page[end:]
    return Mutated(changed, f"other {old}", exactly(facts.entries))


def _any_of(forms: tuple[str, ...], dice: Random) -> Callable[[re.Match[str]], str]:
    return lambda match: dice.choice((match[0], dice.choice(forms)))


FAMILIES: Families = {
    "tags and references": (
        first_row_not_begun,
        spans_otherwise,
        attribute_twice,
        characters_by_number,
        reference_not_ended,
        tags_otherwise,
    ),
}
