"""A RouterOS 7 script: address lists and chains of rules to jump to, for `/import`.

Takes its own lists, chains and DNS entries away and makes them again, so it can be imported
at any time; touches nothing else and drops nothing. What the local network does within itself
has chains of its own, to which no jump leads that the head of the file asks for. A wildcard is
a DNS entry that puts what clients ask this router for into a list (MikroTik, "Address-lists"
and "DNS").

A rule takes 15 ports, as the kernel's multiport match does; for names, comments, lists and
files MikroTik documents no length or number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_target, is_wildcard, network_of
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.objects import is_lan_group, lan_lines, object_names
from tracker.formats.shared.policy import Rule, allowed_rules, cached_in_rule_set, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges, split_ranges
from tracker.formats.shared.service_groups import ServiceGroup, endpoint_lines, group_rules
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import LAN, Direction, Endpoint, Protocol
from tracker.text import to_comment

MENUS = {4: "/ip firewall", 6: "/ipv6 firewall"}
SHORT: dict[Direction, str] = {"outbound": "out", "inbound": "in"}
_MOST_PORTS = 15  # in one rule; a range counts for two
# List, then address or host, then what the page calls it.
Lists = dict[str, dict[str, str]]

# A block of its own, because each line of an imported file forgets the variables before it.
RESOLVER = (
    "{",
    "    :local servers [:toarray [/ip dns get servers]]",
    "    :if ([:len $servers] = 0) do={",
    '        :log warning "fwtracker: no wildcard is open: /ip dns has no servers of its own"',
    "    } else={",
    "        :local server [:pick $servers 0]",
)

END = ("    }", "}")
_INDENT = " " * 8
FILE = "mikrotik.rsc"
_NAME = r'"([a-z0-9-]+)_([A-Za-z0-9._-]+)"'
_FIRST = re.compile(r'remove \[find where list~"\^([a-z0-9-]+)_" and dynamic=no\]')
_MEMBER = re.compile(rf'add list={_NAME} address=(\S+) comment="([A-Za-z0-9 ._:/()*-]*)"')

_ASKED = re.compile(
    rf' +/ip dns static add type=FWD name=(\S+) .* address-list={_NAME} comment="\*\.\S+"'
)

_RULE = re.compile(
    r'add chain="[a-z0-9-]+(-|_lan-)(in|out)" action=accept protocol=(tcp|udp)'
    rf' dst-port=([0-9,-]+) (?:src|dst)-address-list={_NAME} comment="fwtracker"'
)

_MENU = re.compile(r"(/ip|/ipv6) (?:firewall (?:address-list|filter)|dns static)")
NO_SOURCE = "RouterOS fills a wildcard with what clients ask for, not with who connects"

_HOW_TO = """\

This file opens what the page names and closes nothing: it takes effect where your own chains
jump to it, above whatever drops. Once, in /ip firewall filter and in /ipv6 firewall filter:
  add chain=forward action=jump jump-target={out}
  add chain=forward action=jump jump-target={in_}
Chain forward is for what stands behind this router, client or server. For the router itself
the same two jumps stand in chain=output and chain=input.
Then, now and whenever it changes: /import file-name=mikrotik.rsc"""

_LAN = """\

What machines of your own networks open to each other (agents, remote installation by RPC and
SMB) is in {lan_out} and {lan_in}. No jump above leads there, and between
networks that you keep apart none should. A jump of your own to them, below your own denies and
with src-address and dst-address, is for a server in one network that installs in another."""

_WILDCARDS = """\

