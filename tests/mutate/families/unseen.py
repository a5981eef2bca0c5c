"""Characters and markup that no reader sees, inside values and words."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import addresses, inside, is_plain
from tests.mutate.oracle import exactly
from tests.mutate.words import DIRECTION, HOST, PORT, PROTOCOL

_UNSEEN: Final = (
    *"\u200b\u200c\u200d\u00ad\u2060\u200e\u200f\u2066\u2069\ufeff\u061c\u180e\ufe0f\u034f",
    *"\u202a\u202c\u202d\u2061\u2064\u206f",
)
_BLANK: Final = "\u00a0\u2009\u3000\u2800\u3164\u115f\u00a0"
_TAGS: Final = (
    "<wbr>",
    "&shy;",
    "&#8203;",
    "<span></span>",
    "<!-- -->",
    "<!--\n-->",
    "<b></b>",
)


def unseen(page: str, dice: Random, facts: Facts) -> Mutated:
    """A character that is not shown stands in a value or word."""
    match = _any_value(page, dice)
    found = _inserted(page, dice, match, dice.choice(_UNSEEN), facts)
    return found._replace(plain=True)


def blank(page: str, dice: Random, facts: Facts) -> Mutated:
    """A blank other than a plain space stands in an address."""
    match = dice.choice(addresses(page))
    found = _inserted(page, dice, match, dice.choice(_BLANK), facts)
    return found._replace(oracle=exactly(facts.entries))


def unseen_tag(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Markup that changes nothing to see stands in a value or word."""
    if is_plain(page):
        return None
    match = _any_value(page, dice)
    return _inserted(page, dice, match, dice.choice(_TAGS), facts)


def _any_value(page: str, dice: Random) -> re.Match[str]:
    pattern = dice.choice((HOST, PORT, PROTOCOL, DIRECTION, None))
    if pattern is None:
        return dice.choice(addresses(page))
    return dice.choice(inside(page, pattern))


def _inserted(
    page: str, dice: Random, match: re.Match[str], sign: str, facts: Facts
) -> Mutated:
    at = dice.randrange(match.start() + 1, match.end())
    what = f"{sign!r} in {match[0]} at {at - match.start()}"
    return Mutated(page[:at] + sign + page[at:], what, exactly(facts.entries))


FAMILIES: Families = {"unseen characters": (unseen, unseen, blank, unseen_tag)}
