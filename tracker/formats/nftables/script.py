"""The commands of an nftables file, and the names of what it owns.

The frame of sets and chains never depends on the data: what a later version no longer needs
stays empty, so that neither a jump of the user nor a leftover can break a reload.

nft itself looks a name up once, while it loads a file. dnsmasq adds to a set each address that
it answers for a name and for all names below it (its --nftset): right for a wildcard, and too
much for a name that stands for itself alone. A set a host, never one for several: what goes
from the page takes the addresses that were learned for it along. Addresses expire, so that what
DNS says no more is closed; a connection starts an address's time again, because dnsmasq cannot:
adding what is there already leaves its timer alone, before and after Linux 6.12 (which learned
to change it where another time is given).

What the LAN does within itself has chains of its own: a gateway that jumps to the others opens
nothing between the networks behind it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from tracker.formats import RuleSet
from tracker.formats.shared.addresses import MOST_TARGETS
from tracker.formats.shared.domain_names import describe_target
from tracker.formats.shared.lan import Lan
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    NO_HOSTS,
    LinuxElement,
    LinuxPorts,
    is_host,
)
from tracker.formats.shared.objects import hash_name, name_stem
from tracker.formats.shared.policy import Rule, allowed_rules, cached_in_rule_set
from tracker.formats.shared.port_ranges import Ports, merge_ranges, ports_of, range_text
from tracker.formats.shared.service_groups import PROTOCOLS
from tracker.model import Direction, Endpoint, Protocol
from tracker.text import to_comment

# A jump cannot leave its table, so ours are in the table that most rulesets use.
TABLE = "inet filter"
BY_DNSMASQ = "its set has no addresses until dnsmasq fills it by dnsmasq-nftset.conf"
TOO_LONG = "the name is longer than a comment of nftables"
_LONGEST = 31  # characters of a set's name; more does not fit older kernels
_LONGEST_HOST = 100  # of the 128 characters that nft takes, for the words before the name
_SLUG, _HASH = 24, 8
# How long a set keeps an address that no connection uses. Longer than names live in caches
# (hours), because dnsmasq adds what it asks for and not what it knows.
HOST_TIMEOUT, HOST_TIMEOUT_TEXT = "1d", "a day"
_SHORT = {"outbound": "out", "inbound": "in"}
_OTHER = re.compile(r"[^a-z0-9]+")
# Text of an element, and what the page calls it.
Members = list[tuple[str, str]]
# The elements of each set of endpoints that has some.
Sets = dict[tuple[Direction, int], Members]


class NftNames(msgspec.Struct, frozen=True):
    """`action1_europe` and what is derived from it; the ending keeps off reserved words."""

    stem: str

    def chain(self, direction: Direction) -> str:
        """Return the chain to jump to."""
        return f"{self.stem}_{_SHORT[direction]}"

    def lan_chain(self, direction: Direction) -> str:
        """Return the chain of the LAN's own services.

        `_lanout` in one word: `_lan_out` is how the chain of a rule set called `x-lan` ends.
        """
        return f"{self.stem}_lan{_SHORT[direction]}"

    @property
    def chains(self) -> list[str]:
        """Our chains."""
        makers = (self.chain, self.lan_chain)
        return [make(direction) for make in makers for direction in DIRECTIONS]

    def endpoints(self, direction: Direction, family: int) -> str:
        """Return the set of address, protocol and port; `family` is 4 or 6."""
        return f"{self.stem}_{_SHORT[direction]}{family}"

    def lan(self, family: int) -> str:
        """Return the set of local networks."""
        return f"{self.stem}_lan{family}"


class NftHost(msgspec.Struct, frozen=True):
    """A name, `*.example.com` with all below it, and the ports it is reached on."""

    name: str
    services: tuple[tuple[Protocol, tuple[Ports, ...]], ...]
    words: str = ""

    @property
    def domain(self) -> str:
        """The name without the star."""
        return self.name.removeprefix("*.")

    @property
    def is_wildcard(self) -> bool:
        """Return whether the names below it belong to it."""
        return self.name != self.domain

    @property
    def comment(self) -> str:
        """Return the name of its rule, from which `parse_host_comment` restores the host."""
        return f"names of {self.domain}" if self.is_wildcard else f"name {self.domain}"

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound *.example.com tcp/443`."""
        for protocol, spans in self.services:
            for ports in spans:
                yield f"outbound {self.name} {protocol}/{range_text(ports)}"


