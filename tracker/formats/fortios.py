"""FortiOS objects: addresses, groups of them, and services, for policies of your own.

Pasted into the command line or uploaded as a configuration script. Writes no policy and no
policy number; `edit` makes an object or changes it, `set member` replaces a group's members,
so loading a file again changes nothing (Fortinet, FortiOS CLI reference, and administration
guide, "Using wildcard FQDN addresses in firewall policies").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from tracker.formats import Format, LeftOut, Rendered, RuleSet
from tracker.formats._bundles import bundled, expressed_with
from tracker.formats._forti_plan import (
    ADDRESSES,
    GROUPS,
    Plan,
    forti_names,
    none_name,
    plan_of,
)
from tracker.formats._forti_read import read_back
from tracker.formats._forti_text import defined, deleted, grouped, regrouped
from tracker.formats._lines import text_of
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._once import once
from tracker.formats._policy import rules_of
from tracker.model import Endpoint

_HOW_TO = """\

Objects only: no policy is written or changed. Make one policy for each service below:
  service NAME, dstaddr NAME, dstaddr6 NAME-v6    what leaves your network
  service NAME, srcaddr NAME, srcaddr6 NAME-v6    where NAME has _in- in it
  service NAME, both of srcaddr and dstaddr       where it has _lan-: your own networks
One policy for IPv4 and IPv6 needs FortiOS 6.4; wildcards need 6.2.2. A wildcard is filled by
the answers that clients get from their DNS server through this FortiGate, not over HTTPS.
Whether it takes in the bare name is unverified, so that is an object of its own.
A group that a later version no longer has keeps its members, unless you apply the deltas."""
_UNDONE = """\

A group whose only member is ..._none opens nothing any more: take it out of your policies,
then delete it and the service of its name."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint has a port."""
    plan, (_, left_out) = _plan(rule_set), rules_of(rule_set, _cannot)
    if not any(plan.groups.values()):
        return Rendered(None, left_out)
    return Rendered(_text(_notes(rule_set, left_out), defined(plan), grouped(plan)), left_out)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Commands: what comes first, then groups, then objects that no group holds any more."""
    if expressed(before) == expressed(after):
        return None
    old, new, names = _plan(before), _plan(after), forti_names(after)
    none = {GROUPS[family]: none_name(names, family) for family in GROUPS}
    kept = {none_name(names, family) for family in ADDRESSES}
    parts = [defined(_only_new(old, new)), regrouped(old, new, none)]
    for table in ADDRESSES.values():
        stay = new.objects[table].keys() | kept
        parts.append(deleted(table, [name for name in old.objects[table] if name not in stay]))
    return _text([*delta_head(before, after), *_UNDONE.splitlines()], *parts)


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must open."""
    return expressed_with(_cannot, rule_set)


def _cannot(_endpoint: Endpoint) -> None:
    """FortiOS has an object for every target."""


@once
def _plan(rule_set: RuleSet) -> Plan:
    return plan_of(rule_set, bundled(rule_set, _cannot))


def _only_new(old: Plan, new: Plan) -> Plan:
    """The objects that are not there yet, or set otherwise."""
    fresh = {
        table: {
            name: each for name, each in made.items() if old.objects[table].get(name) != each
        }
        for table, made in new.objects.items()
    }
    return Plan(new.owner, objects=fresh, comments=new.comments)


def _notes(rule_set: RuleSet, left_out: Iterable[LeftOut]) -> Iterator[str]:
    yield from head(rule_set)
    yield from _HOW_TO.splitlines()
    yield from left_out_lines(left_out)


def _text(notes: Iterable[str], *parts: Iterable[str]) -> str:
    said = (f"# {note}".rstrip() for note in notes)
    return text_of(chain(said, *parts))


FORMAT = Format(
    name="fortios",
    file="fortios.conf",
    about="FortiOS addresses, groups and services for your own policies",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
