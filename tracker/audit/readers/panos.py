"""PAN-OS in `set` form: addresses, groups, services, URL categories and security rules.

Where there is a rule, rules decide, those of Panorama before and after the firewall's own. In
a file without any, a group has the service of its name, as in our panos.set, and other
addresses may be reached on ports that the file does not tell.

Grammar: Palo Alto Networks, "PAN-OS CLI Quick Start"; a value is a word, a quoted text, or
words in brackets. Where an object is (shared, a device group, a vsys) is its scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracker.audit.parsed_config import (
    ANY_PORT,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    Skipped,
    Target,
    locate,
    numbered_lines,
    parse_host,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.lists import hosts_of_entry
from tracker.audit.readers.shared.policies import (
    Policy,
    ServicePorts,
    UnknownName,
    add_policy,
    without_placeholders,
)
from tracker.formats.panos import unsupported
from tracker.model import Direction, Protocol

_COMMAND = re.compile(
    r"^set (?:shared |device-group \S+ |vsys \S+ )?"
    r"(?:address|address-group|service|service-group|rulebase|pre-rulebase|post-rulebase|tag) ",
    re.MULTILINE,
)
_ALLOWS = {"allow": True, "deny": False, "drop": False, "reset-client": False}
_ALLOWS |= {"reset-server": False, "reset-both": False}
_NEGATED = ("negate-source", "negate-destination")
_CONDITION_KEYS = ("from", "to", "source-user", "source-hip", "destination-hip")
_INBOUND = re.compile(r"_(?:lan-)?in-")
_WITH_SERVICE = re.compile(r"with service (\S+)")


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of all rules, or of the objects where there is no rule."""
    config = ParsedConfig()
    found = parse_tables(text, config)
    rules = [
        (scope, rule)
        for kind in _RULE_KINDS
        for (scope, each), table in found.items()
        if each == kind
        for rule in table.values()
    ]
    for scope, rule in rules:
        _add_rule(rule, PanObjects(found, scope), config)
    if not rules:
        for scope in dict.fromkeys(scope for scope, _ in found):
            _add_objects(PanObjects(found, scope), config)
    return config


def _add_rule(rule: PanObject, objects: PanObjects, config: ParsedConfig) -> None:
    at = locate(rule.line, f"rule {rule.name}")
    if rule.text_of("disabled", "no") == "yes":
        return
    try:
        add_policy(_convert_rule(rule, at, objects), config)
    except UnknownName as error:
        config.skipped.append(Skipped(at, str(error)))


def _convert_rule(rule: PanObject, at: Location, objects: PanObjects) -> Policy:
    """Return a rule as a policy. Raises UnknownName."""
    allows = _ALLOWS.get(rule.text_of("action"))
    if allows is None:
        raise UnknownName(f'its action "{rule.text_of("action")}" is not understood')
    if any(rule.text_of(key, "no") == "yes" for key in _NEGATED):
        raise UnknownName("it negates its addresses")
    conditions = [
        f"{key} {rule.text_of(key)}"
        for key in _CONDITION_KEYS
        if rule.values_of(key) not in ([], ["any"])
    ]
    services, narrowed = _services_of_rule(rule, objects)
    destinations = objects.targets(rule.values_of("destination") or ["any"])
    if (categories := rule.values_of("category")) not in ([], ["any"]):
        if destinations is not None:
            raise UnknownName("it has both addresses and a category of URLs")
        destinations = tuple(host for each in categories for host in objects.urls(each))
    sources = objects.targets(rule.values_of("source") or ["any"])
    return Policy(at, allows, sources, destinations, services, (*conditions, *narrowed))


def _services_of_rule(rule: PanObject, objects: PanObjects) -> tuple[ServicePorts, list[str]]:
    """Return the ports of a rule's services or applications, and what narrows them."""
    applications = rule.values_of("application") or ["any"]
    if rule.values_of("service") == ["application-default"]:
        return services_of_applications(applications), []
    narrowed = [] if applications == ["any"] else [f"application {' '.join(applications)}"]
    return objects.services(rule.values_of("service") or ["any"]), narrowed


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
    """Add single addresses with their group's services, located where they are defined."""
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
    """Record what is not understood, and go on."""
    try:
        yield
    except UnknownName as error:
        config.skipped.append(Skipped(at, str(error)))


