"""A file for `nft -f`: chains to jump to, and the sets that they use.

It needs nftables 0.9.4 and Linux 5.6, the first with ranges in sets of several fields. It can
be loaded next to the user's ruleset, and again, as one transaction; it adds, changes and
empties only its own chains and sets, and has no policy, drop or hook.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tracker.errors import RuleError
from tracker.formats import Format, LeftOut, Rendered, RuleSet
from tracker.formats.nftables.script import (
    BY_DNSMASQ,
    HOST_TIMEOUT_TEXT,
    TABLE,
    NftHost,
    NftNames,
    Sets,
    declare_frame,
    declare_host_set,
    declare_host_sets,
    element_commands,
    explain_unsupported,
    fill_lan,
    fill_sets,
    flush_frame,
    host_rule_commands,
    lan_rule_commands,
    list_hosts,
    list_members,
    names_for,
    parse_host_comment,
    rule_commands,
    set_name,
)
from tracker.formats.shared.addresses import canonical_address
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.lan import Lan, describe_lan
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    LinuxPorts,
    expected_port_lines,
    is_host,
    list_elements,
    list_lan_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.policy import (
    Rule,
    allowed_rules,
    cached_for_format,
    list_left_out,
)
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import Direction, endpoint_key
from tracker.text import to_comment

_HOW_TO = """

This file allows what the page names and blocks nothing. It takes effect where your own chains
of table inet filter jump to its chains, above the rule that drops the rest and below your own
denies. Load it now and whenever it changes: nft -f THIS_FILE
On a host or server, in the chains of hook output and input:
  jump {out}
  jump {in_}
On a gateway, in the chain of hook forward, for the machines behind it: the same two.
Traffic between machines of the LAN has two chains of its own, which the others never jump to.
Use them on hosts and servers only: on a gateway they would allow SMB and RPC between all your
networks.
  {lan_jump_out}  hook output: agents, and a server that installs on others
  {lan_jump_in}  hook input: agents
The LAN: {lan}.
To use other networks, set [lan] networks in fwtracker's configuration.
An accept here does not override another base chain that drops, such as those of firewalld and
ufw: use the formats firewalld and ufw for these.
Accept replies in your own chains: ct state established,related accept
A ruleset file that starts with "flush ruleset" should include this file right below that line.
For several regions on one machine, load rules/all/nftables.nft instead of the files of the
regions. Without dnsmasq, which fills only one set for a name, you can load those as well.
Needs nftables 0.9.4 and Linux 5.6, or later. Load as root."""

_HOSTS = """

