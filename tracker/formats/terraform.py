"""Values for a Terraform variable of one's own: maps to hand to `for_each`, for any provider.

A file of this name is read by itself (`*.auto.tfvars.json`). docs/terraform.md has the variable
that it fits, and resources that use it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._names import stem
from tracker.formats._nft_plan import ports_of
from tracker.formats._notes import left_out_lines
from tracker.formats._policy import (
    MAPPED,
    Allowed,
    address_of,
    comment,
    is_mapped,
    network_key,
    network_of,
    rules_of,
)
from tracker.model import LAN, Endpoint

Json = dict[str, Any]
# Map, target, direction, protocol, first and last port.
_Rule = tuple[str, str, str, str, int, int]

_LONGEST = 60  # characters of the variable's name, for the reader's sake
_HEAD = {"source", "rule_set", "version", "digest", "captured_at", "page_url"}
_LEFT_OUT = {"left_out_lines", "left_out"}
# The maps of the variable, and what they call the target of a rule.
_MAPS = {"ipv4": "cidr", "ipv6": "cidr", "hosts": "host", "lan": "scope"}


def render(rule_set: RuleSet) -> Rendered:
    """One variable named after source and rule set; nothing where it would open nothing."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    missing = [line.strip() for line in left_out_lines(left_out) if line]
    value = {
        "source": comment(rule_set.source),
        "rule_set": comment(rule_set.name),
        "version": rule_set.version,
        "digest": comment(rule_set.digest),
        "captured_at": comment(rule_set.captured_at),
        "page_url": comment(rule_set.page_url),
        **_maps(allowed),
        "left_out_lines": len(missing),
        "left_out": missing,
    }
    document = {stem(rule_set, _LONGEST, "_"): value}
    return Rendered(json.dumps(document, indent=2) + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """What the variable opens: `outbound 192.0.2.1/32 tcp 443-443`.

    Raises RuleError where a rule is not as its key says, or a part of the value is missing.
    """
    try:
        [value] = json.loads(text).values()
        rules = [(name, *item) for name in _MAPS for item in value[name].items()]
        keys = {key for name, key, rule in rules if _fits(name, key, rule)}
        lines = len(value["left_out"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RuleError(f"terraform.auto.tfvars.json cannot be read back: {error!r}") from None
    whole = set(value) == _HEAD | _LEFT_OUT | _MAPS.keys() and lines == value["left_out_lines"]
    if not whole or len(keys) != len(rules):
        raise RuleError("terraform.auto.tfvars.json cannot be read back: a part is missing")
    return frozenset(keys)


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the variable must open."""
    allowed, _ = rules_of(rule_set, _cannot)
    return frozenset(key for rules in _maps(allowed).values() for key in rules)


def _cannot(endpoint: Endpoint) -> str | None:
    return MAPPED if endpoint.target != LAN and is_mapped(endpoint.target) else None


def _maps(allowed: Iterable[Allowed]) -> dict[str, Json]:
    """The rules, each below a key that says all of it: a change touches no other."""
    said: dict[_Rule, set[str]] = defaultdict(set)
    for each in allowed:
        for name, target in _targets(each.endpoint.target):
            side = each.endpoint.direction, each.endpoint.protocol
            said[name, target, *side, *ports_of(each)].add(each.words)
    maps: dict[str, Json] = {name: {} for name in _MAPS}
    for name, target, direction, protocol, first, last in sorted(said, key=_order):
        words = said[name, target, direction, protocol, first, last]
        rule = {
            "direction": direction,
            "protocol": protocol,
            "from_port": first,
            "to_port": last,
            _MAPS[name]: target,
            "note": comment(" / ".join(sorted(words))),
        }
        maps[name][_key(name, rule)] = rule
    return maps


def _targets(target: str) -> Iterator[tuple[str, str]]:
    """The map a target belongs in. A wildcard includes its bare name, which no `*.x` says."""
    if target == LAN:
        yield "lan", LAN
    elif network_of(target):
        network = address_of(target)
        yield f"ipv{network.version}", str(network)
    else:
        yield "hosts", target
        if target.startswith("*."):
            yield "hosts", target[2:]


def _key(name: str, rule: Json) -> str:
    ports = f"{rule['from_port']}-{rule['to_port']}"
    return f"{rule['direction']} {rule[_MAPS[name]]} {rule['protocol']} {ports}"


def _fits(name: str, key: str, rule: Json) -> bool:
    fields = {"direction", "protocol", "from_port", "to_port", "note", _MAPS[name]}
    ports = rule["from_port"], rule["to_port"]
    return key == _key(name, rule) and set(rule) == fields and {*map(type, ports)} == {int}


def _order(rule: _Rule) -> tuple[object, ...]:
    name, target, direction, *rest = rule
    place = network_key(address_of(target)) if name.startswith("ip") else target
    return name, direction, place, *rest


FORMAT = Format(
    name="terraform",
    file="terraform.auto.tfvars.json",
    about="a Terraform variable with maps of addresses, hosts and LAN rules",
    render=render,
    read_back=read_back,
    expressed=expressed,
)
