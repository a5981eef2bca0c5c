"""The objects of a FortiOS file: addresses of both families, services, and groups of them.

IPv4 and IPv6 have tables of their own, and a host name is an object in each. A bundle always
has a group in each of them, so that a policy names both once and for all; one that would be
empty, which FortiOS does not allow, holds an object that no packet is addressed to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats._bundles import Bundle, Target, port_span
from tracker.formats._object_names import ObjectNames, names_for
from tracker.formats._policy import comment

ADDRESSES = {4: "firewall address", 6: "firewall address6"}
SERVICES = "firewall service custom"
OBJECTS = (*ADDRESSES.values(), SERVICES)
GROUPS = {4: "firewall addrgrp", 6: "firewall addrgrp6"}
SUFFIX = {4: "", 6: "-v6"}  # of a group, a host and the object that is none
NOTHING = {4: "set subnet 0.0.0.0 255.255.255.255", 6: "set ip6 ::/128"}
_NONE = "none"
_NONES = tuple(f"_{_NONE}{suffix}" for suffix in SUFFIX.values())
_SINGLE = "255.255.255.255"
_LONGEST = 63 - len(SUFFIX[6])  # characters of a name: FortiOS 6.0; later ones take 79

Lines = tuple[str, ...]


class Plan(msgspec.Struct):
    """Settings of each object by table and name, members of each group, and comments."""

    owner: str
    objects: dict[str, dict[str, Lines]] = msgspec.field(
        default_factory=lambda: _tables(*OBJECTS)
    )
    groups: dict[str, dict[str, Lines]] = msgspec.field(
        default_factory=lambda: _tables(*GROUPS.values())
    )
    comments: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    def comment(self, table: str, name: str) -> str:
        """The line with an object's comment; each object has one."""
        return f'set comment "{self.comments.get(table, {}).get(name) or self.owner}"'


def _tables(*names: str) -> dict[str, dict[str, Lines]]:
    return {name: {} for name in names}


def plan_of(rule_set: RuleSet, found: Iterable[Bundle]) -> Plan:
    """All objects for these bundles of a rule set; none at all where there is none."""
    owner = comment(f"fwtracker - {rule_set.source} - {rule_set.name}")
    plan, names = Plan(owner), forti_names(rule_set)
    for bundle in found:
        named = [(names.target(target), target) for target in bundle.targets]
        for family in ADDRESSES:
            _add(plan, names, bundle, named, family)
        plan.objects[SERVICES][names.of(bundle.key)] = tuple(_service(bundle))
    return plan


def forti_names(rule_set: RuleSet) -> ObjectNames:
    """Names short enough for a suffix."""
    return names_for(rule_set, _LONGEST)


def none_name(names: ObjectNames, family: int) -> str:
    """The object that stands for no address at all."""
    return names.of(_NONE) + SUFFIX[family]


def is_none(name: str) -> bool:
    """Whether this is the name of such an object."""
    return name.endswith(_NONES)


def settings_of(target: Target) -> Lines:
    """What an address object is set to."""
    if target.network is None:
        return "set type fqdn", f'set fqdn "{target.name}"'
    address, _, length = target.name.partition("/")
    if target.network.version == 4:  # noqa: PLR2004 - IPv4
        return (f"set subnet {address} {target.network.netmask if length else _SINGLE}",)
    return (f"set ip6 {address}/{length or 128}",)


def _add(
    plan: Plan,
    names: ObjectNames,
    bundle: Bundle,
    named: list[tuple[str, Target]],
    family: int,
) -> None:
    """One bundle's objects and group of one family."""
    where, none = ADDRESSES[family], none_name(names, family)
    table, comments = plan.objects[where], plan.comments.setdefault(where, {})
    table[none] = (NOTHING[family],)
    members = []
    for stem, target in named:
        if target.family not in {None, family}:
            continue
        name = stem if target.network else stem + SUFFIX[family]
        members.append(name)
        said = comments.get(name)
        if said is None:
            table[name] = settings_of(target)
        comments[name] = _both(said, target.words)
    group = names.of(bundle.key) + SUFFIX[family]
    plan.groups[GROUPS[family]][group] = tuple(members or [none])


def _both(said: str | None, words: str) -> str:
    """The comment of an object that several bundles hold."""
    return comment(f"{said} / {words}") if said and words not in said else words


def _service(bundle: Bundle) -> Iterator[str]:
    # The protocol stays at its default, whose name is another one in later versions.
    for protocol, spans in bundle.services:
        yield f"set {protocol}-portrange {' '.join(map(port_span, spans))}"
