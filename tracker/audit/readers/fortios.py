"""FortiOS: addresses, groups, services and policies, of a whole configuration or a part.

Where there is a policy, policies decide, in each virtual domain by itself. In a part without
any, a group has the services of its name, as in our fortios.conf, and other addresses may be
reached on ports that the file does not tell; a whole configuration without policies lets
nothing through. Defaults are those of the device: an address without a subnet is every address,
a service without a protocol is of TCP, UDP and SCTP.

Keys of a policy: Fortinet, "FortiOS 8.0 CLI reference", config firewall policy and config
firewall security-policy. A policy with any other key than those listed here is not understood.
Grammar of the command line: the same, the chapter on the CLI's structure. A quoted value may
span several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    AddressRange,
    ConfigParseError,
    Judged,
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
    parse_range,
)
from tracker.audit.readers import Reader
from tracker.audit.readers.shared import fortios_keys as keys
from tracker.audit.readers.shared.policies import (
    ANY_SERVICE,
    Policy,
    ServicePorts,
    UnknownName,
    add_policies,
    is_any_source,
    without_placeholders,
)
from tracker.model import Direction, Protocol

_CONFIG = re.compile(r"^\s*config (?:firewall|vdom|system|global)\b", re.MULTILINE)
_INBOUND = re.compile(r"_(?:lan-)?in-")
_WHOLE = re.compile(r"^#config-version=|^\s*config system global\b", re.MULTILINE)
_SETTINGS = "system settings"
# Tables of policies, with the ending that the keys of addresses have for each family.
_POLICIES: dict[str, dict[int, str]] = {
    "firewall policy": {4: "", 6: "6"},
    "firewall policy6": {6: ""},
    "firewall consolidated policy": {4: "4", 6: "6"},
}
_SECURITY = "firewall security-policy"
_FAMILIES = (4, 6)


def read(text: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of all policies of each virtual domain, or of the objects."""
    config = ParsedConfig()
    found = parse_tables(text, config)
    domains = dict.fromkeys(domain for domain, _ in found)
    firewalls = [domain for domain in domains if _has_policies(found, domain)]
    config.scopes = tuple(filter(None, firewalls))
    for domain in firewalls:
        if options.includes(domain):
            _add_domain(found, domain, options, config)
    others = [domain for domain in domains if domain and domain not in firewalls]
    if firewalls and others:
        config.judged.append(
            Judged(", ".join(firewalls), f"no policies in {', '.join(others)}")
        )
    if not firewalls:
        _read_without_policies(text, found, domains, config)
    return config


def _has_policies(found: Tables, domain: str) -> bool:
    return any(found.get((domain, table)) for table in (*_POLICIES, _SECURITY))


def _read_without_policies(
    text: str, found: Tables, domains: Iterable[str], config: ParsedConfig
) -> None:
    """Add the objects of a part; a configuration whose policies are none opens nothing."""
    if _WHOLE.search(text) or any(table in (*_POLICIES, _SECURITY) for _, table in found):
        config.judged.append(Judged("policies", "there are none: nothing gets through"))
        return
    config.is_fragment = True
    for domain in domains:
        for family in _FAMILIES:
            _add_objects(FortiObjects(found, domain, family), config)


def _add_domain(found: Tables, domain: str, options: ReadOptions, config: ParsedConfig) -> None:
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
    add_policies(policies, domain, options.chain, "interfaces", config)


def _is_by_security_policy(found: Tables, domain: str) -> bool:
    """Return whether security policies decide: by the mode, or by being the only ones."""
    settings = found.get((domain, _SETTINGS), {}).get("")
    mode = settings.text_of("ngfw-mode") if settings else ""
    others = any(found.get((domain, table)) for table in _POLICIES)
    return mode == "policy-based" or (not others and bool(found.get((domain, _SECURITY))))


