"""Addresses in prose, lists, footnotes and banners: what is no row of a table is no entry."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts, Families, Mutated, entries_of, with_uses
from tests.mutate.layout import ADDRESS, rows, sections
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
    "table": "<table><tr><th>Server</th><th>Uptime</th></tr><tr><td>{value}</td><td>99</td></tr>"
    "</table>",
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
_RETIRED: Final = (
    *("<del>{value}</del>", "<s>{value}</s>", "{value} (retired)", "{value} - no longer used"),
    *("formerly {value}", "not {value}", "{value} until 2024-12-31", "{value} (old)"),
    *("<strike>{value}</strike>", "except {value}"),
    *('<span style="text-decoration: line-through">{value}</span>', "was {value}"),
    *("{value}<sup>1</sup>, retired", "replaced: {value}", "# {value}", "// {value}"),
)
_LABELS: Final = (
    *(", formerly {value}", " (was {value})", " instead of {value}", " (not {value})"),
    *(", replaces {value}", " - migrated from {value}", " (previously {value})"),
    *(", no longer {value}", " <del>{value}</del>", " (old: {value})", " ex {value}"),
)


def around(page: str, dice: Random, facts: Facts) -> Mutated:
    """Before, between or behind the tables."""
    parts = sections(facts.markup, page)
    at = dice.choice([parts[0].start(), *(part.end() for part in parts)])
    name, more = _snippet(dice, facts)
    mutated = page[:at] + more + page[at:]
    return Mutated(mutated, f"{name} at {at}: {more!r}", exactly(facts.entries))


def elsewhere(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """In the frame of the page."""
    if facts.markup == "text":
        return None
    name, more = _snippet(dice, facts)
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


def retired_item(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An item of a list of addresses that says of itself that it is out of use."""
    text = dice.choice(_RETIRED)
    found = list(re.finditer(f"(?:• |<li>|<br>\n)({ADDRESS})(?=</li>|<br>|\n)", page))
    if facts.markup == "text" and "<" in text:
        return None
    match = dice.choice(found)
    item = match[0].replace(match[1], text.format(value="54.9.8.7"))
    end = match.end() + (5 if page.startswith("</li>", match.end()) else 0)
    item += "</li>" if end > match.end() else ""
    if not item.startswith("<"):
        item = ("\n  " if facts.markup == "text" else "<br>\n") + item
    return Mutated(page[:end] + item + page[end:], f"item {item!r}", exactly(facts.entries))


def retired_in_a_label(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A label that names what its resource once was."""
    text = dice.choice(_LABELS)
    if facts.markup == "text" and "<" in text:
        return None
    label = re.search(r"relay servers in [\w ]+|\(Remote Desktop\)", page)
    if label is None:
        return None
    more = text.format(value="54.9.8.7")
    mutated = page[: label.end()] + more + page[label.end() :]
    return Mutated(mutated, f"label with {more!r}", exactly(facts.entries, words=False))


def footnote_mark(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A raised number behind an address is a footnote's, and no digit of the address."""
    if facts.markup == "text":
        return None
    found = list(re.finditer(f"({ADDRESS})(?=</li>|<br>)", page))
    match = dice.choice(found)
    mark = dice.choice(("<sup>1</sup>", "<sup>[2]</sup>", "<sup>*</sup>", "*", " [1]", "¹", " ²"))
    mutated = page[: match.end()] + mark + page[match.end() :]
    return Mutated(mutated, f"{match[0]}{mark}", exactly(facts.entries))


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


def _snippet(dice: Random, facts: Facts) -> tuple[str, str]:
    found = _PLAIN if facts.markup == "text" else _SNIPPETS
    name, text = dice.choice(list(found.items()))
    more = text.format(value=dice.choice(_VALUES))
    return name, f"{more}\n\n" if facts.markup == "text" else more


FAMILIES: Families = {
    "addresses in prose": (
        around,
        around,
        elsewhere,
        in_the_purpose,
        retired_item,
        retired_in_a_label,
        footnote_mark,
        full_width_row,
    )
}
