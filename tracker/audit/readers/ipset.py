"""Sets as `ipset save` prints them (ipset(8)): of addresses, addresses with a port, and ports.

A set allows nothing by itself; audited on its own, it counts as a list of allowed outbound
targets. With a file of iptables, only the rules that refer to the set count.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracker.audit.parsed_config import (
    Location,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    SetMember,
    Skipped,
    Target,
    locate,
    numbered_lines,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader, hosts_unsupported
from tracker.audit.readers.shared import repairs
from tracker.formats import NO_LAN
from tracker.formats.shared.policy import INBOUND
from tracker.formats.shared.port_ranges import merge_ranges
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


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return the sets of a file, and their members as permits."""
    config = ParsedConfig(is_fragment=True)
    types: dict[str, str] = {}
    for number, line in numbered_lines(text):
        words, at = _split_words(line), locate(number, line)
        if words[:1] == ["create"] and len(words) > 2:  # noqa: PLR2004  create NAME TYPE
            _add_set(words, at, types, config)
        elif words[:1] == ["add"] and len(words) > 2:  # noqa: PLR2004  add NAME ELEMENT
            _add_member(words, at, types, config)
        elif words[:1] == ["swap"] and len({*words[1:]} & config.sets.keys()) == 2:  # noqa: PLR2004
            first, second = words[1], words[2]
            config.sets[first], config.sets[second] = config.sets[second], config.sets[first]
        elif words[:1] == ["destroy"] and words[-1] in config.sets:
            del config.sets[words[-1]]
        elif words and words[0] not in {"flush", "COMMIT", "-exist"}:
            config.skipped.append(Skipped(at, "is not create or add"))
    config.sets = {
        name: tuple(_join_port_ranges(members)) for name, members in config.sets.items()
    }
    for name, members in config.sets.items():
        config.permits += [
            _to_permit(each) for each in members if types[name] != "p" and not each.is_deny
        ]
    return config


def _join_port_ranges(members: Iterable[SetMember]) -> Iterator[SetMember]:
    """Yield members with port ranges: ipset stores one element for each port of a range."""
    ports: dict[tuple[Target | None, Protocol | None], dict[Ports, SetMember]] = {}
    for member in members:
        if member.ports is None:
            yield member
        else:
            ports.setdefault((member.target, member.protocol), {})[member.ports] = member
    for known in ports.values():
        for span in merge_ranges(known):
            first = min(each for each in known if span[0] <= each[0] <= span[1])
            yield replace(known[first], ports=span)


def _split_words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return ["unbalanced"]


def _add_set(
    words: list[str], at: Location, types: dict[str, str], config: ParsedConfig
) -> None:
    kind = _TYPES.get(words[2])
    if kind is None:
        config.skipped.append(Skipped(at, f"a set of type {words[2]} is not understood"))
    else:
        types.setdefault(words[1], kind)
        config.sets.setdefault(words[1], ())


def _add_member(
    words: list[str], at: Location, types: dict[str, str], config: ParsedConfig
) -> None:
    name, element, options = words[1], words[2], words[3:]
    if name not in types:
        config.skipped.append(
            Skipped(at, "no set of this name and a known type is created before")
        )
        return
    if types[name] == "l":
        config.sets[name] += config.sets.get(element, ())
        return
    members = _parse_members(types[name], element, at)
    if not members or "nomatch" in options or _is_timed(options):
        why = "is not an element of its set's type"
        if members:
            why = "takes away from its set, or is there for a time only"
        config.skipped.append(Skipped(at, f"{why}: not worked out"))
        config.sets[name] += (SetMember(None, None, None, at, is_deny=True),)
    else:
        config.sets[name] += tuple(members)


def _is_timed(options: list[str]) -> bool:
    """Return whether an element expires: `timeout 300`; `timeout 0` is permanent."""
    return "timeout" in options and options[options.index("timeout") + 1 :][:1] != ["0"]


def _parse_members(kind: str, element: str, at: Location) -> list[SetMember]:
    """Parse `192.0.2.1`, `192.0.2.0/24,tcp:443` or `443`; empty if it is not of its type."""
    address, _, service = element.partition(",")
    if kind == "p":
        ports = parse_ports(element)
        return [SetMember(None, None, ports, at)] if ports else []
    span = parse_range(address)
    if span is None or bool(service) is not (kind == "ap"):
        return []
    if kind == "a":
        return [SetMember(span, None, None, at)]
    protocol, ports = _parse_service(service)
    return [SetMember(span, protocol, ports, at)] if protocol and ports else []


def _parse_service(text: str) -> tuple[Protocol | None, Ports | None]:
    """Parse `tcp:443` or `udp:100-200`; the default protocol is TCP, as in ipset."""
    protocol, colon, ports = text.rpartition(":")
    return parse_protocol(protocol) if colon else "tcp", parse_ports(ports)


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    if endpoint.target == LAN:
        return NO_LAN
    return hosts_unsupported(endpoint) or (INBOUND if endpoint.direction == "inbound" else None)


def _to_permit(member: SetMember) -> Permit:
    assert member.target is not None  # noqa: S101  sets of ports are excluded by the caller
    return Permit("outbound", member.target, member.protocol, member.ports, member.location)


READER = Reader(
    name="ipset",
    about="sets of ipset; give it beside the iptables file that names them",
    export="ipset save > ipset.save",
    sniff=lambda start: any(line.startswith("create ") for line in start.splitlines()[:50]),
    read=read,
    unsupported=_explain_unsupported,
    sets_for="iptables",
    fix=repairs.repair_ipset,
)
