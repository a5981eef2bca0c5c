"""The commands of an nftables file, and the names of what it owns.

The frame of sets and chains never depends on the data: what a later version no longer needs
stays empty, so that neither a jump of the user nor a leftover can break a reload.

nft itself resolves a name once, while it loads a file. dnsmasq adds to a set each address that
it answers for a name and for its subdomains (its --nftset): right for a wildcard, and too much
for a plain name. Each host has its own set, so that a host removed from the page takes the
addresses learned for it along. Addresses expire, so that those no longer in DNS are closed; a
connection restarts an address's timer, because dnsmasq cannot: adding an existing address does
not change its timer, before and after Linux 6.12 (since which it does if another time is
given).

Traffic within the LAN has separate chains: a gateway that jumps only to the others opens
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

# A jump cannot leave its table, so our chains are in the table that most rulesets use.
TABLE = "inet filter"
BY_DNSMASQ = "its set stays empty until dnsmasq fills it with dnsmasq-nftset.conf"
TOO_LONG = "the name is longer than a comment of nftables"
_LONGEST = 31  # characters of a set's name; older kernels accept no more
_LONGEST_HOST = 100  # of nft's 128 characters for a comment, to leave room for other words
_SLUG, _HASH = 24, 8
# How long a set keeps an address that no connection uses: longer than names stay in caches
# (hours), because dnsmasq adds the answers of upstream servers, not those from its cache.
HOST_TIMEOUT, HOST_TIMEOUT_TEXT = "1d", "a day"
_SHORT = {"outbound": "out", "inbound": "in"}
_OTHER = re.compile(r"[^a-z0-9]+")
# The texts of elements, each with the page's name for it.
Members = list[tuple[str, str]]
# The elements of each set of endpoints that is not empty.
Sets = dict[tuple[Direction, int], Members]


class NftNames(msgspec.Struct, frozen=True):
    """`action1_europe` and names derived from it, whose suffixes avoid reserved words."""

    stem: str

    def chain(self, direction: Direction) -> str:
        """Return the chain to jump to."""
        return f"{self.stem}_{_SHORT[direction]}"

    def lan_chain(self, direction: Direction) -> str:
        """Return the chain of the LAN's services.

        It ends in `_lanout` because the chain of a rule set named `x-lan` ends in `_lan_out`.
        """
        return f"{self.stem}_lan{_SHORT[direction]}"

    @property
    def chains(self) -> list[str]:
        """The names of all chains."""
        makers = (self.chain, self.lan_chain)
        return [make(direction) for make in makers for direction in DIRECTIONS]

    def endpoints(self, direction: Direction, family: int) -> str:
        """Return the set of address, protocol and port; `family` is 4 or 6."""
        return f"{self.stem}_{_SHORT[direction]}{family}"

    def lan(self, family: int) -> str:
        """Return the set of local networks."""
        return f"{self.stem}_lan{family}"


class NftHost(msgspec.Struct, frozen=True):
    """A name, or `*.example.com` for one with its subdomains, and its ports by protocol."""

    name: str
    services: tuple[tuple[Protocol, tuple[Ports, ...]], ...]
    words: str = ""

    @property
    def domain(self) -> str:
        """The name without the star."""
        return self.name.removeprefix("*.")

    @property
    def is_wildcard(self) -> bool:
        """Whether it includes the subdomains."""
        return self.name != self.domain

    @property
    def comment(self) -> str:
        """The comment of its rules, from which `parse_host_comment` restores the host."""
        return f"names of {self.domain}" if self.is_wildcard else f"name {self.domain}"

    @property
    def lines(self) -> Iterator[str]:
        """The proof lines: `outbound *.example.com tcp/443`."""
        for protocol, spans in self.services:
            for ports in spans:
                yield f"outbound {self.name} {protocol}/{range_text(ports)}"


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why a host has no set; None for any other endpoint."""
    if not is_host(endpoint):
        return None
    if endpoint.direction == "inbound":
        return NO_HOSTS
    return TOO_LONG if len(endpoint.target) > _LONGEST_HOST else None


def names_for(rule_set: RuleSet) -> NftNames:
    """Return names from source and rule set: two different rule sets never share one."""
    return NftNames(name_stem(rule_set, _LONGEST - len("_out4"), "_"))


def declare_frame(names: NftNames) -> list[str]:
    """Return commands that create the sets and chains if they are missing."""
    lines = [f"table {TABLE} {{"]
    for name, type_ in _set_types(names):
        lines += [f"\tset {name} {{", f"\t\ttype {type_}", "\t\tflags interval", "\t}"]
    for chain in names.chains:
        lines += [f"\tchain {chain} {{", "\t}"]
    return [*lines, "}"]


