"""Reads a Cisco ASA file of ours back: what it says must give the same lines again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from tracker.errors import RuleError
from tracker.formats._asa_plan import FAMILIES, NOTHING, PORTS, Host, Plan, made, member_of
from tracker.formats._boxes import Ports
from tracker.formats._lines import lines_of
from tracker.formats._object_read import opened
from tracker.formats._policy import comment, network_of, spelling

FILE = "cisco-asa.txt"
_NAME = "([A-Za-z0-9._-]{1,64})"
_OBJECT = re.compile(f"object network {_NAME}")
_FQDN = re.compile(" fqdn (v4|v6) ([a-z0-9._-]+)")
_GROUP = re.compile(f"object-group network {_NAME}")
_SERVICE = re.compile(f"object-group service {_NAME} (tcp|udp)")
_MEMBER = re.compile(" network-object (.+)")
_PORT = re.compile(" port-object (eq ([0-9]+)|range ([0-9]+) ([0-9]+))")
_SAID = re.compile(" description ([A-Za-z0-9 ._:/()-]+)")


def read_back(text: str) -> frozenset[str]:
    """What the groups open: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`.

    Raises RuleError where a line is of another shape or one is missing, where a host is open
    in one family alone, and for what `opened` refuses.
    """
    plan = _plan(_said_in(text))
    if any(one != other for one, other in zip_longest(_said_in(text), made(plan))):
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    targets = {name: host.name for name, host in plan.hosts.items()}
    groups: dict[str, list[str]] = {}
    for name, members in plan.groups.items():
        if members[:1] != (NOTHING,):
            raise RuleError(f"{FILE}: the group {comment(name)} may become empty")
        groups[name] = [_target(each, targets) for each in members[1:]]
        _check_twins(plan, groups[name])
    services = {
        name.removesuffix(PORTS): [(protocol, [_span(port)])]
        for name, (protocol, port) in plan.ports.items()
    }
    return opened(FILE, targets, groups, services)


def _said_in(text: str) -> Iterator[str]:
    return (line for line in lines_of(text) if not line.startswith("!"))


def _plan(lines: Iterable[str]) -> Plan:
    plan, name, protocol = Plan(""), "", ""
    members: dict[str, list[str]] = {}
    for line in lines:
        if found := _MEMBER.fullmatch(line):
            members.setdefault(name, []).append(found[1])
        elif found := _SAID.fullmatch(line):
            _say(plan, name, found[1])
        elif found := _FQDN.fullmatch(line):
            plan.hosts[name] = Host(found[1], found[2], "")
        elif found := _PORT.fullmatch(line):
            plan.ports[name] = protocol, found[1]
        elif found := _OBJECT.fullmatch(line) or _GROUP.fullmatch(line):
            name = found[1]
        elif found := _SERVICE.fullmatch(line):
            name, protocol = found[1], found[2]
    plan.groups = {name: tuple(found) for name, found in members.items()}
    return plan


def _say(plan: Plan, name: str, words: str) -> None:
    """A description belongs to the host before it, or to all groups alike."""
    if name in plan.hosts and not plan.hosts[name].words:
        plan.hosts[name] = Host(plan.hosts[name].family, plan.hosts[name].name, words)
    else:
        plan.owner = words


def _target(member: str, targets: dict[str, str]) -> str:
    """The object that a member is, made where it is an address."""
    name = member.removeprefix("object ")
    if name != member:
        return name
    said = member.removeprefix("host ").replace(" ", "/")
    network, target = network_of(said), spelling(said)
    if network is None or member_of(target, network) != member:
        raise RuleError(f'{FILE} cannot be read back: "{comment(member)}"')
    targets[member] = target
    return member


def _check_twins(plan: Plan, members: list[str]) -> None:
    """Raises RuleError where a host is not there for both families."""
    hosts = [plan.hosts[each] for each in members if each in plan.hosts]
    named = Counter(host.name for host in hosts)
    if any(count != len(FAMILIES) for count in named.values()) or len(
        {(host.name, host.family) for host in hosts}
    ) != len(hosts):
        raise RuleError(f"{FILE}: a host is open in one family alone")


def _span(port: str) -> Ports:
    numbers = [int(each) for each in port.split(" ")[1:]]
    return numbers[0], numbers[-1]
