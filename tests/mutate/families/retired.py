"""Addresses that a person can see are out of use, and the marks of footnotes behind others."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import ADDRESS, inside, is_plain
from tests.mutate.oracle import exactly

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


def retired_item(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An item of a list of addresses that says of itself that it is out of use."""
    text = dice.choice(_RETIRED)
    found = inside(page, f"(?:• |<li>|<br>\n)({ADDRESS})(?=</li>|<br>|\n)")
    if not found or (is_plain(page) and "<" in text):
        return None
    match = dice.choice(found)
    item = match[0].replace(match[1], text.format(value="54.9.8.7"))
    end = match.end() + (5 if page.startswith("</li>", match.end()) else 0)
    item += "</li>" if end > match.end() else ""
    if not item.startswith("<"):
        item = ("\n  " if is_plain(page) else "<br>\n") + item
    return Mutated(page[:end] + item + page[end:], f"item {item!r}", exactly(facts.entries))


def retired_in_a_label(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A label that names what its resource once was."""
    text = dice.choice(_LABELS)
    if is_plain(page) and "<" in text:
        return None
    label = re.search(r"relay servers in [\w ]+|\(Remote Desktop\)", page)
    if label is None:
        return None
    more = text.format(value="54.9.8.7")
    mutated = page[: label.end()] + more + page[label.end() :]
    return Mutated(mutated, f"label with {more!r}", exactly(facts.entries, words=False))


def footnote_mark(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A raised number behind an address is a footnote's, and no digit of the address."""
    found = inside(page, f"({ADDRESS})(?=</li>|<br>)")
    if not found or is_plain(page):
        return None
    match = dice.choice(found)
    mark = dice.choice(
        ("<sup>1</sup>", "<sup>[2]</sup>", "<sup>*</sup>", "*", " [1]", "¹", " ²")
    )
    mutated = page[: match.end()] + mark + page[match.end() :]
    return Mutated(mutated, f"{match[0]}{mark}", exactly(facts.entries))


FAMILIES: Families = {"retired addresses": (retired_item, retired_in_a_label, footnote_mark)}
