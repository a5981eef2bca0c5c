"""Rows and items that style sheets hide or strike, and those that only seem hidden."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

from tests.mutate.facts import Facts, Families, Mutated, entries_of, with_resource
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING, Oracle, exactly
from tests.mutate.spots import VALUE, in_head, row_span, with_attributes, with_extra

_CLASS: Final = 'class="x9"'
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
_STRIKING: Final = (
    *(".x9{text-decoration:line-through}", ".x9,.x9 *{text-decoration:line-through}"),
    *(
        ".x9, .x9 td, .x9 li{text-decoration-line:line-through}",
        ".x9{text-decoration:red line-through}",
    ),
    *(".x9{text-decoration:underline line-through}", ".x9{TEXT-DECORATION: Line-Through}"),
    *(".x9{text-decoration:none}body .x9{text-decoration:line-through}",),
)
_UNSTRUCK: Final = (
    *(".x9{text-decoration:underline}", "@media print{.x9{text-decoration:line-through}}"),
    *(".x9{text-decoration:line-through}.x9{text-decoration:none}", ".x9::after{content:'-'}"),
    *(".x9{text-decoration:line-through}body .x9{text-decoration:none}", ".x9{color:#aaa}"),
)
# Out of sight, but read aloud: it may be read or not.
_ASIDE: Final = (
    *(
        ".x9{position:absolute;left:-9999px}",
        ".x9{position:absolute!important;clip:rect(0,0,0,0)}",
    ),
    *(
        ".x9{position:absolute;width:1px;height:1px;overflow:hidden}",
        ".x9{text-indent:-9999px}",
    ),
    *(".x9{font-size:0}", ".x9{color:transparent}", ".x9{height:0;overflow:hidden}"),
    *(
        ".x9{clip-path:inset(50%)}",
        ".x9{transform:scale(0)}",
        ".x9{max-height:0;overflow:hidden}",
    ),
)


class _Spot(NamedTuple):
    """A page with a row or an item of ours: where, and what it says with it."""

    page: str
    span: tuple[int, int]
    seen: Oracle
    shown: str  # how such an element is displayed

    @property
    def source(self) -> str:
        return self.page[slice(*self.span)]

    def marked(self, more: str, sheet: str = "") -> str:
        """The page with other attributes on the element, and a style sheet."""
        start, end = self.span
        element = with_attributes(self.source, more)
        page = self.page[:start] + element + self.page[end:]
        return in_head(page, sheet.replace("SHOWN", self.shown)) if sheet else page


def hidden_by_a_rule(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule of the page's own style sheet hides a row or an item."""
    spot = _spot(page, dice, facts)
    rules = (*_HIDING, *(_COLLAPSING if spot and spot.shown == "table-row" else ()))
    return _ruled(spot, dice, rules, exactly(facts.entries))