# Services that every PAN-OS has.
_BUILT_IN: dict[str, ServicePorts] = {
    "any": ((None, ANY_PORT),),
    "service-http": (("tcp", (80, 80)), ("tcp", (8080, 8080))),
    "service-https": (("tcp", (443, 443)),),
}
# Default ports of the applications that carry what is documented (Applipedia).
_APPLICATIONS: dict[str, ServicePorts] = {
    "any": ((None, ANY_PORT),),
    "ssl": (("tcp", (443, 443)),),
    "web-browsing": (("tcp", (80, 80)),),
}


@dataclass(frozen=True, slots=True)
class PanObjects:
    """The objects of a file as one scope sees them: its own, then shared ones."""

    tables: Tables
    scope: Scope

    def own_objects(self, *kind: str) -> dict[str, PanObject]:
        """Return the scope's own objects of a kind."""
        return self.tables.get((self.scope, kind), {})

    def find(self, name: str, *kind: str) -> PanObject | None:
        """Return the scope's own or else a shared object of this name; None without any."""
        for scope in dict.fromkeys((self.scope, (), ("shared",))):
            if found := self.tables.get((scope, kind), {}).get(name):
                return found
        return None

    def expand_group(self, name: str) -> Iterator[str]:
        """Yield the single addresses of a name, through all groups. Raises UnknownName."""
        seen, ahead = set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each in seen:
                continue
            seen.add(each)
            group = self.find(each, "address-group")
            if group is None:
                yield each
            elif "static" not in group.settings:
                raise UnknownName(f"the group {each} is filled while the firewall runs")
            else:
                ahead += group.values_of("static")

    def targets(self, names: Iterable[str]) -> tuple[Target, ...] | None:
        """Return all that some names stand for; None is any. Raises UnknownName."""
        names = list(names)
        if "any" in names:
            return None
        return tuple(
            self.resolve_address(each) for name in names for each in self.expand_group(name)
        )

    def resolve_address(self, name: str) -> Target:
        """Return the address of a name or of a literal. Raises UnknownName."""
        found = self.find(name, "address")
        if found is None:
            span = parse_range(name)
            if span is None:
                raise UnknownName(f"the address {name} is not in the file")
            return span
        target: Target | None = None
        if "fqdn" in found.settings:
            target = parse_host(found.text_of("fqdn"))
        else:
            target = parse_range(found.text_of("ip-netmask") or found.text_of("ip-range"))
        if target is None:
            raise UnknownName(f"the address {name} is not valid")
        return target

    def urls(self, name: str) -> tuple[Target, ...]:
        """Return the hosts of a custom URL category. Raises UnknownName."""
        found = self.find(name, "profiles", "custom-url-category")
        if found is None:
            raise UnknownName(f"the category {name} is not in the file")
        hosts: list[Target] = []
        for entry in found.values_of("list"):
            names = hosts_of_entry(entry)
            if names is None:
                raise UnknownName(f"the URL {entry} is more than a host")
            hosts += names
        return tuple(hosts)

    def services(self, names: Iterable[str]) -> ServicePorts:
        """Return protocols and ports of the named services. Raises UnknownName."""
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if service := self.find(name, "service"):
                found += _service_ports(service)
            elif group := self.find(name, "service-group"):
                ahead += group.values_of("members")
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise UnknownName(f"the service {name} is not in the file")
        return tuple(found)


def services_of_applications(names: Iterable[str]) -> ServicePorts:
    """Return the default ports of applications. Raises UnknownName."""
    found: list[tuple[Protocol | None, Ports | None]] = []
    for name in names:
        if name not in _APPLICATIONS:
            raise UnknownName(f"the ports of the application {name} are not known here")
        found += _APPLICATIONS[name]
    return tuple(found)


def _service_ports(service: PanObject) -> Iterator[tuple[Protocol | None, Ports | None]]:
    protocol = parse_protocol(service.text_of("protocol"))
    for text in service.text_of("port").split(","):
        ports = parse_ports(text)
        if protocol is None or ports is None:
            raise UnknownName(f"the service {service.name} has no ports of tcp or udp: {text}")
        yield protocol, ports


