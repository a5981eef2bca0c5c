"""A file for `ipset restore`: sets of addresses with their ports, for rules of iptables.

It fills new sets and swaps them with those that rules use, so that a file that fails half way
does not change these (ipset(8)). A set of addresses with ports has an element for every single
port, so wide ranges are left out. The LAN's networks and ports are in separate sets, so that
rules for the internet never open traffic within the LAN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_address
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.lan import Lan, describe_lan
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    LinuxPorts,
    expected_port_lines,
    list_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports, range_text, subtract_ranges
from tracker.formats.shared.service_groups import PROTOCOLS
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import LAN, Direction, Endpoint, Protocol
from tracker.text import to_comment

# Options of every set: `create -exist` fails if an existing set has other ones.
MOST = 1_048_576
NEW = "_n"  # the suffix of a set's name while it is filled
_LONGEST = 31  # characters of a set's name (IPSET_MAXNAMELEN, minus the final NUL)
_SHORT = {"outbound": "o", "inbound": "i"}
_INET = {4: "inet", 6: "inet6"}
WIDE = "a set stores each port separately, and these are too many"
_WIDEST = 1024  # ports of one address

_HOW_TO = """

Sets for rules of your own; nothing is allowed until you add those. Load the sets now, whenever
this file changes, and at boot before the rules:
  ipset restore < THIS_FILE
Add the rules once. For IPv6, use ip6tables and the sets whose names end in 6. On a host or
server:
  iptables -I OUTPUT -m set --match-set {out} dst,dst -j ACCEPT
  iptables -I INPUT -m set --match-set {in_} src,dst -j ACCEPT
On a gateway, add both with FORWARD, for the machines behind it.
-I puts a rule first: if you have denies of your own, give it the number of a place below them.
Traffic between machines of the LAN has sets of its own. Use rules for these on hosts and
servers only: on a gateway they would allow SMB and RPC between all your networks.
  iptables -I OUTPUT -p tcp -m set --match-set {lan} dst -m set --match-set {lto} dst -j ACCEPT
  iptables -I OUTPUT -p udp -m set --match-set {lan} dst -m set --match-set {luo} dst -j ACCEPT
  iptables -I INPUT -p tcp -m set --match-set {lan} src -m set --match-set {lti} dst -j ACCEPT
  iptables -I INPUT -p udp -m set --match-set {lan} src -m set --match-set {lui} dst -j ACCEPT
The LAN: {lan_words}.
To use other networks, set [lan] networks in fwtracker's configuration.
For several regions on one machine, load the file of each and add rules for the sets of each,
or load rules/all/ipset.conf, which has all of them.
"""

_FIRST = re.compile(r"create ([a-z][a-z0-9_]*)_out4 .+")
_ADD = re.compile(r"add ([a-z0-9_]+)_n (?:([0-9a-f.:/]+),(tcp|udp):)?([0-9]+(?:-[0-9]+)?)")
_ADD_NETWORK = re.compile(r"add ([a-z0-9_]+)_n ([0-9a-f.:/]+)")
# Set, and member up to the port, which is nothing in sets of LAN ports; then the ports.
# A network of the LAN has no ports.
Members = dict[tuple[str, str], tuple[Ports, ...]]


class IpsetNames(msgspec.Struct, frozen=True):
    """`action1_europe`, and the names of sets that start with it."""

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
    """Return the whole file; no text if no endpoint is an address or the LAN."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    names = _names_for(rule_set)
    lines = [
        *comment_lines("#", file_notes(rule_set, _how_to(names, rule_set.lan), left_out)),
        *("", *_create_sets(names), *_empty_sets(names)),
        *(f"add {name}{NEW} {network}" for name, network in _lan_members(names, rule_set)),
        *_fill_sets(names, list_ports(rule_set, _explain_unsupported)),
        *_swap_sets(names),
    ]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the sets contain: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    The LAN's networks are `lan 10.0.0.0/8`. Raises RuleError for any line that is neither
    of the frame nor a member of a set.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    first = _FIRST.fullmatch(lines[0]) if lines else None
    names = IpsetNames(first[1] if first else "")
    before = [*_create_sets(names), *_empty_sets(names)]
    after = _swap_sets(names)
    if lines[: len(before)] != before or lines[-len(after) :] != after:
        raise RuleError("ipset.conf cannot be read back: its frame differs")
    return frozenset(_parse_line(names, line) for line in lines[len(before) : -len(after)])


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the sets must contain, without overlaps."""
    return expected_port_lines(rule_set, _explain_unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return commands that add and delete members; it does no harm if that was done before."""
    names = _names_for(after)
    old, new = _members(before, names), _members(after, names)
    come, go = list(_subtract_members(new, old)), list(_subtract_members(old, new))
    if not come and not go:
        return None
    lines = [
        *comment_lines("#", delta_head_lines(before, after)),
        *("", *_create_sets(names)),
        *(f"add {member} -exist" for member in come),
        *(f"del {member} -exist" for member in go),
    ]
    return join_lines(lines)


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    first, last = endpoint.from_port, endpoint.to_port
    wide = first is not None and last is not None and last - first >= _WIDEST
    if wide and endpoint.target != LAN:
        return WIDE
    return unsupported_by_linux(endpoint)


