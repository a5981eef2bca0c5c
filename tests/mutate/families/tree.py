"""Markup that parsers differ about: what a browser shows of it by the HTML standard.

Every construction here is one whose tree is certain ("13.2.6 Tree construction"): a tag that
is ignored, an end that is implied, text that is moved in front of its table.
"""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import inside, is_plain, sections
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import TABLED, VALUE, between_tables

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


def end_left_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page has no end tag, and arrived whole all the same, by its length: not refused."""
    if is_plain(page):
        return None
    mark = dice.choice(("</html>", "</body>\n</html>"))
    return Mutated(page.replace(mark, ""), f"no {mark!r}", exactly(facts.entries), plain=True)


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
    """The table ends inside a cell: what follows is running text and not a table."""
    if facts.markup not in {*TABLED}:
        return None
    found = inside(page, r"(?<=</td>)<td>Outbound")
    match = dice.choice(found[:-3])
    changed = page[: match.end()] + "</table>" + page[match.end() :]
    return Mutated(changed, f"</table> at {match.end()}", NOTHING)


FAMILIES: Families = {
    "passed over": (
        passing,
        passing,
        ignored_in_a_cell,
        moved_out_of_a_table,
        end_left_out,
    ),
    "swallowed": (
        swallowing,
        swallowing,
        swallowing_after_all,
        value_out_of_a_table,
        table_ended_in_a_cell,
    ),
}
