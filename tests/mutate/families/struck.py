"""Rows and items that are struck out, put out of sight, or closed away."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.marked import ruled, spot_in
from tests.mutate.oracle import NOTHING, Oracle, exactly
from tests.mutate.spots import VALUE

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


def struck(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule, or the element itself, strikes a row or an item out."""
    spot = spot_in(page, dice, facts)
    if spot and dice.random() < 0.3:
        more = dice.choice(
            ('style="text-decoration:line-through"', "style=text-decoration-line:line-through")
        )
        what = f"{more} on {spot.source[:60]!r}"
        return Mutated(spot.marked(more), what, exactly(facts.entries))
    return ruled(spot, dice, _STRIKING, exactly(facts.entries))


def struck_word_by_word(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Every cell of a row, or all of an item, is marked as deleted."""
    spot, tag = spot_in(page, dice, facts), dice.choice(("s", "del", "strike", 's class="a"'))
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
    spot = spot_in(page, dice, facts)
    return spot if spot is None else ruled(spot, dice, _UNSTRUCK, spot.seen, plain=True)


def out_of_sight(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A rule puts a row or an item where only a screen reader finds it."""
    spot = spot_in(page, dice, facts)
    if spot is None:
        return None
    either = Oracle((*spot.seen.readings, *exactly(facts.entries).readings))
    return ruled(spot, dice, _ASIDE, either)


def in_a_closed_box(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A value of a cell stands in a dialog, a popover or a template that nothing opens."""
    spot = spot_in(page, dice, facts)
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


FAMILIES: Families = {
    "struck or aside": (struck, struck_word_by_word, not_struck, out_of_sight, in_a_closed_box)
}