def _names_for(rule_set: RuleSet) -> IpsetNames:
    """Return names from source and rule set: two different rule sets never share one."""
    return IpsetNames(name_stem(rule_set, _LONGEST - len("_out4") - len(NEW), "_"))


def _create_sets(names: IpsetNames, end: str = "") -> list[str]:
    """Return commands that create all missing sets."""
    return [f"create {name}{end} {kind} -exist" for name, kind in _set_types(names)]


def _empty_sets(names: IpsetNames) -> list[str]:
    """Return commands that create and empty the sets that are to replace the others."""
    return [*_create_sets(names, NEW), *(f"flush {name}{NEW}" for name, _ in _set_types(names))]


def _swap_sets(names: IpsetNames) -> list[str]:
    """Return commands that swap the filled sets with those in use, and drop the latter."""
    lines = [f"swap {name} {name}{NEW}" for name, _ in _set_types(names)]
    return lines + [f"destroy {name}{NEW}" for name, _ in _set_types(names)]


def _set_types(names: IpsetNames) -> Iterator[tuple[str, str]]:
    """Yield each set with its type and options."""
    for direction in DIRECTIONS:
        for family in FAMILIES:
            options = f"family {_INET[family]} maxelem {MOST}"
            yield names.endpoints(direction, family), f"hash:net,port {options}"
    for family in FAMILIES:
        yield names.lan(family), f"hash:net family {_INET[family]} maxelem {MOST}"
    for direction in DIRECTIONS:
        for protocol in PROTOCOLS:
            yield names.lan_ports(direction, protocol), "bitmap:port range 1-65535"


def _how_to(names: IpsetNames, local: Lan) -> str:
    out, in_ = (names.endpoints(direction, 4) for direction in DIRECTIONS)
    lan = {
        f"l{protocol[0]}{direction[0]}": names.lan_ports(direction, protocol)
        for direction in DIRECTIONS
        for protocol in PROTOCOLS
    }
    words = describe_lan(local)
    return _HOW_TO.format(out=out, in_=in_, lan=names.lan(4), lan_words=words, **lan)


def _lan_members(names: IpsetNames, rule_set: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield the networks of the LAN with their sets, if the LAN has ports."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    has_ports = any(rule.endpoint.target == LAN for rule in allowed)
    for family in FAMILIES if has_ports else ():
        yield from ((names.lan(family), network) for network in rule_set.lan.of(family))


def _fill_sets(names: IpsetNames, found: Iterable[LinuxPorts]) -> Iterator[str]:
    for each in found:
        if each.words:
            yield f"# {to_comment(each.words)}"
        name, member = _place(names, each)
        for ports in each.ports:
            yield f"add {name}{NEW} {member}{range_text(ports)}"


def _place(names: IpsetNames, each: LinuxPorts) -> tuple[str, str]:
    """Return the set for an address or the LAN, and its member without the port."""
    if each.target == LAN:
        return names.lan_ports(each.direction, each.protocol), ""
    name = names.endpoints(each.direction, each.family)
    return name, f"{each.target},{each.protocol}:"


@cached_for_format
def _members(rule_set: RuleSet, names: IpsetNames) -> Members:
    networks: Members = dict.fromkeys(_lan_members(names, rule_set), ())
    found = list_ports(rule_set, _explain_unsupported)
    return networks | {_place(names, each): each.ports for each in found}


def _subtract_members(ones: Members, others: Members) -> Iterator[str]:
    """Yield the members of `ones` with the ports that `others` do not have."""
    for (name, member), spans in ones.items():
        if not spans and (name, member) not in others:
            yield f"{name} {member}"
        known = others.get((name, member), ())
        for ports in subtract_ranges(spans, known) if spans != known else ():
            yield f"{name} {member}{range_text(ports)}"


def _parse_line(names: IpsetNames, line: str) -> str:
    """Return a member as a proof line. Raises RuleError for any other line."""
    if found := _ADD.fullmatch(line):
        if said := _parse_ports(names, found):
            return said
    elif found := _ADD_NETWORK.fullmatch(line):
        family = 6 if ":" in found[2] else 4
        if found[1] == names.lan(family):
            return f"lan {canonical_address(found[2])}"
    raise RuleError(f'ipset.conf cannot be read back: "{to_comment(line)}"')


def _parse_ports(names: IpsetNames, member: re.Match[str]) -> str | None:
    name, target, ports = member[1], member[2], member[4]
    family = 6 if ":" in (target or "") else 4
    for direction in DIRECTIONS:
        if target and name == names.endpoints(direction, family):
            return f"{direction} {target} {member[3]}/{ports}"
        for protocol in PROTOCOLS:
            if not target and name == names.lan_ports(direction, protocol):
                return f"{direction} {LAN} {protocol}/{ports}"
    return None


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
