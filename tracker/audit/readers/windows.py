"""Rules of Windows Defender Firewall, as the pipeline of docs/audit.md exports them to JSON.

Also reads our own windows.ps1, which is not JSON.

Rules that block take precedence over those that allow, in any order; if no rule matches, the
profile's default action applies (Microsoft, "New-NetFirewallRule" and
"Set-NetFirewallProfile"). A machine uses one profile at a time, depending on its network:
unless one is chosen, the traffic that all of them allow is judged. A rule with a setting that
is not listed here is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracker.audit.documented import LAN_SPANS
from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    ConfigParseError,
    Judged,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    Target,
    locate,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader, hosts_unsupported
from tracker.audit.readers.shared.documents import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    looks_like,
    parse_json,
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
_WAYS: tuple[Direction, ...] = ("outbound", "inbound")
_ACTIONS = {"allow": True, "2": True, "block": False, "4": False}
_LAN = {"localsubnet", "localsubnet4", "localsubnet6", "intranet"}
_ANY = {"any", "*", "", "all"}
_OFF = {"false", "2"}  # of a rule: 1 is True, 2 is False (MSFT_NetFirewallRule)
_OFF_PROFILE = {"false", "0"}  # of a profile: 2 is NotConfigured (MSFT_NetFirewallProfile)
_PROFILES = ("Domain", "Private", "Public")
_PROFILE_BITS = {"1": "domain", "2": "private", "4": "public"}
_EVERY_PROFILE = {"any", "0", "7", "2147483647", "all", ""}
# Components of Windows: rules for them do not concern an agent.
_WINDOWS_PROGRAMS = ("system", "%systemroot%\\system32\\", "c:\\windows\\system32\\")
# The match conditions and actions of a rule, which the reader evaluates.
_EVALUATED = {
    *("Name", "DisplayName", "Enabled", "Direction", "Action", "Profile", "Protocol"),
    *("LocalPort", "RemotePort", "RemoteAddress"),
}
# Settings that do not affect whether a connection is allowed (MSFT_NetFirewallRule).
_NEUTRAL = {
    *("Group", "DisplayGroup", "Description", "ID", "InstanceID", "ElementName", "Caption"),
    *("PolicyStoreSource", "PolicyStoreSourceType", "PrimaryStatus", "Status"),
    *("EnforcementStatus", "StatusCode", "EdgeTraversalPolicy", "LooseSourceMapping"),
    *("LocalOnlyMapping", "Platform", "Platforms", "PSComputerName", "CreationClassName"),
    *("CimClass", "CimInstanceProperties", "CimSystemProperties", "RuleGroup", "IcmpType"),
    *("PolicyRuleName", "PolicyDecisionStrategy", "SystemName", "SystemCreationClassName"),
    *("PolicyKeywords", "PolicyRoles", "SequencedActions", "ConditionListType", "CommonName"),
    *("ExecutionStrategy", "Mandatory", "Priority", "RuleUsage", "Profiles"),
}


def read(content: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of all rules, by profile. Raises ConfigParseError."""
    if _SCRIPT.search(content):
        return read_own_file(content, windows.FORMAT)
    document = parse_json(content)
    config = ParsedConfig()
    if isinstance(document, list):
        document = {"Rules": document}
    try:
        body = as_object(document, "the file")
        if "Rules" not in body:
            raise UnexpectedShape("it has no Rules")
        rules = list(_read_rules(as_list(body["Rules"]), config))
        profiles = list(_read_profiles(as_list(body.get("Profiles"))))
    except UnexpectedShape as error:
        raise ConfigParseError(f"is not an export of Windows rules: {error}") from None
    _add_profiles(_choose(profiles, options.profile), rules, config)
    return config


@dataclass(frozen=True, slots=True)
class _Rule:
    """The permits of one rule, and its profiles in lower case; empty for all profiles."""

    profiles: frozenset[str]
    permits: tuple[Permit, ...]


@dataclass(frozen=True, slots=True)
class _Profile:
    """A profile, with its default actions in the order of `_WAYS`.

    `is_off` is set if it filters nothing. `defaults` are None if the file does not state them.
    """

    name: str
    defaults: tuple[bool | None, ...]
    is_off: bool = False
    shields_up: bool = False


