"""Letters, digits and signs that look like others."""

from __future__ import annotations

import re
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import addresses, headers, headings, inside, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.words import DIRECTION, HOST, PORT, PROTOCOL
from tests.pages.markups.common import COLUMNS

# Letters and signs that are drawn like a digit or a dot, and digits of other scripts.
_DIGITS: Final = {
    "0": "OОΟoο۰",
    "1": "lIІ|١۱Ι",
    "3": "ЗƷ",
    "4": "Чᔕ٤",
    "5": "Ѕƽ",
    "6": "б٦",
    "2": "Ƨ٢२",
    "7": "٧৭",
    "8": "Ȣ٨",
    "9": "٩৭",
}
_DOTS: Final = "。·‧٠,，˙·"
_SAME: Final = {".": "．․", **{str(n): chr(0xFF10 + n) + chr(0x1D7D8 + n) for n in range(10)}}
_LETTERS: Final = {
    "a": "аα",
    "e": "её",
    "o": "оο",
    "c": "сϲ",
    "p": "рρ",
    "s": "ѕ",
    "i": "іι",
    "r": "г",
    "n": "ո",
    "u": "υս",
    "t": "т",
    "w": "ѡ",
    "*": "∗✱٭",
}
_CAPITALS: Final = {
    "T": "ТΤ",
    "C": "СϹ",
    "P": "РΡ",
    "O": "ОΟ",
    "I": "ІΙ",
    "R": "Я",
    "H": "НΗ",
    "S": "Ѕ",
    "E": "ЕΕ",
    "o": "оο",
    "e": "е",
    "u": "υ",
    "n": "ո",
    "y": "у",
}


def digit_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something that is drawn like a digit or a dot stands in an address."""
    return _in_a_value(page, dice, addresses(page), _DIGITS | {".": _DOTS})


def port_digit_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something that is drawn like a digit stands in a port."""
    return _in_a_value(page, dice, inside(page, PORT), _DIGITS)


def letter_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """A letter of another script stands in a host name."""
    return _in_a_value(page, dice, inside(page, HOST), _LETTERS)


def full_width(page: str, dice: Random, facts: Facts) -> Mutated:
    """The same digit or dot in another form: to a reader it is the same."""
    found = _in_a_value(page, dice, addresses(page), _SAME)
    return found._replace(oracle=exactly(facts.entries))


def word_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """A letter of another script stands in a word that is understood."""
    pattern = dice.choice((PROTOCOL, DIRECTION))
    found = _in_a_value(page, dice, inside(page, pattern), _CAPITALS)
    return found._replace(oracle=exactly(facts.entries))


def header_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """A letter of another script stands in a header."""
    found = [match for name in COLUMNS for match in headers(facts.markup, page, name)]
    at = dice.choice(found)
    mutated = _in_a_value(page, dice, [at], _CAPITALS, group=1)
    return mutated._replace(oracle=exactly(facts.entries))


def heading_like(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A letter of another script stands in a region's heading."""
    found = list(enumerate(headings(facts.markup, page)))
    if not found:
        return None
    number, match = dice.choice(found)
    mutated = _in_a_value(page, dice, [match], _CAPITALS | {"e": "е"}, group=1)
    new = str(mutated.what).rpartition(" became ")[2].removeprefix("Region: ")
    ways = [
        [
            msgspec.structs.replace(entry, region=name) if at.region == number else entry
            for entry, at in zip(facts.entries, facts.places, strict=True)
        ]
        for name in (new, None)
    ]
    return mutated._replace(oracle=exactly(facts.entries, *ways))


def _in_a_value(
    page: str,
    dice: Random,
    found: list[re.Match[str]],
    alike: dict[str, str],
    group: int = 0,
) -> Mutated:
    """One character of one value replaced by what looks like it."""
    spots = [
        (match, at) for match in found for at in range(*match.span(group)) if page[at] in alike
    ]
    match, at = dice.choice(spots)
    new = dice.choice(alike[page[at]])
    start, end = match.span(group)
    became = page[start:at] + new + page[at + 1 : end]
    what = f"{match[group]} became {became}"
    return Mutated(swapped_in(page, (start, end), became), what, NOTHING)


FAMILIES: Families = {
    "look-alikes": (
        digit_like,
        port_digit_like,
        letter_like,
        full_width,
        word_like,
        header_like,
        heading_like,
    ),
}
