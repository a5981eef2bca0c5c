"""A RouterOS 7 script: address lists and chains of rules to jump to, for `/import`.

It removes its own lists, chains and DNS entries and creates them again, so it can be imported
at any time; it changes nothing else and has no drop rules. Traffic within the local network has
separate chains, and the jumps that the head of the file asks for do not lead to them. A
wildcard is a DNS entry that adds the addresses that clients ask this router for to a list
(MikroTik, "Address-lists" and "DNS").

A rule has at most 15 ports, as in the kernel's multiport match; MikroTik documents no maximum
length or number of names, comments, lists or files.
"""

from __future__ import annotations

import re
from typing import get_args

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.mikrotik.script import (
    MENUS,
    SHORT,
    RouterOsPlan,
    RouterOsRule,
    build_plan,
    explain_unsupported,
    list_exclusive_groups,
    write_changes,
    write_plan,
)
from tracker.formats.shared.addresses import canonical_target, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.objects import is_lan_group, lan_lines
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges
from tracker.formats.shared.service_groups import endpoint_lines
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import LAN, Protocol
from tracker.text import to_comment

FILE = "mikrotik.rsc"
_NAME = r'"([a-z0-9-]+)_([A-Za-z0-9._-]+)"'
_FIRST = re.compile(r'remove \[find where list~"\^([a-z0-9-]+)_" and dynamic=no\]')
_MEMBER = re.compile(rf'add list={_NAME} address=(\S+) comment="([A-Za-z0-9 ._:/()*-]*)"')

_ASKED = re.compile(
    rf' +/ip dns static add type=FWD name=(\S+) .* address-list={_NAME} comment="\*\.\S+"'
)

_RULE = re.compile(
    r'add chain="[a-z0-9-]+(-|_lan-)(in|out)" action=accept protocol=(tcp|udp)'
    rf' dst-port=([0-9,-]+) (?:src|dst)-address-list={_NAME} comment="fwtracker"'
)

_MENU = re.compile(r"(/ip|/ipv6) (?:firewall (?:address-list|filter)|dns static)")

_HOW_TO = """\

This file allows what the page names and blocks nothing. It takes effect where your own chains
jump to its chains, above the rule that drops the rest. Add the jumps once, in /ip firewall
filter and in /ipv6 firewall filter:
  add chain=forward action=jump jump-target={out}
  add chain=forward action=jump jump-target={in_}
Chain forward is for the machines behind this router. For the router itself, add the same two
jumps to chain=output and chain=input.
Then, now and whenever this file changes: /import file-name=mikrotik.rsc"""

_LAN = """\

Traffic between machines of your own networks (agents, remote installation by RPC and SMB) is in
{lan_out} and {lan_in}. The jumps above do not lead there, and between
networks that you keep apart none should. Only if a server in one network installs in another,
add a jump to them below your own denies, with src-address and dst-address."""

