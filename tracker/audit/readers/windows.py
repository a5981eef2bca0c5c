"""Rules of Windows Defender Firewall, as the pipeline of docs/audit.md exports them to JSON.

Also our own windows.ps1, which is no JSON.

A rule that blocks counts before any that allows, whatever their order; what no rule says, the
profile's default action does (Microsoft, "New-NetFirewallRule", "Set-NetFirewallProfile").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    Dump,
    DumpError,
    Opening,
    Ports,
    Sets,
    Target,
    Unread,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.audit.readers import Reader
from tracker.audit.readers._by_address import cannot
from tracker.audit.readers._json import Odd, decoded, items, starts_like, table, text
from tracker.audit.readers._own import own
from tracker.formats import windows
from tracker.model import LAN, Direction

_SCRIPT = re.compile(r"^\$rules = @\($", re.MULTILINE)
_DIRECTIONS: dict[str, Direction] = {
    "inbound": "inbound",
    "1": "inbound",
    "outbound": "outbound",
    "2": "outbound",
}
_ACTIONS = {"allow": True, "2": True, "block": False, "4": False}
_LAN = {"localsubnet", "localsubnet4", "localsubnet6", "intranet"}
_ANY = {"any", "*", ""}
# Parts of Windows: what they may do says nothing of an agent.
_OF_WINDOWS = ("system", "%systemroot%\\system32\\", "c:\\windows\\system32\\")
_ENDS = ("Program", "Package", "Service", "LocalUser", "RemoteUser", "RemoteMachine")


def read(content: str, _: Sets) -> Dump:
    """The openings of all rules, those that block first. Raises DumpError."""
    if _SCRIPT.search(content):
        return own(content, windows.FORMAT)
    document = decoded(content)
    dump = Dump()
    skipped: list[str] = []
    if isinstance(document, list):
        document = {"Rules": document}
    try:
        body = table(document, "the file")
        if "Rules" not in body:
            raise Odd("it has no Rules")
        for number, rule in enumerate(items(body["Rules"])):
            _rule(rule, number, dump, skipped)
        _defaults(items(body.get("Profiles")), dump)
    except Odd as odd:
        raise DumpError(f"is no export of Windows rules: {odd}") from None
    dump.openings.sort(key=lambda opening: not opening.stops)
    if skipped:
        some = ", ".join(skipped[:3])
        dump.notes.append(
            f"{len(skipped)} rules for one part of Windows alone do not count: {some}"
        )
    return dump


def _rule(rule: Any, number: int, dump: Dump, skipped: list[str]) -> None:
    """One rule's openings, or its place among what is not understood."""
    at = place(0, f"rule {number}")
    try:
        body = table(rule, "a rule")
        name = _one(body, "DisplayName") or _one(body, "Name") or str(number)
        at = place(0, f"rule {name}")
        if _one(body, "Enabled").lower() in {"false", "2"}:
            return
        narrowed = [f"{key} {_one(body, key)}" for key in _ENDS if not _is_any(body, key)]
        if _is_of_windows(body):
            skipped.append(name)
            return
        openings = list(_openings(body))
        if narrowed:
            dump.notes.append(f"{at.text}: counts for some only ({', '.join(narrowed)})")
        if narrowed and any(each.stops for each in openings):
            return
        dump.openings += [
            Opening(each.direction, each.target, each.protocol, each.ports, at, each.stops)
            for each in openings
        ]
    except Odd as odd:
        dump.unread.append(Unread(at, str(odd)))


def _is_of_windows(body: dict[str, Any]) -> bool:
    """Whether a rule is for a service, a packaged app or a program of Windows itself."""
    program = _one(body, "Program").lower()
    return (
        not _is_any(body, "Service")
        or not _is_any(body, "Package")
        or program.startswith(_OF_WINDOWS)
    )


def _openings(body: dict[str, Any]) -> Iterator[Opening]:
    """Every address with every port range. Raises Odd."""
    direction = _DIRECTIONS.get(_one(body, "Direction").lower())
    allows = _ACTIONS.get(_one(body, "Action").lower())
    if direction is None or allows is None:
        raise Odd("its direction or action is none")
    name = _one(body, "Protocol").lower()
    protocol = protocol_of(name)
    if protocol is None and name not in _ANY:
        return  # ICMP and others: neither tcp nor udp
    far, near = ("RemotePort", "LocalPort")
    if direction == "inbound":
        far, near = near, far
    if not _is_any(body, near):
        raise Odd(f"a rule by {near} is not understood")
    for target in _targets(body):
        for ports in _ports(body, far):
            yield Opening(direction, target, protocol, ports, place(0, ""), stops=not allows)


def _targets(body: dict[str, Any]) -> Iterator[Target]:
    for value in _words(body, "RemoteAddress"):
        if value.lower() in _ANY:
            yield from ANYWHERE
        elif value.lower() in _LAN:
            yield LAN
        elif span := span_of(value):
            yield span
        else:
            raise Odd(f'the address "{value}" is not understood')


def _ports(body: dict[str, Any], key: str) -> Iterator[Ports]:
    for value in _words(body, key):
        ports = ANY_PORT if value.lower() in _ANY else ports_of(value)
        if ports is None:
            raise Odd(f'the port "{value}" is not understood')
        yield ports


def _words(body: dict[str, Any], key: str) -> list[str]:
    """The values of one setting; without any it is Any, as on the machine."""
    found = [text(value, key).strip() for value in items(body.get(key))]
    return [word for each in found for word in each.split(",")] or ["Any"]


def _one(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else text(value, key)


def _is_any(body: dict[str, Any], key: str) -> bool:
    return all(word.lower() in _ANY for word in _words(body, key))


def _defaults(profiles: list[Any], dump: Dump) -> None:
    """What the profiles do with what no rule names. Inbound they block, outbound they allow."""
    ways: tuple[tuple[Direction, str, str], ...] = (
        ("outbound", "DefaultOutboundAction", "allow"),
        ("inbound", "DefaultInboundAction", "block"),
    )
    for profile in profiles:
        body = table(profile, "a profile")
        off = _one(body, "Enabled").lower() in {"false", "0", "2"}
        for direction, key, usual in ways:
            action = _one(body, key).lower()
            known = _ACTIONS.get(usual if action in {"notconfigured", "0", ""} else action)
            if off or known:
                at = place(0, f"profile {_one(body, 'Name')}: {key}")
                for span in ANYWHERE:
                    dump.openings.append(Opening(direction, span, None, ANY_PORT, at))


READER = Reader(
    name="windows",
    about="rules of Windows Defender Firewall as JSON",
    export="the PowerShell pipeline of docs/audit.md",
    sniff=lambda start: (
        starts_like(start, "RemoteAddress", "Direction") or bool(_SCRIPT.search(start))
    ),
    read=read,
    cannot=cannot,
    fix="windows",
)
