"""Cisco ASA objects and object groups, for your own access lists (ASA 8.4 and later).

Pasted in configuration mode. It contains no access list: an interface has one for each
direction, which is yours. Commands only add to a group, so a whole file is for the first time,
and later versions have deltas (Cisco, "Objects for Access Control").

Names have at most 64 characters (ibid., "Guidelines for Objects"), descriptions 200 (command
reference, "description"). Cisco documents no maximum number of objects or members.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import Network, canonical_target, is_wildcard, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.deltas import compare_members
from tracker.formats.shared.objects import ObjectNames, join_words, object_names, opened_lines
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports
from tracker.formats.shared.service_groups import (
    GroupTarget,
    ServiceGroup,
    group_lines,
    list_groups,
)
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import Endpoint
from tracker.text import to_comment

NOTHING = "host 255.255.255.255"  # never routed: RFC 919 section 7
FAMILIES = {"v4": "", "v6": "-v6"}
PORTS = "-ports"  # objects and groups of all kinds share one namespace
_LONGEST = 64 - len(PORTS)  # characters of a name
FILE = "cisco-asa.txt"
_NAME = "([A-Za-z0-9._-]{1,64})"
_OBJECT = re.compile(f"object network {_NAME}")
_FQDN = re.compile(" fqdn (v4|v6) ([a-z0-9._-]+)")
_GROUP = re.compile(f"object-group network {_NAME}")
_SERVICE = re.compile(f"object-group service {_NAME} (tcp|udp)")
_MEMBER = re.compile(" network-object (.+)")
_PORT = re.compile(" port-object (eq ([0-9]+)|range ([0-9]+) ([0-9]+))")
_SAID = re.compile(" description ([A-Za-z0-9 ._:/()*-]+)")
NO_WILDCARD = "an ASA resolves host names, and a wildcard cannot be resolved"

_HOW_TO = """\

Objects only: no access list is created or changed. For each group G, add one line to yours:
  access-list YOURS extended permit tcp any object-group G object-group G-ports
  ... permit tcp object-group G any object-group G-ports              if G contains _in-
with udp instead of tcp where the name says so. IPv6 needs ASA 9.0, and host names need dns
domain-lookup. These lines are for the clients and servers behind this ASA.
Add none for a G that contains _lan-: that is traffic between machines of your own networks
(agents, remote installation by RPC and SMB), and a line would allow it between them. Only if a
server in one network installs in another, add this below your own denies, with G or a
narrower group:
  ... permit tcp object-group G object-group G object-group G-ports
