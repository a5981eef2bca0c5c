"""The objects of a FortiOS file, and the commands that create and change them.

IPv4 and IPv6 have separate tables, and a host name is an object in each. A group always exists
in both, so that a policy can name both permanently; a group that would be empty, which FortiOS
does not allow, contains a placeholder to which no packet is addressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats.shared.deltas import compare_members
from tracker.formats.shared.objects import ObjectNames, join_words, object_names
from tracker.formats.shared.port_ranges import range_text
from tracker.formats.shared.service_groups import GroupTarget, ServiceGroup
from tracker.text import to_comment

ADDRESSES = {4: "firewall address", 6: "firewall address6"}
SERVICES = "firewall service custom"
OBJECTS = (*ADDRESSES.values(), SERVICES)
GROUPS = {4: "firewall addrgrp", 6: "firewall addrgrp6"}
SUFFIX = {4: "", 6: "-v6"}  # of a group, a host and the placeholder
NOTHING = {4: "set subnet 0.0.0.0 255.255.255.255", 6: "set ip6 ::/128"}
_NONE = "none"
_NONES = tuple(f"_{_NONE}{suffix}" for suffix in SUFFIX.values())
_SINGLE = "255.255.255.255"
_LONGEST = 63 - len(SUFFIX[6])  # characters of a name: FortiOS 6.0; later ones accept 79
Lines = tuple[str, ...]
_PER_LINE = 20  # members, far below the limit of 4,096 characters in a line


class FortiPlan(msgspec.Struct):
    """Settings of each object by table and name, members of each group, and comments."""

    owner: str
    objects: dict[str, dict[str, Lines]] = msgspec.field(
        default_factory=lambda: _empty_tables(*OBJECTS)
    )
    groups: dict[str, dict[str, Lines]] = msgspec.field(
        default_factory=lambda: _empty_tables(*GROUPS.values())
    )
    comments: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    def comment(self, table: str, name: str) -> str:
        """Return the line with an object's comment; each object has one."""
        return f'set comment "{self.comments.get(table, {}).get(name) or self.owner}"'


def _empty_tables(*names: str) -> dict[str, dict[str, Lines]]:
    return {name: {} for name in names}


def build_plan(rule_set: RuleSet, groups: Iterable[ServiceGroup]) -> FortiPlan:
    """Return all objects for these groups of a rule set."""
    owner = to_comment(f"fwtracker - {rule_set.source} - {rule_set.name}")
    plan, names = FortiPlan(owner), forti_names(rule_set)
    for group in groups:
        named = [(names.target(target), target) for target in group.targets]
        for family in ADDRESSES:
            _add_family(plan, names, group, named, family)
        plan.objects[SERVICES][names.of(group.key)] = tuple(_service_settings(group))
    return plan


def forti_names(rule_set: RuleSet) -> ObjectNames:
    """Return names short enough to add a suffix."""
    return object_names(rule_set, _LONGEST)


def placeholder_name(names: ObjectNames, family: int) -> str:
    """Return the name of the object that matches no address."""
    return names.of(_NONE) + SUFFIX[family]


def is_placeholder(name: str) -> bool:
    """Return whether this is the name of such an object."""
    return name.endswith(_NONES)


def address_settings(target: GroupTarget) -> Lines:
    """Return the settings of an address object."""
    if target.network is None:
        return "set type fqdn", f'set fqdn "{target.name}"'
    address, _, length = target.name.partition("/")
    if target.network.version == 4:  # noqa: PLR2004 - IPv4
        return (f"set subnet {address} {target.network.netmask if length else _SINGLE}",)
    return (f"set ip6 {address}/{length or 128}",)


def _add_family(
    plan: FortiPlan,
    names: ObjectNames,
    group: ServiceGroup,
    named: list[tuple[str, GroupTarget]],
    family: int,
) -> None:
    """Add a group and its objects in one family."""
    where, none = ADDRESSES[family], placeholder_name(names, family)
    table, comments = plan.objects[where], plan.comments.setdefault(where, {})
    table[none] = (NOTHING[family],)
    members = []
    for stem, target in named:
        if target.family not in {None, family}:
            continue
        name = stem if target.network else stem + SUFFIX[family]
        members.append(name)
        table[name] = address_settings(target)
        comments[name] = join_words(comments.get(name, ""), target.words)
    name = names.of(group.key) + SUFFIX[family]
    plan.groups[GROUPS[family]][name] = tuple(members or [none])


def _service_settings(group: ServiceGroup) -> Iterator[str]:
    # The protocol stays at its default, which has another name in later versions.
    for protocol, spans in group.services:
        yield f"set {protocol}-portrange {' '.join(map(range_text, spans))}"


def define_objects(plan: FortiPlan) -> Iterator[str]:
    """Yield commands that create or change the objects of a plan."""
    for table, objects in plan.objects.items():
        yield from _block(
            table,
            (
                line
                for name, settings in objects.items()
                for line in _edit(name, [*settings, plan.comment(table, name)])
            ),
        )


def define_groups(plan: FortiPlan) -> Iterator[str]:
    """Yield commands that give the groups of a plan exactly these members."""
    for table, groups in plan.groups.items():
        yield from _block(
            table, (line for name in groups for line in _group_commands(plan, table, name))
        )


def change_groups(old: FortiPlan, new: FortiPlan, none: dict[str, str]) -> Iterator[str]:
    """Yield commands for each group that differs; a removed one keeps the placeholder `none`.

    FortiOS forbids empty groups in policies, and deleting what a policy refers to.
    """
    for table, groups in new.groups.items():
        lines: list[str] = []
        for name in dict.fromkeys([*groups, *old.groups[table]]):
            had, has = old.groups[table].get(name), groups.get(name, (none[table],))
            if had is None:
                lines += _group_commands(new, table, name)
            elif had != has:
                come, go = compare_members(had, has)
                lines += _edit(
                    name, [*_member_commands("append", come), *_member_commands("unselect", go)]
                )
        yield from _block(table, lines)


def delete_objects(table: str, names: Iterable[str]) -> Iterator[str]:
    """Yield commands that delete objects, which must not be in any group."""
    return _block(table, [f'    delete "{name}"' for name in names])


def _group_commands(plan: FortiPlan, table: str, name: str) -> Iterator[str]:
    members = _member_commands("set", plan.groups[table][name])
    return _edit(name, [*members, plan.comment(table, name)])


def _block(table: str, lines: Iterable[str]) -> Iterator[str]:
    ahead = iter(lines)
    if (first := next(ahead, None)) is not None:
        yield from (f"config {table}", first)
        yield from ahead
        yield "end"


def _edit(name: str, settings: Iterable[str]) -> Iterator[str]:
    yield f'    edit "{name}"'
    for each in settings:
        yield f"        {each}"
    yield "    next"


def _member_commands(verb: str, names: Lines | list[str]) -> Iterator[str]:
    for start in range(0, len(names), _PER_LINE):
        word = "append" if start and verb == "set" else verb
        listed = " ".join(f'"{name}"' for name in names[start : start + _PER_LINE])
        yield f"{word} member {listed}"
