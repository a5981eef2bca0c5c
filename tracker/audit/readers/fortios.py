"""FortiOS: addresses, groups, services and policies, of a whole configuration or a part.

If there are policies, they decide, in each virtual domain separately. In a part without any, a
group has the services of its name, as in our fortios.conf, and other addresses are allowed on
ports that the file does not state; a whole configuration without policies allows nothing. A
policy with a key that is not in `shared/fortios_keys.py` is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.audit.parsed_config import (
    ANYWHERE_IN,
    Judged,
    Location,
    ParsedConfig,
    Permit,
    ReadOptions,
    Skipped,
    Target,
    locate,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared import fortios_keys as keys
from tracker.audit.readers.shared.fortios_objects import FortiObjects
from tracker.audit.readers.shared.fortios_tables import (
    SETTINGS,
    FortiObject,
    Tables,
    parse_tables,
)
from tracker.audit.readers.shared.policies import (
    ANY_SERVICE,
    Policy,
    ServicePorts,
    UnknownName,
    add_policies,
    without_placeholders,
)
from tracker.model import Direction

_CONFIG = re.compile(r"^\s*config (?:firewall|vdom|system|global)\b", re.MULTILINE)
_INBOUND = re.compile(r"_(?:lan-)?in-")
_WHOLE = re.compile(r"^#config-version=|^\s*config system global\b", re.MULTILINE)
# Tables of policies, with the suffix of the address keys for each family.
_POLICIES: dict[str, dict[int, str]] = {
    "firewall policy": {4: "", 6: "6"},
    "firewall policy6": {6: ""},
    "firewall consolidated policy": {4: "4", 6: "6"},
}
_SECURITY = "firewall security-policy"
_GLOBAL = "global"
_FAMILIES = (4, 6)


def read(text: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of the policies of each virtual domain, or of the objects."""
    config = ParsedConfig()
    found = parse_tables(text, config)
    domains = dict.fromkeys(domain for domain, _ in found)
    firewalls = [domain for domain in domains if _has_policies(found, domain)]
    # Policies outside virtual domains are a separate firewall.
    names = {each: each or (_GLOBAL if any(firewalls) else "") for each in firewalls}
    config.scopes = tuple(filter(None, names.values()))
    for domain, name in names.items():
        if options.includes(name):
            _add_domain(found, domain, name, options, config)
    others = [domain for domain in domains if domain and domain not in firewalls]
    if firewalls and others:
        config.judged.append(
            Judged(", ".join(names.values()), f"no policies in {', '.join(others)}")
        )
    if not firewalls:
        _read_without_policies(text, found, domains, config)
    return config


def _has_policies(found: Tables, domain: str) -> bool:
    return any(found.get((domain, table)) for table in (*_POLICIES, _SECURITY))


def _read_without_policies(
    text: str, found: Tables, domains: Iterable[str], config: ParsedConfig
) -> None:
    """Add the objects of a part; a whole configuration without policies opens nothing."""
    if _WHOLE.search(text) or any(table in (*_POLICIES, _SECURITY) for _, table in found):
        config.judged.append(Judged("policies", "there are none: nothing gets through"))
        return
    config.is_fragment = True
    for domain in domains:
        for family in _FAMILIES:
            _add_objects(FortiObjects(found, domain, family), config)


def _add_domain(
    found: Tables, domain: str, name: str, options: ReadOptions, config: ParsedConfig
) -> None:
    """Add the policies of a virtual domain; the first that matches decides."""
    objects = {family: FortiObjects(found, domain, family) for family in _FAMILIES}
    policies = [
        policy
        for table, ends in _POLICIES.items()
        for each in found.get((domain, table), {}).values()
        for policy in _read_policy(each, ends, objects)
    ]
    if _is_by_security_policy(found, domain):
        config.judged.append(Judged(_SECURITY, "NGFW mode is policy-based"))
        policies = [
            *_requirements(found, domain, policies),
            *(
                policy
                for each in found.get((domain, _SECURITY), {}).values()
                for policy in _read_policy(each, {4: "", 6: "6"}, objects)
            ),
        ]
    _note_profiles(found, domain, config)
    add_policies(policies, name, options.chain, "interfaces", config)


def _is_by_security_policy(found: Tables, domain: str) -> bool:
    """Return whether security policies decide: by the mode, or because there are no others."""
    settings = found.get((domain, SETTINGS), {}).get("")
    mode = settings.text_of("ngfw-mode") if settings else ""
    others = any(found.get((domain, table)) for table in _POLICIES)
    return mode == "policy-based" or (not others and bool(found.get((domain, _SECURITY))))


def _requirements(found: Tables, domain: str, before: list[Policy]) -> Iterator[Policy]:
    """Yield denies that precede security policies: traffic must match in both tables.

    Fortinet, "Implement basic policy for policy-based NGFW mode": traffic without a match among
    the policies for inspection and authentication is dropped. Unless these match everything,
    they are not evaluated.
    """
    if not any(found.get((domain, table)) is not None for table in _POLICIES):
        return  # a part that has only security policies
    at = locate(0, "policies for inspection and authentication")
    for family in _FAMILIES:
        everything = (ANYWHERE_IN[family],)
        own = [policy for policy in before if policy.families == (family,)]
        if not any(_takes_in_all(policy, everything) for policy in own):
            why = "only what one of them matches reaches the security policies" if own else ""
            yield Policy(at, False, everything, everything, ANY_SERVICE, unknown=why)  # noqa: FBT003  it denies


