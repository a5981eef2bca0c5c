"""Markup that parsers differ about: what a browser shows of it by the HTML standard.

Every construction here is one whose tree is certain ("13.2.6 Tree construction"): a tag that
is ignored, an end that is implied, text that is moved in front of its table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts, Families, Mutated
from tests.mutate.layout import addresses, area, inside, is_plain, sections, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import TABLED, VALUE, between_tables, in_head

# Nothing to see, wherever it stands between two tables; all that follows is shown.
_PASSING: Final = (
    # Scripts are on, so that all up to the end tag is text that is not shown.
    *(
        '<noscript><div class="lazy"><img src="a.png"></noscript>',
        "<noscript><table></noscript>",
    ),
    *(
        "<noscript><!-- </noscript>",
        "<noscript><iframe src=x></noscript>",
        "<noscript><p></noscript>",
    ),
    *(
        "<iframe><table><tr></iframe>",
        "<iframe src=x><!-- </iframe>",
        "<iframe></div></iframe>",
    ),
    # Comments that end earlier or otherwise than they seem to.
    *(
        "<!-->",
        "<!--->",
        "<!-- a --!>",
        "<!-- a -- b -->",
        "<!-- <!-- -->",
        "<!---->",
        "<!----!>",
    ),
    *(
        "<!- a ->",
        "<!ELEMENT a>",
        "<?php echo 1 ?>",
        "<?xml version='1.0'?>",
        "</ a>",
        "<!doctype a>",
    ),
    *("<![CDATA[ a ]]>", "<!--\n--\n-->", "<!-- a ---!>", "<!--a---->", "</>"),
    # Ends of what was never begun, and starts that the standard ignores here.
    *(
        "</div9>",
        "</span>",
        "</table>",
        "</tr>",
        "</td>",
        "</tbody>",
        "</h3>",
        "</ul>",
        "</li>",
    ),
    *("</p>", "</br>", "</form>", "</b>", "</body>", "</html>", "</select>", "</template>"),
    *("<tr>", "<td>", "<tbody>", "<col>", "<caption>", "<thead><tr><th>", "<frame>", "<head>"),
    *("<body class=b>", "<html lang=en>", "</head>", "</option>", "</svg>", "</iframe>"),
    # Left open, and without any bearing on the tables that follow.
    *(
        "<p>",
        "<table>",
        "<div/>",
        "<b>",
        "<font color=red>",
        "<a href='#x'>",
        "<form>",
        "<nobr>",
    ),
    *(
        "<table><tr><td></table>",
        "<table></tr></table>",
        "<b><p></b></p>",
        "<a><div></a></div>",
    ),
    *(
        "<i><b></i></b>",
        "<center>",
        "<span><div></span>",
        "<em><p>a</em></p>",
        "<hr/>",
        "<hgroup>",
    ),
    *("<p><p><p>", "<label>", "<menu>", "<article>", "<section><header></section>"),
    # Text that is not read as tags.
    *(
        "<script>if (a<b) { c('<table>') }</script>",
        "<script><!-- <script> </script> --></script>",
    ),
    *(
        "<style>a::before{content:'<!--'}</style>",
        "<title><table></title>",
        "<script></p></script>",
    ),
    *("<style><!-- </style>", "<script>'<!--'</script>", "<canvas><b></canvas>"),
)
# Foreign markup ends where a table, a heading or a box begins.
_FOREIGN: Final = ("<svg><g>", "<svg><path d='M0 0'/>", "<math><mrow>", "<svg></svg>", "<svg/>")
# All that follows is text of this, and no tables are shown any more.
_SWALLOWING: Final = (
    *(
        "<iframe>",
        "<iframe src=x>",
        "<plaintext>",
        "<xmp>",
        "<textarea>",
        "<noembed>",
        "<noframes>",
    ),
    *("<template>", "<title>", "<style>", "<script/>", "<style/>", "<title/>", "<textarea/>"),
    *("<iframe/>", "<noscript>", "<script>", "<script src=x />", "<!-- ", "<noscript/>"),
    *("<!-- a -- >", "<!--a--", "<xmp/>", "<script><!--<script></script>"),
)
# Ignored where a cell begins.
_IN_A_CELL: Final = (
    *("</caption>", "</col>", "</colgroup>", "</body>", "</html>", "</ul>", "</li>", "</h3>"),
    *("</span>", "</b>", "</xyz>", "</form>", "</div>", "</section>", "<!-->", "<!-- a --!>"),
    *(
        "<body>",
        "<html>",
        "<head>",
        "<frame>",
        "</>",
        "</ a>",
        "<!- a ->",
        "<?a?>",
        "<svg></svg>",
    ),
    *("<noscript><b></noscript>", "<iframe></td></iframe>", "<script></td></script>", "</a>"),
    *("<![CDATA[ a ]]>", "<input type=hidden value='</td>'>", "<b title='</td>'></b>"),
)
_IN_A_TABLE: Final = (
    "<div>For every plan</div>",
    "For every plan",
    "<p>For every plan",
    "<form>",
    "<input type=hidden name=a>",
    "<script></script>",
    "<style></style>",
    "<template></template>",
    "<!-- a --!>",
    "</p>",
    "</td>",
    "</body>",
    "<b>For every plan</b>",
    "<a href=/x>For every plan</a>",
    "<br>",
    "<span>",
)
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


def passing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Between two tables stands something that a browser passes over."""
    if is_plain(page):
        return None
    foreign = () if facts.markup == "accordion" else _FOREIGN  # which begins with no such box
    mark = dice.choice((*_PASSING, *foreign))
    changed = between_tables(page, dice, facts, f"\n{mark}\n")
    return Mutated(changed, f"{mark!r} between tables", exactly(facts.entries))


