"""Layer 3 outbound rules for Meraki MX, as the Dashboard API has them, to be put above yours.

The API replaces the whole list of a network, so this file is no body for it: the rules are in
`allow`, and the API takes none by mistake. Each has a name of ours as its comment, by which
they are found again. One port or range a rule, because lists of ports are refused by some
versions; IPv6 in rules of its own, because that older firmware takes it is unverified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._about import About, about
from tracker.formats._bundles import (
    Target,
    bundled,
    endpoint_lines,
    expressed_with,
    port_span,
)
from tracker.formats._object_names import names_for
from tracker.formats._object_read import direction_of, is_lan, lan_of, port_ranges
from tracker.formats._once import once
from tracker.formats._policy import comment, network_of, rules_of, spelled
from tracker.model import LAN, Endpoint

FILE = "meraki.json"
NO_SOURCE = "these rules are for what leaves your networks, not for what comes in"
NO_WILDCARD = "that Meraki takes a wildcard in a rule is unverified"
_LONGEST = 127 - len(" hosts 99999")  # characters of a comment
_PER_RULE = 50
_NAMED = re.compile(r"([a-z0-9-]+_[a-z0-9-]+) (v4|v6|hosts) ([0-9]+)")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=127)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule, its fields as in updateNetworkApplianceFirewallL3FirewallRules."""

    comment: Name
    policy: Literal["allow"]
    protocol: Literal["tcp", "udp"]
    srcCidr: Literal["Any"]  # noqa: N815 - the API's own names
    srcPort: Literal["Any"]  # noqa: N815
    destCidr: str  # noqa: N815
    destPort: str  # noqa: N815
    syslogEnabled: bool  # noqa: N815


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file: the rules that must be there, above whatever denies."""

    fwtracker: About
    allow: tuple[Rule, ...]


class Change(msgspec.Struct, frozen=True):
    """A delta: rules that come, or replace one by its comment, and comments of those to go."""

    fwtracker: About
    allow: tuple[Rule, ...]
    remove: tuple[str, ...]


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint can be in a rule."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    document = Document(about(rule_set), _rules(rule_set))
    return Rendered(_text(document), left_out)


def read_back(text: str) -> frozenset[str]:
    """What the rules let through. Raises RuleError for a file of another shape."""
    try:
        document = msgspec.json.decode(text, type=Document)
    except msgspec.DecodeError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    if len({rule.comment for rule in document.allow}) < len(document.allow):
        raise RuleError(f"{FILE} cannot be read back: two rules have one comment")
    found: set[str] = set()
    lan: dict[str, list[str]] = {}
    for rule in document.allow:
        name, targets = _targets(rule)
        if is_lan(name):
            lan.setdefault(name, []).extend(targets)
            targets = [LAN]
        services = [(rule.protocol, port_ranges(rule.destPort, " "))]
        found.update(endpoint_lines(direction_of(name), targets, services))
    for targets in lan.values():
        lan_of(FILE, set(targets))
    return frozenset(found)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """The rules that come, also in the place of one with their comment, and those to go."""
    if expressed(before) == expressed(after):
        return None
    old, new = ({rule.comment: rule for rule in _rules(each)} for each in (before, after))
    come = tuple(rule for name, rule in new.items() if old.get(name) != rule)
    go = tuple(name for name in old if name not in new)
    return _text(Change(about(after), come, go))


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the rules must let through."""
    return expressed_with(_cannot, rule_set)


@once
def _rules(rule_set: RuleSet) -> tuple[Rule, ...]:
    return tuple(_made(rule_set))


def _made(rule_set: RuleSet) -> Iterator[Rule]:
    names = names_for(rule_set, _LONGEST)
    for bundle in bundled(rule_set, _cannot, apart=True):
        [(protocol, [ports])] = bundle.services
        for kind, number, targets in _few(bundle.targets):
            said = f"{names.of(bundle.key)} {kind} {number}"
            yield Rule(
                *(said, "allow", protocol, "Any", "Any", ",".join(targets)),
                destPort=port_span(ports),
                syslogEnabled=False,
            )


def _few(targets: Iterable[Target]) -> Iterator[tuple[str, int, list[str]]]:
    """The targets by kind, so many at a time, each time with a number."""
    kinds: dict[str, list[str]] = {"v4": [], "v6": [], "hosts": []}
    for target in targets:
        kind = f"v{target.family}" if target.network else "hosts"
        kinds[kind].append(str(target.network or target.name))
    for kind, names in kinds.items():
        for start in range(0, len(names), _PER_RULE):
            yield kind, start // _PER_RULE + 1, names[start : start + _PER_RULE]


def _targets(rule: Rule) -> tuple[str, list[str]]:
    """The name of a rule and its targets, which are of the kind that the name says."""
    named = _NAMED.fullmatch(rule.comment)
    targets = rule.destCidr.split(",")
    networks = [network_of(_bare(each)) for each in targets]
    kinds = {f"v{network.version}" if network else "hosts" for network in networks}
    if not named or kinds != {named[2]} or any(each.startswith("*") for each in targets):
        raise RuleError(f'{FILE} cannot be read back: "{comment(rule.comment)}"')
    spelt = [spelled(net) if net else name for net, name in zip(networks, targets, strict=True)]
    return named[1], spelt


def _bare(target: str) -> str:
    """One address without its length, as it is known from elsewhere."""
    return target.removesuffix("/128" if ":" in target else "/32")


def _text(document: Document | Change) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _cannot(endpoint: Endpoint) -> str | None:
    if endpoint.target.startswith("*."):
        return NO_WILDCARD
    inbound = endpoint.direction == "inbound" and endpoint.target != LAN
    return NO_SOURCE if inbound else None


FORMAT = Format(
    name="meraki",
    file=FILE,
    about="Meraki MX layer 3 rules, to put above your own with the Dashboard API",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
