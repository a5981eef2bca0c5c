"""Filter rules of pfSense and OPNsense backups, as policies by the interface that they are on.

A packet is filtered on the interface that it enters: by floating rules first, then by those of
interface groups, then by those of the interface, each from top to bottom, and the first match
decides. Floating rules without "quick" decide only if no other rule matches; the last of them
counts. A packet that no rule allows is blocked. (Netgate, "Floating Rules"; OPNsense, "Rules",
order of processing; OPNsense's FilterRule: all rules are quick but floating ones.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    AddressRange,
    Judged,
    ParsedConfig,
    Ports,
    ReadOptions,
    Target,
    locate,
    parse_host,
    parse_ports,
    parse_range,
)
from tracker.audit.readers.shared.aliases import AliasRecord, is_of_addresses
from tracker.audit.readers.shared.documents import Element
from tracker.audit.readers.shared.policies import (
    ANY_SERVICE,
    Policy,
    ServicePorts,
    UnknownName,
    add_policies,
    is_any_source,
)
from tracker.model import Protocol

# The match conditions and actions of a rule, which the reader evaluates.
_EVALUATED = {
    *("type", "interface", "ipprotocol", "protocol", "direction", "floating", "quick"),
    *("disabled", "source.any", "source.network", "source.address", "source.port"),
    *("destination.any", "destination.network", "destination.address", "destination.port"),
}
# Settings that do not affect whether a connection is allowed.
_NEUTRAL = {
    *("id", "tracker", "descr", "created", "updated", "log", "statetype", "state-policy"),
    *("associated-rule-id", "category", "categories", "sequence", "sort_order", "prio_group"),
    *("statetimeout", "tag", "gateway", "replyto", "reply-to", "disablereplyto", "allowopts"),
    *("nosync", "nopfsync", "noxmlrpcsync", "defaultqueue", "ackqueue", "dnpipe", "pdnpipe"),
    *("shaper1", "shaper2", "set-prio", "set-prio-low", "vlanprioset", "tcpflags_any"),
    *("udp-first", "udp-multiple", "udp-single", "adaptivestart", "adaptiveend"),
    *("icmptype", "icmp6-type", "icmp6type", "overload"),
}
_OFF = {"", "0", "no", "none"}
_FAMILIES = {"inet": (4,), "inet6": (6,), "inet46": (4, 6), "": (4, 6)}
_PROTOCOLS: dict[str, tuple[Protocol | None, ...]] = {
    "": (None,),
    "any": (None,),
    "tcp": ("tcp",),
    "udp": ("udp",),
    "tcp/udp": ("tcp", "udp"),
}
_ACTIONS = {"pass": True, "block": False, "reject": False}
# The names of the same settings in OPNsense's newer rules.
_NEWER = {
    "action": "type",
    "description": "descr",
    "source_net": "source.address",
    "source_not": "source.not",
    "source_port": "source.port",
    "destination_net": "destination.address",
    "destination_not": "destination.not",
    "destination_port": "destination.port",
}


@dataclass(frozen=True, slots=True)
class PfObjects:
    """Aliases, the networks of interfaces, and the groups of interfaces of one backup.

    An interface whose address is not in the file has no networks.
    """

    aliases: Mapping[str, AliasRecord]
    networks: Mapping[str, tuple[AddressRange, ...]]
    groups: Mapping[str, tuple[str, ...]]

    def targets(self, names: Iterable[str]) -> tuple[Target, ...]:
        """Return the targets of these names, without the firewall itself.

        Raises UnknownName.
        """
        return tuple(target for name in names for target in self._resolve(name))

    def _resolve(self, name: str) -> tuple[Target, ...]:
        if name == "(self)" or (
            name.removesuffix("ip") in self.networks and name.endswith("ip")
        ):
            return ()
        if name in self.networks:
            if not self.networks[name]:
                raise UnknownName(f"the network of {name} is not in the file")
            return self.networks[name]
        if name in self.aliases:
            return tuple(map(self._parse, self._entries_of(name, of_addresses=True)))
        return (self._parse(name),)

    def _parse(self, entry: str) -> Target:
        target = parse_range(entry) or (parse_host(entry) if "." in entry else None)
        if target is None or "*" in entry:
            raise UnknownName(f"{entry} is not an address, a host or an alias of the file")
        return target

    def _entries_of(self, name: str, *, of_addresses: bool) -> list[str]:
        """Return an alias's entries, through all aliases among them. Raises UnknownName."""
        found, seen, ahead = list[str](), set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each not in self.aliases:
                found.append(each)
            elif each not in seen:
                seen.add(each)
                alias = self.aliases[each]
                if not (is_of_addresses(alias) if of_addresses else alias.kind == "port"):
                    raise UnknownName(
                        f"the alias {each} is of type {alias.kind}: filled while it runs"
                    )
                ahead += alias.entries
        return found

    def ports(self, text: str) -> tuple[Ports, ...]:
        """Return the ports of a number, a range or an alias. Raises UnknownName."""
        found: list[Ports] = []
        for name in text.split(","):
            entries = (
                self._entries_of(name, of_addresses=False) if name in self.aliases else [name]
            )
            for entry in entries:
                ports = parse_ports(entry.replace(":", "-"))
                if ports is None:
                    raise UnknownName(f"{entry} is not a port or an alias of the file")
                found.append(ports)
        return tuple(found)


