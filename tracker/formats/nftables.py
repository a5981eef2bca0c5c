"""A file for `nft -f`: two chains to jump to, and the sets that they look in.

Needs nftables 0.9.4 and Linux 5.6, the first with ranges in sets of several fields. Loads
next to a ruleset of the user's and again over itself, as one transaction, and adds, changes
or empties nothing but its own chains and sets: no policy, no drop, no hook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from tracker.formats import Format, LeftOut, Rendered, RuleSet
from tracker.formats._lines import text_of
from tracker.formats._nft_hosts import BY_DNSMASQ, Host, cannot, hosts_of, set_name
from tracker.formats._nft_names import (
    DIRECTIONS,
    FAMILIES,
    TABLE,
    Names,
    emptied,
    frame,
    names_for,
)
from tracker.formats._nft_plan import elements_of, is_host, lan_rules, opened
from tracker.formats._nft_read import read_back
from tracker.formats._nft_script import (
    Sets,
    commands_of,
    fill,
    fill_lan,
    host_sets,
    members,
    rules,
)
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._once import once
from tracker.formats._policy import Allowed, rules_of
from tracker.model import endpoint_key

_HOW_TO = """

This file opens what the page names and closes nothing: it takes effect where your own
chains of table inet filter jump to it, above whatever drops. To use it:
  nft -f THIS_FILE                  now, and again whenever it changes
  jump {out:<29}in your chains of hook output, or forward on a gateway
  jump {in_:<29}in your chains of hook input
Your chains accept replies themselves: ct state established,related accept
A ruleset file that starts with "flush ruleset" includes this file right below that.
The LAN is all private and link-local addresses. To narrow it, put a condition on the
jump, which stays when this file is loaded again:
  ip saddr 192.168.20.0/24 jump {in_}
Host names have sets of their own, without addresses until dnsmasq fills them: it does
with dnsmasq-nftset.conf beside this file. Those sets keep their addresses when this
file is loaded again.
Needs nftables 0.9.4 and Linux 5.6, or later. Load as root."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint has a port and is more than an inbound host."""
    allowed, left_out = _chosen(rule_set)
    if not allowed:
        return Rendered(None, left_out)
    names = names_for(rule_set)
    sets = members(elements_of(rule_set, cannot))
    lan, named = lan_rules(allowed), hosts_of(rule_set, cannot)
    lines = chain(
        _comments(_notes(rule_set, names)),
        _comments(left_out_lines(left_out)),
        [""],
        frame(names),
        host_sets(names, named),
        emptied(names),
        fill(names, sets),
        fill_lan(names, lan),
        rules(names, sets, lan, named, _version(rule_set)),
    )
    return Rendered(text_of(lines), left_out)


@once
def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the file must open: addresses, the LAN, and hosts as far as dnsmasq fills them."""
    named = (host.lines for host in hosts_of(rule_set, cannot))
    return opened(rule_set, cannot).union(*named)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """One transaction that takes elements out and puts others in, and writes the rules anew.

    An element that goes is added first, so that it can be deleted where it is gone already.
    """
    if expressed(before) == expressed(after):
        return None
    names = names_for(after)
    had, has = (members(elements_of(each, cannot)) for each in (before, after))
    lan, named = lan_rules(rules_of(after, cannot)[0]), hosts_of(after, cannot)
    stay = {each.name for each in named}
    gone = [host for host in hosts_of(before, cannot) if host.name not in stay]
    lines = chain(
        _comments(delta_head(before, after)),
        [""],
        frame(names),
        host_sets(names, [*named, *gone]),
        emptied(names, endpoints=False),
        _deleted_sets(names, gone),
        _taken_out(names, _without(had, has)),
        fill(names, _without(has, had)),
        fill_lan(names, lan),
        rules(names, has, lan, named, _version(after)),
    )
    return text_of(lines)


def _chosen(rule_set: RuleSet) -> tuple[tuple[Allowed, ...], tuple[LeftOut, ...]]:
    """What is written; hosts are listed too, because the file alone does not open them."""
    allowed, left_out = rules_of(rule_set, cannot)
    hosts = dict.fromkeys(rule.endpoint for rule in allowed if is_host(rule.endpoint))
    listed = [*left_out, *(LeftOut(host, BY_DNSMASQ) for host in hosts)]
    return allowed, tuple(sorted(listed, key=lambda left: endpoint_key(left.endpoint)))


def _notes(rule_set: RuleSet, names: Names) -> Iterator[str]:
    out, in_ = (names.chain(direction) for direction in DIRECTIONS)
    yield from head(rule_set)
    yield from _HOW_TO.format(out=out, in_=in_).splitlines()[1:]


def _comments(lines: Iterable[str]) -> Iterator[str]:
    return (f"# {line}".rstrip() for line in lines)


def _deleted_sets(names: Names, gone: Iterable[Host]) -> Iterator[str]:
    for host in gone:
        for family in FAMILIES:
            yield f"delete set {TABLE} {set_name(names, host.name, family)}"


def _taken_out(names: Names, sets: Sets) -> Iterator[str]:
    for (direction, family), found in sets.items():
        name, bare = names.endpoints(direction, family), [(text, "") for text, _ in found]
        yield from commands_of("add", name, bare)
        yield from commands_of("delete", name, bare)


def _without(sets: Sets, others: Sets) -> Sets:
    """The elements that are not among the others, and the sets that have some."""
    known = {side: {text for text, _ in found} for side, found in others.items()}
    left = {
        side: [member for member in found if member[0] not in known.get(side, ())]
        for side, found in sets.items()
    }
    return {side: found for side, found in left.items() if found}


def _version(rule_set: RuleSet) -> str:
    return f"fwtracker {rule_set.source} {rule_set.name} version {rule_set.version}"


FORMAT = Format(
    name="nftables",
    file="nftables.nft",
    about="nftables sets and chains for table inet filter, loaded with nft -f",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
)