def _takes_in_all(policy: Policy, everything: tuple[Target, ...]) -> bool:
    narrowed = policy.unknown or policy.came_from or policy.goes_to
    return not narrowed and (
        (policy.sources, policy.destinations, policy.services)
        == (everything, everything, ANY_SERVICE)
    )


def _read_policy(
    policy: FortiObject, ends: dict[int, str], objects: dict[int, FortiObjects]
) -> Iterator[Policy]:
    """Yield a policy for each address family in which it has addresses."""
    if policy.text_of("status", "enable") == "disable":
        return
    at = locate(policy.line, f"policy {policy.name} {policy.text_of('name')}".rstrip())
    allows = policy.text_of("action", "deny") == "accept"
    unknown = keys.find_unknown(policy.settings)
    named = False
    for family, end in ends.items():
        sources, destinations = (
            policy.values_of(f"{side}addr{end}") for side in ("src", "dst")
        )
        if sources and destinations:
            named = True
            yield _read_family(policy, at, objects[family], sources, destinations, unknown)
    if not named:
        why = unknown or "it names no addresses"
        yield Policy(at, allows, None, None, ANY_SERVICE, *_places(policy), unknown=why)


def _read_family(
    policy: FortiObject,
    at: Location,
    objects: FortiObjects,
    sources: list[str],
    destinations: list[str],
    unknown: str,
) -> Policy:
    """Return a policy for one address family; an unknown part is as wide as possible."""
    came_from: tuple[Target, ...] = (ANYWHERE_IN[objects.family],)
    goes_to, services = came_from, ANY_SERVICE
    try:
        if keys.is_negated(policy.settings):
            raise UnknownName(unknown)  # it is for everything but these addresses
        came_from = objects.targets(sources)
        services = objects.services(policy.values_of("service"))
        goes_to = objects.targets(destinations)
    except UnknownName as error:
        unknown = unknown or str(error)
    return Policy(
        at,
        policy.text_of("action", "deny") == "accept",
        came_from,
        goes_to,
        services,
        *_places(policy),
        unknown=unknown,
        families=(objects.family,),
    )


def _places(policy: FortiObject) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the source and destination interfaces of a policy; empty for any."""
    came_from, goes_to = (
        () if "any" in (names := policy.values_of(key)) else tuple(names)
        for key in ("srcintf", "dstintf")
    )
    return came_from, goes_to


def _note_profiles(found: Tables, domain: str, config: ParsedConfig) -> None:
    """Add a note that profiles inspect what policies allow, and may stop it."""
    used = {
        key
        for table in (*_POLICIES, _SECURITY)
        for policy in found.get((domain, table), {}).values()
        for key in keys.PROFILES & policy.settings.keys()
        if policy.text_of("action") == "accept" and policy.values_of(key)
    }
    if used:
        config.notes.append(
            f"profiles inspect what some policies let through ({', '.join(sorted(used))}):"
            " what they stop is not compared"
        )


def _add_objects(objects: FortiObjects, config: ParsedConfig) -> None:
    """Add groups with the services of their name, then addresses that are in none of them."""
    used: set[str] = set()
    for name in objects.groups:
        service = name.removesuffix("-v6")
        if objects.has_service(service):
            members = dict.fromkeys(_members_of(name, objects, config))
            used.update(members)
            for member in members:
                _add_address(
                    name, member, _services_of(service, objects, config), objects, config
                )
    for name in objects.addresses:
        if name not in used and name not in {"all", "none"}:
            _add_address("", name, ((None, None),), objects, config)


def _members_of(name: str, objects: FortiObjects, config: ParsedConfig) -> list[str]:
    try:
        return list(objects.expand_group(name))
    except UnknownName as error:
        config.skipped.append(Skipped(locate(objects.groups[name].line, name), str(error)))
        return []


def _services_of(name: str, objects: FortiObjects, config: ParsedConfig) -> ServicePorts:
    try:
        return objects.services([name])
    except UnknownName as error:
        item = Skipped(locate(0, name), str(error))
        config.skipped += [] if item in config.skipped else [item]
        return ()


def _add_address(
    group: str, name: str, services: ServicePorts, objects: FortiObjects, config: ParsedConfig
) -> None:
    """Add one address with the services of its group."""
    direction: Direction = "inbound" if _INBOUND.search(group) else "outbound"
    at = objects.locate(name, f"{name} in {group}" if group else name)
    try:
        targets = without_placeholders(objects.resolve_address(name))
    except UnknownName as error:
        config.skipped.append(Skipped(at, str(error)))
        return
    for target in targets:
        for protocol, ports in services:
            families = (objects.family,)
            config.permits.append(
                Permit(direction, target, protocol, ports, at, families=families)
            )


READER = Reader(
    name="fortios",
    about="FortiOS addresses, groups, services and policies; all of a configuration or a part",
    export="show full-configuration firewall address (address6, addrgrp, addrgrp6, service"
    " custom, service group, policy), or the configuration file of a backup",
    sniff=lambda start: bool(_CONFIG.search(start)),
    read=read,
    unsupported=lambda _: None,
    fix="fortios",
    takes=("scope", "chain"),
    scopes_are="virtual domains",
)