def unsupported(endpoint: Endpoint) -> str | None:
    """Return why a host has no set; None for all else."""
    if not is_host(endpoint):
        return None
    if endpoint.direction == "inbound":
        return NO_HOSTS
    return TOO_LONG if len(endpoint.target) > _LONGEST_HOST else None


def names_for(rule_set: RuleSet) -> NftNames:
    """Return names after source and rule set: two different rule sets never share one."""
    return NftNames(name_stem(rule_set, _LONGEST - len("_out4"), "_"))


def declare_frame(names: NftNames) -> list[str]:
    """Return what declares our sets and chains where they are missing."""
    lines = [f"table {TABLE} {{"]
    for name, type_ in _set_types(names):
        lines += [f"\tset {name} {{", f"\t\ttype {type_}", "\t\tflags interval", "\t}"]
    for chain in names.chains:
        lines += [f"\tchain {chain} {{", "\t}"]
    return [*lines, "}"]


def flush_frame(names: NftNames, *, endpoints: bool = True) -> list[str]:
    """Return what empties our chains and sets but those of hosts."""
    # Chains first: a set can be emptied while a rule uses it, but this reads in order.
    chains = [f"flush chain {TABLE} {chain}" for chain in names.chains]
    lan = {names.lan(family) for family in FAMILIES}
    sets = [name for name, _ in _set_types(names) if endpoints or name in lan]
    return chains + [f"flush set {TABLE} {name}" for name in sets]


def _set_types(names: NftNames) -> Iterator[tuple[str, str]]:
    for family in FAMILIES:
        for direction in DIRECTIONS:
            type_ = f"ipv{family}_addr . inet_proto . inet_service"
            yield names.endpoints(direction, family), type_
        yield names.lan(family), f"ipv{family}_addr"


@cached_in_rule_set
def list_hosts(rule_set: RuleSet) -> list[NftHost]:
    """Return the hosts that have sets by name, a wildcard before the name that it is of."""
    by_name: dict[str, list[Rule]] = defaultdict(list)
    for rule in allowed_rules(rule_set, unsupported):
        if is_host(rule.endpoint):
            by_name[rule.endpoint.target].append(rule)
    hosts = [
        NftHost(name, _services(rules), describe_target(name, {rule.words for rule in rules}))
        for name, rules in by_name.items()
    ]
    return sorted(hosts, key=lambda host: (host.domain, host.name))


def parse_host_comment(text: str) -> str | None:
    """Return the name in the comment of a rule; None where there is none."""
    found = re.fullmatch(r"(name|names of) ([a-z0-9._-]+)", text)
    if found is None:
        return None
    return found[2] if found[1] == "name" else f"*.{found[2]}"


def set_name(names: NftNames, host: str, family: int) -> str:
    """Return `action1_europe_windowsupdate_com_1a2b3c4d_v4`: what is legible, and a hash."""
    return f"{names.stem}_{_host_part(host)}_v{family}"


@lru_cache(maxsize=MOST_TARGETS)  # each line about a host names its sets
def _host_part(host: str) -> str:
    slug = _OTHER.sub("_", host).strip("_")[:_SLUG].rstrip("_")
    return f"{slug}_{hash_name(host, _HASH)}"


def _services(rules: Iterable[Rule]) -> tuple[tuple[Protocol, tuple[Ports, ...]], ...]:
    ports: dict[Protocol, list[Ports]] = {protocol: [] for protocol in PROTOCOLS}
    for rule in rules:
        ports[rule.endpoint.protocol].append(ports_of(rule))
    return tuple((each, tuple(merge_ranges(found))) for each, found in ports.items() if found)


def declare_host_sets(names: NftNames, hosts: Sequence[NftHost]) -> Iterator[str]:
    """Return what declares the sets that dnsmasq fills, where they are missing.

    None is emptied: dnsmasq adds no address that it answers from its cache.
    """
    if hosts:
        yield f"table {TABLE} {{"
    for host in hosts:
        yield f"# {host.name}{': ' if host.words else ''}{host.words}"
        for family in FAMILIES:
            yield from declare_host_set(set_name(names, host.name, family), family)
    if hosts:
        yield "}"


