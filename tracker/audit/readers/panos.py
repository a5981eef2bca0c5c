"""PAN-OS: addresses, groups, services, URL categories and security rules, as commands or XML.

If there are rules, they decide: those of Panorama before and after the firewall's own, for each
virtual system or device group separately. In a part without rules, a group has the service of
its name, as in our panos.set, and other addresses are allowed on ports that the file does not
state; the configuration of a device without rules allows nothing.

Keys of a rule: Palo Alto Networks, "PAN-OS CLI Quick Start" (set rulebase security rules) and
the help of Policies, Security. A rule with a key that is not listed here is not understood.
Defaults of absent keys: rule-type universal, no negation, enabled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tracker.audit.parsed_config import (
    ConfigParseError,
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
from tracker.audit.readers.shared.panos_objects import (
    OWN_LISTS,
    PanObjects,
    scopes_above,
    services_of_applications,
)
from tracker.audit.readers.shared.panos_tables import (
    DEFAULT_KINDS,
    RULE_KINDS,
    PanObject,
    Scope,
    Tables,
    looks_like_curly,
    looks_like_xml,
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
from tracker.formats.panos import explain_unsupported
from tracker.model import Direction

_COMMAND = re.compile(
    r"^set (?:config |devices \S+ |policy panorama |panorama |shared |device-group \S+ "
    r"|vsys \S+ )*"
    r"(?:address|address-group|service|service-group|external-list|rulebase|pre-rulebase"
    r"|post-rulebase|tag|deviceconfig|mgt-config) ",
    re.MULTILINE,
)
_ALLOWS = {"allow": True, "deny": False, "drop": False, "reset-client": False}
_ALLOWS |= {"reset-server": False, "reset-both": False}
# The match conditions and actions of a rule, which the reader evaluates.
_EVALUATED = {
    *("from", "to", "source", "destination", "application", "service", "category", "action"),
    "disabled",
}
# Keys that do not affect whether a connection is allowed.
_NEUTRAL = {
    *("description", "tag", "group-tag", "log-start", "log-end", "log-setting", "uuid"),
    *("profile-setting", "option", "qos", "icmp-unreachable", "disable-inspect"),
    "disable-server-response-inspection",
}
# Values with which a key narrows nothing; with any other the rule is not understood.
_HARMLESS = {
    "rule-type": {"universal", "interzone"},
    "negate-source": {"no"},
    "negate-destination": {"no"},
    "target": {"negate no"},
}
_NEGATED = ("negate-source", "negate-destination")
_INBOUND = re.compile(r"_(?:lan-)?in-")
_WITH_SERVICE = re.compile(r"with service (\S+)")


def read(text: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of each firewall's rules, or of the objects in a part without any."""
    config = ParsedConfig()
    found = parse_tables(text, config)
    firewalls = {
        scope: rules for scope in _list_firewalls(found) if (rules := _rules_of(scope, found))
    }
    config.scopes = tuple(scope[-1] for scope in firewalls if scope)
    for scope, rules in firewalls.items():
        name = scope[-1] if scope else ""
        if options.includes(name):
            policies = [
                policy
                for rule, owner in rules
                for policy in _read_rule(rule, PanObjects(found, owner), config)
            ]
            policies += _default_policies(scope, found)
            add_policies(policies, name, options.chain, "zones", config)
    if firewalls and found.others:
        config.notes.append(
            f"rules of {', '.join(found.others)} may stop what security rules let through;"
            " they are not compared"
        )
    if not firewalls:
        _read_without_rules(found, config)
    return config


def _read_without_rules(found: Tables, config: ParsedConfig) -> None:
    """Add the objects of a part; a configuration without rules opens nothing."""
    if found.managed:
        raise ConfigParseError(
            "has no rules of its own: Panorama pushes them; export what the firewall runs"
            " (show config merged, or the device group from Panorama)"
        )
    if found.is_device:
        config.judged.append(Judged("security rules", "there are none: nothing gets through"))
        return
    config.is_fragment = True
    for scope in dict.fromkeys(scope for scope, _ in found.objects):
        _add_objects(PanObjects(found, scope), config)


