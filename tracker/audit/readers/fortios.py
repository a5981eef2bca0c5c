"""FortiOS: addresses, groups, services and policies, of a whole configuration or a part.

Where there is a policy, policies decide. In a part without any, a group has the services of
its name, as in our fortios.conf, and other addresses may be reached on ports that the file
does not tell. Defaults are those of the device: an address without a subnet is every address,
a service without a protocol is of TCP, UDP and SCTP.

Grammar of the command line: Fortinet, "FortiOS CLI reference", the chapter on the CLI's
structure. A quoted value may span several lines.
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
from tracker.audit.readers.shared.policies import (
    Policy,
    ServicePorts,
    UnknownName,
    add_policy,
    without_placeholders,
)
from tracker.model import Direction, Protocol

_CONFIG = re.compile(r"^\s*config (?:firewall|vdom|system|global)\b", re.MULTILINE)
_POLICIES = "firewall policy"
_INBOUND = re.compile(r"_(?:lan-)?in-")
_UNSUPPORTED = ("srcaddr-negate", "dstaddr-negate", "service-negate", "internet-service")
_CONDITION_KEYS = ("srcintf", "dstintf")


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return the permits of all policies of all virtual domains, or of the objects."""
    config = ParsedConfig()
    found = parse_tables(text, config)
    for domain in dict.fromkeys(domain for domain, _ in found):
        four, six = (FortiObjects(found, domain, family) for family in (4, 6))
        policies = found.get((domain, _POLICIES), {})
        for policy in policies.values():
            _add_firewall_policy(policy, (four, six), config)
        for objects in () if policies else (four, six):
            _add_objects(objects, config)
    return config


def _add_firewall_policy(
    policy: FortiObject, families: tuple[FortiObjects, ...], config: ParsedConfig
) -> None:
    at = locate(policy.line, f"policy {policy.name} {policy.text_of('name')}".rstrip())
    if policy.text_of("status", "enable") == "disable":
        return
    try:
        for state in _UNSUPPORTED:
            if policy.text_of(state, "disable") != "disable":
                raise UnknownName(f"{state} is not understood")
        for objects in families:
            for each in _policies_of_family(policy, at, objects):
                add_policy(each, config)
    except UnknownName as error:
        config.skipped.append(Skipped(at, str(error)))


def _policies_of_family(
    policy: FortiObject, at: Location, objects: FortiObjects
) -> Iterator[Policy]:
    """Yield the policy for one address family if it names an address of it."""
    six = "" if objects.family == 4 else "6"  # noqa: PLR2004  IPv4
    sources, destinations = (
        policy.settings.get(f"{end}addr{six}", []) for end in ("src", "dst")
    )
    if destinations:
        yield Policy(
            at,
            policy.text_of("action", "deny") == "accept",
            None if sources == ["all"] else objects.targets(sources),
            objects.targets(destinations),
            objects.services(policy.settings.get("service", [])),
            tuple(_conditions(policy)),
        )


def _conditions(policy: FortiObject) -> Iterator[str]:
    for key in _CONDITION_KEYS:
        if policy.text_of(key, "any") != "any":
            yield f"{key} {policy.text_of(key)}"
    if policy.text_of("schedule", "always") != "always":
        yield f"schedule {policy.text_of('schedule')}"
    for key in ("users", "groups", "fsso-groups"):
        if policy.settings.get(key):
            yield f"{key} {policy.text_of(key)}"


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
            config.permits.append(Permit(direction, target, protocol, ports, at))


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
        if name == "none" and found is None:
            return ()
        if name == "all":
            return (ANYWHERE_IN[self.family],)
        if found is None:
            raise UnknownName(f"the address {name} is not in the file")
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
            ports = parse_ports(text.partition(":")[0])
            if ports is None:
                raise UnknownName(f"the service {service.name} has no ports: {text}")
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
        _enter_table(state, " ".join(rest))
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


def _enter_table(state: _State, name: str) -> None:
    """Enter a table, the virtual domains, or a table inside an object, which is skipped."""
    if len(state.path) >= _MAX_DEPTH:
        raise ConfigParseError("is nested too deeply")
    state.path.append(name)
    if name in {"vdom", "global"} and len(state.path) == 1:
        state.domains = True
    elif state.current is not None:
        state.depth += 1
    else:
        state.table = name


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
    """Return the words, without quotes."""
    return [_SIGN.sub(_unescape, word) for word in _WORD.findall(text)]


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
)