def hidden_by_an_attribute(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An attribute hides a row or an item."""
    spot, more = _spot(page, dice, facts), dice.choice(_HIDING_TAGS)
    if spot is None:
        return None
    return Mutated(
        spot.marked(more), f"{more!r} on {spot.source[:60]!r}", exactly(facts.entries)
    )


def only_seemingly_hidden(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule for paper, telephones or another element, or one that is overridden."""
    spot = _spot(page, dice, facts)
    return spot if spot is None else _ruled(spot, dice, _SEEN, spot.seen, plain=True)


def by_a_sheet_that_counts_not(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A style sheet that a browser does not heed, or not on a screen."""
    spot, sheet = _spot(page, dice, facts), dice.choice(_SEEN_SHEETS)
    if spot is None:
        return None
    what = f"{sheet!r} for {spot.source[:60]!r}"
    return Mutated(spot.marked(_CLASS, sheet), what, spot.seen, plain=True)


def shown_again(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """What the element or the sheet says last shows it again, or hides it in the end."""
    spot = _spot(page, dice, facts)
    if spot is None:
        return None
    hidden = exactly(facts.entries)
    more, rule, oracle = dice.choice(
        (
            (f'{_CLASS} style="display:{spot.shown}"', ".x9{display:none}", spot.seen),
            (f'{_CLASS} style="display:{spot.shown}"', ".x9{display:none!important}", hidden),
            (f"{_CLASS} hidden", f".x9{{display:{spot.shown}}}", spot.seen),
            (f"{_CLASS} hidden", "[hidden]{display:none!important}", hidden),
            (
                f'{_CLASS} id="i9"',
                f"#i9{{display:{spot.shown}}}main .x9{{display:none}}",
                spot.seen,
            ),
            (
                f'{_CLASS} id="i9"',
                f"#i9{{display:none}}main .x9{{display:{spot.shown}}}",
                hidden,
            ),
            (f'{_CLASS} data-old="1"', "[data-old='1']{display:none}", hidden),
            (f'{_CLASS} data-old="0"', "[data-old='1']{display:none}", spot.seen),
        )
    )
    what = f"{more} with {rule!r} on {spot.source[:60]!r}"
    return Mutated(spot.marked(more, f"<style>{rule}</style>"), what, oracle)


def struck(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule, or the element itself, strikes a row or an item out."""
    spot = _spot(page, dice, facts)
    if spot and dice.random() < 0.3:
        more = dice.choice(
            ('style="text-decoration:line-through"', "style=text-decoration-line:line-through")
        )
        what = f"{more} on {spot.source[:60]!r}"
        return Mutated(spot.marked(more), what, exactly(facts.entries))
    return _ruled(spot, dice, _STRIKING, exactly(facts.entries))


def struck_word_by_word(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Every cell of a row, or all of an item, is marked as deleted."""
    spot, tag = _spot(page, dice, facts), dice.choice(("s", "del", "strike", 's class="a"'))
    if spot is None or spot.shown == "block":
        return None
    name = tag.split()[0]
    source = spot.source.replace("<td>", f"<td><{tag}>").replace("</td>", f"</{name}></td>")
    if spot.shown == "list-item":
        source = f"<li><{tag}>{VALUE}</{name}></li>"
    start, end = spot.span
    changed = spot.page[:start] + source + spot.page[end:]
    return Mutated(changed, f"struck: {source[:60]!r}", exactly(facts.entries))


def not_struck(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule underlines, or strikes on paper only, or is overridden."""
    spot = _spot(page, dice, facts)
    return spot if spot is None else _ruled(spot, dice, _UNSTRUCK, spot.seen, plain=True)


def out_of_sight(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule puts a row or an item where only a screen reader finds it."""
    spot = _spot(page, dice, facts)
    if spot is None:
        return None
    either = Oracle((*spot.seen.readings, *exactly(facts.entries).readings))
    return _ruled(spot, dice, _ASIDE, either)


def in_a_closed_box(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A value of a cell stands in a dialog, a popover or a template that nothing opens."""
    spot = _spot(page, dice, facts)
    if spot is None or spot.shown != "list-item":
        return None
    box, oracle = dice.choice(
        (
            ("<dialog>{}</dialog>", NOTHING),
            ("<div popover>{}</div>", NOTHING),
            ("<template>{}</template>", exactly(facts.entries)),
            ("<noscript>{}</noscript>", exactly(facts.entries)),
        )
    )
    start, end = spot.span
    source = f"<li>{box.format(VALUE)}</li>"
    changed = spot.page[:start] + source + spot.page[end:]
    return Mutated(changed, f"an item {source!r}", oracle)


def _ruled(
    spot: _Spot | None,
    dice: Random,
    rules: tuple[str, ...],
    oracle: Oracle,
    plain: bool = False,
) -> Mutated | None:
    if spot is None:
        return None
    sheet = f"<style>{dice.choice(rules)}</style>"
    changed = spot.marked(_CLASS, sheet)
    return Mutated(changed, f"{sheet} for {spot.source[:60]!r}", oracle, plain=plain)


def _spot(page: str, dice: Random, facts: Facts) -> _Spot | None:
    """A row more, or an address more in a list."""
    if is_plain(page):
        return None
    if dice.random() < 0.5:
        more = with_extra(facts, dice)
        changed = facts.render(more)
        span = row_span(changed, facts)
        shown = "table-row" if changed.startswith("<tr", span[0]) else "block"
        return _Spot(changed, span, exactly(entries_of(more)), shown)
    place = dice.choice([at for at in facts.places if facts.resource(at).addresses])
    resource = facts.resource(place)
    at = dice.randrange(len(resource.addresses) + 1)
    values = (*resource.addresses[:at], VALUE, *resource.addresses[at:])
    more = with_resource(facts.generation, place, replace(resource, addresses=values))
    changed, item = facts.render(more), f"<li>{VALUE}</li>"
    if changed.count(item) != 1:  # none in a markup without lists, several in one of cards
        return None
    start = changed.index(item)
    span = (start, start + len(item))
    return _Spot(changed, span, exactly(entries_of(more)), "list-item")


FAMILIES: Families = {
    "hidden by style": (
        hidden_by_a_rule,
        hidden_by_a_rule,
        hidden_by_an_attribute,
        shown_again,
    ),
    "not hidden": (only_seemingly_hidden, only_seemingly_hidden, by_a_sheet_that_counts_not),
    "struck or aside": (struck, struck_word_by_word, not_struck, out_of_sight, in_a_closed_box),
}