A wildcard is open to clients that ask this router for names (/ip dns allow-remote-requests),
which it asks the first of its own servers for (/ip dns servers): import again if you change
those. What a client has asked before that is open once its answer has run out.
A router answers a name by one DNS entry: for several regions on one router import
rules/all/mikrotik.rsc instead of theirs."""


class RouterOsRule(msgspec.Struct, frozen=True):
    """One filter rule in one of our chains; in one for the local network if it is `lan`."""

    direction: Direction
    lan: bool
    protocol: Protocol
    ports: str
    list: str


class RouterOsPlan(msgspec.Struct):
    """Address lists and rules by family; the list of each wildcard, by its bare name."""

    stem: str
    lists: dict[int, Lists] = msgspec.field(
        default_factory=lambda: {family: {} for family in MENUS}
    )
    wildcards: dict[str, str] = msgspec.field(default_factory=dict)
    rules: dict[int, list[RouterOsRule]] = msgspec.field(
        default_factory=lambda: {family: [] for family in MENUS}
    )

    def chain(self, direction: Direction, *, lan: bool = False) -> str:
        """Return the chain of a direction: `action1-europe-out`, `action1-europe_lan-out`.

        No other rule set has it, since none has an underscore in its `stem`.
        """
        return f"{self.stem}{'_lan-' if lan else '-'}{SHORT[direction]}"

    @property
    def chains(self) -> Iterator[str]:
        """Our chains."""
        return (self.chain(way, lan=lan) for lan in (False, True) for way in SHORT)


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text where no endpoint has a port."""
    allowed = allowed_rules(rule_set, _unsupported)
    left_out = list_left_out(rule_set, _unsupported)
    if not allowed:
        return Rendered(None, left_out)
    plan = _build_plan(rule_set)
    comments = comment_lines("#", file_notes(rule_set, _how_to(plan), left_out))
    return Rendered(join_lines([*comments, *_write_plan(plan)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the rules let through: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`.

    Raises RuleError where a line is of another shape or one is missing, where a host is open
    in one family alone, and for what `lan_lines` refuses.
    """
    lines = [line for line in split_lines(text) if not line.startswith("#")]
    stem = _FIRST.fullmatch(lines[1]) if len(lines) > 1 else None
    if not stem:
        raise RuleError(f"{FILE} cannot be read back: it does not start with its own list")
    plan = _parse_plan(stem[1], lines)
    if lines != [*_write_plan(plan)]:
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    found = {family: _family_lines(plan, family) for family in MENUS}
    if _host_lines(found[4]) != _host_lines(found[6]):
        raise RuleError(f"{FILE}: a host is open in one family alone")
    lan = [each for each in map(_services_of_lan, found.values()) if each]
    if any(each != lan[0] for each in lan):
        raise RuleError(f"{FILE}: the LAN has other services in one family")
    return found[4] | found[6]


@cached_in_rule_set
def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open."""
    return frozenset(line for group in _groups(rule_set) for line in group.lines)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands for list members and DNS entries, and for chains whose rules differ."""
    if expected_lines(before) == expected_lines(after):
        return None
    comments = comment_lines("#", delta_head_lines(before, after))
    changes = _write_changes(_build_plan(before), _build_plan(after))
    return join_lines([*comments, *changes])


def _unsupported(endpoint: Endpoint) -> str | None:
    wildcard = is_wildcard(endpoint.target)
    return NO_SOURCE if wildcard and endpoint.direction == "inbound" else None


@cached_in_rule_set
def _build_plan(rule_set: RuleSet) -> RouterOsPlan:
    names = object_names(rule_set)
    plan = RouterOsPlan(names.stem)
    for group in _groups(rule_set):
        name = names.of(group.key)
        for family in MENUS:
            members = dict(_list_members(group, family))
            has_wildcard = any(is_wildcard(each.name) for each in group.targets)
            if members:
                plan.lists[family][name] = members
            if members or (has_wildcard and not group.lan):
                plan.rules[family] += _filter_rules(group, name)
        for target in group.targets:
            if is_wildcard(target.name):
                plan.wildcards[target.name[2:]] = name
    return plan


def _list_members(group: ServiceGroup, family: int) -> Iterator[tuple[str, str]]:
    """Return addresses as RouterOS stores them, to be found again: IPv6 with a length."""
    for target in group.targets:
        if target.network and target.family == family:
            six = family == 6  # noqa: PLR2004 - IPv6
            yield str(target.network) if six else target.name, target.words
        elif target.network is None and not is_wildcard(target.name):
            yield target.name, target.words


def _filter_rules(group: ServiceGroup, name: str) -> Iterator[RouterOsRule]:
    for protocol, spans in group.services:
        for ports in split_ranges(spans, _MOST_PORTS):
            yield RouterOsRule(group.direction, group.lan, protocol, ports, name)


def _add_outer_rules(allowed: Iterable[Rule]) -> Iterator[Rule]:
    """Return the rules, and for each wildcard those of every wildcard that it lies in.

    Which of the two DNS entries RouterOS asks is unverified.
    """
    known: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in allowed:
        yield rule
        if is_wildcard(rule.endpoint.target):
            known[rule.endpoint.direction, rule.endpoint.target].append(rule)
    for direction, inner in known:
        _, *labels = inner[2:].split(".")
        for depth in range(len(labels)):
            for rule in known.get((direction, "*." + ".".join(labels[depth:])), ()):
                endpoint = msgspec.structs.replace(rule.endpoint, target=inner)
                yield msgspec.structs.replace(rule, endpoint=endpoint)


def _write_plan(plan: RouterOsPlan) -> Iterator[str]:
    """Return commands that replace everything that is ours by a plan."""
    for family, lists in plan.lists.items():
        yield f"{MENUS[family]} address-list"
        yield f'remove [find where list~"^{plan.stem}_" and dynamic=no]'
        yield from _add_members(lists)
    yield "/ip dns static"
    yield f'remove [find where address-list~"^{plan.stem}_"]'
    yield from _dns_entries(plan.wildcards)
    for family in plan.rules:
        yield from _replace_rules(plan, family)


def _write_changes(old: RouterOsPlan, new: RouterOsPlan) -> Iterator[str]:
    """Return commands for the changes: members that come, rules, then members that go."""
    for family, menu in MENUS.items():
        yield from _in_menu(
            menu, _add_members(_subtract_lists(new.lists[family], old.lists[family]))
        )
    yield from _changed_entries(old.wildcards, new.wildcards)
    for family in MENUS:
        if old.rules[family] != new.rules[family]:
            yield from _replace_rules(new, family)
    for family, menu in MENUS.items():
        yield from _in_menu(
            menu, _remove_members(_subtract_lists(old.lists[family], new.lists[family]))
        )


def _in_menu(menu: str, lines: Iterable[str]) -> Iterator[str]:
    inside = list(lines)
    if inside:
        yield from (f"{menu} address-list", *inside)


def _changed_entries(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Return DNS entries that go or fill another list, and those that come."""
    gone = [name for name in old if new.get(name) != old[name]]
    if gone:
        yield "/ip dns static"
    for name in gone:
        yield f'remove [find where name="{name}" and address-list="{old[name]}"]'
    yield from _dns_entries({name: each for name, each in new.items() if old.get(name) != each})


def _add_members(lists: Lists) -> Iterator[str]:
    for name, members in lists.items():
        for address, words in members.items():
            yield f'add list="{name}" address={address} comment="{words}"'


def _remove_members(lists: Lists) -> Iterator[str]:
    for name, members in lists.items():
        for address in members:
            yield f'remove [find where list="{name}" and address="{address}" and dynamic=no]'


def _subtract_lists(lists: Lists, others: Lists) -> Lists:
    """Return the members that the others have not."""
    return {
        name: {
            each: words for each, words in members.items() if each not in others.get(name, {})
        }
        for name, members in lists.items()
    }


def _dns_entries(wildcards: Mapping[str, str]) -> Iterator[str]:
    """Return DNS entries of wildcards, which fill lists with what clients ask for."""
    if wildcards:
        yield from RESOLVER
        for name, filled in wildcards.items():
            entry = f"/ip dns static add type=FWD name={name} match-subdomain=yes"
            filling = f'forward-to=$server address-list="{filled}" comment="*.{name}"'
            yield f"{_INDENT}{entry} {filling}"
        yield from END


def _replace_rules(plan: RouterOsPlan, family: int) -> Iterator[str]:
    chains = " or ".join(f'chain="{each}"' for each in plan.chains)
    yield f"{MENUS[family]} filter"
    yield f"remove [find where {chains}]"
    yield from _rule_commands(plan, plan.rules[family])


def _rule_commands(plan: RouterOsPlan, rules: Iterable[RouterOsRule]) -> Iterator[str]:
    for rule in rules:
        end = "dst" if rule.direction == "outbound" else "src"
        yield (
            f'add chain="{plan.chain(rule.direction, lan=rule.lan)}" action=accept'
            f" protocol={rule.protocol} dst-port={rule.ports}"
            f' {end}-address-list="{rule.list}" comment="fwtracker"'
        )


def _parse_plan(stem: str, lines: list[str]) -> RouterOsPlan:
    plan, family = RouterOsPlan(stem), 4
    ways = {short: way for way, short in SHORT.items()}
    protocols = {each: each for each in get_args(Protocol)}
    for line in lines:
        if found := _MENU.fullmatch(line):
            family = 4 if found[1] == "/ip" else 6
        elif found := _MEMBER.fullmatch(line):
            members = plan.lists[family].setdefault(f"{found[1]}_{found[2]}", {})
            members[found[3]] = found[4]
        elif found := _ASKED.fullmatch(line):
            plan.wildcards[found[1]] = f"{found[2]}_{found[3]}"
        elif found := _RULE.fullmatch(line):
            way, protocol = ways[found[2]], protocols[found[3]]
            rule = (way, found[1] != "-", protocol, found[4], f"{found[5]}_{found[6]}")
            plan.rules[family].append(RouterOsRule(*rule))
    return plan


def _family_lines(plan: RouterOsPlan, family: int) -> frozenset[str]:
    """Return what the rules of one family let through."""
    found: set[str] = set()
    lan: list[list[str]] = []
    asked: dict[str, list[str]] = {}
    for name, filled in plan.wildcards.items():
        asked.setdefault(filled, []).append(f"*.{name}")
    for rule in plan.rules[family]:
        members = [
            _parse_member(each, family) for each in plan.lists[family].get(rule.list, ())
        ]
        targets = [*members, *asked.get(rule.list, ())]
        if is_lan_group(rule.list) is not rule.lan:
            raise RuleError(f"{FILE}: a rule for the LAN is among those for the internet")
        if rule.lan:
            lan.append(targets)
            targets = [LAN]
        services = [(rule.protocol, parse_ranges(rule.ports, ","))]
        found.update(endpoint_lines(rule.direction, targets, services))
    reached = {rule.list for rule in plan.rules[family]}
    if reached != plan.lists[family].keys() | asked.keys():
        raise RuleError(f"{FILE}: its lists and rules do not match")
    return frozenset(found) | lan_lines(FILE, lan)


def _parse_member(address: str, family: int) -> str:
    network = network_of(address)
    if network is None and not address.startswith("*"):
        return address
    if network is None or network.version != family:
        raise RuleError(f'{FILE} cannot be read back: "{to_comment(address)}"')
    return canonical_target(address)


def _host_lines(lines: frozenset[str]) -> set[str]:
    """Return the lines of hosts, which both families must have."""
    targets = ((line, line.split(" ")[1]) for line in lines)
    return {line for line, target in targets if target != LAN and network_of(target) is None}


def _services_of_lan(lines: frozenset[str]) -> set[str]:
    """Return the lines of the LAN's services, which each family must have that has a LAN."""
    return {line for line in lines if line.split(" ")[1] == LAN}


@cached_in_rule_set
def _groups(rule_set: RuleSet) -> list[ServiceGroup]:
    """Return groups without a common target: the DNS entry of a wildcard fills one list."""
    allowed = _add_outer_rules(allowed_rules(rule_set, _unsupported))
    return group_rules(allowed, rule_set.lan.routed, exclusive=True)


def _how_to(plan: RouterOsPlan) -> str:
    out, in_, lan_out, lan_in = plan.chains
    parts = [_HOW_TO.format(out=out, in_=in_)]
    if any(rule.lan for rules in plan.rules.values() for rule in rules):
        parts.append(_LAN.format(lan_out=lan_out, lan_in=lan_in))
    return "\n".join([*parts, _WILDCARDS] if plan.wildcards else parts)


FORMAT = Format(
    name="mikrotik",
    file="mikrotik.rsc",
    about="RouterOS 7 script: address lists and two chains to jump to, for /import",
    loaded="/import file-name=FILE",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
