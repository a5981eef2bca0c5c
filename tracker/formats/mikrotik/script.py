"""The plan of a RouterOS script, and the commands that carry it out.

A host name is in the lists of both families, because RouterOS resolves it in each. A wildcard
is a DNS entry, which fills only one list: therefore no two groups share a target, and a
wildcard gets the ports of every wildcard that includes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from tracker.formats import RuleSet
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.objects import object_names
from tracker.formats.shared.policy import Rule, allowed_rules, cached_for_format
from tracker.formats.shared.port_ranges import split_ranges
from tracker.formats.shared.service_groups import ServiceGroup, group_exclusively
from tracker.model import Direction, Endpoint, Protocol

MENUS = {4: "/ip firewall", 6: "/ipv6 firewall"}
SHORT: dict[Direction, str] = {"outbound": "out", "inbound": "in"}
NO_SOURCE = "RouterOS fills a wildcard with what clients resolve, not with who connects"
_MOST_PORTS = 15  # in one rule; a range counts as two
# By list, then by address or host: the page's name for it.
Lists = dict[str, dict[str, str]]

# One block, because variables do not survive from one line of an imported file to the next.
_RESOLVER = (
    "{",
    "    :local servers [:toarray [/ip dns get servers]]",
    "    :if ([:len $servers] = 0) do={",
    '        :log warning "fwtracker: no wildcard is open: /ip dns has no servers of its own"',
    "    } else={",
    "        :local server [:pick $servers 0]",
)
_END = ("    }", "}")
_INDENT = " " * 8


class RouterOsRule(msgspec.Struct, frozen=True):
    """One filter rule in one of our chains; if `lan`, in one for the local network."""

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

        It is unique, since no rule set has an underscore in its `stem`.
        """
        return f"{self.stem}{'_lan-' if lan else '-'}{SHORT[direction]}"

    @property
    def chains(self) -> Iterator[str]:
        """The names of all chains."""
        return (self.chain(way, lan=lan) for lan in (False, True) for way in SHORT)


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why RouterOS cannot express an endpoint; None if it can."""
    wildcard = is_wildcard(endpoint.target)
    return NO_SOURCE if wildcard and endpoint.direction == "inbound" else None


@cached_for_format
def list_exclusive_groups(rule_set: RuleSet) -> list[ServiceGroup]:
    """Return groups that share no target: the DNS entry of a wildcard fills one list."""
    allowed = _add_outer_rules(allowed_rules(rule_set, explain_unsupported))
    return group_exclusively(allowed, rule_set.lan.routed)


def _add_outer_rules(allowed: Iterable[Rule]) -> Iterator[Rule]:
    """Yield the rules, and for each wildcard those of every wildcard that includes it.

    It is unverified which of the two DNS entries RouterOS uses.
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


@cached_for_format
def build_plan(rule_set: RuleSet) -> RouterOsPlan:
    """Return lists, wildcards and rules for both families."""
    names = object_names(rule_set)
    plan = RouterOsPlan(names.stem)
    for group in list_exclusive_groups(rule_set):
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
    """Yield addresses as RouterOS stores them, so that `find` works: IPv6 with a length."""
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


def write_plan(plan: RouterOsPlan) -> Iterator[str]:
    """Yield commands that replace everything of ours by a plan."""
    for family, lists in plan.lists.items():
        yield f"{MENUS[family]} address-list"
        yield f'remove [find where list~"^{plan.stem}_" and dynamic=no]'
        yield from _add_members(lists)
    yield "/ip dns static"
    yield f'remove [find where address-list~"^{plan.stem}_"]'
    yield from _dns_entries(plan.wildcards)
    for family in plan.rules:
        yield from _replace_rules(plan, family)


def write_changes(old: RouterOsPlan, new: RouterOsPlan) -> Iterator[str]:
    """Yield commands for the changes: they add members, replace rules, then remove members."""
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
    """Yield commands for DNS entries that are removed, added or fill another list."""
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
    """Return the members of `lists` that are not in `others`."""
    return {
        name: {
            each: words for each, words in members.items() if each not in others.get(name, {})
        }
        for name, members in lists.items()
    }


def _dns_entries(wildcards: Mapping[str, str]) -> Iterator[str]:
    """Yield DNS entries of wildcards, which fill lists with the addresses clients ask for."""
    if wildcards:
        yield from _RESOLVER
        for name, filled in wildcards.items():
            entry = f"/ip dns static add type=FWD name={name} match-subdomain=yes"
            filling = f'forward-to=$server address-list="{filled}" comment="*.{name}"'
            yield f"{_INDENT}{entry} {filling}"
        yield from _END


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
