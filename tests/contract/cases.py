"""Hostile rule sets by number, made fast enough to ask every format thousands of times.

The same seed is the same case anywhere. What is asked of a case is in `properties.py`;
hypothesis asks the same of fewer cases, which it can make smaller.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

import msgspec

from tests.formats.samples import ADDRESSES, HOSTILE, HOSTS, PORTS, PROTOCOLS, rule_set
from tracker.formats import RuleSet
from tracker.formats.shared.lan import USUAL_LAN, Lan
from tracker.model import Direction, Entry, Requirement, Service, endpoints_of

T = TypeVar("T")
_Maker = Callable[[Random], T]
# What ends a string, a line, a comment or a file somewhere, between words and other scripts.
_LETTERS: Final = (
    "ab Z9-_.,:;#!'\"`\\/$%&*?<>(){}[]|~^=+@"
    "\t\r\n\0\x1b\x7f\x85\u00e4\u00df\u6f22\U0001f600\u2028\u202e\ufeff"
)
_REGIONS: Final = (None, "Europe", "North America", "North America 2", "Asia–Pacific")
_NAMES: Final = ("europe", "north-america-2", "branch_office", "0", "a" * 63)
_DIRECTIONS: Final[tuple[Direction, ...]] = ("outbound", "outbound", "inbound")
_REQUIREMENTS: Final[tuple[Requirement | None, ...]] = (
    *("required", "recommended", "optional", None),
)
_TOPS: Final = ("com", "example", "xn--p1ai", "co.uk")
_SPARE: Final = (0, 0, 0, 1, 2, 4, 8, 16, 64)
_LANS: Final = (
    *(USUAL_LAN, USUAL_LAN, Lan(("10.1.0.0/16",), ()), Lan((), ("2001:db8:77::/48",))),
    Lan(("10.1.0.0/16", "10.3.0.0/24", "192.168.7.7"), ("2001:db8:77::/48", "fd00:1::/64")),
)
_LEAVES: Final = ("2026-03-09T12:00:00Z", "2026-03-11T12:00:00Z")


@dataclass(frozen=True)
class Case:
    """One rule set in two versions: some entries stay, some go, some come."""

    seed: int
    before: RuleSet
    after: RuleSet


def case(seed: int) -> Case:
    """The case with this number."""
    dice = Random(seed)
    name, version = dice.choice(_NAMES), dice.randint(1, 999)
    stay, go, come = ([_entry(dice) for _ in range(dice.choice((0, 1, 1, 2)))] for _ in "123")
    before = _odd(dice, rule_set(*stay, *go, name=name, version=version))
    after = _odd(dice, rule_set(*come, *stay, name=name, version=version + 1))
    lan = dice.choice(_LANS)
    return Case(seed, *(msgspec.structs.replace(each, lan=lan) for each in (before, after)))


def _odd(dice: Random, of: RuleSet) -> RuleSet:
    """Some endpoints leave, and some have an assumed port; mostly none do."""
    found = endpoints_of(of.entries)
    leave, assumed = (dice.choice((0, 0, 0.2, 0.7)) for _ in "12")
    return msgspec.structs.replace(
        of,
        until={each: dice.choice(_LEAVES) for each in found if dice.random() < leave},
        assumed=frozenset(each for each in found if dice.random() < assumed),
    )


def _entry(dice: Random) -> Entry:
    lan = dice.random() < 0.2
    return Entry(
        region=dice.choice((*_REGIONS, _words(dice))),
        resource=_words(dice),
        hosts=() if lan else _some(dice, _host, 2),
        addresses=() if lan else _some(dice, _address, 3),
        scope="lan" if lan else "internet",
        direction=dice.choice(_DIRECTIONS),
        services=_some(dice, _service, 2) or (_service(dice),),
        requirement=dice.choice(_REQUIREMENTS),
        only_for=dice.choice((None, _words(dice))),
        components=_some(dice, _words, 2),
        purpose=_words(dice),
    )


def _some(dice: Random, make: _Maker[T], most: int) -> tuple[T, ...]:
    return tuple(make(dice) for _ in range(dice.randint(0, most)))


def _words(dice: Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(HOSTILE)
    return "".join(dice.choices(_LETTERS, k=dice.randint(0, 12)))


def _host(dice: Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(HOSTS)
    star = ["*"] if dice.random() < 0.3 else []
    labels = [_label(dice) for _ in range(dice.randint(1, 3))]
    return ".".join([*star, *labels, dice.choice(_TOPS)])


def _label(dice: Random) -> str:
    inner = "".join(dice.choices("abz059-", k=dice.choice((1, 3, 8, 40))))
    return f"{dice.choice('az9')}{inner}{dice.choice('az0')}"


def _address(dice: Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(ADDRESSES)
    bits = dice.choice((32, 128))
    least = 2**bits // 256
    address = ipaddress.ip_address(dice.randrange(least, 2**bits))
    network = ipaddress.ip_network((address, bits - dice.choice(_SPARE) % 25), strict=False)
    return str(network if network.num_addresses > 1 else address)


def _service(dice: Random) -> Service:
    name = dice.choice((None, _words(dice)))
    return Service(dice.choice(PROTOCOLS), *_ports(dice), name, dice.random() < 0.5)


def _ports(dice: Random) -> tuple[int | None, int | None]:
    if dice.random() < 0.6:
        found: tuple[int | None, int | None] = dice.choice(PORTS)
        return found
    first = dice.randint(1, 65535)
    return first, min(first + dice.choice((0, 0, 1, 9, 300)), 65535)
