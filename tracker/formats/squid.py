"""A fragment of squid.conf that lets clients of the LAN reach the documented endpoints.

It defines its own access lists and allow rules; it denies nothing and has no other settings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import address_key, address_of, network_of, span_of
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.domain_names import (
    collect_words,
    describe_target,
    including_wildcard,
    unsupported_by_proxies,
)
from tracker.formats.shared.lan import Lan, build_lan
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.text import to_comment

_CLIENTS_OF_A_LINE = 8
_LONGEST = 40  # characters of the start of a list's name; Squid accepts 63 for all of it
_LOOPBACK = {4: "127.0.0.0/8", 6: "::1"}  # RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3

_HOW_TO = """
Include this file in your squid.conf above its own http_access lines. Those of Debian deny all
ports except a few, and CONNECT to all except 443: include it above these too, or the other
ports stay closed.
  include /etc/squid/{name}.conf
  squid -k parse && squid -k reconfigure         now, and whenever this file changes
It allows this machine and the clients of your LAN to reach these names and addresses on these
ports, and denies nothing. The LAN is set in fwtracker's configuration, [lan] networks.
Names and addresses are compared as the client requests them and never resolved (-n): a name is
not allowed because it points to a listed address, nor an address because of its reverse name.
"""

_ACL = re.compile(r"acl (\w+) (port|dstdomain -n|dst -n|src) (\S+)")


class SquidGroup(msgspec.Struct):
    """Names and addresses with the same ports, each with the page's name for it.

    `covered` are those that Squid would warn about, each with the wider one that includes it.
    """

    ports: str
    names: dict[str, str] = msgspec.field(default_factory=dict)
    addresses: dict[str, str] = msgspec.field(default_factory=dict)
    covered: dict[str, str] = msgspec.field(default_factory=dict)


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole fragment; no text if no name or address has a TCP port."""
    allowed = allowed_rules(rule_set, unsupported_by_proxies)
    left_out = list_left_out(rule_set, unsupported_by_proxies)
    if not allowed:
        return Rendered(None, left_out)
    name = name_stem(rule_set, _LONGEST, "_")
    notes = file_notes(rule_set, _HOW_TO.format(name=name), left_out)
    body = _body(name, rule_set.lan, list_port_groups(rule_set))
    return Rendered(join_lines([*comment_lines("#", notes), *body]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the fragment allows: `outbound *.example.com tcp/443`, and to which `lan`.

    Raises RuleError if its lines are not those that would be written for its lists.
    """
    found = [line for line in text.splitlines() if line and not line.startswith("#")]
    name = found[0].split()[1].removesuffix("_clients") if found[0].count(" ") else ""
    values: dict[str, list[str]] = defaultdict(list)
    for line in found:
        if acl := _ACL.fullmatch(line):
            values[acl[1]].append(acl[3])
    lan = _parse_clients(line for line in found if line.startswith(f"acl {name}_clients src "))
    read = [_parse_group(name, ports, values) for ports in list(_port_lists(values))]
    if [line for line in _body(name, lan, read) if line and line[0] != "#"] != found:
        raise RuleError("squid.conf cannot be read back: a line is missing, or too many")
    return lan.lines.union(*map(proof_lines, read))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the file must allow, without what a wider target with its ports includes."""
    groups = list_port_groups(rule_set)
    return rule_set.lan.lines.union(*map(proof_lines, groups)) if groups else frozenset()


@cached_for_format
def list_port_groups(rule_set: RuleSet) -> list[SquidGroup]:
    """Return one group for each port range, by port; in a group no target covers another."""
    found: dict[Ports, list[tuple[str, str]]] = defaultdict(list)
    for rule in allowed_rules(rule_set, unsupported_by_proxies):
        found[ports_of(rule)].append((rule.endpoint.target, rule.words))
    return [
        _build_group(range_text(ports), collect_words(said))
        for ports, said in sorted(found.items())
    ]


def proof_lines(group: SquidGroup) -> Iterable[str]:
    """Yield the proof lines of a group: `outbound 192.0.2.1 tcp/443`."""
    for target in (*group.names, *group.addresses):
        yield f"outbound {target} tcp/{group.ports}"


def _build_group(ports: str, said: dict[str, set[str]]) -> SquidGroup:
    group = SquidGroup(ports)
    addresses: list[str] = []
    for target, words in sorted(said.items()):
        if network_of(target):
            addresses.append(target)
        elif wide := including_wildcard(target, said):
            group.covered[target] = wide
        else:
            group.names[target] = describe_target(target, words)
    last, around = (0, 0), ""
    for target in sorted(addresses, key=address_key):
        version, first, end = span_of(target)
        if (version, first) <= last:
            group.covered[target] = around
        else:
            around, last = target, (version, end)
            group.addresses[target] = describe_target(target, said[target])
    return group


def _body(name: str, lan: Lan, found: Iterable[SquidGroup]) -> Iterator[str]:
    yield ""
    clients = [each for family in _LOOPBACK for each in (_LOOPBACK[family], *lan.of(family))]
    for at in range(0, len(clients), _CLIENTS_OF_A_LINE):
        some = clients[at : at + _CLIENTS_OF_A_LINE]
        yield f"acl {name}_clients src {' '.join(some)}"
    for group in found:
        own = f"{name}_{group.ports.replace('-', '_')}"
        yield ""
        yield f"acl {own} port {group.ports}"
        yield from _acl_lines(f"{own}_names dstdomain -n", _write_names(group.names))
        yield from _acl_lines(f"{own}_addresses dst -n", group.addresses.items())
        yield from (
            f"# {target}: {wide} stands for it" for target, wide in group.covered.items()
        )
        for kind in ("names", "addresses"):
            if getattr(group, kind):
                yield f"http_access allow {name}_clients {own} {own}_{kind}"


def _lines(rule_set: RuleSet) -> Iterable[str]:
    """Return the body of a file; no lines if there is no file."""
    found = list_port_groups(rule_set)
    name = name_stem(rule_set, _LONGEST, "_")
    return _body(name, rule_set.lan, found) if found else ()


def _parse_clients(lines: Iterable[str]) -> Lan:
    """Return the LAN from the lines that list the clients. Raises RuleError."""
    clients = (each for line in lines for each in line.split()[3:])
    return build_lan(address_of(each) for each in clients if each not in _LOOPBACK.values())


def _acl_lines(start: str, values: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield one line for each value, below a comment if the page's name for it changes."""
    last = ""
    for value, words in values:
        star = f"*{value}" if value.startswith(".") else ""
        plain = to_comment(words)
        said = f"{star}: {plain}" if star and plain else star or plain or value
        if said != last:
            yield f"# {said}"
        last = said
        yield f"acl {start} {value}"


def _write_names(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield names as Squid writes them: `.x` is `x` with subdomains; `*.x` never matches."""
    for name, words in names.items():
        yield name.removeprefix("*"), words


def _port_lists(values: dict[str, list[str]]) -> Iterator[str]:
    for name, found in values.items():
        if re.fullmatch(r"\w+_[0-9]+", name) and len(found) == 1:
            yield found[0]


def _parse_group(name: str, ports: str, values: dict[str, list[str]]) -> SquidGroup:
    own = f"{name}_{ports.replace('-', '_')}"
    starred = (f"*{each}" if each[0] == "." else each for each in values[f"{own}_names"])
    return SquidGroup(
        ports, dict.fromkeys(starred, ""), dict.fromkeys(values[f"{own}_addresses"], "")
    )


FORMAT = Format(
    name="squid",
    file="squid.conf",
    about="a fragment of squid.conf that allows names and addresses on their ports",
    loaded="include it in squid.conf, then squid -k reconfigure",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_lines, "#"),
)
