"""Sets as `ipset save` prints them (ipset(8)): of addresses, addresses with a port, and ports.

By itself a set lets nothing through; audited alone, it is taken for a list of what may go
out. Beside a file of iptables it is only what that names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracker.audit.parsed_config import (
    Dump,
    Member,
    Opening,
    Place,
    Ports,
    Sets,
    Target,
    Unread,
    numbered,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.audit.readers import Reader, _repairs
from tracker.audit.readers._by_address import cannot as no_host
from tracker.formats import NO_LAN
from tracker.formats._boxes import joined
from tracker.formats._policy import INBOUND
from tracker.model import LAN, Endpoint, Protocol

_TYPES = {
    "hash:ip": "a",
    "hash:net": "a",
    "bitmap:ip": "a",
    "hash:ip,port": "ap",
    "hash:net,port": "ap",
    "bitmap:port": "p",
    "list:set": "l",
}


def read(text: str, _: Sets) -> Dump:
    """The sets of a file, and their members as openings."""
    dump = Dump()
    types: dict[str, str] = {}
    for number, line in numbered(text):
        words, at = _words(line), place(number, line)
        if words[:1] == ["create"] and len(words) > 2:  # noqa: PLR2004  create NAME TYPE
            _create(words, at, types, dump)
        elif words[:1] == ["add"] and len(words) > 2:  # noqa: PLR2004  add NAME ELEMENT
            _add(words, at, types, dump)
        elif words[:1] == ["swap"] and len({*words[1:]} & dump.sets.keys()) == 2:  # noqa: PLR2004
            first, second = words[1], words[2]
            dump.sets[first], dump.sets[second] = dump.sets[second], dump.sets[first]
        elif words[:1] == ["destroy"] and words[-1] in dump.sets:
            del dump.sets[words[-1]]
        elif words and words[0] not in {"flush", "COMMIT", "-exist"}:
            dump.unread.append(Unread(at, "is no create or add"))
    dump.sets = {name: tuple(_whole(members)) for name, members in dump.sets.items()}
    for name, members in dump.sets.items():
        dump.openings += [_opening(each) for each in members if types[name] != "p"]
    return dump


def _whole(members: Iterable[Member]) -> Iterator[Member]:
    """Members with their port ranges: ipset keeps one element for each port of a range."""
    ports: dict[tuple[Target | None, Protocol | None], dict[Ports, Member]] = {}
    for member in members:
        if member.ports is None:
            yield member
        else:
            ports.setdefault((member.target, member.protocol), {})[member.ports] = member
    for known in ports.values():
        for span in joined(known):
            first = min(each for each in known if span[0] <= each[0] <= span[1])
            yield replace(known[first], ports=span)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return ["unbalanced"]


def _create(words: list[str], at: Place, types: dict[str, str], dump: Dump) -> None:
    kind = _TYPES.get(words[2])
    if kind is None:
        dump.unread.append(Unread(at, f"a set of type {words[2]} is not understood"))
    else:
        types.setdefault(words[1], kind)
        dump.sets.setdefault(words[1], ())


def _add(words: list[str], at: Place, types: dict[str, str], dump: Dump) -> None:
    name, element, options = words[1], words[2], words[3:]
    if name not in types:
        dump.unread.append(Unread(at, "no set of this name and a known type is created before"))
        return
    if types[name] == "l":
        dump.sets[name] += dump.sets.get(element, ())
        return
    members = _members(types[name], element, at)
    if not members or "nomatch" in options:
        why = "takes away from its set" if members else "is no element of its set's type"
        dump.unread.append(Unread(at, f"{why}: not worked out"))
    else:
        dump.sets[name] += tuple(members)


def _members(kind: str, element: str, at: Place) -> list[Member]:
    """`192.0.2.1`, `192.0.2.0/24,tcp:443` or `443`; nothing where it is none of its type."""
    address, _, service = element.partition(",")
    if kind == "p":
        ports = ports_of(element)
        return [Member(None, None, ports, at)] if ports else []
    span = span_of(address)
    if span is None or bool(service) is not (kind == "ap"):
        return []
    if kind == "a":
        return [Member(span, None, None, at)]
    protocol, ports = _service(service)
    return [Member(span, protocol, ports, at)] if protocol and ports else []


def _service(text: str) -> tuple[Protocol | None, Ports | None]:
    """`tcp:443`, `udp:100-200`; without a protocol it is tcp, as for ipset."""
    protocol, colon, ports = text.rpartition(":")
    return protocol_of(protocol) if colon else "tcp", ports_of(ports)


def _cannot(endpoint: Endpoint) -> str | None:
    if endpoint.target == LAN:
        return NO_LAN
    return no_host(endpoint) or (INBOUND if endpoint.direction == "inbound" else None)


def _opening(member: Member) -> Opening:
    assert member.target is not None  # noqa: S101  sets of ports alone are left out before
    return Opening("outbound", member.target, member.protocol, member.ports, member.place)


READER = Reader(
    name="ipset",
    about="sets of ipset; give it beside the iptables file that names them",
    export="ipset save > ipset.save",
    sniff=lambda start: any(line.startswith("create ") for line in start.splitlines()[:50]),
    read=read,
    cannot=_cannot,
    sets_for="iptables",
    fix=_repairs.ipset,
)
