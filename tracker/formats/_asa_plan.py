"""The objects of a Cisco ASA file, and the commands that make them.

An object group in use can neither be removed nor be made empty (Cisco, "Objects for Access
Control"), so each group of targets holds an address that goes nowhere for good, and the ports
of a group never change: those of the local network have a group each. A host is an object for
each family, since `fqdn` without one means IPv4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats._boxes import Ports
from tracker.formats._bundles import Bundle, Target
from tracker.formats._object_names import ObjectNames, names_for
from tracker.formats._policy import Network, comment

NOTHING = "host 255.255.255.255"  # goes nowhere: RFC 919 section 7
FAMILIES = {"v4": "", "v6": "-v6"}
PORTS = "-ports"  # objects and groups of all kinds share one space of names
_LONGEST = 64 - len(PORTS)  # characters of a name


class Host(msgspec.Struct, frozen=True, gc=False):
    """An object for a host name; `family` is v4 or v6."""

    family: str
    name: str
    words: str


class Plan(msgspec.Struct):
    """By name: objects of hosts, groups of targets, and of each service protocol and port."""

    owner: str
    hosts: dict[str, Host] = msgspec.field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    ports: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)


def plan_of(rule_set: RuleSet, found: Iterable[Bundle]) -> Plan:
    """All objects for these bundles, in which each port of the local network is apart."""
    names = names_for(rule_set, _LONGEST)
    plan = Plan(comment(f"fwtracker - {rule_set.source} - {rule_set.name}"))
    for bundle in found:
        name = names.of(bundle.key)
        plan.groups[name] = (NOTHING, *_members(plan, names, bundle))
        [(protocol, [ports])] = bundle.services
        plan.ports[name + PORTS] = protocol, _port(ports)
    return plan


def made(plan: Plan) -> Iterator[str]:
    """Commands that make all objects and groups, and add what groups do not hold yet."""
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


def member_of(target: str, network: Network) -> str:
    """An address or network in its one spelling as a member of a group."""
    if "/" not in target:
        return f"host {target}"
    if network.version == 4:  # noqa: PLR2004 - IPv4
        return f"{network.network_address} {network.netmask}"
    return target


def _members(plan: Plan, names: ObjectNames, bundle: Bundle) -> Iterator[str]:
    for target in bundle.targets:
        if target.network:
            yield member_of(target.name, target.network)
        else:
            name = names.target(target)
            for family, suffix in FAMILIES.items():
                _add_host(plan, name + suffix, target, family)
                yield f"object {name}{suffix}"


def _add_host(plan: Plan, name: str, target: Target, family: str) -> None:
    """An object for a host, or one thing more that is said of it."""
    known = plan.hosts.get(name)
    said = known.words if known and known.words != plan.owner else ""
    words = target.words
    if said and words not in said:
        words = comment(f"{said} / {words}")
    plan.hosts[name] = Host(family, target.name, words or plan.owner)


def _port(ports: Ports) -> str:
    first, last = ports
    return f"eq {first}" if first == last else f"range {first} {last}"