@dataclass(slots=True)
class PfRule:
    """One rule with its settings; those of its ends have keys such as `source.port`."""

    line: int
    settings: dict[str, str] = field(default_factory=dict)

    def is_on(self, key: str) -> bool:
        """Return whether a setting is present and not switched off."""
        return self.settings.get(key, "0") not in {"0", "no"}

    @property
    def interfaces(self) -> list[str]:
        """The interfaces that the rule is limited to; empty for all."""
        return [each for each in self.settings.get("interface", "").split(",") if each]


def read_rules(elements: Iterable[Element]) -> Iterator[PfRule]:
    """Yield the enabled rules of a backup, of either form."""
    for element in elements:
        rule = PfRule(element.line)
        for child in element.children:
            if child.tag in {"source", "destination"} and child.children:
                for part in child.children:
                    rule.settings[f"{child.tag}.{part.tag}"] = part.text
            else:
                rule.settings[_NEWER.get(child.tag, child.tag)] = child.text
        if not rule.is_on("disabled") and rule.settings.get("enabled", "1") != "0":
            rule.settings.pop("enabled", None)
            yield rule


def order_rules(rules: Iterable[PfRule], objects: PfObjects) -> list[PfRule]:
    """Return the rules in the order in which they decide."""
    floating: list[PfRule] = []
    grouped: list[PfRule] = []
    own: list[PfRule] = []
    late: list[PfRule] = []
    for rule in rules:
        places = rule.interfaces
        if not (
            rule.is_on("quick") if "quick" in rule.settings else not rule.is_on("floating")
        ):
            late.append(rule)
        elif rule.is_on("floating") or len(places) != 1:
            floating.append(rule)
        else:
            (grouped if places[0] in objects.groups else own).append(rule)
    return [*floating, *grouped, *own, *late[::-1]]


def read_policy(rule: PfRule, objects: PfObjects) -> Policy | None:
    """Return a rule as a policy; None if it does not decide about incoming traffic.

    An unknown part is as wide as possible.
    """
    said = rule.settings
    allows = _ACTIONS.get(said.get("type", "pass"))
    direction = said.get("direction", "") or "in"
    if said.get("type") == "match" or (allows and direction == "out"):
        return None  # traffic that was let in may leave
    at = locate(rule.line, f"rule {said.get('descr', '')}".rstrip())
    unknown = _find_unknown(rule)
    families = _FAMILIES.get(said.get("ipprotocol", "inet"), (4, 6))
    everything: tuple[Target, ...] = tuple(ANYWHERE_IN[family] for family in families)
    sources, destinations, services = everything, everything, ANY_SERVICE
    try:
        if not _is_negated(said):
            services = _services_of(said, objects)
            sources = _targets_of(rule, "source", objects, everything)
            destinations = _targets_of(rule, "destination", objects, everything)
    except UnknownName as error:
        unknown = unknown or str(error)
    return _in_families(
        Policy(
            at,
            bool(allows),
            sources,
            destinations,
            services,
            tuple(_places_of(rule, objects)) if direction != "out" else (),
            unknown=unknown,
            families=families,
        )
    )


def _is_negated(said: Mapping[str, str]) -> bool:
    """Return whether a rule is for everything but what it names."""
    return any(said.get(f"{end}.not", "0") != "0" for end in ("source", "destination"))


def _in_families(policy: Policy) -> Policy:
    """Return a policy with only addresses of its own families."""
    kept = [
        tuple(
            each
            for each in ends or ()
            if not isinstance(each, AddressRange) or each.family in policy.families
        )
        for ends in (policy.sources, policy.destinations)
    ]
    return Policy(
        policy.location,
        policy.allows,
        kept[0],
        kept[1],
        policy.services,
        policy.came_from,
        unknown=policy.unknown,
        families=policy.families,
    )


