"""FortiOS: addresses, groups, services and policies, of a whole configuration or a part.

Where there is a policy, policies decide. A part without any is taken as it is meant to be
used: a group with the services of its name, as our fortios.conf has them; what else there is
of addresses may be reached on ports that the file does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.audit.parsed_config import Dump, Opening, Place, Sets, Unread, place
from tracker.audit.readers import Reader
from tracker.audit.readers._forti import Object, tables
from tracker.audit.readers._forti_objects import Objects
from tracker.audit.readers._policies import Policy, Services, Unknown, add, real
from tracker.model import Direction

_CONFIG = re.compile(r"^\s*config (?:firewall|vdom|system|global)\b", re.MULTILINE)
_POLICIES = "firewall policy"
_INBOUND = re.compile(r"_(?:lan-)?in-")
_STATES = ("srcaddr-negate", "dstaddr-negate", "service-negate", "internet-service")
_NARROWER = ("srcintf", "dstintf")


def read(text: str, _: Sets) -> Dump:
    """The openings of all policies of all virtual domains, or of the objects."""
    dump = Dump()
    found = tables(text, dump)
    for domain in dict.fromkeys(domain for domain, _ in found):
        four, six = (Objects(found, domain, family) for family in (4, 6))
        policies = found.get((domain, _POLICIES), {})
        for policy in policies.values():
            _policy(policy, (four, six), dump)
        for objects in () if policies else (four, six):
            _fragment(objects, dump)
    return dump


def _policy(policy: Object, families: tuple[Objects, ...], dump: Dump) -> None:
    at = place(policy.line, f"policy {policy.name} {policy.one('name')}".rstrip())
    if policy.one("status", "enable") == "disable":
        return
    try:
        for state in _STATES:
            if policy.one(state, "disable") != "disable":
                raise Unknown(f"{state} is not understood")
        for objects in families:
            for each in _of_family(policy, at, objects):
                add(each, dump)
    except Unknown as unknown:
        dump.unread.append(Unread(at, str(unknown)))


def _of_family(policy: Object, at: Place, objects: Objects) -> Iterator[Policy]:
    """The policy for one address family; nothing where it names no address of it."""
    six = "" if objects.family == 4 else "6"  # noqa: PLR2004  IPv4
    sources, destinations = (
        policy.settings.get(f"{end}addr{six}", []) for end in ("src", "dst")
    )
    if destinations:
        yield Policy(
            at,
            policy.one("action", "deny") == "accept",
            None if sources == ["all"] else objects.targets(sources),
            objects.targets(destinations),
            objects.services(policy.settings.get("service", [])),
            tuple(_conditions(policy)),
        )


def _conditions(policy: Object) -> Iterator[str]:
    for key in _NARROWER:
        if policy.one(key, "any") != "any":
            yield f"{key} {policy.one(key)}"
    if policy.one("schedule", "always") != "always":
        yield f"schedule {policy.one('schedule')}"
    for key in ("users", "groups", "fsso-groups"):
        if policy.settings.get(key):
            yield f"{key} {policy.one(key)}"


def _fragment(objects: Objects, dump: Dump) -> None:
    """Groups with the services of their name, then addresses that are in none of them."""
    used: set[str] = set()
    for name in objects.groups:
        service = name.removesuffix("-v6")
        if objects.has_service(service):
            members = dict.fromkeys(_below(name, objects, dump))
            used.update(members)
            for member in members:
                _open(name, member, _services(service, objects, dump), objects, dump)
    for name in objects.addresses:
        if name not in used and name not in {"all", "none"}:
            _open("", name, ((None, None),), objects, dump)


def _below(name: str, objects: Objects, dump: Dump) -> list[str]:
    try:
        return list(objects.below(name))
    except Unknown as unknown:
        dump.unread.append(Unread(place(objects.groups[name].line, name), str(unknown)))
        return []


def _services(name: str, objects: Objects, dump: Dump) -> Services:
    try:
        return objects.services([name])
    except Unknown as unknown:
        item = Unread(place(0, name), str(unknown))
        dump.unread += [] if item in dump.unread else [item]
        return ()


def _open(group: str, name: str, services: Services, objects: Objects, dump: Dump) -> None:
    """One address with the services of its group."""
    direction: Direction = "inbound" if _INBOUND.search(group) else "outbound"
    at = objects.place(name, f"{name} in {group}" if group else name)
    try:
        targets = real(objects.one(name))
    except Unknown as unknown:
        dump.unread.append(Unread(at, str(unknown)))
        return
    for target in targets:
        for protocol, ports in services:
            dump.openings.append(Opening(direction, target, protocol, ports, at))


READER = Reader(
    name="fortios",
    about="FortiOS addresses, groups, services and policies; all of a configuration or a part",
    export="show full-configuration firewall address (address6, addrgrp, addrgrp6, service"
    " custom, service group, policy), or the configuration file of a backup",
    sniff=lambda start: bool(_CONFIG.search(start)),
    read=read,
    cannot=lambda _: None,
    fix="fortios",
)
