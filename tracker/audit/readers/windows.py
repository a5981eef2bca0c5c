"""Rules of Windows Defender Firewall, as the pipeline of docs/audit.md exports them to JSON.

Also our own windows.ps1, which is not JSON.

A rule that blocks counts before any that allows, whatever their order; where no rule matches,
the profile's default action applies (Microsoft, "New-NetFirewallRule" and
"Set-NetFirewallProfile").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    ConfigParseError,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    Skipped,
    Target,
    locate,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader, hosts_unsupported
from tracker.audit.readers.shared.json_data import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    decode,
    looks_like,
)
from tracker.audit.readers.shared.own_files import read_own_file
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
# Parts of Windows: what they may do says nothing about an agent.
_OF_WINDOWS = ("system", "%systemroot%\\system32\\", "c:\\windows\\system32\\")
_CONDITION_KEYS = ("Program", "Package", "Service", "LocalUser", "RemoteUser", "RemoteMachine")


def read(content: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of all rules, those that block first. Raises ConfigParseError."""
    if _SCRIPT.search(content):
        return read_own_file(content, windows.FORMAT)
    document = decode(content)
    config = ParsedConfig()
    windows_rules: list[str] = []
    if isinstance(document, list):
        document = {"Rules": document}
    try:
        body = as_object(document, "the file")
        if "Rules" not in body:
            raise UnexpectedShape("it has no Rules")
        for number, rule in enumerate(as_list(body["Rules"])):
            _add_rule(rule, number, config, windows_rules)
        _add_profile_defaults(as_list(body.get("Profiles")), config)
    except UnexpectedShape as error:
        raise ConfigParseError(f"is not an export of Windows rules: {error}") from None
    config.permits.sort(key=lambda permit: not permit.is_deny)
    if windows_rules:
        some = ", ".join(windows_rules[:3])
        config.notes.append(
            f"{len(windows_rules)} rules for one part of Windows alone do not count: {some}"
        )
    return config


def _add_rule(rule: Any, number: int, config: ParsedConfig, windows_rules: list[str]) -> None:
    """Add one rule's permits, or record that it is not understood."""
    at = locate(0, f"rule {number}")
    try:
        body = as_object(rule, "a rule")
        name = _setting_text(body, "DisplayName") or _setting_text(body, "Name") or str(number)
        at = locate(0, f"rule {name}")
        if _setting_text(body, "Enabled").lower() in {"false", "2"}:
            return
        narrowed = [
            f"{key} {_setting_text(body, key)}"
            for key in _CONDITION_KEYS
            if not _is_any(body, key)
        ]
        if _is_of_windows(body):
            windows_rules.append(name)
            return
        permits = list(_parse_permits(body))
        if narrowed:
            config.notes.append(f"{at.text}: counts for some only ({', '.join(narrowed)})")
        if narrowed and any(each.is_deny for each in permits):
            return
        config.permits += [
            Permit(each.direction, each.target, each.protocol, each.ports, at, each.is_deny)
            for each in permits
        ]
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))


def _is_of_windows(body: dict[str, Any]) -> bool:
    """Return whether a rule is for a service, a packaged app or a program of Windows."""
    program = _setting_text(body, "Program").lower()
    return (
        not _is_any(body, "Service")
        or not _is_any(body, "Package")
        or program.startswith(_OF_WINDOWS)
    )


def _parse_permits(body: dict[str, Any]) -> Iterator[Permit]:
    """Yield every address with every port range. Raises UnexpectedShape."""
    direction = _DIRECTIONS.get(_setting_text(body, "Direction").lower())
    allows = _ACTIONS.get(_setting_text(body, "Action").lower())
    if direction is None or allows is None:
        raise UnexpectedShape("its direction or action is not valid")
    name = _setting_text(body, "Protocol").lower()
    protocol = parse_protocol(name)
    if protocol is None and name not in _ANY:
        return  # ICMP and others: neither tcp nor udp
    far, near = ("RemotePort", "LocalPort")
    if direction == "inbound":
        far, near = near, far
    if not _is_any(body, near):
        raise UnexpectedShape(f"a rule by {near} is not understood")
    for target in _parse_targets(body):
        for ports in _parse_ports(body, far):
            yield Permit(direction, target, protocol, ports, locate(0, ""), is_deny=not allows)


def _parse_targets(body: dict[str, Any]) -> Iterator[Target]:
    for value in _setting_values(body, "RemoteAddress"):
        if value.lower() in _ANY:
            yield from ANYWHERE
        elif value.lower() in _LAN:
            yield LAN
        elif span := parse_range(value):
            yield span
        else:
            raise UnexpectedShape(f'the address "{value}" is not understood')


def _parse_ports(body: dict[str, Any], key: str) -> Iterator[Ports]:
    for value in _setting_values(body, key):
        ports = ANY_PORT if value.lower() in _ANY else parse_ports(value)
        if ports is None:
            raise UnexpectedShape(f'the port "{value}" is not understood')
        yield ports


def _setting_values(body: dict[str, Any], key: str) -> list[str]:
    """Return the values of one setting; without any it is Any, as on the machine."""
    found = [as_text(value, key).strip() for value in as_list(body.get(key))]
    return [word for each in found for word in each.split(",")] or ["Any"]


def _setting_text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else as_text(value, key)


def _is_any(body: dict[str, Any], key: str) -> bool:
    return all(word.lower() in _ANY for word in _setting_values(body, key))


def _add_profile_defaults(profiles: list[Any], config: ParsedConfig) -> None:
    """Add what the profiles do where no rule matches: inbound block, outbound allow."""
    ways: tuple[tuple[Direction, str, str], ...] = (
        ("outbound", "DefaultOutboundAction", "allow"),
        ("inbound", "DefaultInboundAction", "block"),
    )
    for profile in profiles:
        body = as_object(profile, "a profile")
        off = _setting_text(body, "Enabled").lower() in {"false", "0", "2"}
        for direction, key, usual in ways:
            action = _setting_text(body, key).lower()
            known = _ACTIONS.get(usual if action in {"notconfigured", "0", ""} else action)
            if off or known:
                at = locate(0, f"profile {_setting_text(body, 'Name')}: {key}")
                for span in ANYWHERE:
                    config.permits.append(Permit(direction, span, None, ANY_PORT, at))


READER = Reader(
    name="windows",
    about="rules of Windows Defender Firewall as JSON",
    export="the PowerShell pipeline of docs/audit.md",
    sniff=lambda start: (
        looks_like(start, "RemoteAddress", "Direction") or bool(_SCRIPT.search(start))
    ),
    read=read,
    unsupported=hosts_unsupported,
    fix="windows",
)
