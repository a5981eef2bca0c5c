"""Values for a Terraform variable of one's own: maps to hand to `for_each`, for any provider.

A file of this name is read by itself (`*.auto.tfvars.json`). docs/terraform.md has the variable
that it fits, and resources that use it. One rule is one line, so that a change is too.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._names import stem
from tracker.formats._notes import left_out_lines
from tracker.formats._policy import MAPPED, comment, is_mapped, rules_of
from tracker.formats._tf_value import MAPS, Rule, Value, key_of, line_of, rules_in
from tracker.model import LAN, Endpoint

_LONGEST = 60  # characters of the variable's name, for the reader's sake


def render(rule_set: RuleSet) -> Rendered:
    """One variable named after source and rule set; nothing where it would open nothing."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    missing = [line.strip() for line in left_out_lines(left_out) if line]
    lines = ["{", f'  "{stem(rule_set, _LONGEST, "_")}": {{']
    lines += [f"    {field}," for field in _head(rule_set, missing)]
    maps: dict[str, list[str]] = {name: [] for name in MAPS}
    for name, rule in rules_in(rule_set, _cannot):
        maps[name].append(f"      {_json(key_of(rule))}: {_json(rule)},")
    for name, rules in maps.items():
        lines += _map(name, rules)
    lines[-1] = lines[-1].removesuffix(",")
    return Rendered("\n".join([*lines, "  }", "}", ""]), left_out)


def read_back(text: str) -> frozenset[str]:
    """What the variable opens: `outbound 192.0.2.1/32 tcp/443`.

    Raises RuleError where a rule is not as its key says, or a part of the value is missing.
    """
    try:
        [value] = msgspec.json.decode(text, type=dict[str, Value]).values()
    except ValueError as error:
        raise RuleError(f"terraform.auto.tfvars.json cannot be read back: {error}") from None
    found: dict[str, Rule] = {}
    for rules in (value.ipv4, value.ipv6, value.hosts, value.lan):
        found |= rules
    odd = [key for key, rule in found.items() if key != key_of(rule)]
    if odd or len(value.left_out) != value.left_out_lines:
        raise RuleError("terraform.auto.tfvars.json cannot be read back: a part is missing")
    return frozenset(map(line_of, found.values()))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the variable must open."""
    return frozenset(line_of(rule) for _, rule in rules_in(rule_set, _cannot))


def _cannot(endpoint: Endpoint) -> str | None:
    return MAPPED if endpoint.target != LAN and is_mapped(endpoint.target) else None


def _head(rule_set: RuleSet, left_out: list[str]) -> Iterator[str]:
    yield f'"source": {_json(comment(rule_set.source))}'
    yield f'"rule_set": {_json(comment(rule_set.name))}'
    yield f'"version": {_json(rule_set.version)}'
    yield f'"digest": {_json(comment(rule_set.digest))}'
    yield f'"captured_at": {_json(comment(rule_set.captured_at))}'
    yield f'"page_url": {_json(comment(rule_set.page_url))}'
    yield f'"left_out_lines": {len(left_out)}'
    listed = ",".join(f"\n      {_json(line)}" for line in left_out)
    yield f'"left_out": [{listed}\n    ]'


def _map(name: str, rules: list[str]) -> list[str]:
    """The lines of a map, with a comma after its end but none after its last rule."""
    if not rules:
        return [f'    "{name}": {{}},']
    rules[-1] = rules[-1].removesuffix(",")
    return [f'    "{name}": {{', *rules, "    },"]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


FORMAT = Format(
    name="terraform",
    file="terraform.auto.tfvars.json",
    about="a Terraform variable with maps of addresses, hosts and LAN rules",
    render=render,
    read_back=read_back,
    expressed=expressed,
)