_WORD = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<sign>[][])|(?P<plain>[^\s"\[\]]+)')
_LIST_KEYS = {
    *("static", "members", "source", "destination", "service", "application", "from", "to"),
    *("category", "list", "tag", "source-user", "source-hip", "destination-hip"),
}
_SCOPES = {"shared": 1, "device-group": 2, "vsys": 2, "template": 2, "template-stack": 2}
# The kinds of objects that are read; the rest of a configuration is skipped.
_KINDS = (
    ("address",),
    ("address-group",),
    ("service",),
    ("service-group",),
    ("profiles", "custom-url-category"),
    ("external-list",),
    ("pre-rulebase", "security", "rules"),
    ("rulebase", "security", "rules"),
    ("post-rulebase", "security", "rules"),
)
_RULE_KINDS = tuple(kind for kind in _KINDS if kind[-1] == "rules")

Value = str | tuple[str, ...]
Scope = tuple[str, ...]


@dataclass(slots=True)
class PanObject:
    """An object with its settings, each a list of words, and the line that names it first."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def values_of(self, key: str) -> list[str]:
        """Return the values of a setting."""
        return self.settings.get(key, [])

    def text_of(self, key: str, default: str = "") -> str:
        """Return a setting as one text."""
        return " ".join(self.settings.get(key, [default]))


# Objects by scope and kind, in their order.
Tables = dict[tuple[Scope, tuple[str, ...]], dict[str, PanObject]]


def parse_tables(text: str, config: ParsedConfig) -> Tables:
    """Return all objects of the known kinds of a file."""
    found: Tables = {}
    for number, line in numbered_lines(text):
        words = list(_split_values(line))
        if not words or str(words[0]).startswith(("#", "!")):
            continue
        command, *rest = words
        if command not in {"set", "delete"} or not rest:
            config.skipped.append(
                Skipped(locate(number, line), "is not a set or delete command")
            )
            continue
        scope, kind, rest = _split_scope(rest)
        if kind and rest:
            _apply_command(found.setdefault((scope, kind), {}), str(command), rest, number)
    return found


def _split_scope(words: list[Value]) -> tuple[Scope, tuple[str, ...], list[Value]]:
    """Return scope, kind and the rest; an empty kind where it is not known."""
    scope: list[str] = []
    while words and (length := _SCOPES.get(str(words[0]))):
        scope += map(str, words[:length])
        words = words[length:]
    for kind in _KINDS:
        if tuple(words[: len(kind)]) == kind:
            return tuple(scope), kind, words[len(kind) :]
    return tuple(scope), (), words


def _apply_command(
    table: dict[str, PanObject], command: str, words: list[Value], number: int
) -> None:
    name, *rest = words
    if command == "delete":
        _apply_delete(table, str(name), rest)
        return
    found = table.setdefault(str(name), PanObject(str(name), number))
    while rest:
        key, *rest = rest
        values = _as_words(rest.pop(0)) if rest else ()
        had = found.settings.get(str(key), []) if key in _LIST_KEYS else []
        found.settings[str(key)] = list(dict.fromkeys([*had, *values]))


def _apply_delete(table: dict[str, PanObject], name: str, rest: list[Value]) -> None:
    if not rest:
        table.pop(name, None)
    elif name in table:
        key, *values = rest
        deleted = {each for value in values for each in _as_words(value)}
        left = [
            each for each in table[name].values_of(str(key)) if deleted and each not in deleted
        ]
        table[name].settings[str(key)] = left


def _as_words(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _split_values(line: str) -> Iterator[Value]:
    """Yield the words of a line; those in brackets as one value."""
    inside: list[str] | None = None
    for match in _WORD.finditer(line):
        word = match["plain"] if match["quoted"] is None else match["quoted"]
        if match["sign"] == "[":
            inside = []
        elif match["sign"] == "]":
            yield tuple(inside or ())
            inside = None
        elif inside is not None:
            inside.append(word)
        else:
            yield word
    if inside is not None:
        yield tuple(inside)


READER = Reader(
    name="panos",
    about="PAN-OS addresses, groups, services, URL categories and security rules",
    export="set cli config-output-format set, configure, show (or show address, show"
    " address-group, show service, show rulebase security)",
    sniff=lambda start: bool(_COMMAND.search(start)),
    read=read,
    unsupported=unsupported,
    fix="panos",
)
