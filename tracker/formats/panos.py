"""PAN-OS `set` commands: addresses, groups, services and URL categories for your own rules.

Pasted in configuration mode, then committed: all changes take effect at once with the commit.
It contains no rules. PAN-OS addresses cannot be wildcards; a wildcard becomes a custom URL
category, which a rule matches in HTTP and TLS. Palo Alto Networks documents no comment syntax
for such files, so version and digest are in the comment of the tag that every object has.

Names have at most 63 characters, those of URL categories 31, descriptions and comments 1,023
(web interface help, Objects). The maximum number of objects and members differs by model, so
there is no limit here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import is_wildcard, network_of
from tracker.formats.shared.comments import head_lines
from tracker.formats.shared.deltas import compare_members
from tracker.formats.shared.objects import ObjectNames, join_words, object_names, opened_lines
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges, range_text
from tracker.formats.shared.service_groups import (
    ServiceGroup,
    endpoint_lines,
    group_lines,
    list_groups,
)
from tracker.formats.shared.text import join_lines, split_lines
from tracker.model import Endpoint
from tracker.text import to_comment

NOTHING = "255.255.255.255/32"  # never routed: RFC 919 section 7
NO_URL = "none.invalid/"  # a name that never exists: RFC 2606 section 2
_NONE = "none"
_LONGEST_CATEGORY = 31  # characters of a category's name; those of other objects have 63
_PER_LINE = 20
FILE = "panos.set"
_NAME = "[A-Za-z0-9._-]+"
_WORDS = r"[A-Za-z0-9 ._:/()*-]+"
_TAG = re.compile(rf'set tag ({_NAME}) comments "{_WORDS}"')

_ADDRESS = re.compile(
    rf'set address ({_NAME}) (ip-netmask|fqdn) (\S+) description "({_WORDS})" tag {_NAME}'
)

_SERVICE = re.compile(rf"set service ({_NAME}) protocol (tcp|udp) port ([0-9,-]+)")
_MEMBERS = re.compile(rf"set address-group ({_NAME}) static \[ (.+) \]")

_WITH = re.compile(
    rf'set profiles custom-url-category ({_NAME}) description "with service (\S+) .*"'
)

_URLS = re.compile(rf"set profiles custom-url-category ({_NAME}) list \[ (.+) \]")
ONLY_URLS = "PAN-OS supports wildcards only in URLs, which means outgoing HTTP and TLS"
_LONGEST_COMMENT = 1023


class PanosAddress(msgspec.Struct, frozen=True):
    """An address object: `kind` is ip-netmask or fqdn."""

    kind: str
    value: str
    words: str


class PanosPlan(msgspec.Struct):
    """All objects of a file by name. A category has a service and URLs."""

    owner: str
    addresses: dict[str, PanosAddress] = msgspec.field(default_factory=dict)
    services: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    categories: dict[str, tuple[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)

    @property
    def none(self) -> str:
        """The name of the address object that matches no traffic."""
        return f"{self.owner}_{_NONE}"


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint can be an object."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    plan = _build_plan(rule_set)
    return Rendered(
        _text(rule_set, plan, _define_objects(plan), _define_groups(plan)), left_out
    )


def read_back(text: str) -> frozenset[str]:
    """Return what groups, categories and their services open: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError if a line has another shape or is missing, and for what `opened_lines`
    refuses.
    """
    first, _, rest = text.partition("\n")
    if not (tag := _TAG.fullmatch(first)):
        raise RuleError(f"{FILE} cannot be read back: it does not start with its tag")
    plan = _parse_plan(tag[1], split_lines(rest))
    written = chain(_define_objects(plan), _define_groups(plan))
    if any(one != other for one, other in zip_longest(split_lines(rest), written)):
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    if plan.addresses.pop(plan.none, None) != PanosAddress("ip-netmask", NOTHING, "no address"):
        raise RuleError(f"{FILE}: the object for no address stands for one")
    services = {
        name: [(protocol, parse_ranges(ports, ","))]
        for name, (protocol, ports) in plan.services.items()
    }
    targets = {name: _check_address(address) for name, address in plan.addresses.items()}
    found = set(opened_lines(FILE, targets, plan.groups, services))
    for service, urls in plan.categories.values():
        if service not in services:
            raise RuleError(f"{FILE}: a category is for an unknown service")
        found.update(endpoint_lines("outbound", map(_parse_url, urls), services[service]))
    return frozenset(found)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open."""
    return group_lines(rule_set, explain_unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands that add objects, change members, then delete unused objects."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = _build_plan(before), _build_plan(after)
    fresh = PanosPlan(
        new.owner,
        {
            name: each
            for name, each in new.addresses.items()
            if not _has_address(old, name, each.value)
        },
        _differing(old.services, new.services),
        {name: each for name, each in new.groups.items() if name not in old.groups},
        {name: each for name, each in new.categories.items() if name not in old.categories},
    )
    stay = {*new.addresses, old.none}
    deleted = (f"delete address {name}" for name in old.addresses if name not in stay)
    return _text(
        after,
        new,
        _define_objects(fresh),
        _define_groups(fresh),
        _changed_lists(old, new),
        deleted,
    )


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why PAN-OS has no object for an endpoint; None if it has."""
    if not is_wildcard(endpoint.target):
        return None
    return None if (endpoint.direction, endpoint.protocol) == ("outbound", "tcp") else ONLY_URLS


@cached_for_format
def _build_plan(rule_set: RuleSet) -> PanosPlan:
    """Return all objects of a file.

    A `set` adds to the lists of address groups and custom URL categories, so each list first
    gets a member that matches nothing, is emptied, and gets its members. Nothing is in force
    before the commit, and no list is empty by then, which PAN-OS would refuse.
    """
    names = object_names(rule_set)
    plan = PanosPlan(names.stem)
    for group in list_groups(rule_set, explain_unsupported):
        plan.addresses[plan.none] = PanosAddress("ip-netmask", NOTHING, "no address")
        _add_group(plan, names, group)
        urls = tuple(f"{each.name}/" for each in group.targets if is_wildcard(each.name))
        if urls:
            category = object_names(rule_set, _LONGEST_CATEGORY).of(group.key)
            plan.categories[category] = names.of(group.key), urls
    return plan


def _define_objects(plan: PanosPlan) -> Iterator[str]:
    """Yield commands that create or change address objects and services."""
    for name, address in plan.addresses.items():
        said = f'description "{address.words}" tag {plan.owner}'
        yield f"set address {name} {address.kind} {address.value} {said}"
    for name, (protocol, ports) in plan.services.items():
        yield f"set service {name} protocol {protocol} port {ports}"
        yield f"set service {name} tag {plan.owner}"


def _define_groups(plan: PanosPlan) -> Iterator[str]:
    """Yield commands that give groups and categories exactly these members."""
    for name, members in plan.groups.items():
        yield from _fill_list(_group_path(name), plan.none, members)
        yield f"set address-group {name} tag {plan.owner}"
    for name, (service, urls) in plan.categories.items():
        path = _category_path(name)
        yield f'set {path} type "URL List"'
        yield f'set {path} description "with service {service} - HTTP and TLS only"'
        yield from _fill_list(f"{path} list", NO_URL, urls)


def _add_members(path: str, members: Sequence[str]) -> Iterator[str]:
    """Yield commands that add members to a list."""
    for start in range(0, len(members), _PER_LINE):
        yield f"set {path} [ {' '.join(members[start : start + _PER_LINE])} ]"


def _group_path(name: str) -> str:
    """Return the path of a group's members."""
    return f"address-group {name} static"


def _category_path(name: str) -> str:
    """Return the path of a category; its URLs are in `list`."""
    return f"profiles custom-url-category {name}"


def _fill_list(path: str, none: str, members: Sequence[str]) -> Iterator[str]:
    yield f"set {path} {none}"
    yield f"delete {path}"
    yield from _add_members(path, members)


def _add_group(plan: PanosPlan, names: ObjectNames, group: ServiceGroup) -> None:
    """Add a group with its addresses and service. PAN-OS has no wildcard addresses."""
    name, members = names.of(group.key), []
    for target in group.targets:
        if not is_wildcard(target.name):
            member = names.target(target)
            known = plan.addresses.get(member)
            words = join_words(known.words if known else "", target.words)
            kind = "ip-netmask" if target.network else "fqdn"
            plan.addresses[member] = PanosAddress(kind, target.name, words or plan.owner)
            members.append(member)
    plan.groups[name] = tuple(members)
    [(protocol, spans)] = group.services
    plan.services[name] = protocol, ",".join(map(range_text, spans))


def _parse_plan(owner: str, lines: Iterable[str]) -> PanosPlan:
    plan = PanosPlan(owner)
    members: dict[str, list[str]] = defaultdict(list)
    urls: dict[str, list[str]] = defaultdict(list)
    of: dict[str, str] = {}
    for line in lines:
        if found := _ADDRESS.fullmatch(line):
            plan.addresses[found[1]] = PanosAddress(found[2], found[3], found[4])
        elif found := _SERVICE.fullmatch(line):
            plan.services[found[1]] = found[2], found[3]
        elif found := _MEMBERS.fullmatch(line):
            members[found[1]] += found[2].split(" ")
        elif found := _WITH.fullmatch(line):
            of[found[1]] = found[2]
        elif found := _URLS.fullmatch(line):
            urls[found[1]] += found[2].split(" ")
    plan.groups = {name: tuple(each) for name, each in members.items()}
    plan.categories = {name: (service, tuple(urls[name])) for name, service in of.items()}
    return plan


def _check_address(address: PanosAddress) -> str:
    network = network_of(address.value)
    if (network is None) is not (address.kind == "fqdn") or address.value.startswith("*"):
        raise _unreadable(address.value)
    return address.value


def _parse_url(url: str) -> str:
    """Return the wildcard of a URL that ends in a slash, so that it cannot match more."""
    name = url.removesuffix("/")
    if name == url or not name.startswith("*.") or network_of(name) is not None:
        raise _unreadable(url)
    return name


def _unreadable(text: str) -> RuleError:
    return RuleError(f'{FILE} cannot be read back: "{to_comment(text)}"')


def _changed_lists(old: PanosPlan, new: PanosPlan) -> Iterator[str]:
    """Yield added and removed members; a removed list keeps one that matches nothing."""
    for name, had in old.groups.items():
        yield from _change_list(_group_path(name), had, new.groups.get(name, (new.none,)))
    for name, (_, had) in old.categories.items():
        _, has = new.categories.get(name, ("", (NO_URL,)))
        yield from _change_list(f"{_category_path(name)} list", had, has)


def _change_list(path: str, had: Sequence[str], has: Sequence[str]) -> Iterator[str]:
    come, go = compare_members(had, has)
    yield from _add_members(path, come)
    yield from (f"delete {path} {each}" for each in go)


def _has_address(old: PanosPlan, name: str, value: str) -> bool:
    return name in old.addresses and old.addresses[name].value == value


def _differing(
    old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    return {name: each for name, each in new.items() if old.get(name) != each}


def _text(rule_set: RuleSet, plan: PanosPlan, *parts: Iterable[str]) -> str:
    said = to_comment(" - ".join(head_lines(rule_set)), _LONGEST_COMMENT)
    tag = f'set tag {plan.owner} comments "{said}"'
    return join_lines(chain([tag], *parts))


FORMAT = Format(
    name="panos",
    file="panos.set",
    about="PAN-OS addresses, groups, services and URL categories for your own rules",
    loaded="paste it in configuration mode, then commit",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
