"""A file for `ipset restore`: sets of addresses with their ports, for rules of iptables.

Fills new sets and swaps them for those that rules name, so that a file that fails half way
has changed nothing of them (ipset(8)). Of addresses and ports a set holds every single port,
so wide ranges are left out; the ports of the local network are in sets of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import LAN_NETWORKS
from tracker.formats.shared.comments import delta_head_lines, file_notes
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
from tracker.formats.shared.port_ranges import Ports, range_text, subtract_ranges
from tracker.formats.shared.service_groups import PROTOCOLS
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Direction, Endpoint, Protocol
from tracker.text import to_comment

# Of every set: one with another maximum is another set to `create -exist`.
MOST = 1_048_576
NEW = "_n"  # the end of a set's name while it is filled
_LONGEST = 31  # characters of a set's name (IPSET_MAXNAMELEN less its end)
_SHORT = {"outbound": "o", "inbound": "i"}
_INET = {4: "inet", 6: "inet6"}
WIDE = "a set holds every port by itself, and these are too many"
_WIDEST = 1024  # ports of one address

_HOW_TO = """

Sets for rules of your own; nothing is opened before you have them. To use it, now, whenever
it changes, and at boot before the rules:
  ipset restore < THIS_FILE
and once, for IPv4, and with ip6tables and the sets that end in 6 for IPv6:
  iptables -I OUTPUT -m set --match-set {out} dst,dst -j ACCEPT
  iptables -I OUTPUT -p tcp -m set --match-set {lan} dst -m set --match-set {lto} dst -j ACCEPT
  iptables -I OUTPUT -p udp -m set --match-set {lan} dst -m set --match-set {luo} dst -j ACCEPT
  iptables -I INPUT -m set --match-set {in_} src,dst -j ACCEPT
  iptables -I INPUT -p tcp -m set --match-set {lan} src -m set --match-set {lti} dst -j ACCEPT
  iptables -I INPUT -p udp -m set --match-set {lan} src -m set --match-set {lui} dst -j ACCEPT
FORWARD in place of OUTPUT on a gateway. The LAN is all private and link-local addresses; to
narrow it, put your own network in place of its set."""

_FIRST = re.compile(r"create ([a-z][a-z0-9_]*)_out4 .+")
_ADD = re.compile(r"add ([a-z0-9_]+)_n (?:([0-9a-f.:/]+),(tcp|udp):)?([0-9]+(?:-[0-9]+)?)")
# Set, and member up to the port, which is nothing in sets of LAN ports; then the ports.
Members = dict[tuple[str, str], tuple[Ports, ...]]


class IpsetNames(msgspec.Struct, frozen=True):
    """`action1_europe` and the sets whose names start so."""

    stem: str

    def endpoints(self, direction: Direction, family: int) -> str:
        """The set of addresses, each with protocol and port: `action1_europe_out4`."""
        return f"{self.stem}_{'out' if direction == 'outbound' else 'in'}{family}"

    def lan(self, family: int) -> str:
        """The set of local networks."""
        return f"{self.stem}_lan{family}"

    def lan_ports(self, direction: Direction, protocol: Protocol) -> str:
        """The set of LAN ports: `action1_europe_lto` for TCP outbound."""
        return f"{self.stem}_l{protocol[0]}{_SHORT[direction]}"


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text where no endpoint is an address, or the LAN."""
    allowed = allowed_rules(rule_set, _unsupported)
    left_out = list_left_out(rule_set, _unsupported)
    if not allowed:
        return Rendered(None, left_out)
    names = _names_for(rule_set)
    lines = [
        *comment_lines("#", file_notes(rule_set, _how_to(names), left_out)),
        *("", *_create_sets(names), *_empty_sets(names)),
        *_fill_lan(names),
        *_fill_sets(names, list_ports(rule_set, _unsupported)),
        *_swap_sets(names),
    ]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the sets hold: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any line that is not of the frame or a member of a set.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    first = _FIRST.fullmatch(lines[0]) if lines else None
    names = IpsetNames(first[1] if first else "")
    before = [*_create_sets(names), *_empty_sets(names), *_fill_lan(names)]
    after = _swap_sets(names)
    if lines[: len(before)] != before or lines[-len(after) :] != after:
        raise RuleError("ipset.conf cannot be read back: its frame differs")
    return frozenset(_parse_line(names, line) for line in lines[len(before) : -len(after)])


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the sets must hold, no two overlapping."""
    return expected_port_lines(rule_set, _unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return members to add and to delete; one may be there, or gone, already."""
    names = _names_for(after)
    old, new = _members(names, before), _members(names, after)
    come, go = list(_subtract_members(new, old)), list(_subtract_members(old, new))
    if not come and not go:
        return None
    lines = [
        *comment_lines("#", delta_head_lines(before, after)),
        *("", *_create_sets(names)),
        *(line.replace(f"{NEW} ", " ", 1) + " -exist" for line in _fill_lan(names)),
        *(f"add {member} -exist" for member in come),
        *(f"del {member} -exist" for member in go),
    ]
    return join_lines(lines)


