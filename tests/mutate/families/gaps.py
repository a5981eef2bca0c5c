"""Gaps inside numbers, addresses and names; emphasis and unseen markup, which are no gaps."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import inside, is_plain, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import CELLED, listed, said, with_ports, with_value
from tests.mutate.words import DIRECTION, PROTOCOL

# Blanks that part the thousands of a number; a plain one may as well part two ports.
_NARROW: Final = ("\u2009", "\u202f", "\u00a0", "\u2007", "\u200a")
_BLANKS: Final = (" ", *_NARROW)
_BREAKS: Final = ("<br>", "\n", "<br/>\n")
_EMPHASIS: Final = (
    "b",
    "strong",
    "u",
    "mark",
    "span",
    "code",
    "big",
    'span class="hl"',
    "font",
)
_NOTHING_SEEN: Final = (
    *("&shy;", "&shy", "<wbr>", "<wbr/>", "&ZeroWidthSpace;", "&NoBreak;", "&#x200D;", "&lrm;"),
    *(
        "&#8203;",
        "&#xFEFF;",
        "<b></b>",
        "<!---->",
        "<span></span>",
        '<a id="v9"></a>',
        "&#173;",
    ),
    *("<span><wbr></span>", '<img src="/t.gif" alt="">', "<script></script>"),
)
_NUMBERS: Final = {
    "22{}543 TCP": "tcp/22543-22543",
    "TCP 22{}543": "tcp/22543-22543",
    "50{}000-59{}999 UDP": "udp/50000-59999",
    "TCP 49{}152 - 65{}535": "tcp/49152-65535",
}
_EMPHASISED: Final = {
    "<{t}>22</{e}>543 TCP": "tcp/22543-22543",
    "2254<{t}>3</{e}> TCP": "tcp/22543-22543",
    "<{t}>22543</{e}> TCP": "tcp/22543-22543",
    "22543 <{t}>T</{e}>CP": "tcp/22543-22543",
    "22543 UD<{t}>P</{e}>": "udp/22543-22543",
    "5000<{t}>-</{e}>5010 UDP": "udp/5000-5010",
    "<{t}>5000</{e}>-<{t}>5010</{e}> UDP": "udp/5000-5010",
}


def gap_in_a_number(page: str, dice: Random, facts: Facts) -> Mutated:
    """A blank between the thousands and the rest of a port."""
    place, (form, means) = dice.choice(facts.places), dice.choice(list(_NUMBERS.items()))
    blank = dice.choice(_BLANKS)
    source = form.replace("{}", blank)
    oracle = NOTHING if blank == " " else exactly(said(facts, place, means), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


def gap_in_a_value(page: str, dice: Random, facts: Facts) -> Mutated:
    """A blank inside an address or a host: one value, or not read."""
    place, at = dice.choice(listed(facts))
    source = _split(facts.resource(place).listed[at], dice, dice.choice(_BLANKS))
    what = f"value {at + 1} of {place}: {source!r}"
    return Mutated(with_value(facts, place, at, source), what, exactly(facts.entries))


def break_in_a_value(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A value goes on in the next line."""
    if facts.markup not in CELLED or facts.markup == "table-blanks":
        return None
    place, at = dice.choice(listed(facts))
    source = _split(facts.resource(place).listed[at], dice, dice.choice(_BREAKS))
    what = f"value {at + 1} of {place}: {source!r}"
    return Mutated(with_value(facts, place, at, source), what, exactly(facts.entries))


def hyphenated(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A name goes on in the next line behind a hyphen: it may be a part of it, or not."""
    if facts.markup not in CELLED or facts.markup == "table-blanks":
        return None
    place, at = dice.choice(listed(facts, addresses=False))
    host = facts.resource(place).listed[at]
    source = host.replace("action1", "act-<br>ion1")
    what = f"value {at + 1} of {place}: {source!r}"
    return Mutated(with_value(facts, place, at, source), what, NOTHING)


def emphasis_in_a_value(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A part of an address or a host in bold letters: anyone reads it as one value."""
    if is_plain(page):
        return None
    place, at = dice.choice(listed(facts))
    value, tag = facts.resource(place).listed[at], dice.choice(_EMPHASIS)
    one, two = sorted(dice.sample(range(len(value) + 1), 2))
    part = f"<{tag}>{value[one:two]}</{tag.split()[0]}>"
    source = value[:one] + part + value[two:]
    changed = with_value(facts, place, at, source)
    return Mutated(changed, f"{source!r} of {place}", exactly(facts.entries), plain=True)


def emphasis_in_ports(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A part of a number or a protocol in bold letters."""
    if is_plain(page):
        return None
    place, (form, means) = dice.choice(facts.places), dice.choice(list(_EMPHASISED.items()))
    tag = dice.choice(_EMPHASIS)
    source = form.format(t=tag, e=tag.split()[0])
    oracle = exactly(said(facts, place, means), words=False)
    changed = with_ports(facts, place, source)
    return Mutated(changed, f"ports of {place}: {source!r}", oracle, plain=True)


def set_apart(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Digits in italics: of an address they are one all the same, or it is not read."""
    if is_plain(page):
        return None
    place, at = dice.choice([(p, n) for p, n in listed(facts) if facts.resource(p).addresses])
    value, tag = facts.resource(place).listed[at], dice.choice(("em", "i", "var", "cite"))
    cut = dice.randrange(1, len(value))
    source = f"{value[:cut]}<{tag}>{value[cut:]}</{tag}>"
    changed = with_value(facts, place, at, source)
    return Mutated(changed, f"{source!r} of {place}", exactly(facts.entries))


def nothing_seen(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Markup or a character of no width inside a value or a word."""
    if is_plain(page):
        return None
    sign = dice.choice(_NOTHING_SEEN)
    if dice.random() < 0.3:
        match = dice.choice(inside(page, dice.choice((DIRECTION, PROTOCOL))))
        source = _split(match[0], dice, sign)
        changed = swapped_in(page, match.span(), source)
        return Mutated(changed, f"{source!r} at {match.start()}", exactly(facts.entries))
    place, at = dice.choice(listed(facts))
    source = _split(facts.resource(place).listed[at], dice, sign)
    changed = with_value(facts, place, at, source)
    return Mutated(changed, f"{source!r} of {place}", exactly(facts.entries))


def _split(value: str, dice: Random, sign: str) -> str:
    at = dice.randrange(1, len(value))
    return f"{value[:at]}{sign}{value[at:]}"


FAMILIES: Families = {
    "gaps": (gap_in_a_number, gap_in_a_value, break_in_a_value, hyphenated, set_apart),
    "no gaps": (emphasis_in_a_value, emphasis_in_ports, nothing_seen),
}
