"""Letters that look like others, and characters that nobody sees."""

from __future__ import annotations

import re
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import addresses, headers, headings, sections, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.pages.markups.common import COLUMNS

# Letters and signs that are drawn like a digit or a dot, and digits of other scripts.
_DIGITS: Final = {"0": "OОΟoο۰", "1": "lIІ|١۱Ι", "3": "ЗƷ", "4": "Чᔕ٤", "5": "Ѕƽ", "6": "б٦",
                  "2": "Ƨ٢२", "7": "٧৭", "8": "Ȣ٨", "9": "٩৭"}
_DOTS: Final = "。·‧٠,，˙·"
_SAME: Final = {".": "．․", **{str(n): chr(0xFF10 + n) + chr(0x1D7D8 + n) for n in range(10)}}
_LETTERS: Final = {"a": "аα", "e": "её", "o": "оο", "c": "сϲ", "p": "рρ", "s": "ѕ", "i": "іι",
                   "r": "г", "n": "ո", "u": "υս", "t": "т", "w": "ѡ", "*": "∗✱٭"}
_CAPITALS: Final = {"T": "ТΤ", "C": "СϹ", "P": "РΡ", "O": "ОΟ", "I": "ІΙ", "R": "Я", "H": "НΗ",
                    "S": "Ѕ", "E": "ЕΕ", "o": "оο", "e": "е", "u": "υ", "n": "ո", "y": "у"}
_HOST: Final = re.compile(r"(?<![\w.@/-])(?:\*\.)?(?:[a-z0-9-]+\.)+(?:com|net)(?![\w.-])")
_PORT: Final = re.compile(r"(?<![\w.])(?:22543|135|139|389|445|22551|6771|443|49152|65535)(?= |\)|/)")
_PROTOCOL: Final = re.compile(r"\b(?:TCP|UDP|HTTPS?)\b")
_DIRECTION: Final = re.compile(r"\b(?:Out|In)bound\b")
_UNSEEN: Final = (
    *"\u200b\u200c\u200d\u00ad\u2060\u200e\u200f\u2066\u2069\ufeff\u061c\u180e\ufe0f\u034f",
    *"\u202a\u202c\u202d\u2061\u2064\u206f",
)
_BLANK: Final = "\u00a0\u2009\u3000\u2800\u3164\u115f\u00a0"
_TAGS: Final = ("<wbr>", "&shy;", "&#8203;", "<span></span>", "<!-- -->", "<!--\n-->", "<b></b>")


def digit_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something that is drawn like a digit or a dot stands in an address."""
    return _in_a_value(page, dice, addresses(page, facts.markup), _DIGITS | {".": _DOTS})


def port_digit_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """Something that is drawn like a digit stands in a port."""
    return _in_a_value(page, dice, _inside(page, facts, _PORT), _DIGITS)


def letter_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """A letter of another script stands in a host name."""
    return _in_a_value(page, dice, _inside(page, facts, _HOST), _LETTERS)


def full_width(page: str, dice: Random, facts: Facts) -> Mutated:
    """The same digit or dot in another form: to a reader it is the same."""
    found = _in_a_value(page, dice, addresses(page, facts.markup), _SAME)
    return found._replace(oracle=exactly(facts.entries))


def word_like(page: str, dice: Random, facts: Facts) -> Mutated:
    """A letter of another script stands in a word that is understood."""
    pattern = dice.choice((_PROTOCOL, _DIRECTION))
    found = _in_a_value(page, dice, _inside(page, facts, pattern), _CAPITALS)
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


def unseen(page: str, dice: Random, facts: Facts) -> Mutated:
    """A character that is not shown stands in a value or word."""
    match = _any_value(page, dice, facts)
    sign = dice.choice(_UNSEEN)
    return _inserted(page, dice, match, sign, facts)


def blank(page: str, dice: Random, facts: Facts) -> Mutated:
    """A blank that is no plain space stands in an address."""
    match = dice.choice(addresses(page, facts.markup))
    found = _inserted(page, dice, match, dice.choice(_BLANK), facts)
    return found._replace(oracle=exactly(facts.entries))


def unseen_tag(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Markup that changes nothing to see stands in a value or word."""
    if facts.markup == "text":
        return None
    match = _any_value(page, dice, facts)
    return _inserted(page, dice, match, dice.choice(_TAGS), facts)


def _any_value(page: str, dice: Random, facts: Facts) -> re.Match[str]:
    pattern = dice.choice((_HOST, _PORT, _PROTOCOL, _DIRECTION, None))
    if pattern is None:
        return dice.choice(addresses(page, facts.markup))
    return dice.choice(_inside(page, facts, pattern))


def _inserted(
    page: str, dice: Random, match: re.Match[str], sign: str, facts: Facts
) -> Mutated:
    at = dice.randrange(match.start() + 1, match.end())
    what = f"{sign!r} in {match[0]} at {at - match.start()}"
    return Mutated(page[:at] + sign + page[at:], what, exactly(facts.entries))


def _inside(page: str, facts: Facts, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    return [
        match
        for part in sections(facts.markup, page)
        for match in pattern.finditer(page, part.start(), part.end())
    ]


def _in_a_value(
    page: str,
    dice: Random,
    found: list[re.Match[str]],
    alike: dict[str, str],
    group: int = 0,
) -> Mutated:
    """One character of one value replaced by what looks like it."""
    spots = [
        (match, at)
        for match in found
        for at in range(*match.span(group))
        if page[at] in alike
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
    "unseen characters": (unseen, unseen, blank, unseen_tag),
}
