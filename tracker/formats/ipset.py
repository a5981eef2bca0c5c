"""A file for `ipset restore`: sets of addresses with their ports, for rules of iptables.

Fills new sets and swaps them for those that rules name, so that a file that fails half way
has changed nothing of them (ipset(8)). Of addresses and ports a set holds every single port,
so wide ranges are left out; the ports of the local network are in sets of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats._boxes import Ports, without
from tracker.formats._ipset_names import (
    MOST,
    NEW,
    Names,
    created,
    emptied,
    names_for,
    swapped,
)
from tracker.formats._nft_names import DIRECTIONS, FAMILIES
from tracker.formats._nft_plan import (
    PROTOCOLS,
    Opening,
    cannot,
    opened,
    openings,
    port_span,
)
from tracker.formats._notes import delta_head, head, left_out_lines
from tracker.formats._policy import LAN_NETWORKS, comment, rules_of
from tracker.model import LAN, Endpoint

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


def render(rule_set: RuleSet) -> Rendered:
    """The whole file; nothing where no endpoint is an address, or the LAN."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    names = names_for(rule_set)
    notes = [*head(rule_set), *_how_to(names), *left_out_lines(left_out)]
    lines = [
        *(f"# {line}".rstrip() for line in notes),
        *("", *created(names), *emptied(names)),
        *_lan(names),
        *_filled(names, openings(rule_set, _cannot)),
        *swapped(names),
    ]
    return Rendered("\n".join(lines) + "\n", left_out)


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the sets must hold, no two overlapping."""
    return opened(rule_set, _cannot)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Members to add and to delete; one may be there, or gone, already."""
    names = names_for(after)
    old, new = _members(names, before), _members(names, after)
    come, go = list(_beyond(new, old)), list(_beyond(old, new))
    if not come and not go:
        return None
    lines = [
        *(f"# {line}" for line in delta_head(before, after)),
        *("", *created(names)),
        *(line.replace(f"{NEW} ", " ", 1) + " -exist" for line in _lan(names)),
        *(f"add {member} -exist" for member in come),
        *(f"del {member} -exist" for member in go),
    ]
    return "\n".join(lines) + "\n"


def read_back(text: str) -> frozenset[str]:
    """What the sets hold: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    Raises RuleError for any line that is not of the frame or a member of a set.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    first = _FIRST.fullmatch(lines[0]) if lines else None
    names = Names(first[1] if first else "")
    before, after = [*created(names), *emptied(names), *_lan(names)], swapped(names)
    if lines[: len(before)] != before or lines[-len(after) :] != after:
        raise RuleError("ipset.conf cannot be read back: its frame differs")
    return frozenset(_said(names, line) for line in lines[len(before) : -len(after)])


def _cannot(endpoint: Endpoint) -> str | None:
    first, last = endpoint.from_port, endpoint.to_port
    wide = first is not None and last is not None and last - first >= _WIDEST
    if wide and endpoint.target != LAN:
        return WIDE
    return cannot(endpoint)


def _how_to(names: Names) -> list[str]:
    out, in_ = (names.endpoints(direction, 4) for direction in DIRECTIONS)
    lan = {
        f"l{protocol[0]}{direction[0]}": names.lan_ports(direction, protocol)
        for direction in DIRECTIONS
        for protocol in PROTOCOLS
    }
    return _HOW_TO.format(out=out, in_=in_, lan=names.lan(4), **lan).splitlines()[1:]


def _lan(names: Names) -> list[str]:
    """The local networks, in sets that are the same in each version."""
    return [
        f"add {names.lan(family)}{NEW} {network}"
        for family in FAMILIES
        for network in LAN_NETWORKS[family]
    ]


def _filled(names: Names, found: Iterable[Opening]) -> Iterator[str]:
    for opening in found:
        if opening.words:
            yield f"# {comment(opening.words)}"
        name, member = _place(names, opening)
        for ports in opening.spans:
            yield f"add {name}{NEW} {member}{port_span(ports)}"


def _place(names: Names, opening: Opening) -> tuple[str, str]:
    """The set of an opening, and its member up to the port."""
    if opening.target == LAN:
        return names.lan_ports(opening.direction, opening.protocol), ""
    name = names.endpoints(opening.direction, opening.family)
    return name, f"{opening.target},{opening.protocol}:"


def _members(names: Names, rule_set: RuleSet) -> Members:
    found = openings(rule_set, _cannot)
    return {_place(names, opening): opening.spans for opening in found}


def _beyond(ones: Members, others: Members) -> Iterator[str]:
    """Members with the ports that the others do not have."""
    for (name, member), spans in ones.items():
        known = others.get((name, member), ())
        for ports in without(spans, known) if spans != known else ():
            yield f"{name} {member}{port_span(ports)}"


def _said(names: Names, line: str) -> str:
    """A member as a format proves it. Raises RuleError for none of ours."""
    if found := _ADD.fullmatch(line):
        for direction in DIRECTIONS:
            for protocol in PROTOCOLS:
                if found[1] == names.lan_ports(direction, protocol) and not found[2]:
                    return f"{direction} {LAN} {protocol}/{found[4]}"
            family = 6 if ":" in (found[2] or "") else 4
            if found[1] == names.endpoints(direction, family) and found[2]:
                return f"{direction} {found[2]} {found[3]}/{found[4]}"
    raise RuleError(f'ipset.conf cannot be read back: "{comment(line)}"')


FORMAT = Format(
    name="ipset",
    file="ipset.conf",
    about="sets of addresses and ports for rules of iptables, loaded with ipset restore",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=delta,
    limit=Limit(
        MOST, "members of its sets", "maxelem in this file", lambda text: text.count("\nadd ")
    ),
)
