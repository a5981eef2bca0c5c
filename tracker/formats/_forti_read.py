"""Reads a FortiOS file of ours back: every line is of a known shape, or it is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from ipaddress import IPv4Network

from tracker.errors import RuleError
from tracker.formats._boxes import Ports
from tracker.formats._bundles import Target
from tracker.formats._forti_plan import (
    ADDRESSES,
    GROUPS,
    NOTHING,
    SERVICES,
    SUFFIX,
    is_none,
    settings_of,
)
from tracker.formats._lines import lines_of
from tracker.formats._object_read import opened, port_ranges
from tracker.formats._policy import comment, network_of, spelling

FILE = "fortios.conf"
_EDIT = re.compile(r'    edit "([A-Za-z0-9._-]{1,63})"')
_NEXT = "    next"
_INDENT = " " * 8
_COMMENT = re.compile(r'set comment "[A-Za-z0-9 ._:/()-]{1,120}"')
_MEMBERS = re.compile(r'(?:set|append) member ("[A-Za-z0-9._-]+"(?: "[A-Za-z0-9._-]+")*)')
_PORTS = re.compile(r"set (tcp|udp)-portrange ([0-9 -]+)")
_TARGET = re.compile(r'set (?:subnet|ip6|fqdn) "?([^" ]+)(?: ([0-9.]+))?"?')

_LENGTHS = {str(IPv4Network((0, length)).netmask): length for length in range(33)}

Table = dict[str, list[str]]


def read_back(text: str) -> frozenset[str]:
    """What the groups and their services open: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for a line of another shape, for a group without its service or its twin
    of the other family, for an object that no group holds, and for a LAN that is none.
    """
    tables = _tables(text)
    services = {name: _ports(lines) for name, lines in tables[SERVICES].items()}
    targets: dict[str, str] = {}
    groups: dict[str, list[str]] = {name: [] for name in services}
    for family, suffix in SUFFIX.items():
        members = tables[GROUPS[family]]
        if members.keys() != {name + suffix for name in services}:
            raise RuleError(f"{FILE}: its groups and services do not match")
        table = tables.pop(ADDRESSES[family])
        known = {name: _target(family, name, lines) for name, lines in table.items()}
        del table  # much, of a large file
        for name in groups:
            groups[name] += _members(members[name + suffix], known)
        targets |= {name: target for name, target in known.items() if not is_none(name)}
    for found in groups.values():
        _check_twins(targets[each] for each in found)
    return opened(FILE, targets, groups, services)


def _tables(text: str) -> dict[str, Table]:
    """The lines of each object by table and name, without comments and indentation."""
    tables: dict[str, Table] = {
        each: {} for each in (*ADDRESSES.values(), SERVICES, *GROUPS.values())
    }
    lines = (line for line in lines_of(text) if line and line[0] != "#")
    for line in lines:
        table = line.removeprefix("config ")
        if table == line or table not in tables:
            raise _odd(line)
        tables[table] |= _objects(lines)
    return tables


def _objects(lines: Iterator[str]) -> Table:
    """The objects up to the end of their table."""
    found: Table = {}
    for line in iter(partial(next, lines, ""), "end"):
        if not (named := _EDIT.fullmatch(line)) or named[1] in found:
            raise _odd(line)
        settings = []
        for each in iter(partial(next, lines, _NEXT), _NEXT):
            if not each.startswith(_INDENT):
                raise _odd(line)
            settings.append(each[len(_INDENT) :])
        last = settings.pop() if settings else ""
        if not _COMMENT.fullmatch(last):
            raise _odd(last)
        found[named[1]] = settings
    return found


def _target(family: int, name: str, lines: list[str]) -> str:
    """The address or host of an object; nothing for the one that stands for none."""
    if is_none(name):
        if lines == [NOTHING[family]]:
            return ""
    elif lines and (said := _TARGET.fullmatch(lines[-1])):
        target = _plain(said[1], said[2])
        found = Target(spelling(target), network_of(target))
        if list(settings_of(found)) == lines and found.family in {None, family}:
            return found.name
    raise _odd(" ".join(lines))


def _plain(address: str, mask: str | None) -> str:
    """An address with its mask as others write it: `192.0.2.0/24`, `192.0.2.1`."""
    length = _LENGTHS.get(mask or "255.255.255.255", mask)
    return address if length == _LENGTHS["255.255.255.255"] else f"{address}/{length}"


def _members(lines: list[str], known: dict[str, str]) -> Iterator[str]:
    for line in lines:
        if not (found := _MEMBERS.fullmatch(line)):
            raise _odd(line)
        for name in found[1].replace('"', "").split(" "):
            if name not in known:
                raise _odd(line)
            if not is_none(name):
                yield name


def _ports(lines: list[str]) -> list[tuple[str, list[Ports]]]:
    found = [match for match in map(_PORTS.fullmatch, lines) if match]
    if len(found) != len(lines) or not lines:
        raise _odd(" ".join(lines))
    return [(match[1], port_ranges(match[2], " ")) for match in found]


def _check_twins(targets: Iterable[str]) -> None:
    """Raises RuleError where a host is not in the groups of both families."""
    hosts = Counter(target for target in targets if network_of(target) is None)
    if any(count != len(SUFFIX) for count in hosts.values()):
        raise RuleError(f"{FILE}: a host is in the group of one family alone")


def _odd(line: str) -> RuleError:
    return RuleError(f'{FILE} cannot be read back: "{comment(line)}"')