def declare_host_set(name: str, family: int) -> list[str]:
    """Return the declaration of a set within its table; rules start its timers again."""
    return [
        f"\tset {name} {{",
        f"\t\ttype ipv{family}_addr",
        "\t\tflags dynamic, timeout",
        f"\t\ttimeout {HOST_TIMEOUT}",
        "\t}",
    ]


def list_members(found: Iterable[LinuxElement]) -> Sets:
    """Return the elements of each set of endpoints that has some."""
    sets: Sets = defaultdict(list)
    for each in found:
        sets[each.direction, each.family].append((each.text, each.words))
    return dict(sets)


def fill_sets(names: NftNames, sets: Sets) -> Iterator[str]:
    """Return what adds elements to sets of endpoints."""
    for direction, family in _sides():
        if (direction, family) in sets:
            yield from element_commands(
                "add", names.endpoints(direction, family), sets[direction, family]
            )


def fill_lan(names: NftNames, rules: Sequence[LinuxPorts], lan: Lan) -> Iterator[str]:
    """Return what adds the LAN's networks to their sets, where a rule looks in there."""
    for family in FAMILIES if rules else ():
        if networks := [(network, "") for network in lan.of(family)]:
            yield from element_commands("add", names.lan(family), networks)


def element_commands(verb: str, name: str, found: Members) -> Iterator[str]:
    """Return what adds or deletes elements, with what the page calls them."""
    yield f"{verb} element {TABLE} {name} {{"
    last = len(found) - 1
    for number, (member, text) in enumerate(found):
        comma = "" if number == last else ","
        said = f" # {words}" if (words := to_comment(text)) else ""
        yield f"\t{member}{comma}{said}"
    yield "}"


def rule_commands(
    names: NftNames, filled: Container[tuple[Direction, int]], version: str
) -> Iterator[str]:
    """Return the rules for sets of endpoints that have elements."""
    for direction, family in _sides():
        if (direction, family) in filled:
            key = f"{_field(direction, family)} . meta l4proto . th dport"
            match = f"{key} @{names.endpoints(direction, family)}"
            yield _rule_command(names.chain(direction), match, version)


def lan_rule_commands(names: NftNames, rules: Sequence[LinuxPorts], lan: Lan) -> Iterator[str]:
    """Return the rules for the LAN, in the families that it has networks of."""
    for family in filter(lan.of, FAMILIES):
        for rule in rules:
            match = f"{_field(rule.direction, family)} @{names.lan(family)}"
            match = f"{match} {rule.protocol} dport {_ports(rule.ports)}"
            yield _rule_command(names.lan_chain(rule.direction), match, rule.words)


def host_rule_commands(names: NftNames, hosts: Iterable[NftHost]) -> Iterator[str]:
    """Return the rules for hosts. A packet that passes starts its address's time again."""
    fields = [(_field("outbound", family), family) for family in FAMILIES]
    for host in hosts:
        sets = [(field, set_name(names, host.name, family)) for field, family in fields]
        for protocol, spans in host.services:
            ports = f"{protocol} dport {_ports(spans)}"
            for field, name in sets:
                match = f"{field} @{name} {ports} {touch_host_set(name, field)}"
                yield _rule_command(names.chain("outbound"), match, host.comment)


def touch_host_set(name: str, field: str) -> str:
    """Return the statement that starts the time of a packet's address again."""
    return f"update @{name} {{ {field} }}"


def _rule_command(chain: str, match: str, text: str) -> str:
    # nft takes at most 128 characters; to_comment() cuts before that and leaves no quote.
    said = f' comment "{words}"' if (words := to_comment(text)) else ""
    return f"add rule {TABLE} {chain} {match} accept{said}"


def _ports(spans: Iterable[tuple[int, int]]) -> str:
    return f"{{ {', '.join(map(range_text, spans))} }}"


def _field(direction: Direction, family: int) -> str:
    end = "daddr" if direction == "outbound" else "saddr"
    return f"{'ip' if family == FAMILIES[0] else 'ip6'} {end}"


def _sides() -> Iterator[tuple[Direction, int]]:
    for direction in DIRECTIONS:
        for family in FAMILIES:
            yield direction, family