Pasting adds to groups and removes nothing: to get to another version, apply the deltas.
"""


class AsaHost(msgspec.Struct, frozen=True):
    """An object for a host name; `family` is v4 or v6."""

    family: str
    name: str
    words: str


class AsaPlan(msgspec.Struct):
    """By name: host objects, groups of targets, and the protocol and port of each service."""

    owner: str
    hosts: dict[str, AsaHost] = msgspec.field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    ports: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint can be an object."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    comments = comment_lines("!", file_notes(rule_set, _HOW_TO, left_out))
    return Rendered(join_lines([*comments, *_plan_commands(_build_plan(rule_set))]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the groups open: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`.

    Raises RuleError if a line has another shape or is missing, if a host is open in only one
    family, and for what `opened_lines` refuses.
    """
    plan = _parse_plan(_command_lines(text))
    if any(
        one != other for one, other in zip_longest(_command_lines(text), _plan_commands(plan))
    ):
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    targets = {name: host.name for name, host in plan.hosts.items()}
    groups: dict[str, list[str]] = {}
    for name, members in plan.groups.items():
        if members[:1] != (NOTHING,):
            raise RuleError(f"{FILE}: the group {to_comment(name)} may become empty")
        groups[name] = [_parse_member(each, targets) for each in members[1:]]
        _check_families(plan, groups[name])
    services = {
        name.removesuffix(PORTS): [(protocol, [_parse_port(port)])]
        for name, (protocol, port) in plan.ports.items()
    }
    return opened_lines(FILE, targets, groups, services)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open."""
    return group_lines(rule_set, _explain_unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands that add objects and members, then remove members, then objects."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = _build_plan(before), _build_plan(after)
    fresh = AsaPlan(
        new.owner,
        {name: each for name, each in new.hosts.items() if name not in old.hosts},
        {name: each for name, each in new.groups.items() if name not in old.groups},
        {name: each for name, each in new.ports.items() if name not in old.ports},
    )
    gone = (f"no object network {name}" for name in old.hosts if name not in new.hosts)
    comments = comment_lines("!", delta_head_lines(before, after))
    return join_lines([*comments, *_plan_commands(fresh), *_changed_members(old, new), *gone])


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    return NO_WILDCARD if is_wildcard(endpoint.target) else None


@cached_for_format
def _build_plan(rule_set: RuleSet) -> AsaPlan:
    """Return all objects; the ports of a group never change, so those of the LAN are split.

    An object group in use can be neither removed nor emptied (Cisco, "Objects for Access
    Control"), so each group of targets always contains an address that is never routed. A host
    has an object for each family, since `fqdn` without a family means IPv4.
    """
    names = object_names(rule_set, _LONGEST)
    plan = AsaPlan(to_comment(f"fwtracker - {rule_set.source} - {rule_set.name}"))
    for group in list_groups(rule_set, _explain_unsupported, split_lan=True):
        name = names.of(group.key)
        plan.groups[name] = (NOTHING, *_group_members(plan, names, group))
        [(protocol, [ports])] = group.services
        plan.ports[name + PORTS] = protocol, _port_text(ports)
    return plan


def _plan_commands(plan: AsaPlan) -> Iterator[str]:
    """Yield commands that create all objects and groups, and add missing members to groups."""
    for name, host in plan.hosts.items():
        yield f"object network {name}"
        yield f" fqdn {host.family} {host.name}"
        yield f" description {host.words}"
    for name, members in plan.groups.items():
        yield f"object-group network {name}"
        yield f" description {plan.owner}"
        yield from (f" network-object {member}" for member in members)
    for name, (protocol, port) in plan.ports.items():
        yield f"object-group service {name} {protocol}"
        yield f" description {plan.owner}"
        yield f" port-object {port}"


def _group_member(target: str, network: Network) -> str:
    """Return an address or network, in canonical spelling, as a member of a group."""
    if "/" not in target:
        return f"host {target}"
    if network.version == 4:  # noqa: PLR2004 - IPv4
        return f"{network.network_address} {network.netmask}"
    return target


def _group_members(plan: AsaPlan, names: ObjectNames, group: ServiceGroup) -> Iterator[str]:
    for target in group.targets:
        if target.network:
            yield _group_member(target.name, target.network)
        else:
            name = names.target(target)
            for family, suffix in FAMILIES.items():
                _add_host(plan, name + suffix, target, family)
                yield f"object {name}{suffix}"


def _add_host(plan: AsaPlan, name: str, target: GroupTarget, family: str) -> None:
    """Add an object for a host, or add words to an existing one."""
    known = plan.hosts.get(name)
    said = known.words if known and known.words != plan.owner else ""
    words = join_words(said, target.words)
    plan.hosts[name] = AsaHost(family, target.name, words or plan.owner)


def _port_text(ports: Ports) -> str:
    first, last = ports
    return f"eq {first}" if first == last else f"range {first} {last}"


def _command_lines(text: str) -> Iterator[str]:
    return (line for line in split_lines(text) if not line.startswith("!"))


def _parse_plan(lines: Iterable[str]) -> AsaPlan:
    plan, name, protocol = AsaPlan(""), "", ""
    members: dict[str, list[str]] = {}
    for line in lines:
        if found := _MEMBER.fullmatch(line):
            members.setdefault(name, []).append(found[1])
        elif found := _SAID.fullmatch(line):
            _add_description(plan, name, found[1])
        elif found := _FQDN.fullmatch(line):
            plan.hosts[name] = AsaHost(found[1], found[2], "")
        elif found := _PORT.fullmatch(line):
            plan.ports[name] = protocol, found[1]
        elif found := _OBJECT.fullmatch(line) or _GROUP.fullmatch(line):
            name = found[1]
        elif found := _SERVICE.fullmatch(line):
            name, protocol = found[1], found[2]
    plan.groups = {name: tuple(found) for name, found in members.items()}
    return plan


def _add_description(plan: AsaPlan, name: str, words: str) -> None:
    """Add a parsed description to the last host, or to all groups."""
    if name in plan.hosts and not plan.hosts[name].words:
        plan.hosts[name] = AsaHost(plan.hosts[name].family, plan.hosts[name].name, words)
    else:
        plan.owner = words


def _parse_member(member: str, targets: dict[str, str]) -> str:
    """Return the name of a member's object; an address gets one in `targets`."""
    name = member.removeprefix("object ")
    if name != member:
        return name
    said = member.removeprefix("host ").replace(" ", "/")
    network, target = network_of(said), canonical_target(said)
    if network is None or _group_member(target, network) != member:
        raise RuleError(f'{FILE} cannot be read back: "{to_comment(member)}"')
    targets[member] = target
    return member


def _check_families(plan: AsaPlan, members: list[str]) -> None:
    """Raise RuleError if a host is missing in one of the families."""
    hosts = [plan.hosts[each] for each in members if each in plan.hosts]
    named = Counter(host.name for host in hosts)
    if any(count != len(FAMILIES) for count in named.values()) or len(
        {(host.name, host.family) for host in hosts}
    ) != len(hosts):
        raise RuleError(f"{FILE}: a host is open in one family alone")


def _parse_port(port: str) -> Ports:
    numbers = [int(each) for each in port.split(" ")[1:]]
    return numbers[0], numbers[-1]


def _changed_members(old: AsaPlan, new: AsaPlan) -> Iterator[str]:
    """Yield added and removed members. A removed group keeps the unused address."""
    for name, had in old.groups.items():
        has = new.groups.get(name, (NOTHING,))
        if had != has:
            come, go = compare_members(had, has)
            yield f"object-group network {name}"
            yield from (f" network-object {each}" for each in come)
            yield from (f" no network-object {each}" for each in go)


FORMAT = Format(
    name="cisco-asa",
    file="cisco-asa.txt",
    about="Cisco ASA objects and object groups for your own access lists",
    loaded="paste it in configuration mode once; from then on the deltas",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
