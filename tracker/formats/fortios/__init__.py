"""FortiOS objects: addresses, groups of them, and services, for policies of your own.

Pasted into the command line or uploaded as a configuration script. It contains no policies and
no policy numbers; `edit` creates or changes an object, `set member` replaces a group's members,
so loading a file again changes nothing (Fortinet, FortiOS CLI reference, and administration
guide, "Using wildcard FQDN addresses in firewall policies").

Lengths are those of FortiOS 6.0: names of 63 characters, comments of 255 (CLI reference, config
firewall addrgrp). The maximum number of objects and members depends on the model, and `print
tablesize` shows it (administration guide, "print tablesize"), so there is no limit here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from ipaddress import IPv4Network
from itertools import chain

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.fortios.objects import (
    ADDRESSES,
    GROUPS,
    NOTHING,
    SERVICES,
    SUFFIX,
    FortiPlan,
    address_settings,
    build_plan,
    change_groups,
    define_groups,
    define_objects,
    delete_objects,
    forti_names,
    is_placeholder,
    placeholder_name,
)
from tracker.formats.shared.addresses import canonical_target, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.objects import opened_lines
from tracker.formats.shared.policy import (
    cached_for_format,
    list_left_out,
    nothing_unsupported,
)
from tracker.formats.shared.port_ranges import Ports, parse_ranges
from tracker.formats.shared.service_groups import GroupTarget, group_lines, list_groups
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.text import to_comment

FILE = "fortios.conf"
_EDIT = re.compile(r'    edit "([A-Za-z0-9._-]{1,63})"')
_NEXT = "    next"
_INDENT = " " * 8
_COMMENT = re.compile(r'set comment "[A-Za-z0-9 ._:/()*-]{1,120}"')
_MEMBERS = re.compile(r'(?:set|append) member ("[A-Za-z0-9._-]+"(?: "[A-Za-z0-9._-]+")*)')
_PORTS = re.compile(r"set (tcp|udp)-portrange ([0-9 -]+)")
_TARGET = re.compile(r'set (?:subnet|ip6|fqdn) "?([^" ]+)(?: ([0-9.]+))?"?')
_LENGTHS = {str(IPv4Network((0, length)).netmask): length for length in range(33)}
Table = dict[str, list[str]]

_HOW_TO = """\

Objects only: no policy is created or changed. Create one policy for each service below:
  service NAME, dstaddr NAME, dstaddr6 NAME-v6    outgoing traffic
  service NAME, srcaddr NAME, srcaddr6 NAME-v6    incoming traffic, if NAME contains _in-
These are for the clients and servers behind this FortiGate. Create none for a NAME that
contains _lan-: that is traffic between machines of your own networks (agents, remote
installation by RPC and SMB), and a policy would allow it between them. Only if a server in one
network installs in another, create one policy with NAME, or a narrower group, as both srcaddr
and dstaddr, below your own denies.
One policy for both IPv4 and IPv6 needs FortiOS 6.4; wildcards need 6.2.2. FortiOS fills a
wildcard from the DNS answers that pass through this FortiGate, not from DNS over HTTPS. Whether
a wildcard includes the bare domain is unverified, so that is an object of its own.
A group that a later version no longer contains keeps its members unless you apply the deltas.
"""

_UNDONE = """\