def _read_rules(values: list[Any], config: ParsedConfig) -> Iterator[_Rule]:
    of_windows: list[str] = []
    for number, value in enumerate(values):
        at = locate(0, f"rule {number}")
        try:
            body = as_object(value, "a rule")
            name = _setting_text(body, "DisplayName") or _setting_text(body, "Name")
            at = locate(0, f"rule {name or number}")
            if _setting_text(body, "Enabled").lower() in _OFF:
                continue
            if _is_windows_component(body):
                of_windows.append(name or str(number))
                continue
            yield _read_rule(body, at)
        except UnexpectedShape as error:
            yield _Rule(frozenset(), tuple(_deny_everything(at, _WAYS, str(error))))
    if of_windows:
        some = ", ".join(of_windows[:3])
        config.notes.append(
            f"{len(of_windows)} rules for one part of Windows alone do not count: {some}"
        )


def _read_rule(body: dict[str, Any], at: Location) -> _Rule:
    """Return a rule; an unknown part is as wide as possible. Raises UnexpectedShape."""
    profiles = _profiles_of_rule(body)
    direction = _DIRECTIONS.get(_setting_text(body, "Direction").lower())
    allows = _ACTIONS.get(_setting_text(body, "Action").lower())
    if direction is None or allows is None:
        raise UnexpectedShape("its direction or action is not valid")
    try:
        permits = tuple(_read_permits(body, direction, at, is_deny=not allows))
    except UnexpectedShape as error:
        found = _deny_everything(at, (direction,), str(error))
        return _Rule(profiles, tuple(replace(each, is_deny=not allows) for each in found))
    unknown = _find_unknown(body)
    return _Rule(profiles, tuple(replace(permit, unknown=unknown) for permit in permits))


def _deny_everything(at: Location, ways: Sequence[Direction], why: str) -> Iterator[Permit]:
    """Yield denies of everything, for a rule that is not understood and may stop anything."""
    for direction in ways:
        for span in ANYWHERE:
            yield Permit(direction, span, None, ANY_PORT, at, is_deny=True, unknown=why)


def _find_unknown(body: dict[str, Any]) -> str:
    """Return the part of a rule that is not understood; empty if all of it is."""
    for key in body.keys() - _EVALUATED - _NEUTRAL:
        try:
            if not _is_any(body, key):
                return f"it is only for {key} {_setting_text(body, key)}"
        except UnexpectedShape:
            return f"{key} is not understood"
    return ""


def _is_windows_component(body: dict[str, Any]) -> bool:
    """Return whether a rule is for a packaged app or a program of Windows, or allows a service.

    A rule that blocks a service may block that of an agent.
    """
    program = _setting_text(body, "Program").lower()
    allows = _ACTIONS.get(_setting_text(body, "Action").lower(), False)
    return (
        (allows and not _is_any(body, "Service"))
        or not _is_any(body, "Package")
        or program.startswith(_WINDOWS_PROGRAMS)
    )


def _profiles_of_rule(body: dict[str, Any]) -> frozenset[str]:
    """Return the profiles of a rule in lower case; empty for all. Raises UnexpectedShape."""
    words = {word.strip().lower() for word in _setting_text(body, "Profile").split(",")}
    if words <= _EVERY_PROFILE:
        return frozenset()
    names = {name for word in words for name in _names_of_profile(word)}
    if unknown := names - {name.lower() for name in _PROFILES}:
        raise UnexpectedShape(f"its profile {', '.join(sorted(unknown))} is not known")
    return frozenset(names)


def _names_of_profile(word: str) -> list[str]:
    """Return the profiles whose bits are set in a number, or the name itself."""
    if word.isdigit() and len(word) == 1:
        return [name for bit, name in _PROFILE_BITS.items() if int(word) & int(bit)]
    return [word]


def _read_permits(
    body: dict[str, Any], direction: Direction, at: Location, *, is_deny: bool
) -> Iterator[Permit]:
    """Yield a permit for each address and port range. Raises UnexpectedShape."""
    name = _setting_text(body, "Protocol").lower()
    protocol = parse_protocol(name)
    if protocol is None and name not in _ANY:
        return  # other protocols, such as ICMP
    far, near = ("RemotePort", "LocalPort")
    if direction == "inbound":
        far, near = near, far
    if not _is_any(body, near):
        raise UnexpectedShape(f"a rule by {near} is not understood")
    for target in _parse_targets(body):
        for ports in _parse_ports(body, far):
            yield Permit(direction, target, protocol, ports, at, is_deny=is_deny)


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
    """Return the values of a setting; without any it is Any, as on the machine."""
    found = [as_text(value, key).strip() for value in as_list(body.get(key))]
    return [word for each in found for word in each.split(",")] or ["Any"]