def swallowing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """In front of a table stands something that ends nowhere, or much further down."""
    if is_plain(page):
        return None
    mark = dice.choice(_SWALLOWING)
    parts = sections(facts.markup, page)
    at = dice.choice(parts).start()
    if "-->" in page[at:]:
        return None  # where a comment of the page's own would end it
    return Mutated(page[:at] + mark + page[at:], f"{mark!r} at {at}", NOTHING)


def swallowing_after_all(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The same behind everything that the page says: read as ever, or not."""
    if is_plain(page):
        return None
    mark = dice.choice(_SWALLOWING)
    changed = page.replace("</article>", mark + "</article>", 1)
    return Mutated(changed, f"{mark!r} behind all", exactly(facts.entries))


def ignored_in_a_cell(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A tag that means nothing stands where a cell begins."""
    if facts.markup not in TABLED:
        return None
    mark, match = dice.choice(_IN_A_CELL), dice.choice(inside(page, "<td>(?!<)"))
    changed = page[: match.end()] + mark + page[match.end() :]
    return Mutated(changed, f"{mark!r} at {match.end()}", exactly(facts.entries))


def moved_out_of_a_table(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Words or a tag stand in a table, but in no cell: a browser shows words in front of it."""
    if facts.markup not in TABLED:
        return None
    mark, match = dice.choice(_IN_A_TABLE), dice.choice(inside(page, "<tbody>|</tr>(?=\n<tr>)"))
    changed = page[: match.end()] + mark + page[match.end() :]
    return Mutated(changed, f"{mark!r} behind {match[0]}", exactly(facts.entries))


def value_out_of_a_table(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A value stands in a table, but in no cell: a browser shows it alone in front of it."""
    if facts.markup not in TABLED:
        return None
    source = dice.choice((VALUE, "<div>{}</div>", "<p>{}</p>", "<ul><li>{}</li></ul>"))
    match = dice.choice(inside(page, "<tbody>|</tr>(?=\n<tr>)"))
    changed = page[: match.end()] + source.format(VALUE) + page[match.end() :]
    return Mutated(changed, f"{source!r} behind {match[0]}", NOTHING)


def table_ended_in_a_cell(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The table ends inside a cell: what follows is no table, but running text."""
    if facts.markup not in {*TABLED}:
        return None
    found = inside(page, r"(?<=</td>)<td>Outbound")
    match = dice.choice(found[:-3])
    changed = page[: match.end()] + "</table>" + page[match.end() :]
    return Mutated(changed, f"</table> at {match.end()}", NOTHING)


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
    "passed over": (passing, passing, passing, ignored_in_a_cell, moved_out_of_a_table),
    "swallowed": (
        swallowing,
        swallowing,
        swallowing_after_all,
        value_out_of_a_table,
        table_ended_in_a_cell,
    ),
    "tags and references": (
        first_row_not_begun,
        spans_otherwise,
        attribute_twice,
        characters_by_number,
        reference_not_ended,
        tags_otherwise,
    ),
}