A group whose only member is ..._none opens nothing any more: remove it from your policies,
then delete it and the service with the same name."""


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint has a port."""
    plan, left_out = _plan(rule_set), list_left_out(rule_set, nothing_unsupported)
    if not any(plan.groups.values()):
        return Rendered(None, left_out)
    comments = comment_lines("#", file_notes(rule_set, _HOW_TO, left_out))
    lines = [*comments, *define_objects(plan), *define_groups(plan)]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the groups and their services open: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for a line of another shape, for a group without its service or its
    counterpart of the other family, for an unused object, and for an incomplete LAN.
    """
    tables = _parse_tables(text)
    services = {name: _parse_ports(lines) for name, lines in tables[SERVICES].items()}
    targets: dict[str, str] = {}
    groups: dict[str, list[str]] = {name: [] for name in services}
    for family, suffix in SUFFIX.items():
        members = tables[GROUPS[family]]
        if members.keys() != {name + suffix for name in services}:
            raise RuleError(f"{FILE}: its groups and services do not match")
        known = {
            name: _parse_target(family, name, lines)
            for name, lines in tables[ADDRESSES[family]].items()
        }
        for name in groups:
            groups[name] += _parse_members(members[name + suffix], known)
        targets |= {name: target for name, target in known.items() if not is_placeholder(name)}
    for found in groups.values():
        _check_families(targets[each] for each in found)
    return opened_lines(FILE, targets, groups, services)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open."""
    return group_lines(rule_set, nothing_unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands that add objects, change groups, then delete unused objects."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new, names = _plan(before), _plan(after), forti_names(after)
    none = {GROUPS[family]: placeholder_name(names, family) for family in GROUPS}
    kept = {placeholder_name(names, family) for family in ADDRESSES}
    parts = [define_objects(_changed_objects(old, new)), change_groups(old, new, none)]
    for table in ADDRESSES.values():
        stay = new.objects[table].keys() | kept
        parts.append(
            delete_objects(table, [name for name in old.objects[table] if name not in stay])
        )
    notes = [*delta_head_lines(before, after), *_UNDONE.splitlines()]
    return join_lines(chain(comment_lines("#", notes), *parts))


def _parse_tables(text: str) -> dict[str, Table]:
    """Return the lines of each object by table and name, without comments and indentation."""
    tables: dict[str, Table] = {
        each: {} for each in (*ADDRESSES.values(), SERVICES, *GROUPS.values())
    }
    lines = (line for line in split_lines(text) if line and line[0] != "#")
    for line in lines:
        table = line.removeprefix("config ")
        if table == line or table not in tables:
            raise _unreadable(line)
        tables[table] |= _parse_objects(lines)
    return tables


def _parse_objects(lines: Iterator[str]) -> Table:
    """Read the objects up to the end of their table."""
    found: Table = {}
    for line in iter(partial(next, lines, ""), "end"):
        if not (named := _EDIT.fullmatch(line)) or named[1] in found:
            raise _unreadable(line)
        settings = []
        for each in iter(partial(next, lines, _NEXT), _NEXT):
            if not each.startswith(_INDENT):
                raise _unreadable(line)
            settings.append(each[len(_INDENT) :])
        last = settings.pop() if settings else ""
        if not _COMMENT.fullmatch(last):
            raise _unreadable(last)
        found[named[1]] = settings
    return found


def _parse_target(family: int, name: str, lines: list[str]) -> str:
    """Return the address or host of an object; empty for a placeholder."""
    if is_placeholder(name):
        if lines == [NOTHING[family]]:
            return ""
    elif lines and (said := _TARGET.fullmatch(lines[-1])):
        target = _join_mask(said[1], said[2])
        found = GroupTarget(canonical_target(target), network_of(target))
        if list(address_settings(found)) == lines and found.family in {None, family}:
            return found.name
    raise _unreadable(" ".join(lines))


def _join_mask(address: str, mask: str | None) -> str:
    """Return an address with its mask in the usual form: `192.0.2.0/24`, `192.0.2.1`."""
    length = _LENGTHS.get(mask or "255.255.255.255", mask)
    return address if length == _LENGTHS["255.255.255.255"] else f"{address}/{length}"


def _parse_members(lines: list[str], known: dict[str, str]) -> Iterator[str]:
    for line in lines:
        if not (found := _MEMBERS.fullmatch(line)):
            raise _unreadable(line)
        for name in found[1].replace('"', "").split(" "):
            if name not in known:
                raise _unreadable(line)
            if not is_placeholder(name):
                yield name


def _parse_ports(lines: list[str]) -> list[tuple[str, list[Ports]]]:
    found = [match for match in map(_PORTS.fullmatch, lines) if match]
    if len(found) != len(lines) or not lines:
        raise _unreadable(" ".join(lines))
    return [(match[1], parse_ranges(match[2], " ")) for match in found]


def _check_families(targets: Iterable[str]) -> None:
    """Raise RuleError if a host is not in the groups of both families."""
    hosts = Counter(target for target in targets if network_of(target) is None)
    if any(count != len(SUFFIX) for count in hosts.values()):
        raise RuleError(f"{FILE}: a host is in the group of one family alone")


def _unreadable(line: str) -> RuleError:
    return RuleError(f'{FILE} cannot be read back: "{to_comment(line)}"')


@cached_for_format
def _plan(rule_set: RuleSet) -> FortiPlan:
    return build_plan(rule_set, list_groups(rule_set, nothing_unsupported))


def _changed_objects(old: FortiPlan, new: FortiPlan) -> FortiPlan:
    """Return the objects that are new or have other settings."""
    fresh = {
        table: {
            name: each for name, each in made.items() if old.objects[table].get(name) != each
        }
        for table, made in new.objects.items()
    }
    return FortiPlan(new.owner, objects=fresh, comments=new.comments)


FORMAT = Format(
    name="fortios",
    file="fortios.conf",
    about="FortiOS addresses, groups and services for your own policies",
    loaded="paste it into the CLI, or upload it as a configuration script",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