def _setting_text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return ", ".join(as_text(each, key) for each in value)
    return "" if value is None else as_text(value, key)


def _is_any(body: dict[str, Any], key: str) -> bool:
    return all(word.lower() in _ANY for word in _setting_values(body, key))


def _read_profiles(values: list[Any]) -> Iterator[_Profile]:
    """Yield the profiles of the file; if there are none, all three. Raises UnexpectedShape."""
    if not values:
        for name in _PROFILES:
            yield _Profile(name, (None, None))
    for value in values:
        body = as_object(value, "a profile")
        actions = [_setting_text(body, f"Default{way.title()}Action").lower() for way in _WAYS]
        usual = ("allow", "block")  # the system's defaults for outbound and inbound traffic
        yield _Profile(
            _setting_text(body, "Name") or "?",
            tuple(
                _ACTIONS.get(each if action in {"notconfigured", "0", ""} else action, False)
                for each, action in zip(usual, actions, strict=True)
            ),
            _setting_text(body, "Enabled").lower() in _OFF_PROFILE,
            _setting_text(body, "AllowInboundRules").lower() in _OFF_PROFILE,
        )


def _choose(profiles: list[_Profile], name: str) -> list[_Profile]:
    """Return the profile with this name, or all of them. Raises ConfigParseError."""
    chosen = [each for each in profiles if not name or each.name.lower() == name.lower()]
    if not chosen:
        there = ", ".join(each.name for each in profiles)
        raise ConfigParseError(f'has no profile "{name}"; there are: {there}')
    return chosen


def _add_profiles(
    profiles: Sequence[_Profile], rules: Sequence[_Rule], config: ParsedConfig
) -> None:
    """Add each profile as a stage; a connection must be allowed by all of them.

    In a public network the local network is foreign, so traffic within it is judged by the
    other profiles, unless the public one was chosen.
    """
    stages = [
        [
            *(_permits_within_lan() if _is_public(profile) and len(profiles) > 1 else ()),
            *_permits_of_profile(profile, rules),
        ]
        for profile in sorted(profiles, key=_is_public)
    ]
    names = ", ".join(profile.name for profile in profiles)
    if len({tuple(_permits_of_profile(profile, rules)) for profile in profiles}) == 1:
        stages = stages[:1]
        why = "the one that was chosen" if len(profiles) == 1 else "they are alike"
    else:
        why = (
            "all of them must let it through, within the local network all but Public;"
            " judge one with --profile NAME"
        )
    config.judged.append(Judged(f"profile {names}", why))
    for number, stage in enumerate(stages):
        config.permits += [replace(permit, stage=number) for permit in stage]


def _is_public(profile: _Profile) -> bool:
    return profile.name.lower() == "public"


def _permits_within_lan() -> Iterator[Permit]:
    at = locate(0, "the local network, by the profiles other than Public")
    for direction in _WAYS:
        targets: tuple[Target, ...] = (LAN, *LAN_SPANS)
        for target in targets:
            yield Permit(direction, target, None, ANY_PORT, at)


def _permits_of_profile(profile: _Profile, rules: Sequence[_Rule]) -> Iterator[Permit]:
    """Yield a profile's permits in the order of precedence: blocks, allows, the default."""
    name = profile.name.lower()
    own = [
        permit
        for rule in rules
        if not profile.is_off and (not rule.profiles or name in rule.profiles)
        for permit in rule.permits
        if not (profile.shields_up and permit.direction == "inbound" and not permit.is_deny)
    ]
    yield from sorted(own, key=lambda permit: not permit.is_deny)
    for direction, allows in zip(_WAYS, profile.defaults, strict=True):
        at = locate(0, f"default of what is {direction}")
        why = (
            "the file does not say what is done where no rule matches" if allows is None else ""
        )
        is_deny = not (profile.is_off or allows or allows is None)
        for span in ANYWHERE:
            yield Permit(direction, span, None, ANY_PORT, at, is_deny=is_deny, unknown=why)


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
    takes=("profile",),
)
