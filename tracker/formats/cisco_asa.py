"""Cisco ASA objects and object groups, for your own access lists (ASA 8.4 and later).

Pasted in configuration mode. Writes no access list: an interface has one for each direction,
and that is yours. A group is only added to, so a whole file is for the first time, and for a
later version there are the deltas (Cisco, "Objects for Access Control").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from tracker.formats import Format, LeftOut, Rendered, RuleSet
from tracker.formats._asa_plan import NOTHING, Plan, made, plan_of
from tracker.formats._asa_read import read_back
from tracker.formats._bundles import bundled, expressed_with
from tracker.formats._delta import exchanged
from tracker.formats._lines import text_of
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._once import once
from tracker.formats._policy import rules_of
from tracker.model import Endpoint

NO_WILDCARD = "an ASA resolves host names, and nobody can resolve a wildcard"
_HOW_TO = """\

Objects only: no access list is written or changed. Add one line to yours for each group G:
  access-list YOURS extended permit tcp any object-group G object-group G-ports
  ... permit tcp object-group G any object-group G-ports              where G has _in-
  ... permit tcp object-group G object-group G object-group G-ports   where G has _lan-
and udp for tcp where the name says so; ASA 9.0 for IPv6. Hosts need dns domain-lookup.
Pasting adds to groups and takes nothing out: for another version apply the deltas."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint can be an object."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    return Rendered(_text(_notes(rule_set, left_out), made(_plan(rule_set))), left_out)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Commands: objects and members that come, members that go, then objects that go."""
    if expressed(before) == expressed(after):
        return None
    old, new = _plan(before), _plan(after)
    fresh = Plan(
        new.owner,
        {name: each for name, each in new.hosts.items() if name not in old.hosts},
        {name: each for name, each in new.groups.items() if name not in old.groups},
        {name: each for name, each in new.ports.items() if name not in old.ports},
    )
    gone = (f"no object network {name}" for name in old.hosts if name not in new.hosts)
    return _text(delta_head(before, after), [*made(fresh), *_changed(old, new), *gone])


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must open."""
    return expressed_with(_cannot, rule_set)


@once
def _plan(rule_set: RuleSet) -> Plan:
    return plan_of(rule_set, bundled(rule_set, _cannot, apart=True))


def _changed(old: Plan, new: Plan) -> Iterator[str]:
    """Members of groups that come and go. A group that goes keeps what goes nowhere."""
    for name, had in old.groups.items():
        has = new.groups.get(name, (NOTHING,))
        if had != has:
            come, go = exchanged(had, has)
            yield f"object-group network {name}"
            yield from (f" network-object {each}" for each in come)
            yield from (f" no network-object {each}" for each in go)


def _notes(rule_set: RuleSet, left_out: Iterable[LeftOut]) -> Iterator[str]:
    yield from head(rule_set)
    yield from _HOW_TO.splitlines()
    yield from left_out_lines(left_out)


def _text(notes: Iterable[str], lines: Iterable[str]) -> str:
    said = (f"! {note}".rstrip() for note in notes)
    return text_of(chain(said, lines))


def _cannot(endpoint: Endpoint) -> str | None:
    return NO_WILDCARD if endpoint.target.startswith("*.") else None


FORMAT = Format(
    name="cisco-asa",
    file="cisco-asa.txt",
    about="Cisco ASA objects and object groups for your own access lists",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
