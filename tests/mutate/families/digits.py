"""A digit too many, too few, or another one: in an address, a host or a port."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import (
    Facts,
    Families,
    Mutated,
    Place,
    entries_of,
    with_resource,
    with_uses,
)
from tests.mutate.oracle import NOTHING, exactly
from tracker.model import Entry, Service

_LAST_PORT: Final = 65535
_NUMBER: Final = re.compile(r"(?<![\d.])\d+(?![\d.])")


def in_an_address(page: str, dice: Random, facts: Facts) -> Mutated:
    """In one address, at one place: read as it stands, where that is an address."""
    place = dice.choice([at for at in facts.places if facts.resource(at).addresses])
    resource = facts.resource(place)
    at = dice.randrange(len(resource.addresses))
    old = resource.addresses[at]
    new = _changed(old, dice)
    values = (*resource.addresses[:at], new, *resource.addresses[at + 1 :])
    changed = with_resource(facts.generation, place, replace(resource, addresses=values))
    plain = _is_address(new)
    oracle = exactly(entries_of(changed)) if plain else NOTHING
    if new == f"{old}.":  # as at the end of a sentence
        oracle = exactly(facts.entries)
    return Mutated(facts.render(changed), f"{old} became {new}", oracle, plain=plain)


def in_a_host(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """In a host that has one: that is another host, and read as such."""
    hosts = [at for at in facts.places if _digits(facts.resource(at).named or "")]
    if not hosts:
        return None
    place = dice.choice(hosts)
    resource = facts.resource(place)
    old = resource.named or ""
    at = dice.choice(_digits(old))
    new = old[:at] + dice.choice("0123456789") + old[at + 1 :]
    label = resource.label.replace(old, new)
    changed = with_resource(facts.generation, place, replace(resource, named=new, label=label))
    return Mutated(facts.render(changed), f"{old} became {new}", exactly(entries_of(changed)))


def in_a_port(page: str, dice: Random, facts: Facts) -> Mutated:
    """In a number of a port cell: read as it stands, where that is a port or a range."""
    place = dice.choice([at for at in facts.places if _ports(facts.use(at).ports)])
    use = facts.use(place)
    match = dice.choice(_ports(use.ports))
    new = _changed(match[0], dice, dots="")
    text = use.ports[: match.start()] + new + use.ports[match.end() :]
    changed = with_uses(facts, place, replace(use, ports=text))
    said = _said(facts, place, int(match[0]), new)
    oracle = exactly(said) if said else NOTHING
    return Mutated(facts.render(changed), f"{use.ports!r} became {text!r}", oracle)


def _said(facts: Facts, place: Place, old: int, new: str) -> list[Entry] | None:
    """The entries with the new number; None if it is not a port, or ends before it starts."""
    if not new or not 0 < int(new) <= _LAST_PORT:
        return None
    number = facts.places.index(place)
    entry = facts.entries[number]
    services = tuple(_renumbered(service, old, int(new)) for service in entry.services)
    if any((s.from_port or 0) > (s.to_port or 0) for s in services):
        return None
    said = list(facts.entries)
    said[number] = msgspec.structs.replace(entry, services=services)
    return said


def _renumbered(service: Service, old: int, new: int) -> Service:
    ports = {
        name: new if getattr(service, name) == old else getattr(service, name)
        for name in ("from_port", "to_port")
    }
    return msgspec.structs.replace(service, **ports)


def _changed(value: str, dice: Random, dots: str = ".") -> str:
    """The value with a digit, or a dot, added, taken away, or replaced."""
    at = dice.randrange(len(value))
    digit = dice.choice("0123456789" + dots)
    kept = value[at + 1 :] if dice.random() < 0.67 else value[at:]
    found = (
        value[:at] + ("" if kept == value[at + 1 :] and dice.random() < 0.5 else digit) + kept
    )
    return found if found != value else value + digit


def _ports(text: str) -> list[re.Match[str]]:
    return list(_NUMBER.finditer(text))


def _digits(text: str) -> list[int]:
    return [at for at, letter in enumerate(text) if letter.isdigit()]


def _is_address(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(
        part.isdigit() and part == str(int(part)) and int(part) < 256 for part in parts
    )


FAMILIES: Families = {"digit changed": (in_an_address, in_an_address, in_a_host, in_a_port)}
