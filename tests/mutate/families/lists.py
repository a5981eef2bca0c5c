"""Several lists in one port cell: each keeps its own protocol, or the cell is not read."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import every, fits, said, with_ports

_FIRST: Final = (("80", "443"), ("443", "8443", "5061"), ("443",), ("5222", "5000-5010"))
_SECOND: Final = (("53", "123"), ("3478",), ("3478", "50000-50100"), ("500", "4500", "53"))
_ENDS: Final = ("<br>", "; ", ";<br>", "<br/>", "<br>\n", ",<br>", " <br> ")
# Each is a form of one list, with its protocol in front, behind or in brackets.
_FORMS: Final = (
    *(
        "{protocol} {ports}",
        "{ports} {protocol}",
        "{protocol}: {ports}",
        "{ports} ({protocol})",
    ),
    *("{protocol} ({ports})", "{protocol} ports {ports}", "{protocol}/{ports}"),
)
# The protocol beside each list leaves no doubt in these, although a comma parts them.
_CLEAR: Final = (
    "{a} (TCP), {b} (UDP)",
    "TCP ({a}), UDP ({b})",
    "TCP: {a}, UDP: {b}",
    "TCP {a} and UDP {b}",
    "TCP: {a} / UDP: {b}",
)
_PAIRS: Final = (
    ("{}/tcp", "{}/udp"),
    ("{} TCP", "{} UDP"),
    ("TCP/{}", "UDP/{}"),
    ("TCP {}", "UDP {}"),
    ("{} (TCP)", "{} (UDP)"),
)
_BOXED: Final = (
    "<ul><li>{one}</li><li>{two}</li></ul>",
    "<p>{one}</p><p>{two}</p>",
    "<div>{one}</div><div>{two}</div>",
    "<ol><li>{one}</li><li>{two}</li></ol>",
)
# Two ways to read each: which protocol goes with the number in the middle, or the bare one?
_UNCLEAR: Final = (
    *("80 TCP, 443, 53 UDP", "TCP 80, 443, 53 UDP", "TCP 80, 443 UDP"),
    *("80 TCP 443 53 UDP", "443<br>53 UDP", "443; 53 UDP", "53 UDP; 443"),
    *("TCP, UDP: 80; 53", "80, 443 TCP, 53", "53, 443 TCP, 80 UDP, 22"),
    *("TCP<br>80, 443<br>53<br>UDP", "UDP 53 80 TCP", "53 UDP 443"),
)


def lists_separated(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two lists, separated by a line break or a semicolon."""
    one, two, form = dice.choice(_FIRST), dice.choice(_SECOND), dice.choice(_FORMS)
    lists = _lists(dice, one, two, form)
    end = every(list(_ENDS), dice, facts)
    return _cell(page, dice, facts, f"{lists[0]}{end}{lists[1]}", _means(one, two))


def lists_boxed(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two lists, each in a box, a paragraph or an item of its own."""
    one, two, form = dice.choice(_FIRST), dice.choice(_SECOND), dice.choice(_FORMS)
    lists = _lists(dice, one, two, form)
    source = dice.choice(_BOXED).format(one=lists[0], two=lists[1])
    if facts.markup in {"cards", "apart", "stacks", "aria"}:
        return None  # a paragraph or span there that no box may stand in
    return _cell(page, dice, facts, source, _means(one, two))


def lists_by_comma(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Two lists in one line, whose protocols tell them apart."""
    one, two, form = dice.choice(_FIRST), dice.choice(_SECOND), dice.choice(_CLEAR)
    source = form.format(a=", ".join(one), b=", ".join(two))
    return _cell(page, dice, facts, source, _means(one, two))


def one_by_one(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A protocol beside each port."""
    one, two, (tcp, udp) = dice.choice(_FIRST), dice.choice(_SECOND), dice.choice(_PAIRS)
    glue = every([", ", "; ", "<br>", " and "], dice, facts) or ", "
    items = [*(tcp.format(port) for port in one), *(udp.format(port) for port in two)]
    return _cell(page, dice, facts, glue.join(items), _means(one, two))


def unclear(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Lists that can be read in two ways."""
    place, source = dice.choice(facts.places), every(list(_UNCLEAR), dice, facts)
    if source is None:
        return None
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", NOTHING)


def _lists(dice: Random, one: tuple[str, ...], two: tuple[str, ...], form: str) -> list[str]:
    glue = dice.choice((", ", ",", " and ", ", ")) if "/" not in form else ","
    written = [("TCP", one), ("UDP", two)]
    return [form.format(protocol=name, ports=glue.join(ports)) for name, ports in written]


def _means(one: tuple[str, ...], two: tuple[str, ...]) -> list[str]:
    return [*_services("tcp", one), *_services("udp", two)]


def _services(protocol: str, ports: tuple[str, ...]) -> Iterator[str]:
    return (f"{protocol}/{p if '-' in p else f'{p}-{p}'}" for p in ports)


def _cell(
    page: str, dice: Random, facts: Facts, source: str, means: list[str]
) -> Mutated | None:
    if not fits(facts, source):
        return None
    place = dice.choice(facts.places)
    oracle = exactly(said(facts, place, *means), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


FAMILIES: Families = {
    "several lists": (lists_separated, lists_boxed, lists_by_comma, one_by_one, unclear)
}
