"""Names and addresses that a reader is to fill in: they are not entries."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.oracle import NOTHING
from tests.mutate.spots import PLAIN, listed, with_named, with_value

_APART: Final = ("em", "i", "var", "cite", 'em class="ph"', "i lang=en")
_WORDS: Final = ("region", "tenant", "your-company", "customer", "ORG", "subdomain", "id", "n")
_SIGNS: Final = (
    *("{{{}}}", "[{}]", "%{}%", "${}", "${{{}}}", "__{}__", ":{}", "({})", "&lt;{}&gt;"),
    *("{{{{{}}}}}", "#{}#", "«{}»", "&lsaquo;{}&rsaquo;", "@{}@", "<var>&lt;{}&gt;</var>"),
)
_CAPITALS: Final = ("YOUR-NAME", "YOURTENANT", "YOUR-COMPANY", "TENANT-ID", "MYORG", "XXXX")
_HOSTS: Final = ("{}.action1.com", "server.{}.action1.com", "{}-cdn.action1.com", "app-{}.net")
_ADDRESSES: Final = (
    *("54.210.188.<i>x</i>", "54.<em>a</em>.<em>b</em>.13", "x.x.x.x", "54.210.188.N"),
    *("54.210.188.&lt;n&gt;", "54.210.188.{n}", "54.210.[0-9].13", "54.210.188.??"),
    *("a.b.c.d", "54.210.188.nnn", "54.210.xx.yy", "54.210.188.<var>13</var>x"),
)


def in_another_font(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A part of a host is set apart as one to be filled in."""
    if facts.markup in PLAIN:
        return None
    tag, word = dice.choice(_APART), dice.choice(_WORDS)
    return _host(dice, facts, f"<{tag}>{word}</{tag.split()[0]}>")


def in_signs(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A part of a host stands in brackets or other signs."""
    return _host(dice, facts, dice.choice(_SIGNS).format(dice.choice(_WORDS)))


def in_capitals(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A part of a host is a word in capitals that asks for a name."""
    return _host(dice, facts, dice.choice(_CAPITALS))


def of_an_address(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A number of an address is to be filled in."""
    source = dice.choice(_ADDRESSES)
    if facts.markup in PLAIN and ("<" in source or "&" in source):
        return None
    place, at = dice.choice([(p, n) for p, n in listed(facts) if facts.resource(p).addresses])
    changed = with_value(facts, place, at, source)
    return Mutated(changed, f"value {at + 1} of {place}: {source!r}", NOTHING)


def _host(dice: Random, facts: Facts, part: str) -> Mutated | None:
    """A host with this part, in a list, in the brackets of a label, or alone in its cell."""
    source = dice.choice(_HOSTS).format(part)
    if facts.markup in PLAIN and ("<" in source or "&" in source):
        return None
    if dice.random() < 0.5:
        place, at = dice.choice(listed(facts, addresses=False))
        changed = with_value(facts, place, at, source)
    else:
        place = dice.choice([at for at in facts.places if facts.resource(at).named])
        changed = with_named(facts, place, source)
    return Mutated(changed, f"host of {place}: {source!r}", NOTHING)


FAMILIES: Families = {"placeholders": (in_another_font, in_signs, in_capitals, of_an_address)}