Host names have sets of their own, which stay empty until dnsmasq fills them: it does so
with dnsmasq-nftset.conf from the same folder. They keep their addresses when this file is
loaded again, but not after "flush ruleset": restart dnsmasq then. An address is removed
when no connection has used it for {timeout}, so what DNS no longer returns is closed. The
rules restart that time with each connection, on any kernel. Adding the address again does not
restart it before Linux 6.12, nor, the way dnsmasq does it, after."""

_HOST_SET = re.compile(r"\tset ([a-z][a-z0-9_]*_v[46]) \{")
_HOST_NAME = ' comment "(?P<host>names? [a-z0-9 ._-]{1,120})"'
_FIRST_SET = re.compile(r"\tset ([a-z][a-z0-9_]*)_out4 \{")
_ELEMENT = re.compile(r"\t([0-9a-f.:/]+) \. (tcp|udp) \. ([0-9]+(?:-[0-9]+)?),?")
_NETWORK = re.compile(r"\t([0-9a-f.:/]+),?")
_TO_PORTS = r"(tcp|udp) dport \{ ([0-9, -]+) \}"
_COMMENT = r'(?: comment "[A-Za-z0-9 ._:/()*-]{1,120}")?'


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if nothing can be opened."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    missing = list_left_out(rule_set, explain_unsupported)
    if not allowed:
        return Rendered(None, missing)
    names = names_for(rule_set)
    sets = list_members(list_elements(rule_set, unsupported_by_linux))
    lan, hosts = list_lan_ports(rule_set, unsupported_by_linux), list_hosts(rule_set)
    notes = file_notes(rule_set, _how_to(names, rule_set.lan, hosts), missing)
    lines = chain(
        comment_lines("#", notes),
        [""],
        declare_frame(names),
        declare_host_sets(names, hosts),
        flush_frame(names),
        fill_sets(names, sets),
        fill_lan(names, lan, rule_set.lan),
        _all_rule_commands(rule_set, sets, lan, hosts),
    )
    return Rendered(join_lines(lines), _add_hosts(missing, allowed))


def read_back(text: str) -> frozenset[str]:
    """Return what the file opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    A host, as in `outbound *.example.com tcp/443`, is open as far as dnsmasq fills its set. The
    LAN's networks are `lan 10.0.0.0/8`. Raises RuleError for any line that is not of the frame,
    an element or a rule; for a set without its rule or a rule without its set; and if the ports
    of the LAN differ between families.
    """
    lines = [line for line in map(_strip_comment, split_lines(text)) if line]
    first = _FIRST_SET.fullmatch(lines[1]) if len(lines) > 1 else None
    if first is None:
        raise RuleError("nftables.nft cannot be read back: no set of ours in line 2")
    names = NftNames(first[1])
    rest = _skip_lines(declare_frame(names), lines)
    declared = _take_host_sets(rest)
    sets, rules = _split_commands(_skip_lines(flush_frame(names), rest))
    opened = _read_endpoints(names, sets, rules) | _read_hosts(names, declared, rules)
    return opened | _read_lan(names, sets, rules)


@cached_for_format
def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must open: addresses, the LAN, and hosts as dnsmasq fills them."""
    hosts = (host.lines for host in list_hosts(rule_set))
    return expected_port_lines(rule_set, unsupported_by_linux).union(*hosts)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return one transaction that removes and adds elements, and sets all rules again.

    A removed element is added first, so that deleting it works even if it is gone already.
    """
    if expected_lines(before) == expected_lines(after):
        return None
    names = names_for(after)
    had, has = (
        list_members(list_elements(each, unsupported_by_linux)) for each in (before, after)
    )
    lan, named = list_lan_ports(after, unsupported_by_linux), list_hosts(after)
    stay = {each.name for each in named}
    gone = [host for host in list_hosts(before) if host.name not in stay]
    lines = chain(
        comment_lines("#", delta_head_lines(before, after)),
        [""],
        declare_frame(names),
        declare_host_sets(names, [*named, *gone]),
        flush_frame(names, endpoints=False),
        _delete_host_sets(names, gone),
        _take_elements_out(names, _subtract_sets(had, has)),
        fill_sets(names, _subtract_sets(has, had)),
        fill_lan(names, lan, after.lan),
        _all_rule_commands(after, has, lan, named),
    )
    return join_lines(lines)


def _all_rule_commands(
    rule_set: RuleSet, sets: Sets, lan: Sequence[LinuxPorts], hosts: Iterable[NftHost]
) -> Iterator[str]:
    names = names_for(rule_set)
    yield from rule_commands(names, sets, _version_text(rule_set))
    yield from lan_rule_commands(names, lan, rule_set.lan)
    yield from host_rule_commands(names, hosts)


def _add_hosts(missing: tuple[LeftOut, ...], allowed: Sequence[Rule]) -> tuple[LeftOut, ...]:
    """Return what the file itself does not open, including hosts, whose sets dnsmasq fills."""
    hosts = dict.fromkeys(rule.endpoint for rule in allowed if is_host(rule.endpoint))
    listed = [*missing, *(LeftOut(host, BY_DNSMASQ) for host in hosts)]
    return tuple(sorted(listed, key=lambda left: endpoint_key(left.endpoint)))


def _how_to(names: NftNames, lan: Lan, hosts: Sequence[NftHost]) -> str:
    out, in_, lan_out, lan_in = names.chains
    text = _HOW_TO.format(
        out=out,
        in_=in_,
        lan_jump_out=f"jump {lan_out}",
        lan_jump_in=f"jump {lan_in:<{len(lan_out)}}",
        lan=describe_lan(lan),
    )
    return text + (_HOSTS.format(timeout=HOST_TIMEOUT_TEXT) if hosts else "")


def _delete_host_sets(names: NftNames, gone: Iterable[NftHost]) -> Iterator[str]:
    for host in gone:
        for family in FAMILIES:
            yield f"delete set {TABLE} {set_name(names, host.name, family)}"


def _take_elements_out(names: NftNames, sets: Sets) -> Iterator[str]:
    for (direction, family), found in sets.items():
        name, bare = names.endpoints(direction, family), [(text, "") for text, _ in found]
        yield from element_commands("add", name, bare)
        yield from element_commands("delete", name, bare)


def _subtract_sets(sets: Sets, others: Sets) -> Sets:
    """Return the elements of `sets` that are not in `others`, without empty sets."""
    known = {side: {text for text, _ in found} for side, found in others.items()}
    left = {
        side: [member for member in found if member[0] not in known.get(side, ())]
        for side, found in sets.items()
    }
    return {side: found for side, found in left.items() if found}


def _version_text(rule_set: RuleSet) -> str:
    return f"fwtracker {rule_set.source} {rule_set.name} version {rule_set.version}"


def _skip_lines(own: list[str], lines: list[str]) -> list[str]:
    """Return the lines after `own`. Raises RuleError if `lines` do not start with these."""
    if lines[: len(own)] != own:
        raise RuleError("nftables.nft cannot be read back: its frame differs")
    return lines[len(own) :]


def _take_host_sets(lines: list[str]) -> set[str]:
    """Remove the block that declares sets of hosts from the lines, and return their names."""
    if not lines or not lines[0].startswith("table "):
        return set()
    end = lines.index("}") + 1 if "}" in lines else len(lines)
    found = [match[1] for match in map(_HOST_SET.fullmatch, lines[1:end:5]) if match]
    made = [f"table {TABLE} {{"]
    for name in found:
        made += declare_host_set(name, int(name[-1]))
    if lines[:end] != [*made, "}"]:
        raise _unreadable(lines[0])
    del lines[:end]
    return set(found)


def _strip_comment(line: str) -> str:
    return line.partition("#")[0].rstrip()


def _split_commands(lines: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the lines of elements by set, and those of rules."""
    sets: dict[str, list[str]] = {}
    rules: list[str] = []
    rest = iter(lines)
    for line in rest:
        if start := re.fullmatch(rf"add element {TABLE} (\w+) \{{", line):
            sets[start[1]] = list(iter(lambda: next(rest, "}"), "}"))
        elif line.startswith(f"add rule {TABLE} "):
            rules.append(line)
        else:
            raise _unreadable(line)
    return sets, rules