def _unsupported(endpoint: Endpoint) -> str | None:
    first, last = endpoint.from_port, endpoint.to_port
    wide = first is not None and last is not None and last - first >= _WIDEST
    if wide and endpoint.target != LAN:
        return WIDE
    return unsupported_by_linux(endpoint)


def _names_for(rule_set: RuleSet) -> IpsetNames:
    """Return names after source and rule set: two different rule sets never share one."""
    return IpsetNames(name_stem(rule_set, _LONGEST - len("_out4") - len(NEW), "_"))


def _create_sets(names: IpsetNames, end: str = "") -> list[str]:
    """Return what creates all sets that are missing."""
    return [f"create {name}{end} {kind} -exist" for name, kind in _set_types(names)]


def _empty_sets(names: IpsetNames) -> list[str]:
    """Return what creates and empties the sets to fill before they replace the others."""
    return [*_create_sets(names, NEW), *(f"flush {name}{NEW}" for name, _ in _set_types(names))]


def _swap_sets(names: IpsetNames) -> list[str]:
    """Return what swaps the filled sets with those that rules name, and drops the latter."""
    lines = [f"swap {name} {name}{NEW}" for name, _ in _set_types(names)]
    return lines + [f"destroy {name}{NEW}" for name, _ in _set_types(names)]


def _set_types(names: IpsetNames) -> Iterator[tuple[str, str]]:
    """Return each set with its type and options."""
    for direction in DIRECTIONS:
        for family in FAMILIES:
            options = f"family {_INET[family]} maxelem {MOST}"
            yield names.endpoints(direction, family), f"hash:net,port {options}"
    for family in FAMILIES:
        yield names.lan(family), f"hash:net family {_INET[family]} maxelem {MOST}"
    for direction in DIRECTIONS:
        for protocol in PROTOCOLS:
            yield names.lan_ports(direction, protocol), "bitmap:port range 1-65535"


def _how_to(names: IpsetNames) -> str:
    out, in_ = (names.endpoints(direction, 4) for direction in DIRECTIONS)
    lan = {
        f"l{protocol[0]}{direction[0]}": names.lan_ports(direction, protocol)
        for direction in DIRECTIONS
        for protocol in PROTOCOLS
    }
    return _HOW_TO.format(out=out, in_=in_, lan=names.lan(4), **lan)


def _fill_lan(names: IpsetNames) -> list[str]:
    """Return the local networks, in sets that are the same in each version."""
    return [
        f"add {names.lan(family)}{NEW} {network}"
        for family in FAMILIES
        for network in LAN_NETWORKS[family]
    ]


def _fill_sets(names: IpsetNames, found: Iterable[LinuxPorts]) -> Iterator[str]:
    for each in found:
        if each.words:
            yield f"# {to_comment(each.words)}"
        name, member = _place(names, each)
        for ports in each.ports:
            yield f"add {name}{NEW} {member}{range_text(ports)}"


def _place(names: IpsetNames, each: LinuxPorts) -> tuple[str, str]:
    """Return the set of an opening, and its member up to the port."""
    if each.target == LAN:
        return names.lan_ports(each.direction, each.protocol), ""
    name = names.endpoints(each.direction, each.family)
    return name, f"{each.target},{each.protocol}:"


def _members(names: IpsetNames, rule_set: RuleSet) -> Members:
    found = list_ports(rule_set, _unsupported)
    return {_place(names, each): each.ports for each in found}


def _subtract_members(ones: Members, others: Members) -> Iterator[str]:
    """Return members with the ports that the others do not have."""
    for (name, member), spans in ones.items():
        known = others.get((name, member), ())
        for ports in subtract_ranges(spans, known) if spans != known else ():
            yield f"{name} {member}{range_text(ports)}"


def _parse_line(names: IpsetNames, line: str) -> str:
    """Return a member as a format proves it. Raises RuleError for none of ours."""
    if found := _ADD.fullmatch(line):
        for direction in DIRECTIONS:
            for protocol in PROTOCOLS:
                if found[1] == names.lan_ports(direction, protocol) and not found[2]:
                    return f"{direction} {LAN} {protocol}/{found[4]}"
            family = 6 if ":" in (found[2] or "") else 4
            if found[1] == names.endpoints(direction, family) and found[2]:
                return f"{direction} {found[2]} {found[3]}/{found[4]}"
    raise RuleError(f'ipset.conf cannot be read back: "{to_comment(line)}"')


FORMAT = Format(
    name="ipset",
    file="ipset.conf",
    about="sets of addresses and ports for rules of iptables, loaded with ipset restore",
    loaded="ipset restore < FILE",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
    limit=Limit(
        MOST, "members of its sets", "maxelem in this file", lambda text: text.count("\nadd ")
    ),
)