def _find_unknown(rule: PfRule) -> str:
    """Return the part of a rule that is not understood; empty if all of it is."""
    if rule.settings.get("type", "pass") not in _ACTIONS:
        return f'its action "{rule.settings["type"]}" is not understood'
    for key, value in rule.settings.items():
        if key in _EVALUATED or key in _NEUTRAL:
            continue
        if value not in _OFF or (key.endswith(".not") and value != "0"):
            return f"{key} {value}".rstrip() + " is not understood"
    if rule.settings.get("direction") == "out":
        return "direction out is not understood"
    near = rule.settings.get("source.port", "")
    if near not in {"", "any"} and not is_any_source(near.replace(":", "-")):
        return f"source port {near} is not understood"
    return ""


def _targets_of(
    rule: PfRule, end: str, objects: PfObjects, everything: tuple[Target, ...]
) -> tuple[Target, ...]:
    """Return the addresses of one end. Raises UnknownName."""
    said = rule.settings
    named = said.get(f"{end}.network") or said.get(f"{end}.address") or ""
    names = [name for name in named.replace(" ", "").split(",") if name]
    if f"{end}.any" in said or not names or "any" in names:
        return everything
    # The interface's own network is every machine that connects through it.
    if end == "source" and names == rule.interfaces:
        return everything
    return objects.targets(names)


def _services_of(said: Mapping[str, str], objects: PfObjects) -> ServicePorts:
    """Return protocols with ports; empty if neither TCP nor UDP. Raises UnknownName."""
    protocols = _PROTOCOLS.get(said.get("protocol", "").lower(), ())
    text = said.get("destination.port", "")
    ports = (ANY_PORT,) if text in {"", "any"} else objects.ports(text)
    return tuple((protocol, each) for protocol in protocols for each in ports)


def _places_of(rule: PfRule, objects: PfObjects) -> Iterator[str]:
    """Yield the interfaces of a rule, with groups expanded."""
    for name in rule.interfaces:
        yield from objects.groups.get(name, (name,))


def read_objects(root: Element, aliases: Iterable[AliasRecord]) -> PfObjects:
    """Return the objects of a backup: its aliases, networks and interface groups."""
    interfaces = root.find("interfaces")
    networks = {
        each.tag: _network_of(each) for each in (interfaces.children if interfaces else ())
    }
    groups = {
        entry.text_of("ifname"): tuple(entry.text_of("members").replace(",", " ").split())
        for entry in root.walk()
        if entry.tag == "ifgroupentry"
    }
    return PfObjects({alias.name: alias for alias in aliases}, networks, groups)


def _network_of(interface: Element) -> tuple[AddressRange, ...]:
    pairs = (("ipaddr", "subnet"), ("ipaddrv6", "subnetv6"))
    found = [
        parse_range(f"{interface.text_of(ip)}/{interface.text_of(bits)}") for ip, bits in pairs
    ]
    return tuple(each for each in found if each is not None)


def _require_ipv6(root: Element) -> Iterator[Policy]:
    """Yield a policy that may stop all IPv6, if the system does not allow it in general."""
    system = root.find("system")
    if system and not system.find("ipv6allow"):
        everything: tuple[Target, ...] = (ANYWHERE_IN[6],)
        at, why = locate(system.line, "system"), "ipv6allow is not set: IPv6 may be blocked"
        yield Policy(at, False, everything, everything, ANY_SERVICE, unknown=why)  # noqa: FBT003  it denies


def add_rules(
    root: Element,
    rules: Iterable[Element],
    aliases: Iterable[AliasRecord],
    options: ReadOptions,
    config: ParsedConfig,
) -> None:
    """Add the permits of a backup's filter rules, and the path that is judged.

    Raises ConfigParseError for a path that no rule is for.
    """
    objects = read_objects(root, aliases)
    ordered = order_rules(read_rules(rules), objects)
    if not ordered:
        config.judged.append(Judged("filter rules", "there are none: nothing gets through"))
        return
    policies = [policy for rule in ordered if (policy := read_policy(rule, objects))]
    if any(6 in policy.families for policy in policies):  # noqa: PLR2004  IPv6
        policies[:0] = _require_ipv6(root)
    add_policies(policies, "", options.chain, "interfaces", config)
