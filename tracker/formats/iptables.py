"""A file for both `iptables-restore -n` and `ip6tables-restore -n`: chains to jump to.

Two are for the internet. Two more are for traffic within the LAN, so that a gateway that jumps
only to the former opens nothing between the networks behind it. Each program skips the rules of
the other family (iptables(8), -4 and -6). The file can be loaded next to the user's rules, and
again, each family as one transaction; it changes only its own chains, and has no policy or
drop. Both variants, legacy and nftables-based, can load it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_address
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.deltas import compare_members
from tracker.formats.shared.lan import Lan, describe_lan
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    LinuxPorts,
    expected_port_lines,
    list_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.objects import hash_name, name_stem
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import split_ranges
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Direction
from tracker.text import to_comment

_CHAIN = 28  # characters of a chain's name (XT_EXTENSION_MAXNAMELEN, minus the final NUL)
_MARK = 6  # characters of the hash in a shortened name
_MOST_PORTS = 15  # of the multiport match; a range counts as two
_SIDES: dict[Direction, str] = {"outbound": "-d", "inbound": "-s"}
# The same in each version, so that a delta can delete a rule by its exact text.
_OF_LAN = ' -m comment --comment "local network"'

# Suffixes of chain names: outbound, inbound. Those of the LAN are so short that
# `action1-north-america-2` needs no hash.
_ENDS, _LAN_ENDS = ("-out", "-in"), ("-lano", "-lani")

_HOW_TO = """

This file allows what the page names and blocks nothing. It takes effect where your own chains
jump to its chains, above the rule that drops the rest and below your own denies. Load it now
and whenever it changes:
  iptables-restore -n < THIS_FILE
  ip6tables-restore -n < THIS_FILE
Add the jumps once, and with ip6tables for IPv6. On a host or server:
  iptables -I OUTPUT -j {out}
  iptables -I INPUT -j {in_}
On a gateway, for the machines behind it:
  iptables -I FORWARD -j {out}
  iptables -I FORWARD -j {in_}
-I puts a rule first: if you have denies of your own, give it the number of a place below them.
Traffic between machines of the LAN has two chains of its own, which the others never jump to.
Use them on hosts and servers only: on a gateway they would allow SMB and RPC between all your
networks.
  iptables -I OUTPUT -j {lan_out}   agents, and a server that installs on others
  iptables -I INPUT -j {lan_in}    agents
The LAN: {lan}.
To use other networks, set [lan] networks in fwtracker's configuration.
Accept replies in your own chains: -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
For several regions on one machine, load the file of each and jump to the chains of each, or
load rules/all/iptables.rules, which has all of them.
"""

_RULE = re.compile(
    r"-(?P<family>[46]) -A (?P<chain>[a-z0-9-]+) (?P<side>-[ds]) (?P<network>[0-9a-f.:/]+)"
    rf" -p (?P<protocol>tcp|udp) -m multiport --dports (?P<ports>[0-9,:]+)(?P<lan>{_OF_LAN})?"
    r" -j ACCEPT"
)

_CHAIN_LINE = re.compile(r":([a-z][a-z0-9-]*) - \[0:0\]")


class ChainNames(msgspec.Struct, frozen=True):
    """`action1-europe`, and the names of chains that start with it."""

    stem: str

    def of(self, direction: Direction, *, lan: bool) -> str:
        """Return the chain of rules for the internet or the LAN: `action1-europe-lano`."""
        end = (_LAN_ENDS if lan else _ENDS)[DIRECTIONS.index(direction)]
        if len(self.stem + end) <= _CHAIN:
            return self.stem + end
        mark = hash_name(self.stem, _MARK)
        return f"{self.stem[: _CHAIN - len(end) - _MARK - 1]}-{mark}{end}"

    @property
    def all(self) -> list[str]:
        """Our chains, those of the LAN last."""
        return [self.of(each, lan=lan) for lan in (False, True) for each in DIRECTIONS]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint is an address or the LAN."""
    allowed = allowed_rules(rule_set, unsupported_by_linux)
    left_out = list_left_out(rule_set, unsupported_by_linux)
    if not allowed:
        return Rendered(None, left_out)
    names = _names_for(rule_set)
    notes = file_notes(rule_set, _how_to(names, rule_set.lan), left_out)
    lines = [*comment_lines("#", notes), "", "*filter", *_declare_chains(names)]
    for each in list_ports(rule_set, unsupported_by_linux):
        if each.words:
            lines.append(f"# {to_comment(each.words)}")
        lines += _rules(names, rule_set.lan, each)
    return Rendered(join_lines([*lines, "COMMIT"]), left_out)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open, without overlaps."""
    return expected_port_lines(rule_set, unsupported_by_linux)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands that add and delete rules, one transaction for each family."""
    old, new = _all_rules(before), _all_rules(after)
    come, go = compare_members(old, new)
    if not come and not go:
        return None
    lines = [
        *comment_lines("#", delta_head_lines(before, after)),
        "",
        "*filter",
        # Without earlier rules, the chains do not exist either.
        *(() if old else _declare_chains(_names_for(after))),
        *come,
        *(rule.replace(" -A ", " -D ", 1) for rule in go),
        "COMMIT",
    ]
    return join_lines(lines)


