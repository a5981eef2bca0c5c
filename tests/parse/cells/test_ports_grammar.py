"""Random port cells: what the grammar spells is read exactly, and noise never adds a port.

A cell is made from its truth: lists of ports with a protocol, each spelled in some way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.readings import WHERE
from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports

# What noise spells between two numbers is a range, also over a line break.
_A_RANGE = re.compile(r"\d\s+(?:-|…|\.\.\.|~|/|to|up to)\s+\d")
few = examples(100)
many = examples(2_000)
Fact = tuple[str, int, int]

NAMES = ("HTTPS", "RPC", "SMB", "LDAP", "Kerberos", "syslog", "STUN")
NUMBERS = (
    *("[1]", "(1)", "(12)", "¹", "*", "†", "1)", "1.", "#1", "1:", "3", "0"),
    *("2027", "(2027)", "2026-01-15", "15.01.2026", "Jan 2026", "01/07/2027", "1/7", "24/7"),
    *("256 BIT", "2048-bit", "KEY 5", "HTTP/2", "SMB 3", "TLS 1.4.5", "x2", "\n(2)", "\n#1"),
)
WORDS = (
    *("OLD", "WAS", "NEW", "NO LONGER", "NOT", "ANY", "except", "DROP", "\nsince", "\nOLD"),
    *("SMBv3", "IPv4", "…", "...", "+", ">", "~", "?", "(optional)", "see note", "TLS 1.2"),
    *("dynamic", "high", "from", "over", "range", "up to", "proprietary", "the"),
    *("1024 or more", "and more", "- ", " -", "(", ")", "[", ",", ";", "and", "/", "\n", "|"),
)


def noise_of(words: tuple[str, ...]) -> st.SearchStrategy[list[tuple[float, str]]]:
    """Up to three of these, each at a place in the cell."""
    one = st.tuples(st.floats(0, 1), st.sampled_from(words))
    return st.lists(one, min_size=1, max_size=3)


@dataclass(frozen=True)
class Spelled:
    """One list as tokens, and the facts that it states."""

    tokens: tuple[str, ...]
    facts: frozenset[Fact]


@st.composite
def ports(draw: st.DrawFn) -> tuple[str, int, int]:
    first = draw(st.integers(100, 65_000).filter(lambda n: not 1990 <= n < 2050))
    if draw(st.integers(0, 3)):
        return str(first), first, first
    last = draw(st.integers(first + 1, 65_535))
    dash = draw(st.sampled_from(["-", " - ", "–", " – ", " to ", "—", "−", "‑"]))
    return f"{first}{dash}{last}", first, last


@st.composite
def lists(draw: st.DrawFn) -> Spelled:
    """A list with one protocol or both, before its ports, behind them, or at each."""
    numbers = draw(st.lists(ports(), min_size=1, max_size=3))
    shown = draw(st.sampled_from(["TCP", "UDP", "tcp", "TCP/UDP", "TCP and UDP", "(UDP)"]))
    way = draw(st.sampled_from(["before", "behind", "each", "slash"]))
    comma = draw(st.sampled_from([",", " and", ", and"])) if len(numbers) > 1 else ","
    tokens: list[str] = []
    if way == "before":
        tokens.append(shown.strip("()") + draw(st.sampled_from(["", ":", " port"])))
    for text, *_ in numbers:
        if way == "each":
            name = draw(st.sampled_from(["", "", *NAMES]))
            tokens += [text, *[name][: len(name)], shown, comma]
        elif way == "slash":
            tokens += [f"{text}/{'tcp' if 'udp' not in shown.lower() else 'udp'}", comma]
        else:
            tokens += [text, comma]
    tokens.pop()
    if way == "behind":
        tokens.append(shown)
    said = shown.lower() if way != "slash" else tokens[0].rpartition("/")[2]
    protocols = [protocol for protocol in ("tcp", "udp") if protocol in said]
    facts = {(p, first, last) for _, first, last in numbers for p in protocols}
    return Spelled(tuple(tokens), frozenset(facts))


@st.composite
def cells(draw: st.DrawFn) -> Spelled:
    """Some lists, separated by line breaks or semicolons."""
    made = draw(st.lists(lists(), min_size=1, max_size=3))
    tokens: list[str] = []
    for one in made:
        tokens += [*one.tokens, draw(st.sampled_from(["\n", ";", ";\n"]))]
    return Spelled(tuple(tokens[:-1]), frozenset(fact for one in made for fact in one.facts))


def written(tokens: tuple[str, ...]) -> str:
    text = " ".join(tokens)
    return text.replace(" ,", ",").replace(" \n ", "\n").replace(" ;", ";").replace("  ", " ")


def found(text: str) -> frozenset[Fact]:
    return frozenset(
        (service.protocol, service.from_port or 0, service.to_port or 0)
        for service in read_ports(text, WHERE)
    )


def check_spelled(cell: Spelled) -> None:
    assert found(written(cell.tokens)) == cell.facts


def check_noise(cell: Spelled, noise: list[tuple[float, str]]) -> None:
    tokens = list(cell.tokens)
    for place, word in noise:
        tokens.insert(round(place * len(tokens)), word)
    assume(not _A_RANGE.search(" ".join(tokens)))
    try:
        facts = found(written(tuple(tokens)))
    except Unreadable:
        return
    assert facts == cell.facts


def check_one_line(made: list[Spelled], separator: str) -> None:
    text = separator.join(written(one.tokens) for one in made)
    try:
        facts = found(text)
    except Unreadable:
        return
    assert facts == frozenset(fact for one in made for fact in one.facts)


def check_protocol_column(numbers: list[tuple[str, int, int]], data: st.DataObject) -> None:
    stated = data.draw(
        st.lists(
            st.sampled_from(["TCP", "UDP", "TCP/UDP"]),
            min_size=len(numbers),
            max_size=len(numbers),
        )
    )
    text = "\n".join(shown for shown, *_ in numbers)
    read = read_ports(text, WHERE, protocol="\n".join(stated))
    expected = {
        (protocol, first, last)
        for (_, first, last), own in zip(numbers, stated, strict=True)
        for protocol in own.lower().split("/")
    }
    assert {(one.protocol, one.from_port, one.to_port) for one in read} == expected


# A spelled cell is read exactly; noise refuses it or changes nothing; lists on one line are
# read exactly or refused; a protocol column pairs lines, or one statement is for all.
CHECKS = {
    "spelled": (check_spelled, cells()),
    "noise": (check_noise, cells(), st.one_of(*map(noise_of, (NUMBERS, WORDS)))),
    "one line": (
        check_one_line,
        st.lists(lists(), min_size=2, max_size=3),
        st.sampled_from([", ", " / ", " ", " and "]),
    ),
    "protocol column": (
        check_protocol_column,
        st.lists(ports(), min_size=1, max_size=4),
        st.data(),
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_random_cell_is_read_exactly_or_refused(name: str) -> None:
    check, *strategies = CHECKS[name]
    few(given(*strategies)(check))()


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_many_random_cells_are_read_exactly_or_refused(name: str) -> None:
    check, *strategies = CHECKS[name]
    many(given(*strategies)(check))()
