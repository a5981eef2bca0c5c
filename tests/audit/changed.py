"""Single changes of a rule set, each with the findings that it must lead to, no more."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from tests.formats.samples import entry
from tracker.formats import RuleSet
from tracker.formats.shared.policy import unexpressible_reason
from tracker.model import LAN, Endpoint, Entry, Service, flatten

Cannot = Callable[[Endpoint], str | None]


@dataclass(frozen=True)
class Changed:
    """One change: the entries to write, and what an audit against the others must say."""

    what: str
    entries: tuple[Entry, ...]
    expected: frozenset[str]


def single(of: RuleSet) -> list[Entry]:
    """An entry for each target and service, each once."""
    found: dict[Endpoint, Entry] = {}
    for each in of.entries:
        for endpoint in flatten(each):
            if unexpressible_reason(endpoint) is None and endpoint.from_port is not None:
                found.setdefault(endpoint, of_one(endpoint))
    return list(found.values())


def of_one(endpoint: Endpoint) -> Entry:
    service = Service(endpoint.protocol, endpoint.from_port, endpoint.to_port)
    return entry(endpoint.target, services=(service,), direction=endpoint.direction)


def changes(
    entries: Sequence[Entry], cannot: Cannot, *, ports: bool, count: int, seed: int = 8
) -> Iterator[Changed]:
    """`count` random removals, additions and widenings of what this kind of file can say."""
    chance = random.Random(seed)
    can = [each for each in entries if not cannot(next(iter(flatten(each))))]
    makers = [_removal, _addition, _wider_ports if ports else _removal]
    if any(each.addresses for each in can):
        makers.append(_wider_network)
    if any(host.startswith("*.") for each in can for host in each.hosts):
        makers.append(_wider_name)
    while count:
        made = chance.choice(makers)(chance, can, entries, ports=ports)
        if made is not None:
            count -= 1
            yield made


def _removal(chance, can, entries, *, ports):
    gone = chance.choice(can)
    left = tuple(each for each in entries if each is not gone)
    if not ports and any(each.targets == gone.targets for each in left):
        return None  # the list does not get shorter
    expected = {f"missing {said(each)}" for each in with_bare(gone)}
    return Changed(f"without {said(gone)}", left, frozenset(expected))


def _addition(chance, can, entries, *, ports):
    like = chance.choice(can)
    [endpoint] = flatten(like)
    if like.addresses:
        target = f"198.18.{chance.randrange(256)}.{chance.randrange(256)}"
    elif like.hosts:
        target = f"x{chance.randrange(10**6)}.example.net"
    else:
        return None
    one = of_one(replaced(endpoint, target=target))
    return Changed(f"with {target}", (*entries, one), frozenset({f"extra {said(one, ports)}"}))


def _wider_ports(chance, can, entries, *, ports):
    like = chance.choice(can)
    [endpoint] = flatten(like)
    wider = replaced(endpoint, to_port=endpoint.to_port + chance.choice((1, 1, 2, 40, 200)))
    near = [each for each in entries if each.targets == like.targets and each is not like]
    if unexpressible_reason(wider) or near:  # what is for the LAN only would be withheld
        return None
    return _wider(like, of_one(wider), entries, ports)


def _wider_network(chance, can, entries, *, ports):
    like = chance.choice([each for each in can if each.addresses])
    [endpoint] = flatten(like)
    network = ipaddress.ip_network(endpoint.target)
    wider = network.supernet(chance.randrange(1, 9))
    inside = [each for each in entries for one in each.addresses if _in(one, wider)]
    if [each for each in inside if each.targets != like.targets] or len(inside) > 1:
        return None
    return _wider(like, of_one(replaced(endpoint, target=str(wider))), entries, ports)


def _wider_name(chance, can, entries, *, ports):
    like = chance.choice([each for each in can if any(h.startswith("*.") for h in each.hosts)])
    [endpoint] = flatten(like)
    parent = endpoint.target[2:].partition(".")[2]
    if "." not in parent:
        return None
    wider = of_one(replaced(endpoint, target=f"*.{parent}"))
    if any(parent in host for each in entries if each is not like for host in each.hosts):
        return None
    left = tuple(wider if each is like else each for each in entries)
    expected = {f"covered {said(each)}" for each in with_bare(like)}
    expected |= {f"wide {said(wider, ports)}", f"extra {said(with_bare(wider)[1], ports)}"}
    return Changed(f"{said(wider)} for {said(like)}", left, frozenset(expected))


def _wider(like, wider, entries, ports):
    left = tuple(wider if each is like else each for each in entries)
    if like.targets == (LAN,):
        return None  # the LAN is several networks in a file
    expected = {f"covered {said(each)}" for each in with_bare(like)}
    expected |= {f"wide {said(each, ports)}" for each in with_bare(wider)}
    return Changed(f"{said(wider)} for {said(like)}", left, frozenset(expected))


def with_bare(one: Entry) -> list[Entry]:
    """The entry and, for a wildcard, that of its bare name."""
    [endpoint] = flatten(one)
    if not endpoint.target.startswith("*."):
        return [one]
    return [one, of_one(replaced(endpoint, target=endpoint.target[2:]))]


def said(one: Entry, ports: bool = True) -> str:
    [endpoint] = flatten(one)
    first, last = endpoint.from_port, endpoint.to_port
    span = f"{first}" if first == last else f"{first}-{last}"
    named = f" {endpoint.protocol}/{span}" if ports else ""
    return f"{endpoint.direction} {endpoint.target}{named}"


def replaced(endpoint: Endpoint, **fields) -> Endpoint:
    return msgspec.structs.replace(endpoint, **fields)


def _in(one: str, wider) -> bool:
    network = ipaddress.ip_network(one)
    return network.version == wider.version and network.overlaps(wider)
