"""A file for `iptables-restore -n` and `ip6tables-restore -n` alike: two chains to jump to.

Of each family the other's rules are skipped (iptables(8), -4 and -6). Loads next to rules of
the user's and again over itself, each family as one transaction, and changes nothing but its
own chains: no policy, no drop. Both variants, the old one and the one on nftables, take it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import LAN_NETWORKS
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.deltas import compare_members
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    LinuxPorts,
    expected_port_lines,
    list_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.port_ranges import split_ranges
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Direction
from tracker.text import to_comment

_CHAIN = 28  # characters of a chain's name (XT_EXTENSION_MAXNAMELEN less its end)
_MOST_PORTS = 15  # of the multiport match; a range counts as two
_SIDES: dict[Direction, str] = {"outbound": "-d", "inbound": "-s"}
# The same in each version, so that a rule can be deleted by its own words.
_OF_LAN = ' -m comment --comment "local network"'

_HOW_TO = """

This file opens what the page names and closes nothing: it takes effect where your own
chains jump to its two, above whatever drops. To use it, now and whenever it changes:
  iptables-restore -n < THIS_FILE
  ip6tables-restore -n < THIS_FILE
and once, for IPv4 and with ip6tables for IPv6:
  iptables -I OUTPUT -j {out:<31}or FORWARD on a gateway
  iptables -I INPUT -j {in_}
Your chains accept replies themselves: -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
The LAN is all private and link-local addresses. To narrow it, put a condition on the jump:
  iptables -I INPUT -s 192.168.20.0/24 -j {in_}"""

_LAN = [(family, network) for family in FAMILIES for network in LAN_NETWORKS[family]]
_WHOLE_LAN = sorted(f"{family} {network}" for family, network in _LAN)

_RULE = re.compile(
    r"-(?P<family>[46]) -A (?P<chain>[a-z0-9-]+) (?P<side>-[ds]) (?P<network>[0-9a-f.:/]+)"
    rf" -p (?P<protocol>tcp|udp) -m multiport --dports (?P<ports>[0-9,:]+)(?P<lan>{_OF_LAN})?"
    r" -j ACCEPT"
)

_CHAIN_LINE = re.compile(r":([a-z][a-z0-9-]*-(?:out|in)) - \[0:0\]")


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text where no endpoint is an address, or the LAN."""
    allowed = allowed_rules(rule_set, unsupported_by_linux)
    left_out = list_left_out(rule_set, unsupported_by_linux)
    if not allowed:
        return Rendered(None, left_out)
    out, in_ = _chains(rule_set)
    notes = file_notes(rule_set, _HOW_TO.format(out=out, in_=in_), left_out)
    lines = [*comment_lines("#", notes), "", "*filter", *_declare_chains((out, in_))]
    for each in list_ports(rule_set, unsupported_by_linux):
        if each.words:
            lines.append(f"# {to_comment(each.words)}")
        lines += _rules((out, in_), each)
    return Rendered(join_lines([*lines, "COMMIT"]), left_out)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open, no two overlapping."""
    return expected_port_lines(rule_set, unsupported_by_linux)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return rules to add and to delete, of both families, each as one transaction."""
    old, new = _all_rules(before), _all_rules(after)
    come, go = compare_members(old, new)
    if not come and not go:
        return None
    lines = [
        *comment_lines("#", delta_head_lines(before, after)),
        "",
        "*filter",
        # Where there is nothing yet, the chains are missing too.
        *(() if old else _declare_chains(_chains(after))),
        *come,
        *(rule.replace(" -A ", " -D ", 1) for rule in go),
        "COMMIT",
    ]
    return join_lines(lines)


def read_back(text: str) -> frozenset[str]:
    """Return what the file opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any other line, and for a LAN that is not the whole of it.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    chains = [found[1] for found in map(_CHAIN_LINE.fullmatch, lines[1:3]) if found]
    if [*lines[:1], *lines[-1:]] != ["*filter", "COMMIT"] or len(chains) != len(DIRECTIONS):
        raise RuleError("iptables.rules cannot be read back: its frame differs")
    own = list(zip(chains, _SIDES.values(), strict=True))
    opened: set[str] = set()
    lan: dict[str, list[str]] = defaultdict(list)
    for line in lines[3:-1]:
        rule = _RULE.fullmatch(line)
        if rule is None or (rule["chain"], rule["side"]) not in own:
            raise RuleError(f'iptables.rules cannot be read back: "{to_comment(line)}"')
        said = set(_opened_by(DIRECTIONS[chains.index(rule["chain"])], rule))
        opened |= said
        for each in said if rule["lan"] else ():
            lan[each].append(f"{rule['family']} {rule['network']}")
    if any(sorted(networks) != _WHOLE_LAN for networks in lan.values()):
        raise RuleError("iptables.rules: its LAN is not the local network")
    return frozenset(opened)


def _chains(rule_set: RuleSet) -> tuple[str, str]:
    """Return the names of the chains, outbound and inbound."""
    ours = name_stem(rule_set, _CHAIN - len("-out"), "-")
    return f"{ours}-out", f"{ours}-in"


def _declare_chains(chains: Iterable[str]) -> Iterator[str]:
    """Return what declares chains; those that are there are emptied."""
    return (f":{chain} - [0:0]" for chain in chains)


def _all_rules(rule_set: RuleSet) -> list[str]:
    chains = _chains(rule_set)
    return [
        rule
        for each in list_ports(rule_set, unsupported_by_linux)
        for rule in _rules(chains, each)
    ]


def _rules(chains: tuple[str, str], each: LinuxPorts) -> Iterator[str]:
    """Return the rules for one address, each with as many ports as one takes."""
    chain = chains[DIRECTIONS.index(each.direction)]
    lan = each.target == LAN
    networks = _LAN if lan else [(each.family, each.target)]
    for ports in split_ranges(each.ports, _MOST_PORTS, ":"):
        for family, network in networks:
            yield (
                f"-{family} -A {chain} {_SIDES[each.direction]} {network}"
                f" -p {each.protocol} -m multiport --dports {ports}"
                f"{_OF_LAN if lan else ''} -j ACCEPT"
            )


def _opened_by(direction: Direction, rule: re.Match[str]) -> Iterator[str]:
    """Return what a rule opens, as a format proves it."""
    target = LAN if rule["lan"] else rule["network"]
    for ports in rule["ports"].split(","):
        yield f"{direction} {target} {rule['protocol']}/{ports.replace(':', '-')}"


FORMAT = Format(
    name="iptables",
    file="iptables.rules",
    about="chains for iptables-restore -n and ip6tables-restore -n",
    loaded="iptables-restore -n < FILE, and ip6tables-restore -n < FILE",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
