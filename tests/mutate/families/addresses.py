"""Addresses that lost their separator, and addresses that open everything."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated, with_resource
from tests.mutate.layout import ADDRESS, LIST_GLUE, addresses, inside, is_plain, swapped_in
from tests.mutate.oracle import NOTHING, exactly

_PAIR: Final = re.compile(f"({ADDRESS}){LIST_GLUE}({ADDRESS})")
# What stands between two addresses and makes one word of them, or a range.
_JOINS: Final = (
    "",
    "",
    "",
    ".",
    "-",
    "–",
    "/",
    ":",
    "_",
    "\u200b",
    "\u00ad",
    "<b></b>",
    "<wbr>",
)
# What parts them as well as a line of its own does.
_PARTS: Final = (", ", ",", "; ", ";", " ", "&nbsp;", " and ", " &amp; ", " | ", "<br>", "\n")
_WIDE: Final = (
    *("0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "54.0.0.0/8"),
    *("52.0.0.0/9", "2000::/3", "::/1", "2600::/12", "0.0.0.0", "::", "0/0", "0.0.0.0 / 0"),
    *("0.0.0.0-255.255.255.255", "1.0.0.0 - 223.255.255.255", "3.0.0.0 to 3.255.255.255"),
    *("255.255.255.255", "127.0.0.1", "169.254.169.254", "224.0.0.1", "10.1.2.3"),
    *("192.0.2.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::"),
    *("*", "*.*", "*.com", "*.net", "*.co.uk", "*.amazonaws.com", "*.s3.amazonaws.com"),
    *("any", "Any IP", "all", "everything", "0.0.0.0 0.0.0.0", "54.210.0.0 255.255.0.0"),
    *("54.210.188.13/0", "54.210.188.13/8", "54.210.*.*", "54.210.188.x", "54.210.0.0/16"),
)


def joined(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two addresses of a list are one word."""
    match = _pair(page, dice)
    glue = dice.choice(_JOINS)
    if match is None or ("<" in glue and is_plain(page)):
        return None
    mutated = swapped_in(page, match.span(), match[1] + glue + match[2])
    return Mutated(mutated, f"{match[1]}{glue!r}{match[2]} joined", NOTHING)


def separated_otherwise(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two addresses of a list share an item, and are still two."""
    match = _pair(page, dice)
    glue = dice.choice(_PARTS)
    if match is None or (is_plain(page) and ("<" in glue or "&" in glue)):
        return None
    mutated = swapped_in(page, match.span(), match[1] + glue + match[2])
    return Mutated(mutated, f"{match[1]}{glue!r}{match[2]} in one item", exactly(facts.entries))


def wide_instead(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something wide stands where an address stood."""
    match, wide = dice.choice(addresses(page)), dice.choice(_WIDE)
    mutated = swapped_in(page, match.span(), wide)
    return Mutated(mutated, f"{match[0]} became {wide}", NOTHING)


def wide_as_well(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something wide stands below the addresses of a resource."""
    place = dice.choice([at for at in facts.places if facts.resource(at).listed])
    resource, wide = facts.resource(place), dice.choice(_WIDE)
    more = replace(resource, addresses=(*resource.addresses, wide))
    changed = with_resource(facts.generation, place, more)
    return Mutated(facts.render(changed), f"{wide} added at {place}", NOTHING)


def _pair(page: str, dice: Random) -> re.Match[str] | None:
    found = inside(page, _PAIR)
    return dice.choice(found) if found else None


FAMILIES: Families = {
    "joined addresses": (joined, joined, separated_otherwise),
    "address wide open": (wide_instead, wide_as_well),
}
