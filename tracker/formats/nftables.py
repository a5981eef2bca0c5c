"""A file for `nft -f`: two chains to jump to, and the sets that they look in.

Needs nftables 0.9.4 and Linux 5.6, the first with ranges in sets of several fields. Loads
next to a ruleset of the user's and again over itself, as one transaction, and adds, changes
or empties nothing but its own chains and sets: no policy, no drop, no hook.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._nft_names import (
    DIRECTIONS,
    FAMILIES,
    TABLE,
    Names,
    frame,
    names_for,
)
from tracker.formats._nft_plan import (
    Element,
    LanRule,
    cannot,
    elements,
    expressed,
    lan_rules,
    port_span,
)
from tracker.formats._nft_read import read_back
from tracker.formats._notes import head, left_out_lines
from tracker.formats._policy import LAN_NETWORKS, comment, rules_of
from tracker.model import Direction

_HOW_TO = """\
#
# This file opens what the page names and closes nothing: it takes effect where your own
# chains of table inet filter jump to it, above whatever drops. To use it:
#   nft -f THIS_FILE                  now, and again whenever it changes
#   jump {out:<29}in your chains of hook output, or forward on a gateway
#   jump {in_:<29}in your chains of hook input
# Your chains accept replies themselves: ct state established,related accept
# A ruleset file that starts with "flush ruleset" includes this file right below that.
# The LAN is all private and link-local addresses. To narrow it, put a condition on the
# jump, which stays when this file is loaded again:
#   ip saddr 192.168.20.0/24 jump {in_}
# Needs nftables 0.9.4 and Linux 5.6, or later. Load as root."""


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint has an address, or is the LAN, and a port."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    names = names_for(rule_set)
    lines = [
        *_header(rule_set, names),
        *(f"# {line}".rstrip() for line in left_out_lines(left_out)),
        "",
        *frame(names),
        *_endpoints(names, elements(allowed), _version(rule_set)),
        *_lan(names, lan_rules(allowed)),
    ]
    return Rendered("\n".join(lines) + "\n", left_out)


def _header(rule_set: RuleSet, names: Names) -> Iterator[str]:
    yield from (f"# {line}" for line in head(rule_set))
    out, in_ = (names.chain(direction) for direction in DIRECTIONS)
    yield _HOW_TO.format(out=out, in_=in_)


def _endpoints(names: Names, found: list[Element], version: str) -> Iterator[str]:
    for direction in DIRECTIONS:
        for family in FAMILIES:
            members = [
                each for each in found if (each.direction, each.family) == (direction, family)
            ]
            if members:
                name = names.endpoints(direction, family)
                lines = [(member.text, member.words) for member in members]
                yield from _add_elements(name, lines)
                key = f"{_field(direction, family)} . meta l4proto . th dport"
                yield _add_rule(names.chain(direction), f"{key} @{name}", version)


def _lan(names: Names, rules: list[LanRule]) -> Iterator[str]:
    for family in FAMILIES if rules else ():
        lan = names.lan(family)
        yield from _add_elements(lan, [(each, "") for each in LAN_NETWORKS[family]])
        for rule in rules:
            ports = ", ".join(map(port_span, rule.ports))
            match = f"{_field(rule.direction, family)} @{lan}"
            match = f"{match} {rule.protocol} dport {{ {ports} }}"
            yield _add_rule(names.chain(rule.direction), match, rule.words)


def _add_elements(name: str, members: list[tuple[str, str]]) -> Iterator[str]:
    yield f"add element {TABLE} {name} {{"
    last = len(members) - 1
    for number, (member, text) in enumerate(members):
        comma = "" if number == last else ","
        said = f" # {words}" if (words := comment(text)) else ""
        yield f"\t{member}{comma}{said}"
    yield "}"


def _add_rule(chain: str, match: str, text: str) -> str:
    # nft takes at most 128 characters; comment() cuts before that and leaves no quote.
    said = f' comment "{words}"' if (words := comment(text)) else ""
    return f"add rule {TABLE} {chain} {match} accept{said}"


def _field(direction: Direction, family: int) -> str:
    end = "daddr" if direction == "outbound" else "saddr"
    return f"{'ip' if family == FAMILIES[0] else 'ip6'} {end}"


def _version(rule_set: RuleSet) -> str:
    return f"fwtracker {rule_set.source} {rule_set.name} version {rule_set.version}"


FORMAT = Format(
    name="nftables",
    file="nftables.nft",
    about="nftables sets and chains for table inet filter, loaded with nft -f",
    render=render,
    read_back=read_back,
    expressed=expressed,
)
