"""Marks of footnotes and numbers that are no ports, beside ports, values and labels."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import headers, inside, is_plain, swapped_in
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import fits, listed, said, with_label, with_ports, with_value
from tests.mutate.words import DIRECTION
from tests.pages.markups.common import COLUMNS

_MARKS: Final = (
    *("<sup>1</sup>", "<sub>2</sub>", "<sup>[3]</sup>", "<sup>a</sup>", "<sup>1,2</sup>"),
    *('<sup><a href="#fn1">1</a></sup>', '<a href="#n2">[2]</a>', '<a href="#n4">4</a>'),
    *("<sup>*</sup>", "*", "**", " *", " †", "‡", "¹", " ²", "⁽³⁾", " [1]", " (1)", "[1]"),
    *('<a class="footnote" href="#fn:1" role="doc-noteref">1</a>', "<sup>(2)</sup>"),
)
_PLAIN_MARKS: Final = tuple(mark for mark in _MARKS if "<" not in mark)
_MARKED: Final = {
    "443{} TCP": ("tcp/443-443",),
    "443 TCP{}": ("tcp/443-443",),
    "443 HTTPS{}": ("tcp/443-443",),
    "TCP 443{}": ("tcp/443-443",),
    "443 TCP{}, 8443 TCP": ("tcp/443-443", "tcp/8443-8443"),
    "TCP 443{}, 8443": ("tcp/443-443", "tcp/8443-8443"),
    "80, 443{} TCP": ("tcp/80-80", "tcp/443-443"),
    "5000-5010{} UDP": ("udp/5000-5010",),
    "22551 TCP{}/UDP": ("tcp/22551-22551", "udp/22551-22551"),
}
# Numbers beside 443 TCP that are not ports: it is read as that, or not at all.
_BESIDE: Final = (
    *("1. 443 TCP", "1) 443 TCP", "(1) 443 TCP", "a) 443 TCP", "No. 1: 443 TCP", "#1 443 TCP"),
    *("443 TCP 128 BIT", "443 TCP (2048-bit RSA)", "443 TCP, AES 256", "443 TCP SHA-256"),
    *("443 TCP, AES-128-GCM", "443 TCP (RFC 8446)", "443 TCP, since 2024", "443 TCP (KB 9298)"),
    *("443 TCP (see note 3)", "443 TCP (v2.3)", "443 TCP, version 5", "443 TCP (HTTP/1.1)"),
    *("443 TCP, SMB 3", "443 TCP (IPv4)", "443 TCP (2 connections)", "443 TCP, 24/7"),
    *("443 TCP (99.9 %)", "443 TCP x 2", "443 TCP, MTU 1400", "443 TCP (DSCP 46)"),
    *("443 TCP (30 s)", "443 TCP (step 2)", "443 TCP, page 12", "443 TCP (VLAN 20)"),
)
# Dates say that the row does not count, not yet, or no more.
_DATES: Final = (
    *("443 TCP (2027)", "443 TCP (01/07/2027)", "443 TCP, 2027-07-01", "443 TCP until 2026"),
    *("443 TCP (until 30 June 2026)", "443 TCP from 1 July 2027", "443 TCP (30.06.2026)"),
    *("443 TCP, from 2027 8443 TCP", "443 TCP (Q3 2027)", "443 TCP till 12/2026"),
    *("2027: 443 TCP", "443 TCP (EOL 2026)", "443 TCP; 8443 TCP from May 2027"),
)
_TURNING: Final = (
    *(
        "443 TCP WAS 22543",
        "443 TCP, OLD 22543 TCP",
        "443 TCP, NOLONGER 80",
        "443 TCP EX 22543",
    ),
    *("443 TCP, FORMERLY 22543", "443 TCP, PREVIOUSLY 22543 TCP", "443 TCP, LEGACY 22543"),
    *("443 TCP, DRAFT 8443", "443 TCP, PLANNED 8443 TCP", "443 TCP, FUTURE 8443"),
    *("443 TCP, SOON 8443", "443 TCP, REPLACES 22543 TCP", "443 TCP (OLD 22543)"),
    *(
        "443 TCP, PREV 22543",
        "443 TCP, ALT WAS 22543 TCP",
        "443 TCP / OLD 80",
        "443 TCP NOT 80",
    ),
)
_ADDING: Final = ("443 TCP, NEW 8443 TCP", "443 TCP, ALSO 8443 TCP", "443 TCP, BACKUP 8443 TCP")


def mark_at_ports(page: str, dice: Random, facts: Facts) -> Mutated:
    """A mark behind a port, a protocol or a range."""
    place, (text, means) = dice.choice(facts.places), dice.choice(list(_MARKED.items()))
    source = text.format(dice.choice(_PLAIN_MARKS if is_plain(page) else _MARKS))
    oracle = exactly(said(facts, place, *means), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


def mark_at_a_value(page: str, dice: Random, facts: Facts) -> Mutated:
    """A mark behind a host or an address of a list."""
    place, at = dice.choice(listed(facts))
    mark = dice.choice(_PLAIN_MARKS if is_plain(page) else _MARKS)
    source = facts.resource(place).listed[at] + mark
    what = f"value {at + 1} of {place}: {source!r}"
    return Mutated(with_value(facts, place, at, source), what, exactly(facts.entries))


def mark_at_a_label(page: str, dice: Random, facts: Facts) -> Mutated:
    """A mark behind a label."""
    place = dice.choice([place for place in facts.places if facts.resource(place).listed])
    mark = dice.choice(_PLAIN_MARKS if is_plain(page) else _MARKS)
    what = f"{facts.resource(place).label}{mark}"
    return Mutated(with_label(facts, place, mark), what, exactly(facts.entries, words=False))


def mark_at_a_word(page: str, dice: Random, facts: Facts) -> Mutated:
    """A mark behind a direction or a header."""
    mark = dice.choice(_PLAIN_MARKS if is_plain(page) else _MARKS)
    if facts.markup in {"table-spans", "table-blanks", "stacks"} and dice.random() < 0.5:
        match = dice.choice([m for c in COLUMNS for m in headers(facts.markup, page, c)])
        span, word = match.span(1), match[1]
    else:
        match = dice.choice(inside(page, DIRECTION))
        span, word = match.span(), match[0]
    oracle = exactly(facts.entries, words=False)
    return Mutated(swapped_in(page, span, word + mark), f"{word}{mark} at {span[0]}", oracle)


def number_beside(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A number that is not a port beside one that is."""
    place, source = dice.choice(facts.places), dice.choice(_BESIDE)
    oracle = exactly(said(facts, place, "tcp/443-443"), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


def date_beside(page: str, dice: Random, facts: Facts) -> Mutated:
    """A year or a day beside a port."""
    place, source = dice.choice(facts.places), dice.choice(_DATES)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", NOTHING)


def word_in_front(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A word in capitals in front of a second port: it counts no more, or not yet."""
    place, source = dice.choice(facts.places), dice.choice((*_TURNING, *_ADDING))
    ways = [said(facts, place, "tcp/443-443")]
    if source in _ADDING:
        ways.append(said(facts, place, "tcp/443-443", "tcp/8443-8443"))
    if not fits(facts, source):
        return None
    what = f"ports of {place}: {source!r}"
    return Mutated(with_ports(facts, place, source), what, exactly(*ways, words=False))


FAMILIES: Families = {
    "marks in cells": (mark_at_ports, mark_at_a_value, mark_at_a_label, mark_at_a_word),
    "numbers beside ports": (number_beside, date_beside, word_in_front),
}
