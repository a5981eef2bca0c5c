"""Addresses in prose, lists, footnotes and banners: only rows of a table are entries."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts, Families, Mutated, entries_of, with_uses
from tests.mutate.layout import Untaken, area, is_plain, rows, sections
from tests.mutate.oracle import exactly

_VALUES: Final = ("54.9.8.7", "198.51.100.7", "44.1.2.0/24", "old.action1.com", "2600:1f18::7")
_SNIPPETS: Final = {
    "sentence": "<p>Since May, {value} on port 8443 TCP is not used any more.</p>",
    "outbound sentence": "<p>Outbound traffic to {value}, 443 TCP, is optional.</p>",
    "alone": "<p>{value}</p>",
    "list": "<ul><li>{value}</li><li>54.9.8.6</li></ul>",
    "labelled list": "<p>Retired servers:</p><ul><li>{value}</li><li>Outbound</li></ul>",
    "footnote": "<p><small>* {value} was retired in 2023.</small></p>",
    "numbered footnote": "<p><sup>1</sup> {value}</p>",
    "heading": "<h3>Region: {value}</h3>",
    "banner": '<div class="banner">Moving to {value} on June 1!</div>',
    "banner with a region": "<div>Region: Antarctica</div><p>opens soon at {value}.</p>",
    "table": "<table><tr><th>Server</th><th>Up</th></tr><tr><td>{value}<td>9</table>",
    "aside": "<aside><h4>Type</h4><p>Outbound</p><p>{value}</p></aside>",
    "code": "<pre>ping {value}\nnetsh add rule remoteip={value} dir=out</pre>",
    "hidden": '<div style="display:none">{value}</div>',
    "header words": "<p>Type</p><p>Resource</p><p>Ports</p><p>Components</p>",
    "comment": "<!-- {value} Outbound 443 TCP -->",
    "details": "<details><summary>Old servers</summary><p>{value}</p></details>",
}
_PLAIN: Final = {
    "sentence": "Since May, {value} on port 8443 TCP is not used any more.",
    "alone": "{value}",
    "list": "  • {value}\n  • 54.9.8.6",
    "footnote": "* {value} was retired in 2023.",
    "labelled list": "Retired servers:\n  • {value}\n  • Outbound",
    "header words": "Type\n\nOutbound\n\n{value}",
    "region": "Region: Antarctica\n\n{value}",
}


def around(page: str, dice: Random, facts: Facts) -> Mutated:
    """Before, between or behind the tables."""
    at = dice.choice(_gaps(page, facts))
    name, more = _snippet(dice, page)
    mutated = page[:at] + more + page[at:]
    return Mutated(mutated, f"{name} at {at}: {more!r}", exactly(facts.entries))


def elsewhere(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """In the frame of the page."""
    if is_plain(page):
        return None
    name, more = _snippet(dice, page)
    mark = dice.choice(('<main id="content"', '<p class="note">', "</footer>", "<h1 "))
    return Mutated(
        page.replace(mark, more + mark, 1),
        f"{name} before {mark}: {more!r}",
        exactly(facts.entries),
    )


def in_the_purpose(page: str, dice: Random, facts: Facts) -> Mutated:
    """In a cell of words: the words have changed, the targets have not."""
    place, value = dice.choice(facts.places), dice.choice(_VALUES)
    use = facts.use(place)
    more = replace(use.purpose, text=f"{use.purpose.text} See also {value}.")
    changed = with_uses(facts, place, replace(use, purpose=more))
    what = f"{value} in the purpose of {place}"
    return Mutated(facts.render(changed), what, exactly(entries_of(changed)))


def full_width_row(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A row of words across the whole table."""
    if facts.markup not in ROWS:
        return None
    match, value = dice.choice(rows(page)), dice.choice(_VALUES)
    words = dice.choice(("Note: {} was retired.", "{}", "Retired: {}", "Old servers ({})"))
    row = f'<tr><td colspan="5">{words.format(value)}</td></tr>'
    where = match.end() if dice.random() < 0.7 else match.start()
    mutated = page[:where] + row + page[where:]
    return Mutated(mutated, f"{row} at {where}", exactly(facts.entries))


def _gaps(page: str, facts: Facts) -> list[int]:
    """Before, behind and, where they can be told apart, between the tables."""
    try:
        parts = sections(facts.markup, page)
    except Untaken:
        return list(area(page))
    return [parts[0].start(), *(part.end() for part in parts)]


def _snippet(dice: Random, page: str) -> tuple[str, str]:
    found = _PLAIN if is_plain(page) else _SNIPPETS
    name, text = dice.choice(list(found.items()))
    more = text.format(value=dice.choice(_VALUES))
    return name, f"{more}\n\n" if is_plain(page) else more


FAMILIES: Families = {
    "addresses in prose": (
        around,
        around,
        elsewhere,
        in_the_purpose,
        full_width_row,
    )
}