def _requirements(found: Tables, domain: str, before: list[Policy]) -> Iterator[Policy]:
    """Yield what stands before security policies: traffic must match in both tables.

    Fortinet, "Implement basic policy for policy-based NGFW mode": without a match among the
    policies for inspection and authentication it is dropped. Nothing is worked out where these
    do not take in all.
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
    """Yield a policy for each address family of which it names an address."""
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
    """Return a policy for one address family; what is not known is as wide as it may be."""
    came_from: tuple[Target, ...] = (ANYWHERE_IN[objects.family],)
    goes_to, services = came_from, ANY_SERVICE
    try:
        if keys.is_negated(policy.settings):
            raise UnknownName(unknown)  # it is for what it does not name
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
    """Return the interfaces that a policy is from and to; empty for any."""
    came_from, goes_to = (
        () if "any" in (names := policy.values_of(key)) else tuple(names)
        for key in ("srcintf", "dstintf")
    )
    return came_from, goes_to


def _note_profiles(found: Tables, domain: str, config: ParsedConfig) -> None:
    """Say that profiles inspect what policies let through, and may stop it."""
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


_PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")
# Services that every FortiGate has, for a part of a configuration that does not list them.
_BUILT_IN: dict[str, ServicePorts] = {
    "ALL": ((None, ANY_PORT),),
    "ALL_TCP": (("tcp", ANY_PORT),),
    "ALL_UDP": (("udp", ANY_PORT),),
    "HTTP": (("tcp", (80, 80)),),
    "HTTPS": (("tcp", (443, 443)),),
    "DNS": (("tcp", (53, 53)), ("udp", (53, 53))),
    "ALL_ICMP": (),
    "ALL_ICMP6": (),
    "PING": (),
}


@dataclass(frozen=True, slots=True)
class FortiObjects:
    """The objects of one virtual domain, for one address family."""

    tables: Tables
    domain: str
    family: int

    @property
    def addresses(self) -> dict[str, FortiObject]:
        """Single addresses."""
        return self._table(f"firewall address{self._six}")

    @property
    def groups(self) -> dict[str, FortiObject]:
        """Groups of addresses."""
        return self._table(f"firewall addrgrp{self._six}")

    @property
    def _six(self) -> str:
        return "" if self.family == 4 else "6"  # noqa: PLR2004  IPv4

    def _table(self, name: str) -> dict[str, FortiObject]:
        return self.tables.get((self.domain, name), {})

    def targets(self, names: Iterable[str]) -> tuple[Target, ...]:
        """Return all that some names stand for. Raises UnknownName."""
        return tuple(
            target
            for name in names
            for each in self.expand_group(name)
            for target in self.resolve_address(each)
        )

    def expand_group(self, name: str) -> Iterator[str]:
        """Yield the single addresses of a name, through all groups. Raises UnknownName."""
        seen, ahead = set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each in seen:
                continue
            seen.add(each)
            if (group := self.groups.get(each)) is None:
                yield each
                continue
            if group.text_of("exclude", "disable") != "disable":
                raise UnknownName(f"the group {each} excludes members")
            ahead += group.settings.get("member", [])

    def resolve_address(self, name: str) -> tuple[Target, ...]:
        """Return what a single address stands for. Raises UnknownName."""
        found = self.addresses.get(name)
        if (name == "none" and found is None) or self._is_published(name):
            return ()
        if name == "all":
            return (ANYWHERE_IN[self.family],)
        if found is None:
            raise UnknownName(f"the address {name} is not in the file")
        if unknown := keys.find_unknown_of_address(found.settings):
            raise UnknownName(f"the address {name}: {unknown}")
        kind = found.text_of("type", "ipmask")
        if kind == "fqdn":
            target: Target | None = parse_host(found.text_of("fqdn"))
        elif kind == "iprange":
            target = parse_range(f"{found.text_of('start-ip')}-{found.text_of('end-ip')}")
        elif kind in {"ipmask", "ipprefix", "interface-subnet"}:
            target = self._subnet(found)
        else:
            raise UnknownName(f"the address {name} is of type {kind}")
        if target is None or (
            isinstance(target, AddressRange) and target.family != self.family
        ):
            raise UnknownName(f"the address {name} is not valid")
        return (target,)

    def _subnet(self, found: FortiObject) -> AddressRange | None:
        if self.family == 4:  # noqa: PLR2004  IPv4
            return parse_range("/".join(found.settings.get("subnet", ["0.0.0.0", "0.0.0.0"])))  # noqa: S104  not to bind to
        return parse_range(found.text_of("ip6", "::/0"))

    def _is_published(self, name: str) -> bool:
        """Return whether a name is of a server inside, published by address translation."""
        tables = ("firewall vip", "firewall vipgrp", "firewall vip6", "firewall vipgrp6")
        return any(name in self._table(table) for table in tables)

    def locate(self, name: str, words: str) -> Location:
        """Return where an address is written, with `words` as its text."""
        found = self.addresses.get(name)
        return locate(found.line if found else 0, words)

    def has_service(self, name: str) -> bool:
        """Return whether the file has a service of this name."""
        return name in self._table("firewall service custom")

    def services(self, names: Iterable[str]) -> ServicePorts:
        """Return protocols and ports of the named services. Raises UnknownName."""
        customs = self._table("firewall service custom")
        groups = self._table("firewall service group")
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        if not ahead:
            raise UnknownName("it names no service: the default ports of applications")
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in customs:
                found += _service_ports(customs[name])
            elif name in groups:
                ahead += groups[name].settings.get("member", [])
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise UnknownName(f"the service {name} is not in the file")
        return tuple(found)


def _service_ports(service: FortiObject) -> Iterator[tuple[Protocol | None, tuple[int, int]]]:
    """Yield a service's ports.

    `set tcp-portrange 443 8000-8010:1024-65535` has the destination, then the source.
    """
    if unknown := keys.find_unknown_of_service(service.settings):
        raise UnknownName(f"the service {service.name}: {unknown}")
    kind = service.text_of("protocol", "TCP/UDP/SCTP")
    if kind == "IP":
        number = service.text_of("protocol-number", "0")
        if number == "0":
            yield None, ANY_PORT
        return
    if kind not in {"TCP/UDP/SCTP", "ALL"}:
        return  # ICMP and others: neither tcp nor udp
    for protocol in _PROTOCOLS:
        for text in service.settings.get(f"{protocol}-portrange", []):
            far, _, near = text.partition(":")
            ports = parse_ports(far)
            if ports is None:
                raise UnknownName(f"the service {service.name} has no ports: {text}")
            if near and not is_any_source(near):
                raise UnknownName(
                    f"the service {service.name} is for some source ports: {near}"
                )
            yield protocol, ports


_MAX_DEPTH = 50
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_WORD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_SIGN = re.compile(r'\\(.)|"', re.DOTALL)


@dataclass(slots=True)
class FortiObject:
    """One `edit` with its settings, each a list of words, and its line."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def text_of(self, key: str, default: str = "") -> str:
        """Return a setting as one text."""
        return " ".join(self.settings.get(key, [default]))

    def values_of(self, key: str) -> list[str]:
        """Return the words of a setting, without empty ones."""
        return [word for word in self.settings.get(key, []) if word]


