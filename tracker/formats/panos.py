"""PAN-OS `set` commands: addresses, groups, services and URL categories for your own rules.

Pasted in configuration mode, then committed: until then nothing is in force, so all of it
changes at once. Writes no rule. PAN-OS has no wildcard in addresses; one becomes a custom URL
category, which a rule matches in HTTP and TLS. Palo Alto Networks documents no comment for
such files, so version and digest are the comment of the tag that every object has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._bundles import bundled, expressed_with
from tracker.formats._delta import exchanged
from tracker.formats._lines import text_of
from tracker.formats._notes import head
from tracker.formats._once import once
from tracker.formats._panos_plan import (
    NO_URL,
    Plan,
    added,
    category_path,
    defined,
    group_path,
    grouped,
    plan_of,
)
from tracker.formats._panos_read import read_back
from tracker.formats._policy import comment, rules_of
from tracker.model import Endpoint

ONLY_URLS = "PAN-OS knows a wildcard only in URLs, which is HTTP and TLS to the outside"
_LONGEST_COMMENT = 1023


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint can be an object."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    plan = _plan(rule_set)
    return Rendered(_text(rule_set, plan, defined(plan), grouped(plan)), left_out)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Commands: what comes, the members that change, then objects that no group holds."""
    if expressed(before) == expressed(after):
        return None
    old, new = _plan(before), _plan(after)
    fresh = Plan(
        new.owner,
        {
            name: each
            for name, each in new.addresses.items()
            if not _same(old, name, each.value)
        },
        _differing(old.services, new.services),
        {name: each for name, each in new.groups.items() if name not in old.groups},
        {name: each for name, each in new.categories.items() if name not in old.categories},
    )
    stay = {*new.addresses, old.none}
    deleted = (f"delete address {name}" for name in old.addresses if name not in stay)
    return _text(after, new, defined(fresh), grouped(fresh), _changed(old, new), deleted)


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must open."""
    return expressed_with(cannot, rule_set)


@once
def _plan(rule_set: RuleSet) -> Plan:
    return plan_of(rule_set, bundled(rule_set, cannot))


def _changed(old: Plan, new: Plan) -> Iterator[str]:
    """Members of groups and categories that come and go; one that goes keeps none but ours."""
    for name, had in old.groups.items():
        yield from _exchanged(group_path(name), had, new.groups.get(name, (new.none,)))
    for name, (_, had) in old.categories.items():
        _, has = new.categories.get(name, ("", (NO_URL,)))
        yield from _exchanged(f"{category_path(name)} list", had, has)


def _exchanged(path: str, had: Sequence[str], has: Sequence[str]) -> Iterator[str]:
    come, go = exchanged(had, has)
    yield from added(path, come)
    yield from (f"delete {path} {each}" for each in go)


def _same(old: Plan, name: str, value: str) -> bool:
    return name in old.addresses and old.addresses[name].value == value


def _differing(
    old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    return {name: each for name, each in new.items() if old.get(name) != each}


def _text(rule_set: RuleSet, plan: Plan, *parts: Iterable[str]) -> str:
    said = comment(" - ".join(head(rule_set)), _LONGEST_COMMENT)
    tag = f'set tag {plan.owner} comments "{said}"'
    return text_of(chain([tag], *parts))


def cannot(endpoint: Endpoint) -> str | None:
    """What PAN-OS has no object for."""
    if not endpoint.target.startswith("*."):
        return None
    return None if (endpoint.direction, endpoint.protocol) == ("outbound", "tcp") else ONLY_URLS


FORMAT = Format(
    name="panos",
    file="panos.set",
    about="PAN-OS addresses, groups, services and URL categories for your own rules",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