def read_back(text: str) -> frozenset[str]:
    """Return what the file opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    The LAN's networks are `lan 10.0.0.0/8`. Raises RuleError for any other line, for a rule in
    the chain of another kind, and if the LAN differs between rules of a family.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names = _read_chains(lines)
    opened: set[str] = set()
    lan: dict[str, set[str]] = defaultdict(set)
    for line in lines[1 + len(names.all) : -1]:
        rule = _RULE.fullmatch(line)
        direction = _direction_of(names, rule) if rule else None
        if rule is None or direction is None:
            raise RuleError(f'iptables.rules cannot be read back: "{to_comment(line)}"')
        said = set(_opened_by(direction, rule))
        opened |= said
        for each in said if rule["lan"] else ():
            lan[each].add(canonical_address(rule["network"]))
    if any(networks != next(iter(lan.values())) for networks in lan.values()):
        raise RuleError("iptables.rules: its LAN is not the same networks in each rule")
    return frozenset(opened).union(f"lan {each}" for found in lan.values() for each in found)


def _read_chains(lines: list[str]) -> ChainNames:
    """Return the names of the chains of a file. Raises RuleError if the frame differs."""
    first = _CHAIN_LINE.fullmatch(lines[1]) if len(lines) > 1 else None
    names = ChainNames(first[1].removesuffix(_ENDS[0]) if first else "")
    frame = ["*filter", *_declare_chains(names)]
    if lines[: len(frame)] != frame or lines[-1] != "COMMIT":
        raise RuleError("iptables.rules cannot be read back: its frame differs")
    return names


def _direction_of(names: ChainNames, rule: re.Match[str]) -> Direction | None:
    """Return the direction of a rule; None if its chain or side does not match."""
    for direction in DIRECTIONS:
        own = names.of(direction, lan=bool(rule["lan"])), _SIDES[direction]
        if (rule["chain"], rule["side"]) == own and _is_of_family(rule):
            return direction
    return None


def _is_of_family(rule: re.Match[str]) -> bool:
    return (":" in rule["network"]) is (rule["family"] == "6")


def _names_for(rule_set: RuleSet) -> ChainNames:
    return ChainNames(name_stem(rule_set, _CHAIN - len(_ENDS[0]), "-"))


def _how_to(names: ChainNames, lan: Lan) -> str:
    out, in_, lan_out, lan_in = names.all
    return _HOW_TO.format(
        out=out, in_=in_, lan_out=lan_out, lan_in=lan_in, lan=describe_lan(lan)
    )


def _declare_chains(names: ChainNames) -> list[str]:
    """Return the lines that declare the chains, which also empty existing ones."""
    return [f":{chain} - [0:0]" for chain in names.all]


@cached_for_format
def _all_rules(rule_set: RuleSet) -> list[str]:
    names = _names_for(rule_set)
    return [
        rule
        for each in list_ports(rule_set, unsupported_by_linux)
        for rule in _rules(names, rule_set.lan, each)
    ]


def _rules(names: ChainNames, local: Lan, each: LinuxPorts) -> Iterator[str]:
    """Yield the rules for one address or the LAN, each with as many ports as it can have."""
    lan = each.target == LAN
    chain = names.of(each.direction, lan=lan)
    networks = _networks_of(local) if lan else [(each.family, each.target)]
    for ports in split_ranges(each.ports, _MOST_PORTS, ":"):
        for family, network in networks:
            yield (
                f"-{family} -A {chain} {_SIDES[each.direction]} {network}"
                f" -p {each.protocol} -m multiport --dports {ports}"
                f"{_OF_LAN if lan else ''} -j ACCEPT"
            )


def _networks_of(lan: Lan) -> list[tuple[int, str]]:
    return [(family, network) for family in FAMILIES for network in lan.of(family)]


def _opened_by(direction: Direction, rule: re.Match[str]) -> Iterator[str]:
    """Yield what a rule opens, as proof lines."""
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
