"""A RouterOS 7 script: address lists and two chains of rules to jump to, for `/import`.

Takes its own lists, chains and DNS entries away and makes them again, so it can be imported
at any time; touches nothing else and drops nothing. A wildcard is a DNS entry that puts what
clients ask this router for into a list (MikroTik, "Address-lists" and "DNS").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from tracker.formats import Format, LeftOut, Rendered, RuleSet
from tracker.formats._bundles import Bundle, bundles
from tracker.formats._lines import text_of
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._once import once
from tracker.formats._policy import rules_of
from tracker.formats._ros_plan import Plan, nested, plan_of
from tracker.formats._ros_read import read_back
from tracker.formats._ros_text import changed, whole
from tracker.model import Endpoint

NO_SOURCE = "RouterOS fills a wildcard with what clients ask for, not with who connects"
_HOW_TO = """\

This file opens what the page names and closes nothing: it takes effect where your own chains
jump to it, above whatever drops. Once, in /ip firewall filter and in /ipv6 firewall filter:
  add chain=forward action=jump jump-target={out}
  add chain=forward action=jump jump-target={in_}
The second is for who connects: your own networks among themselves.
Then, now and whenever it changes: /import file-name=mikrotik.rsc"""
_WILDCARDS = """\

A wildcard is open to clients that ask this router for names (/ip dns allow-remote-requests),
which it asks the first of its own servers for (/ip dns servers): import again if you change
those. What a client has asked before that is open once its answer has run out."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint has a port."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    plan = _plan(rule_set)
    return Rendered(_text(_notes(rule_set, plan, left_out), whole(plan)), left_out)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Commands for list members and DNS entries, and for chains whose rules differ."""
    if expressed(before) == expressed(after):
        return None
    return _text(delta_head(before, after), changed(_plan(before), _plan(after)))


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must open."""
    return frozenset(line for bundle in _bundles(rule_set) for line in bundle.lines)


@once
def _plan(rule_set: RuleSet) -> Plan:
    return plan_of(rule_set, _bundles(rule_set))


@once
def _bundles(rule_set: RuleSet) -> list[Bundle]:
    """No target is in two, so that a wildcard, whose DNS entry fills one list, is in one."""
    return bundles(nested(rules_of(rule_set, _cannot)[0]), whole=True)


def _cannot(endpoint: Endpoint) -> str | None:
    wildcard = endpoint.target.startswith("*.")
    return NO_SOURCE if wildcard and endpoint.direction == "inbound" else None


def _notes(rule_set: RuleSet, plan: Plan, left_out: Iterable[LeftOut]) -> Iterator[str]:
    yield from head(rule_set)
    chains = {"out": plan.chain("outbound"), "in_": plan.chain("inbound")}
    yield from _HOW_TO.format(**chains).splitlines()
    yield from _WILDCARDS.splitlines() if plan.wildcards else ()
    yield from left_out_lines(left_out)


def _text(notes: Iterable[str], lines: Iterable[str]) -> str:
    said = (f"# {note}".rstrip() for note in notes)
    return text_of(chain(said, lines))


FORMAT = Format(
    name="mikrotik",
    file="mikrotik.rsc",
    about="RouterOS 7 script: address lists and two chains to jump to, for /import",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
