"""The objects of a PAN-OS file, and the commands that make them.

Address groups and custom URL categories are lists that a `set` adds to, so a list is filled
with something that matches nothing, emptied, and filled with what it must hold. Nothing is in
force before the commit, and a list is never empty then, which PAN-OS would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tracker.formats import RuleSet
from tracker.formats._bundles import Bundle, Target, port_span
from tracker.formats._object_names import ObjectNames, names_for
from tracker.formats._policy import comment

NOTHING = "255.255.255.255/32"  # goes nowhere: RFC 919 section 7
NO_URL = "none.invalid/"  # a name that there never is: RFC 2606 section 2
_NONE = "none"
_LONGEST_CATEGORY = 31  # characters; of the other objects 63
_PER_LINE = 20


class Address(msgspec.Struct, frozen=True, gc=False):
    """An address object: `kind` is ip-netmask or fqdn."""

    kind: str
    value: str
    words: str


class Plan(msgspec.Struct):
    """All objects of a file by name. A category has its service, and its URLs."""

    owner: str
    addresses: dict[str, Address] = msgspec.field(default_factory=dict)
    services: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    categories: dict[str, tuple[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)

    @property
    def none(self) -> str:
        """The address object that stands for no address at all."""
        return f"{self.owner}_{_NONE}"


def plan_of(rule_set: RuleSet, found: Iterable[Bundle]) -> Plan:
    """All objects for these bundles of a rule set; none at all where there is none."""
    names = names_for(rule_set)
    plan = Plan(names.stem)
    for bundle in found:
        plan.addresses[plan.none] = Address("ip-netmask", NOTHING, "no address")
        _add(plan, names, bundle)
        urls = tuple(f"{each.name}/" for each in bundle.targets if _is_wildcard(each))
        if urls:
            category = names_for(rule_set, _LONGEST_CATEGORY).of(bundle.key)
            plan.categories[category] = names.of(bundle.key), urls
    return plan


def defined(plan: Plan) -> Iterator[str]:
    """Commands that make address objects and services, or change them."""
    for name, address in plan.addresses.items():
        said = f'description "{address.words}" tag {plan.owner}'
        yield f"set address {name} {address.kind} {address.value} {said}"
    for name, (protocol, ports) in plan.services.items():
        yield f"set service {name} protocol {protocol} port {ports}"
        yield f"set service {name} tag {plan.owner}"


def grouped(plan: Plan) -> Iterator[str]:
    """Commands that make the groups and categories, with these members and no others."""
    for name, members in plan.groups.items():
        yield from _filled(group_path(name), plan.none, members)
        yield f"set address-group {name} tag {plan.owner}"
    for name, (service, urls) in plan.categories.items():
        path = category_path(name)
        yield f'set {path} type "URL List"'
        yield f'set {path} description "with service {service} - HTTP and TLS only"'
        yield from _filled(f"{path} list", NO_URL, urls)


def added(path: str, members: Sequence[str]) -> Iterator[str]:
    """Commands that put members into a list."""
    for start in range(0, len(members), _PER_LINE):
        yield f"set {path} [ {' '.join(members[start : start + _PER_LINE])} ]"


def group_path(name: str) -> str:
    """Where the members of a group are."""
    return f"address-group {name} static"


def category_path(name: str) -> str:
    """Where a category is; its URLs are in its `list`."""
    return f"profiles custom-url-category {name}"


def _filled(path: str, none: str, members: Sequence[str]) -> Iterator[str]:
    yield f"set {path} {none}"
    yield f"delete {path}"
    yield from added(path, members)


def _add(plan: Plan, names: ObjectNames, bundle: Bundle) -> None:
    """One bundle's addresses, group and service. Its wildcards are no addresses."""
    name, members = names.of(bundle.key), []
    for target in bundle.targets:
        if not _is_wildcard(target):
            member = names.target(target)
            known = plan.addresses.get(member)
            words = _both(known.words if known else "", target.words)
            kind = "ip-netmask" if target.network else "fqdn"
            plan.addresses[member] = Address(kind, target.name, words or plan.owner)
            members.append(member)
    plan.groups[name] = tuple(members)
    [(protocol, spans)] = bundle.services
    plan.services[name] = protocol, ",".join(map(port_span, spans))


def _both(said: str, words: str) -> str:
    """The description of an object that several bundles hold."""
    return comment(f"{said} / {words}" if said and words not in said else words)


def _is_wildcard(target: Target) -> bool:
    return target.name.startswith("*.")