def _list_firewalls(found: Tables) -> list[Scope]:
    """Return the scopes that are firewalls: device groups, virtual systems, or the file."""
    systems = found.scopes("vsys")
    groups = found.scopes("device-group")
    own = [scope for scope in systems if any(found.get(scope, *kind) for kind in RULE_KINDS)]
    if not (own or groups) and len(systems) == 1:
        own = systems
    return [*groups, *own] or [()]


def _rules_of(scope: Scope, found: Tables) -> list[tuple[PanObject, Scope]]:
    """Return the rules of a firewall in order, each with the scope of its objects.

    Palo Alto Networks, "Device Group Policies": first pre-rules from the top of the hierarchy
    down, then the firewall's own rules, then post-rules from the bottom up.
    """
    chain = scopes_above(scope, found)
    before, own, after = RULE_KINDS
    ordered = [*((each, before) for each in chain[::-1]), *((each, own) for each in chain)]
    ordered += [(each, after) for each in chain]
    return [(rule, scope) for each, kind in ordered for rule in found.get(each, *kind).values()]


def _default_policies(scope: Scope, found: Tables) -> Iterator[Policy]:
    """Yield the default policy for traffic that no rule matches, if it is set to allow."""
    for each in scopes_above(scope, found):
        for kind in DEFAULT_KINDS:
            rule = found.get(each, *kind).get("interzone-default")
            if rule and rule.values_of("action"):
                if rule.text_of("action") == "allow":
                    at = locate(rule.line, "rule interzone-default")
                    yield Policy(at, True, None, None, ANY_SERVICE)  # noqa: FBT003  it allows
                return


def _read_rule(rule: PanObject, objects: PanObjects, config: ParsedConfig) -> Iterator[Policy]:
    """Yield a rule as a policy; an unknown part is as wide as possible."""
    at = locate(rule.line, f"rule {rule.name}")
    if rule.text_of("disabled", "no") == "yes":
        return
    allows = _ALLOWS.get(rule.text_of("action"), False)
    places = _zones_of(rule, "from"), _zones_of(rule, "to")
    unknown = _find_unknown(rule)
    sources: tuple[Target, ...] | None = None
    destinations: tuple[Target, ...] | None = None
    services = ANY_SERVICE
    try:
        if any(rule.text_of(key, "no") != "no" for key in _NEGATED):
            raise UnknownName(unknown)  # it is for everything but these addresses
        services, applications = _services_of_rule(rule, objects)
        sources = objects.targets(rule.values_of("source") or ["any"])
        destinations = _destinations_of(rule, objects)
        if allows and applications and not unknown:
            _note_applications(at, applications, config)
    except UnknownName as error:
        unknown = unknown or str(error)
    if not allows and _is_for_own_list(rule):
        config.notes.append(f"{at.text} denies lists of Palo Alto Networks: not compared")
        return
    yield Policy(at, allows, sources, destinations, services, *places, unknown=unknown)


def _find_unknown(rule: PanObject) -> str:
    """Return the part of a rule that is not understood; empty if all of it is."""
    if rule.text_of("action") not in _ALLOWS:
        return f'its action "{rule.text_of("action")}" is not understood'
    for key, values in rule.settings.items():
        if key in _EVALUATED or key in _NEUTRAL or set(values) <= _HARMLESS.get(key, {"any"}):
            continue
        return f"{key} {' '.join(values)} is not understood"
    return ""


def _zones_of(rule: PanObject, key: str) -> tuple[str, ...]:
    """Return the zones that a rule is from or to; empty for any."""
    zones = rule.values_of(key)
    return () if "any" in zones else tuple(zones)


def _is_for_own_list(rule: PanObject) -> bool:
    """Return whether a rule is only for lists that Palo Alto Networks maintains."""
    return any(
        names and all(map(OWN_LISTS.fullmatch, names))
        for names in (rule.values_of("source"), rule.values_of("destination"))
    )


