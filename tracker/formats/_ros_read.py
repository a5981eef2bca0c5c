"""Reads a RouterOS file of ours back: what it says must give the same lines again."""

from __future__ import annotations

import re
from typing import get_args

from tracker.errors import RuleError
from tracker.formats._bundles import LAN_TARGETS, endpoint_lines
from tracker.formats._lines import lines_of
from tracker.formats._object_read import is_lan, port_ranges
from tracker.formats._policy import comment, network_of, spelling
from tracker.formats._ros_plan import MENUS, SHORT, Plan, Rule
from tracker.formats._ros_text import whole
from tracker.model import LAN, Protocol

FILE = "mikrotik.rsc"
_NAME = r'"([a-z0-9-]+)_([A-Za-z0-9._-]+)"'
_FIRST = re.compile(r'remove \[find where list~"\^([a-z0-9-]+)_" and dynamic=no\]')
_MEMBER = re.compile(rf'add list={_NAME} address=(\S+) comment="([A-Za-z0-9 ._:/()-]*)"')
_ASKED = re.compile(
    rf' +/ip dns static add type=FWD name=(\S+) .* address-list={_NAME} comment="\*\.\S+"'
)
_RULE = re.compile(
    r'add chain="[a-z0-9-]+-(in|out)" action=accept protocol=(tcp|udp) dst-port=([0-9,-]+)'
    rf' (?:src|dst)-address-list={_NAME} comment="fwtracker"'
)
_MENU = re.compile(r"(/ip|/ipv6) (?:firewall (?:address-list|filter)|dns static)")


def read_back(text: str) -> frozenset[str]:
    """What the rules let through: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`.

    Raises RuleError where a line is of another shape or one is missing, where a host is open
    in one family alone, and for a LAN that is not the local network.
    """
    lines = [line for line in lines_of(text) if not line.startswith("#")]
    stem = _FIRST.fullmatch(lines[1]) if len(lines) > 1 else None
    if not stem:
        raise RuleError(f"{FILE} cannot be read back: it does not start with its own list")
    plan = _plan(stem[1], lines)
    if lines != [*whole(plan)]:
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    found = {family: _opened(plan, family) for family in MENUS}
    if _for_both(found[4]) != _for_both(found[6]):
        raise RuleError(f"{FILE}: a host or the LAN is open in one family alone")
    return found[4] | found[6]


def _plan(stem: str, lines: list[str]) -> Plan:
    plan, family = Plan(stem), 4
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
            way, protocol = ways[found[1]], protocols[found[2]]
            plan.rules[family].append(Rule(way, protocol, found[3], f"{found[4]}_{found[5]}"))
    return plan


def _opened(plan: Plan, family: int) -> frozenset[str]:
    """What the rules of one family let through."""
    found: set[str] = set()
    asked: dict[str, list[str]] = {}
    for name, filled in plan.wildcards.items():
        asked.setdefault(filled, []).append(f"*.{name}")
    for rule in plan.rules[family]:
        members = [_target(each, family) for each in plan.lists[family].get(rule.list, ())]
        targets = [*members, *asked.get(rule.list, ())]
        if is_lan(rule.list):
            targets = _lan(targets, family)
        services = [(rule.protocol, port_ranges(rule.ports, ","))]
        found.update(endpoint_lines(rule.direction, targets, services))
    reached = {rule.list for rule in plan.rules[family]}
    if reached != plan.lists[family].keys() | asked.keys():
        raise RuleError(f"{FILE}: its lists and rules do not match")
    return frozenset(found)


def _lan(targets: list[str], family: int) -> list[str]:
    networks = [each for each in LAN_TARGETS if _family(each) == family]
    if sorted(targets) != sorted(networks):
        raise RuleError(f"{FILE}: its LAN is not the local network")
    return [LAN]


def _target(address: str, family: int) -> str:
    network = network_of(address)
    if network is None and not address.startswith("*"):
        return address
    if network is None or network.version != family:
        raise RuleError(f'{FILE} cannot be read back: "{comment(address)}"')
    return spelling(address)


def _for_both(lines: frozenset[str]) -> set[str]:
    """The lines that both families must have: hosts and the local network."""
    return {line for line in lines if _family(line.split(" ")[1]) is None}


def _family(target: str) -> int | None:
    network = None if target == LAN else network_of(target)
    return network.version if network else None
