"""PAN-OS in `set` form: addresses, groups, services, URL categories and security rules.

Where there is a rule, rules decide, those of Panorama before and after the firewall's own. A
file without any is taken as it is meant to be used: a group with the service of its name, as
our panos.set has them; what else there is of addresses may be reached on ports that the file
does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tracker.audit.parsed_config import Dump, Opening, Place, Sets, Target, Unread, place
from tracker.audit.readers import Reader
from tracker.audit.readers._pan import RULES, Object, tables
from tracker.audit.readers._pan_objects import Objects, by_application
from tracker.audit.readers._policies import Policy, Services, Unknown, add, real
from tracker.formats.panos import cannot
from tracker.model import Direction

_COMMAND = re.compile(
    r"^set (?:shared |device-group \S+ |vsys \S+ )?"
    r"(?:address|address-group|service|service-group|rulebase|pre-rulebase|post-rulebase|tag) ",
    re.MULTILINE,
)
_ALLOWS = {"allow": True, "deny": False, "drop": False, "reset-client": False}
_ALLOWS |= {"reset-server": False, "reset-both": False}
_NEGATED = ("negate-source", "negate-destination")
_NARROWER = ("from", "to", "source-user", "source-hip", "destination-hip")
_INBOUND = re.compile(r"_(?:lan-)?in-")
_WITH_SERVICE = re.compile(r"with service (\S+)")


def read(text: str, _: Sets) -> Dump:
    """The openings of all rules, or of the objects where there is none."""
    dump = Dump()
    found = tables(text, dump)
    rules = [
        (scope, rule)
        for kind in RULES
        for (scope, each), table in found.items()
        if each == kind
        for rule in table.values()
    ]
    for scope, rule in rules:
        _rule(rule, Objects(found, scope), dump)
    if not rules:
        for scope in dict.fromkeys(scope for scope, _ in found):
            _fragment(Objects(found, scope), dump)
    return dump


def _rule(rule: Object, objects: Objects, dump: Dump) -> None:
    at = place(rule.line, f"rule {rule.name}")
    if rule.one("disabled", "no") == "yes":
        return
    try:
        add(_policy(rule, at, objects), dump)
    except Unknown as unknown:
        dump.unread.append(Unread(at, str(unknown)))


def _policy(rule: Object, at: Place, objects: Objects) -> Policy:
    """A rule as a policy. Raises Unknown."""
    allows = _ALLOWS.get(rule.one("action"))
    if allows is None:
        raise Unknown(f'its action "{rule.one("action")}" is not understood')
    if any(rule.one(key, "no") == "yes" for key in _NEGATED):
        raise Unknown("it negates its addresses")
    conditions = [
        f"{key} {rule.one(key)}" for key in _NARROWER if rule.all(key) not in ([], ["any"])
    ]
    services, narrowed = _services(rule, objects)
    destinations = objects.targets(rule.all("destination") or ["any"])
    if (categories := rule.all("category")) not in ([], ["any"]):
        if destinations is not None:
            raise Unknown("it has both addresses and a category of URLs")
        destinations = tuple(host for each in categories for host in objects.urls(each))
    sources = objects.targets(rule.all("source") or ["any"])
    return Policy(at, allows, sources, destinations, services, (*conditions, *narrowed))


def _services(rule: Object, objects: Objects) -> tuple[Services, list[str]]:
    """Ports, by the service or the default ones of the applications; and what narrows them."""
    applications = rule.all("application") or ["any"]
    if rule.all("service") == ["application-default"]:
        return by_application(applications), []
    narrowed = [] if applications == ["any"] else [f"application {' '.join(applications)}"]
    return objects.services(rule.all("service") or ["any"]), narrowed


def _fragment(objects: Objects, dump: Dump) -> None:
    """Groups and categories with their services, then addresses that are in none of them."""
    used: set[str] = set()
    for name, group in objects.named("address-group").items():
        if objects.find(name, "service"):
            at = place(group.line, name)
            with _unread(at, dump):
                members = dict.fromkeys(objects.below(name))
                used.update(members)
                _open(name, list(members), objects.services([name]), at, objects, dump)
    for name, category in objects.named("profiles", "custom-url-category").items():
        at = place(category.line, name)
        with _unread(at, dump):
            if service := _WITH_SERVICE.match(category.one("description")):
                _add(name, objects.urls(name), objects.services([service[1]]), at, dump)
    for name, address in objects.named("address").items():
        at = place(address.line, name)
        if name not in used:
            _open("", [name], ((None, None),), at, objects, dump)


def _open(
    group: str, names: list[str], services: Services, at: Place, objects: Objects, dump: Dump
) -> None:
    """Single addresses with the services of their group; each stands where it is defined."""
    for name in names:
        found = objects.find(name, "address")
        where = place(found.line, f"{name} in {group}" if group else name) if found else at
        with _unread(where, dump):
            _add(group, (objects.one(name),), services, where, dump)


def _add(
    group: str, targets: tuple[Target, ...], services: Services, at: Place, dump: Dump
) -> None:
    direction: Direction = "inbound" if _INBOUND.search(group) else "outbound"
    for target in real(targets):
        for protocol, ports in services:
            dump.openings.append(Opening(direction, target, protocol, ports, at))


@contextmanager
def _unread(at: Place, dump: Dump) -> Iterator[None]:
    """What is not understood goes to where it is listed."""
    try:
        yield
    except Unknown as unknown:
        dump.unread.append(Unread(at, str(unknown)))


READER = Reader(
    name="panos",
    about="PAN-OS addresses, groups, services, URL categories and security rules",
    export="set cli config-output-format set, configure, show (or show address, show"
    " address-group, show service, show rulebase security)",
    sniff=lambda start: bool(_COMMAND.search(start)),
    read=read,
    cannot=cannot,
    fix="panos",
)
