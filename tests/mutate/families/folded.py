"""Whole tables that are not shown at first: behind a control, behind none, or struck out."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import is_plain, sections, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import EXTRA, UNTOLD, between_tables, in_head, table_of, without

# What a person opens with a click: the style sheet, and what stands around the table.
_OPENED: Final = (
    (
        "",
        '<button type="button" aria-expanded="false" aria-controls="p9">More</button>'
        '<div id="p9" hidden>{}</div>',
    ),
    ("", "<details><summary>Show all</summary>{}</details>"),
    ("", "<details>{}</details>"),
    (
        ".fold{display:none}.fold.in{display:block}",
        '<a data-toggle="collapse" href="#p9">Show the rules</a>'
        '<div id="p9" class="fold collapse">{}</div>',
    ),
    (
        ".collapse:not(.show){display:none}",
        '<button data-bs-toggle="collapse" data-bs-target="#p9">Show</button>'
        '<div id="p9" class="collapse">{}</div>',
    ),
    ("", '<button popovertarget="p9">Show</button><div popover id="p9">{}</div>'),
    (
        "",
        '<button commandfor="p9" command="show-modal">Show</button><dialog id="p9">{}</dialog>',
    ),
    (
        ".f9{display:none}#c9:checked~.f9{display:block}",
        '<input type="checkbox" id="c9"><label for="c9">Show</label><div class="f9">{}</div>',
    ),
    (
        "",
        "<button onclick=\"document.getElementById('p9').hidden=false\">Show</button>"
        '<div id="p9" style="display:none">{}</div>',
    ),
    (
        ".et_pb_toggle_close .et_pb_toggle_content{display:none}",
        '<div class="et_pb_toggle et_pb_toggle_close"><h5 class="et_pb_toggle_title">Rules</h5>'
        '<div class="et_pb_toggle_content">{}</div></div>',
    ),
    (
        ".elementor-tab-content{display:none}",
        '<div id="t9" class="elementor-tab-title" role="button" aria-controls="p9">Rules</div>'
        '<div id="p9" class="elementor-tab-content" aria-labelledby="t9">{}</div>',
    ),
)
# What nothing on the page opens.
_CLOSED: Final = (
    ("", "<div hidden>{}</div>"),
    ("", '<div style="display:none">{}</div>'),
    (".x9{display:none}", '<div class="x9">{}</div>'),
    ("section.x9{visibility:hidden}", '<section class="x9">{}</section>'),
    (".x9{opacity:0}", '<div class="a x9">{}</div>'),
    ("", "<dialog>{}</dialog>"),
    ("", "<div popover>{}</div>"),
    ("@media (min-width:800px){.x9{display:none}}", '<div class="x9">{}</div>'),
    (".x9{display:none}", '<div class="x9"><div style="display:block">{}</div></div>'),
)
# A template and a noscript hold no content, so that their tables do not count.
_INERT: Final = (
    "<template>{}</template>",
    '<template id="p9">{}</template><button data-show="p9">Canada</button>',
    "<noscript>{}</noscript>",
    "<noscript><div>{}</div></noscript>",
    '<script type="text/x-template">{}</script>',
    "<!-- {} -->",
    '<textarea hidden rows="9">{}</textarea>',
)
_STRUCK: Final = (
    ("", "<s>{}</s>"),
    ("", "<del>{}</del>"),
    ("", '<div style="text-decoration:line-through">{}</div>'),
    (".x9{text-decoration:line-through}", '<div class="x9">{}</div>'),
    (
        ".x9 td,.x9 p,.x9 li,.x9 h3,.x9 div{text-decoration:line-through}",
        '<div class="x9">{}</div>',
    ),
)
_SHOWN: Final = (
    ("@media print{.x9{display:none}}", '<div class="x9">{}</div>'),
    ("@media (max-width:800px){.x9{display:none}}", '<div class="x9">{}</div>'),
    (".x9{display:none}.x9{display:block}", '<div class="x9">{}</div>'),
    (
        ".x9{visibility:hidden}.y9{visibility:visible}",
        '<div class="x9"><div class="y9">{}</div></div>',
    ),
    ("", "<dialog open>{}</dialog>"),
    ("", "<details open><summary>Rules</summary>{}</details>"),
    (".no-js .x9{display:none}.js .x9{display:block}", '<div class="x9">{}</div>'),
    ("", '<div aria-hidden="false">{}</div>'),
    ("", '<div style="display:block;opacity:.99">{}</div>'),
)


def behind_a_control(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One region's table shows up when something is clicked: it counts as seen."""
    return _wrapped(page, dice, facts, _OPENED, plain=False)


def behind_none(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One region's table is hidden, and nothing on the page shows it."""
    found = _wrapped(page, dice, facts, _CLOSED)
    return found and found._replace(oracle=NOTHING)


def further_one_closed(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A table more, of a region that nothing else names, is hidden."""
    if is_plain(page):
        return None
    sheet, frame = dice.choice(_CLOSED)
    source = frame.format(f"<h3>Region: {UNTOLD}</h3>{table_of(EXTRA)}")
    changed = in_head(between_tables(page, dice, facts, source), f"<style>{sheet}</style>")
    return Mutated(changed, f"a table in {frame!r} with {sheet!r}", NOTHING)


def further_one_inert(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A table more stands where it is no content."""
    if is_plain(page):
        return None
    frame = dice.choice(_INERT)
    source = frame.format(f"<h3>Region: {UNTOLD}</h3>{table_of(EXTRA)}")
    changed = between_tables(page, dice, facts, source)
    return Mutated(changed, f"a table in {frame!r}", exactly(facts.entries))


def struck_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One region's table is struck out, heading and all."""
    if is_plain(page):
        return None
    parts = sections(facts.markup, page)
    number = dice.randrange(len(parts))
    sheet, frame = dice.choice(_STRUCK)
    source = frame.format(parts[number][0])
    changed = in_head(swapped_in(page, parts[number].span(), source), f"<style>{sheet}</style>")
    left = without(facts, number)
    what = f"table {number + 1} in {frame!r} with {sheet!r}"
    return Mutated(changed, what, exactly(left) if left or facts.rest else NOTHING)


def only_seemingly(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One region's table is hidden on paper or telephones only, or is shown again."""
    return _wrapped(page, dice, facts, _SHOWN, plain=True)


def _wrapped(
    page: str,
    dice: Random,
    facts: Facts,
    frames: tuple[tuple[str, str], ...],
    plain: bool = False,
) -> Mutated | None:
    """One region's heading and table in a frame; the page says what it said."""
    if is_plain(page):
        return None
    parts = sections(facts.markup, page)
    number = dice.randrange(len(parts))
    sheet, frame = dice.choice(frames)
    changed = swapped_in(page, parts[number].span(), frame.format(parts[number][0]))
    changed = in_head(changed, f"<style>{sheet}</style>") if sheet else changed
    what = f"table {number + 1} in {frame!r} with {sheet!r}"
    return Mutated(changed, what, exactly(facts.entries), plain=plain)


FAMILIES: Families = {
    "folded tables": (
        behind_a_control,
        behind_a_control,
        behind_none,
        further_one_closed,
        further_one_inert,
        struck_out,
        only_seemingly,
    )
}