_WILDCARDS = """\

A wildcard is open to clients that use this router as their resolver (/ip dns
allow-remote-requests). The router resolves such names by the first of its own servers (/ip dns
servers): import this file again if you change those. What a client resolved earlier is open
once that answer has expired.
A router answers a name by one DNS entry: for several regions on one router, import
rules/all/mikrotik.rsc instead of the files of the regions."""


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint has a port."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    plan = build_plan(rule_set)
    comments = comment_lines("#", file_notes(rule_set, _how_to(plan), left_out))
    return Rendered(join_lines([*comments, *write_plan(plan)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the rules let through: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`.

    Raises RuleError if a line has another shape or is missing, if a host is open in only one
    family, and for what `lan_lines` refuses.
    """
    lines = [line for line in split_lines(text) if not line.startswith("#")]
    stem = _FIRST.fullmatch(lines[1]) if len(lines) > 1 else None
    if not stem:
        raise RuleError(f"{FILE} cannot be read back: it does not start with its own list")
    plan = _parse_plan(stem[1], lines)
    if lines != [*write_plan(plan)]:
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    found = {family: _family_lines(plan, family) for family in MENUS}
    if _host_lines(found[4]) != _host_lines(found[6]):
        raise RuleError(f"{FILE}: a host is open in one family alone")
    lan = [each for each in map(_services_of_lan, found.values()) if each]
    if any(each != lan[0] for each in lan):
        raise RuleError(f"{FILE}: the LAN has other services in one family")
    return found[4] | found[6]


@cached_for_format
def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open."""
    return frozenset(line for group in list_exclusive_groups(rule_set) for line in group.lines)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands for list members and DNS entries, and for chains whose rules differ."""
    if expected_lines(before) == expected_lines(after):
        return None
    comments = comment_lines("#", delta_head_lines(before, after))
    changes = write_changes(build_plan(before), build_plan(after))
    return join_lines([*comments, *changes])


def _parse_plan(stem: str, lines: list[str]) -> RouterOsPlan:
    plan, family = RouterOsPlan(stem), 4
    ways = {short: way for way, short in SHORT.items()}
    protocols = {each: each for each in get_args(Protocol)}
    for line in lines:
        if found := _MENU.fullmatch(line):
            family = 4 if found[1] == "/ip" else 6
        elif found := _MEMBER.fullmatch(line):
            members = plan.lists[family].setdefault(f"{found[1]}_{found[2]}", {})
            members[found[3]] = found[4]
        elif found := _ASKED.fullmatch(line):
            plan.wildcards[found[1]] = f"{found[2]}_{found[3]}"
        elif found := _RULE.fullmatch(line):
            way, protocol = ways[found[2]], protocols[found[3]]
            rule = (way, found[1] != "-", protocol, found[4], f"{found[5]}_{found[6]}")
            plan.rules[family].append(RouterOsRule(*rule))
    return plan


def _family_lines(plan: RouterOsPlan, family: int) -> frozenset[str]:
    """Return what the rules of one family let through, as proof lines."""
    found: set[str] = set()
    lan: list[list[str]] = []
    asked: dict[str, list[str]] = {}
    for name, filled in plan.wildcards.items():
        asked.setdefault(filled, []).append(f"*.{name}")
    for rule in plan.rules[family]:
        members = [
            _parse_member(each, family) for each in plan.lists[family].get(rule.list, ())
        ]
        targets = [*members, *asked.get(rule.list, ())]
        if is_lan_group(rule.list) is not rule.lan:
            raise RuleError(f"{FILE}: a rule for the LAN is among those for the internet")
        if rule.lan:
            lan.append(targets)
            targets = [LAN]
        services = [(rule.protocol, parse_ranges(rule.ports, ","))]
        found.update(endpoint_lines(rule.direction, targets, services))
    reached = {rule.list for rule in plan.rules[family]}
    if reached != plan.lists[family].keys() | asked.keys():
        raise RuleError(f"{FILE}: its lists and rules do not match")
    return frozenset(found) | lan_lines(FILE, lan)


def _parse_member(address: str, family: int) -> str:
    network = network_of(address)
    if network is None and not address.startswith("*"):
        return address
    if network is None or network.version != family:
        raise RuleError(f'{FILE} cannot be read back: "{to_comment(address)}"')
    return canonical_target(address)


def _host_lines(lines: frozenset[str]) -> set[str]:
    """Return the lines of hosts, which both families must have."""
    targets = ((line, line.split(" ")[1]) for line in lines)
    return {line for line, target in targets if target != LAN and network_of(target) is None}


def _services_of_lan(lines: frozenset[str]) -> set[str]:
    """Return the lines of the LAN's services, required in each family that has a LAN."""
    return {line for line in lines if line.split(" ")[1] == LAN}


def _how_to(plan: RouterOsPlan) -> str:
    out, in_, lan_out, lan_in = plan.chains
    parts = [_HOW_TO.format(out=out, in_=in_)]
    if any(rule.lan for rules in plan.rules.values() for rule in rules):
        parts.append(_LAN.format(lan_out=lan_out, lan_in=lan_in))
    return "\n".join([*parts, _WILDCARDS] if plan.wildcards else parts)


FORMAT = Format(
    name="mikrotik",
    file="mikrotik.rsc",
    about="RouterOS 7 script: address lists and two chains to jump to, for /import",
    loaded="/import file-name=FILE",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