def _read_endpoints(
    names: NftNames, sets: dict[str, list[str]], rules: list[str]
) -> frozenset[str]:
    found = set()
    for direction, family, field in _fields():
        name = names.endpoints(direction, family)
        rule = rf"{names.chain(direction)} {field} \. meta l4proto \. th dport @{name}"
        matched = list(_take_rules(rules, rule))
        if bool(matched) is not (name in sets):
            raise RuleError(f"nftables.nft: the set {name} and its rule do not match")
        for line in sets.pop(name, []):
            if not (element := _ELEMENT.fullmatch(line)):
                raise _unreadable(line)
            found.add(f"{direction} {element[1]} {element[2]}/{element[3]}")
    return frozenset(found)


def _read_hosts(names: NftNames, declared: set[str], rules: list[str]) -> frozenset[str]:
    """Return what rules open for hosts; each must use its host's set, and each set have one."""
    found: dict[int, set[str]] = {family: set() for family in FAMILIES}
    used = set()
    for direction, family, field in _fields():
        if direction == "inbound":
            continue
        own = rf"{names.chain(direction)} {field} @(\w+_v{family}) {_TO_PORTS}"
        touch = rf"update @\1 \{{ {field} \}}"
        for rule in _take_rules(rules, f"{own} {touch}", _HOST_NAME):
            host = parse_host_comment(rule["host"])
            if host is None or set_name(names, host, family) != rule[1]:
                raise _unreadable(rule[0])
            used.add(rule[1])
            found[family] |= {f"outbound {host} {rule[2]}/{p}" for p in rule[3].split(", ")}
    if used != declared or found[4] != found[6]:
        raise RuleError("nftables.nft: the sets of hosts and their rules do not match")
    return frozenset(found[4])


def _read_lan(names: NftNames, sets: dict[str, list[str]], rules: list[str]) -> frozenset[str]:
    """Return what the LAN's chains open, and its networks; no other rule may be left."""
    found: dict[int, set[str]] = {family: set() for family in FAMILIES}
    for direction, family, field in _fields():
        own = f"{names.lan_chain(direction)} {field} @{names.lan(family)}"
        for rule in _take_rules(rules, f"{own} {_TO_PORTS}"):
            for ports in rule[2].split(", "):
                found[family].add(f"{direction} lan {rule[1]}/{ports}")
    if rules:
        raise _unreadable(rules[0])
    filled = [family for family in FAMILIES if found[family]]
    if sets.keys() != {names.lan(family) for family in filled}:
        raise RuleError("nftables.nft: the sets of the LAN and its rules do not match")
    if len(filled) == len(FAMILIES) and found[4] != found[6]:
        raise RuleError("nftables.nft: the LAN has other ports in one family")
    networks = (_read_network(line) for lines in sets.values() for line in lines)
    return frozenset(networks).union(*found.values())


def _read_network(line: str) -> str:
    if found := _NETWORK.fullmatch(line):
        return f"lan {canonical_address(found[1])}"
    raise _unreadable(line)


def _fields() -> Iterator[tuple[Direction, int, str]]:
    for direction in DIRECTIONS:
        end = "daddr" if direction == "outbound" else "saddr"
        yield direction, 4, f"ip {end}"
        yield direction, 6, f"ip6 {end}"


def _take_rules(
    rules: list[str], pattern: str, said: str = _COMMENT
) -> Iterator[re.Match[str]]:
    """Yield the rules of this shape, and remove them from the list."""
    whole = re.compile(rf"add rule {TABLE} {pattern} accept{said}")
    others = []
    for rule in rules:
        if match := whole.fullmatch(rule):
            yield match
        else:
            others.append(rule)
    rules[:] = others


def _unreadable(line: str) -> RuleError:
    return RuleError(f'nftables.nft cannot be read back: "{to_comment(line)}"')


FORMAT = Format(
    name="nftables",
    file="nftables.nft",
    about="nftables sets and chains for table inet filter, loaded with nft -f",
    loaded="nft -f FILE",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