# Objects by virtual domain and table, in their order.
Tables = dict[tuple[str, str], dict[str, FortiObject]]


@dataclass(slots=True)
class _State:
    """Where in the configuration tree the current line is."""

    path: list[str] = field(default_factory=list)
    domain: str = ""
    domains: bool = False
    table: str = ""
    current: FortiObject | None = None
    depth: int = 0


def parse_tables(text: str, config: ParsedConfig) -> Tables:
    """Return all objects of a file. Raises ConfigParseError where a block is not closed."""
    found: Tables = {}
    state = _State()
    for number, line, words in _split_commands(text):
        if not _run_command(state, number, words, found):
            config.skipped.append(Skipped(locate(number, line), "is not a command of FortiOS"))
    if state.path:
        raise ConfigParseError(f'"config {state.path[-1]}" is not ended: the file is cut off')
    return found


def _run_command(state: _State, number: int, words: list[str], found: Tables) -> bool:
    """Run one command; return whether it is one."""
    name, rest = words[0], words[1:]
    if name == "config":
        _enter_table(state, " ".join(rest), number, found)
    elif name == "end":
        return _leave_table(state)
    elif name == "edit" and rest:
        _edit_object(state, rest[0], number, found)
    elif name in {"next", "abort"}:
        state.current = None if not state.depth else state.current
    elif name in {"set", "append", "unset", "unselect", "delete", "select", "clear", "purge"}:
        _change_setting(state, name, rest, found)
    else:
        return False
    return True


def _enter_table(state: _State, name: str, number: int, found: Tables) -> None:
    """Enter a table, the virtual domains, or a table inside an object, which is skipped."""
    if len(state.path) >= _MAX_DEPTH:
        raise ConfigParseError("is nested too deeply")
    state.path.append(name)
    if name in {"vdom", "global"} and len(state.path) == 1:
        state.domains = True
        state.domain = ""
    elif state.current is not None:
        state.depth += 1
    else:
        state.table = name
        table = found.setdefault((state.domain, name), {})
        if name == _SETTINGS:
            state.current = table.setdefault("", FortiObject("", number))


def _leave_table(state: _State) -> bool:
    if not state.path:
        return False
    state.path.pop()
    if state.depth:
        state.depth -= 1
    else:
        state.current, state.table = None, ""
    return True


def _edit_object(state: _State, name: str, number: int, found: Tables) -> None:
    if state.depth:
        return
    if state.domains and state.path == ["vdom"]:
        state.domain = name
        found.setdefault((name, ""), {})
        return
    table = found.setdefault((state.domain, state.table), {})
    # An object that is edited again keeps what it had, as on the device.
    state.current = table.setdefault(name, FortiObject(name, number))


def _change_setting(state: _State, command: str, rest: list[str], found: Tables) -> None:
    if state.depth or not rest:
        return
    if state.current is None:
        if command == "delete":
            found.get((state.domain, state.table), {}).pop(rest[0], None)
        return
    had, (key, *values) = state.current.settings, rest
    if command == "set":
        had[key] = values
    elif command == "append":
        had[key] = [*had.get(key, []), *values]
    elif command == "unselect":
        had[key] = [each for each in had.get(key, []) if each not in values]
    elif command == "unset":
        had.pop(key, None)


def _split_commands(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each command's first line number, its first line, and its words."""
    start, lines = 0, list[str]()
    quoted = False
    for number, line in numbered_lines(text):
        if not lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if lines else number
        lines.append(line)
        quoted ^= len(_QUOTE.findall(line)) % 2 == 1
        if not quoted:
            if words := _split_words("\n".join(lines)):
                yield start, lines[0], words
            lines = []
    if lines:
        raise ConfigParseError(f"the quote of line {start} is not closed: the file is cut off")


def _split_words(text: str) -> list[str]:
    """Return the words, without quotes; `''` is an empty one."""
    words = _WORD.findall(text)
    return ["" if word == "''" else _SIGN.sub(_unescape, word) for word in words]


def _unescape(sign: re.Match[str]) -> str:
    """Return an escaped character as it is, and nothing for a quote."""
    return sign[1] or ""


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