def _destinations_of(rule: PanObject, objects: PanObjects) -> tuple[Target, ...] | None:
    """Return a rule's addresses, or the hosts of its URL categories. Raises UnknownName."""
    destinations = objects.targets(rule.values_of("destination") or ["any"])
    if (categories := rule.values_of("category")) in ([], ["any"]):
        return destinations
    if destinations is not None:
        raise UnknownName("it has both addresses and a category of URLs")
    return tuple(host for each in categories for host in objects.urls(each))


def _services_of_rule(rule: PanObject, objects: PanObjects) -> tuple[ServicePorts, str]:
    """Return the ports of a rule's services or applications, and applications that narrow them.

    Raises UnknownName.
    """
    applications = rule.values_of("application") or ["any"]
    if not rule.values_of("service"):
        raise UnknownName("it has no service, without which no rule is committed")
    if rule.values_of("service") == ["application-default"]:
        return services_of_applications(applications), ""
    services = objects.services(rule.values_of("service"))
    services_of_applications(applications)
    return services, "" if applications == ["any"] else " ".join(applications)


def _note_applications(at: Location, applications: str, config: ParsedConfig) -> None:
    line = f"line {at.line}: " if at.line else ""
    config.notes.append(
        f"{line}{at.text}: counts for some only (application {applications});"
        " that is not compared"
    )


def _add_objects(objects: PanObjects, config: ParsedConfig) -> None:
    """Add groups and categories with their services, then addresses in none of them."""
    used: set[str] = set()
    for name, group in objects.own_objects("address-group").items():
        if objects.find(name, "service"):
            at = locate(group.line, name)
            with _skip_unknown(at, config):
                members = dict.fromkeys(objects.expand_group(name))
                used.update(members)
                _add_addresses(
                    name, list(members), objects.services([name]), at, objects, config
                )
    for name, category in objects.own_objects("profiles", "custom-url-category").items():
        at = locate(category.line, name)
        with _skip_unknown(at, config):
            if service := _WITH_SERVICE.match(category.text_of("description")):
                _add_targets(
                    name, objects.urls(name), objects.services([service[1]]), at, config
                )
    for name, address in objects.own_objects("address").items():
        at = locate(address.line, name)
        if name not in used:
            _add_addresses("", [name], ((None, None),), at, objects, config)


def _add_addresses(
    group: str,
    names: list[str],
    services: ServicePorts,
    at: Location,
    objects: PanObjects,
    config: ParsedConfig,
) -> None:
    """Add the addresses of a group with its services, located where they are defined."""
    for name in names:
        found = objects.find(name, "address")
        where = locate(found.line, f"{name} in {group}" if group else name) if found else at
        with _skip_unknown(where, config):
            _add_targets(group, (objects.resolve_address(name),), services, where, config)


def _add_targets(
    group: str,
    targets: tuple[Target, ...],
    services: ServicePorts,
    at: Location,
    config: ParsedConfig,
) -> None:
    direction: Direction = "inbound" if _INBOUND.search(group) else "outbound"
    for target in without_placeholders(targets):
        for protocol, ports in services:
            config.permits.append(Permit(direction, target, protocol, ports, at))


@contextmanager
def _skip_unknown(at: Location, config: ParsedConfig) -> Iterator[None]:
    """Record a part that is not understood, and continue."""
    try:
        yield
    except UnknownName as error:
        config.skipped.append(Skipped(at, str(error)))


READER = Reader(
    name="panos",
    about="PAN-OS addresses, groups, services, URL categories and security rules",
    export="set cli config-output-format set, configure, show (or show address, show"
    " address-group, show service, show rulebase security); or the configuration as XML",
    sniff=lambda start: (
        bool(_COMMAND.search(start)) or looks_like_xml(start) or looks_like_curly(start)
    ),
    read=read,
    unsupported=explain_unsupported,
    fix="panos",
    takes=("scope", "chain"),
    scopes_are="virtual systems or device groups",
)