def flush_frame(names: NftNames, *, endpoints: bool = True) -> list[str]:
    """Return commands that empty the chains and sets, except the sets of hosts."""
    # Chains first, only for the reader: a set can be emptied while a rule uses it.
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
    """Return the hosts that have sets, by name; a wildcard comes before its bare name."""
    by_name: dict[str, list[Rule]] = defaultdict(list)
    for rule in allowed_rules(rule_set, explain_unsupported):
        if is_host(rule.endpoint):
            by_name[rule.endpoint.target].append(rule)
    hosts = [
        NftHost(name, _services(rules), describe_target(name, {rule.words for rule in rules}))
        for name, rules in by_name.items()
    ]
    return sorted(hosts, key=lambda host: (host.domain, host.name))


def parse_host_comment(text: str) -> str | None:
    """Return the name in the comment of a rule; None if there is none."""
    found = re.fullmatch(r"(name|names of) ([a-z0-9._-]+)", text)
    if found is None:
        return None
    return found[2] if found[1] == "name" else f"*.{found[2]}"


def set_name(names: NftNames, host: str, family: int) -> str:
    """Return `action1_europe_windowsupdate_com_1a2b3c4d_v4`: a readable part and a hash."""
    return f"{names.stem}_{_host_part(host)}_v{family}"


@lru_cache(maxsize=MOST_TARGETS)  # each line about a host contains its sets' names
def _host_part(host: str) -> str:
    slug = _OTHER.sub("_", host).strip("_")[:_SLUG].rstrip("_")
    return f"{slug}_{hash_name(host, _HASH)}"


def _services(rules: Iterable[Rule]) -> tuple[tuple[Protocol, tuple[Ports, ...]], ...]:
    ports: dict[Protocol, list[Ports]] = {protocol: [] for protocol in PROTOCOLS}
    for rule in rules:
        ports[rule.endpoint.protocol].append(ports_of(rule))
    return tuple((each, tuple(merge_ranges(found))) for each, found in ports.items() if found)


def declare_host_sets(names: NftNames, hosts: Sequence[NftHost]) -> Iterator[str]:
    """Yield commands that create the sets that dnsmasq fills, if they are missing.

    They are not emptied, because dnsmasq does not add addresses from its cache again.
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
    """Return the declaration of a set within its table; rules restart its timers."""
    return [
        f"\tset {name} {{",
        f"\t\ttype ipv{family}_addr",
        "\t\tflags dynamic, timeout",
        f"\t\ttimeout {HOST_TIMEOUT}",
        "\t}",
    ]


def list_members(found: Iterable[LinuxElement]) -> Sets:
    """Return the elements of each set of endpoints that is not empty."""
    sets: Sets = defaultdict(list)
    for each in found:
        sets[each.direction, each.family].append((each.text, each.words))
    return dict(sets)


def fill_sets(names: NftNames, sets: Sets) -> Iterator[str]:
    """Yield commands that add elements to sets of endpoints."""
    for direction, family in _sides():
        if (direction, family) in sets:
            yield from element_commands(
                "add", names.endpoints(direction, family), sets[direction, family]
            )


def fill_lan(names: NftNames, rules: Sequence[LinuxPorts], lan: Lan) -> Iterator[str]:
    """Yield commands that add the LAN's networks to their sets, if a rule uses these."""
    for family in FAMILIES if rules else ():
        if networks := [(network, "") for network in lan.of(family)]:
            yield from element_commands("add", names.lan(family), networks)


def element_commands(verb: str, name: str, found: Members) -> Iterator[str]:
    """Yield commands that add or delete elements, with the page's names for them."""
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
    """Yield the rules for sets of endpoints that have elements."""
    for direction, family in _sides():
        if (direction, family) in filled:
            key = f"{_field(direction, family)} . meta l4proto . th dport"
            match = f"{key} @{names.endpoints(direction, family)}"
            yield _rule_command(names.chain(direction), match, version)


def lan_rule_commands(names: NftNames, rules: Sequence[LinuxPorts], lan: Lan) -> Iterator[str]:
    """Yield the rules for the LAN, in the families in which it has networks."""
    for family in filter(lan.of, FAMILIES):
        for rule in rules:
            match = f"{_field(rule.direction, family)} @{names.lan(family)}"
            match = f"{match} {rule.protocol} dport {_ports(rule.ports)}"
            yield _rule_command(names.lan_chain(rule.direction), match, rule.words)


def host_rule_commands(names: NftNames, hosts: Iterable[NftHost]) -> Iterator[str]:
    """Yield the rules for hosts. A packet that passes restarts its address's timer."""
    fields = [(_field("outbound", family), family) for family in FAMILIES]
    for host in hosts:
        sets = [(field, set_name(names, host.name, family)) for field, family in fields]
        for protocol, spans in host.services:
            ports = f"{protocol} dport {_ports(spans)}"
            for field, name in sets:
                match = f"{field} @{name} {ports} {touch_host_set(name, field)}"
                yield _rule_command(names.chain("outbound"), match, host.comment)


def touch_host_set(name: str, field: str) -> str:
    """Return the statement that restarts the timer of a packet's address."""
    return f"update @{name} {{ {field} }}"


def _rule_command(chain: str, match: str, text: str) -> str:
    # nft accepts at most 128 characters; to_comment() cuts before that and removes quotes.
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
