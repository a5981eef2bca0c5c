"""What the page announces and does not hold: regions without rows, and rows left out."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING
from tests.mutate.spots import UNTOLD, behind
from tests.pages.markups.common import COLUMNS

_HEAD: Final = "<tr>" + "".join(f"<th>{name}</th>" for name in COLUMNS) + "</tr>"
_HEADINGS: Final = (
    *("<h3>Region: {}</h3>", "<h2>Region: {}</h2>", "<h3>{}</h3>", "<h4>Region: {}</h4>"),
    *(
        "<h3>Region: {}<a class=headerlink href=#ca>¶</a></h3>",
        "<h3><a id=ca>Region: {}</a></h3>",
    ),
    *("<p><strong>Region: {}</strong></p>", "<ul><li><h3>Region: {}</h3></li></ul>"),
)
_NOTHING_THERE: Final = (
    "",
    "<table></table>",
    f"<table>{_HEAD}</table>",
    f"<table><thead>{_HEAD}</thead><tbody></tbody></table>",
    f"<table><thead>{_HEAD}</thead><tbody id=rows data-src=/ca.json></tbody></table>",
    f'<table>{_HEAD}<tr><td colspan="5">Loading...</td></tr></table>',
    f'<table>{_HEAD}<tr><td colspan="5">No data available in table</td></tr></table>',
    f"<table>{_HEAD}<tr><td></td><td></td><td></td><td></td><td></td></tr></table>",
    '<p><img src="canada.png" alt="The rules of Canada"></p>',
    '<figure><img src="data:image/png;base64,A" alt=""><figcaption>List</figcaption></figure>',
    '<div class="lazy" data-src="/rules/canada.html"></div>',
    '<div class="rocket-lazyload" data-table-id="4"></div>',
    "<p>Coming soon.</p>",
    "<p>Ask support for the list.</p>",
    '<iframe src="/rules/canada.html"></iframe>',
    '<iframe loading="lazy" data-src="https://docs.example.com/canada"></iframe>',
    '<object data="canada.pdf" type="application/pdf"></object>',
    '<p><a href="https://www.example.org/files/canada.pdf">Download the list (PDF)</a></p>',
    '<div id="app-canada"></div><script src="/canada.js"></script>',
    "<p>[table id=4 /]</p>",
    "<ul></ul>",
    "<hr>",
    "<table><tr><td>&nbsp;</td></tr></table>",
)
_FOLDED: Final = (
    "<details><summary>{}</summary></details>",
    "<details><summary>Region: {}</summary><p>Coming soon.</p></details>",
    "<details><summary>{}</summary><img src=ca.png alt=Rules></details>",
    '<button aria-expanded="false" aria-controls="ca9">Region: {}</button>'
    '<div id="ca9" hidden></div>',
    '<h3><button aria-expanded="false" aria-controls="ca9">Region: {}</button></h3>'
    '<div id="ca9" hidden><p>Loading...</p></div>',
)
_TABS: Final = (
    '<li><a role="tab" id="tab-ca" href="#">{}</a></li>',
    '<li><a role="tab" id="tab-ca" href="#" aria-selected="false">Region: {}</a></li>',
)
_PANELS: Final = (
    "",
    '<div role="tabpanel" aria-labelledby="tab-ca" style="display: none"></div>\n',
    '<div role="tabpanel" aria-labelledby="tab-ca" hidden><p>Coming soon.</p></div>\n',
    '<div role="tabpanel" aria-labelledby="tab-ca"><img src="ca.png" alt=""></div>\n',
    '<div role="tabpanel" aria-labelledby="tab-ca"><table></table></div>\n',
    f'<div role="tabpanel" aria-labelledby="tab-ca"><table>{_HEAD}</table></div>\n',
)
_SHOWING: Final = (
    *("Showing 1 to 10 of 25 entries", "Showing 1 to 10 of 25", "Showing 1–10 of 25 results"),
    *("1 - 10 of 25 results", "Displaying 10 of 25 rows", "1–10 of 25", "Showing 10 of 25"),
    *("Showing 1 to 10 of 1,025 entries", "Showing 1 to 10 of 25 entries (filtered from 90)"),
)
_PAGERS: Final = (
    '<div class="dataTables_info" role="status" aria-live="polite">{}</div>',
    "<p>{}</p>",
    '<div class="dataTables_wrapper"><div>{}</div><a>Back</a><a>1</a><a>2</a><a>Next</a></div>',
    '<span class="pager">{}</span>',
)


def heading_over_nothing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A region's heading, and below it no rows."""
    if is_plain(page):
        return None
    heading = dice.choice(_HEADINGS).format(UNTOLD)
    source = heading + dice.choice(_NOTHING_THERE)
    return Mutated(behind(page, source), f"{source!r} behind the tables", NOTHING)


def heading_before_a_heading(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A region's heading over nothing, and then the heading of the next region's table."""
    if is_plain(page) or facts.markup not in {"table-spans", "bare"}:
        return None
    at = page.find("<h3>Region: ")
    if at < 0:
        return None
    source = f"<h3>Region: {UNTOLD}</h3>{dice.choice(_NOTHING_THERE)}"
    return Mutated(page[:at] + source + page[at:], f"{source!r} before the tables", NOTHING)


def text_heading_over_nothing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """In a text without tags: a region's heading, and below it nothing of a table."""
    if not is_plain(page):
        return None
    mark = "## " if facts.markup == "markdown" else ""
    more = dice.choice(("", "Coming soon.\n\n", "Ask support for the list.\n\n"))
    source = f"{mark}Region: {UNTOLD}\n\n{more}"
    return Mutated(behind(page, source), f"{source!r} behind the tables", NOTHING)


def fold_without_rows(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A region's part folds away, and holds no rows."""
    if is_plain(page):
        return None
    source = dice.choice(_FOLDED).format(UNTOLD)
    return Mutated(behind(page, source), f"{source!r} behind the tables", NOTHING)


def tab_without_rows(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A tab with a region's name, whose panel has no rows, or is not there."""
    if facts.markup != "tabs" or '<ul role="tablist">' not in page:
        return None
    tab, panel = dice.choice(_TABS).format(UNTOLD), dice.choice(_PANELS)
    titles, _, rest = page.partition("\n</ul>\n<div role")
    changed = f"{titles}\n{tab}\n</ul>\n<div role{rest}"
    at = changed.rindex("</div>\n<p class=", 0, changed.index('<p class="note">') + 12)
    changed = changed[:at] + panel + changed[at:]
    return Mutated(changed, f"{tab!r} with {panel!r}", NOTHING)


def rows_left_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page says that it shows only some of the rows."""
    words = dice.choice(_SHOWING)
    frame = "{}\n\n" if is_plain(page) else dice.choice(_PAGERS)
    return Mutated(behind(page, frame.format(words)), repr(words), NOTHING)


FAMILIES: Families = {
    "announced, missing": (
        heading_over_nothing,
        heading_over_nothing,
        heading_before_a_heading,
        text_heading_over_nothing,
        fold_without_rows,
        tab_without_rows,
        rows_left_out,
    )
}
