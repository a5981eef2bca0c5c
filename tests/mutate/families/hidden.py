"""Rows and items that style sheets hide, and those that only seem hidden."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.marked import CLASS, ruled, spot_in
from tests.mutate.oracle import exactly

# As a browser of a desktop's width shows an element of class x9: not at all.
_HIDING: Final = (
    *(".x9{display:none}", "tr.x9,li.x9,div.x9,dl.x9{display:none}", ".x9{visibility:hidden}"),
    *(
        ".x9 { opacity: 0; }",
        ".x9{opacity:0.0}",
        ".x9{opacity:0%}",
        "[class~=x9]{display:none}",
    ),
    *(
        "body .x9{display:none}",
        "main article .x9{ DISPLAY : NONE }",
        ".x9:not(.y9){display:none}",
    ),
    *("@media screen{.x9{display:none}}", "@media (min-width:600px){.x9{display:none}}"),
    *("@media screen and (min-width: 40em) { .x9 { display: none } }", "*.x9{display:none}"),
    *("@media not print{.x9{display:none}}", "/* .x9 { */ .x9{/**/display:none/* } */}"),
    *(".x9{display:block}.x9{display:none}", ".x9{display:block}body .x9{display:none}"),
    *(".x9{display:none!important}.x9{display:block}", ".y9,.x9 , .z9{color:red;display:none}"),
    *("@media all{@media (min-width:1px){.x9{display:none}}}", "html>body .x9{display:none}"),
    *(".x9{visibility:visible;visibility:hidden}", "@import url(a.css);.x9{display:none}"),
    *('@charset "utf-8";.x9{display:none}', ".x9{color:red;;display:none;}", ".x9{opacity:-1}"),
    *("@supports (display:grid){.x9{display:none}}", ":is(.x9,.y9){display:none}"),
)
_COLLAPSING: Final = ("tr.x9{visibility:collapse}", ".x9 { visibility : collapse }")
_HIDING_TAGS: Final = (
    *(
        "hidden",
        'hidden=""',
        'hidden="hidden"',
        'style="display:none"',
        "style='display: none;'",
    ),
    *('style="color:red;DISPLAY:none"', 'style="visibility:hidden"', 'style="opacity:0"'),
    *('style="display:block;display:none"', 'style="display:none!important"', "HIDDEN"),
    *('style="opacity: 0.00"', "style=display:none"),
    *('hidden style="color:red"', 'style="display:&#110;one"', 'style="display:\nnone"'),
)
# The same, as a browser shows it: in full.
_SEEN: Final = (
    *("@media print{.x9{display:none}}", "@media (max-width:600px){.x9{display:none}}"),
    *(
        "@media only screen and (max-width: 480px){.x9{display:none}}",
        "/* .x9{display:none} */",
    ),
    *(".y9 .x9{display:none}", ".x9:hover{display:none}", ".x9::after{display:none}"),
    *(
        ".x9:not(.x9){display:none}",
        ".x9{opacity:0.9}",
        ".x9.y9{display:none}",
        ".X99{opacity:0}",
    ),
    *("@media print and (min-width:1px){.x9{visibility:hidden}}", "aside>.x9{display:none}"),
    *(".x9{display:none}.x9{display:SHOWN}", ".x9{display:none}body .x9{display:SHOWN}"),
    *(
        ".x9{display:SHOWN!important}body .x9{display:none}",
        ".x9{dsplay:none}",
        ".x9{--a:none}",
    ),
    *(".x9{opacity:0}.x9{opacity:1}", "body .x9{visibility:visible}.x9{visibility:hidden}"),
    *(".x9>.y9{display:none}", ".x9{display:none none}", ".x9{content:'display:none'}"),
    *(".x9 .y9,.z9{display:none}", "@media (orientation:portrait) and (max-width:9px){.x9{}}"),
    *(".x9:empty{display:none}", "nav .x9,footer .x9{display:none}"),
)
_SEEN_SHEETS: Final = (
    '<style media="print">.x9{display:none}</style>',
    '<style media="(max-width:500px)">.x9{display:none}</style>',
    "<noscript><style>.x9{display:none}</style></noscript>",
    "<template><style>.x9{display:none}</style></template>",
    '<style type="text/x-template">.x9{display:none}</style>',
    "<!--<style>.x9{display:none}</style>-->",
    "<script>var css='<style>.x9{display:none}</style>';</script>",
    '<link rel="stylesheet" media="print" href="/p.css"><style>.x9{color:#123}</style>',
    '<meta name="css" content=".x9{display:none}">',
)


def hidden_by_a_rule(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule of the page's own style sheet hides a row or an item."""
    spot = spot_in(page, dice, facts)
    rules = (*_HIDING, *(_COLLAPSING if spot and spot.shown == "table-row" else ()))
    return ruled(spot, dice, rules, exactly(facts.entries))


def hidden_by_an_attribute(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An attribute hides a row or an item."""
    spot, more = spot_in(page, dice, facts), dice.choice(_HIDING_TAGS)
    if spot is None:
        return None
    return Mutated(
        spot.marked(more), f"{more!r} on {spot.source[:60]!r}", exactly(facts.entries)
    )


def only_seemingly_hidden(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule for paper, telephones or another element, or one that is overridden."""
    spot = spot_in(page, dice, facts)
    return spot if spot is None else ruled(spot, dice, _SEEN, spot.seen, plain=True)


def by_a_sheet_that_counts_not(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A style sheet that a browser does not heed, or not on a screen."""
    spot, sheet = spot_in(page, dice, facts), dice.choice(_SEEN_SHEETS)
    if spot is None:
        return None
    what = f"{sheet!r} for {spot.source[:60]!r}"
    return Mutated(spot.marked(CLASS, sheet), what, spot.seen, plain=True)


def shown_again(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """What the element or the sheet says last shows it again, or hides it in the end."""
    spot = spot_in(page, dice, facts)
    if spot is None:
        return None
    hidden = exactly(facts.entries)
    more, rule, oracle = dice.choice(
        (
            (f'{CLASS} style="display:{spot.shown}"', ".x9{display:none}", spot.seen),
            (f'{CLASS} style="display:{spot.shown}"', ".x9{display:none!important}", hidden),
            (f"{CLASS} hidden", f".x9{{display:{spot.shown}}}", spot.seen),
            (f"{CLASS} hidden", "[hidden]{display:none!important}", hidden),
            (
                f'{CLASS} id="i9"',
                f"#i9{{display:{spot.shown}}}main .x9{{display:none}}",
                spot.seen,
            ),
            (
                f'{CLASS} id="i9"',
                f"#i9{{display:none}}main .x9{{display:{spot.shown}}}",
                hidden,
            ),
            (f'{CLASS} data-old="1"', "[data-old='1']{display:none}", hidden),
            (f'{CLASS} data-old="0"', "[data-old='1']{display:none}", spot.seen),
        )
    )
    what = f"{more} with {rule!r} on {spot.source[:60]!r}"
    return Mutated(spot.marked(more, f"<style>{rule}</style>"), what, oracle)


FAMILIES: Families = {
    "hidden by style": (
        hidden_by_a_rule,
        hidden_by_a_rule,
        hidden_by_an_attribute,
        shown_again,
    ),
    "not hidden": (only_seemingly_hidden, only_seemingly_hidden, by_a_sheet_that_counts_not),
}
