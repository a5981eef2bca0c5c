"""A fragment of squid.conf: clients with private addresses may have what the page names.

It defines its own access lists and allows; it denies nothing, and sets nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._delta import of_lines
from tracker.formats._names import stem
from tracker.formats._notes import head, left_out_lines
from tracker.formats._policy import LAN_NETWORKS, comment, rules_of
from tracker.formats._proxied import cannot
from tracker.formats._squid_plan import Group, expressed, groups, lines

_LONGEST = 40  # characters of a list's start; Squid takes 63 for the whole of its name
_CLIENTS = ("127.0.0.0/8", *LAN_NETWORKS[4], "::1", *LAN_NETWORKS[6])

_HOW_TO = """
Your squid.conf includes this file above its own http_access lines. Those of Debian deny all
ports but a few, and CONNECT to all but 443: above these too, or the other ports stay shut.
  include /etc/squid/{name}.conf
  squid -k parse && squid -k reconfigure         now, and whenever this file changes
It allows, to clients with a private address, these names and addresses on these ports, and
denies nothing. Other clients: acl {name}_clients src 203.0.113.0/24
Names and addresses are taken as the client asks for them and never looked up (-n): neither a
name that points to such an address is allowed by it, nor an address by its reverse name."""

_ACL = re.compile(r"acl (\w+) (port|dstdomain -n|dst -n|src) (\S+)")


def render(rule_set: RuleSet) -> Rendered:
    """The whole fragment; nothing where there is no name and no address on a TCP port."""
    allowed, left_out = rules_of(rule_set, cannot)
    if not allowed:
        return Rendered(None, left_out)
    name = stem(rule_set, _LONGEST, "_")
    how_to = _HOW_TO.format(name=name).split("\n")
    notes = [*head(rule_set), *how_to, *left_out_lines(left_out)]
    comments = [f"# {line}".rstrip() for line in notes]
    return Rendered("\n".join([*comments, *_body(name, groups(rule_set))]) + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """What the fragment allows: `outbound *.example.com tcp/443`.

    Raises RuleError where its lines are not those that would be written for what it lists.
    """
    found = [line for line in text.splitlines() if line and not line.startswith("#")]
    name = found[0].split()[1].removesuffix("_clients") if found[0].count(" ") else ""
    values: dict[str, list[str]] = defaultdict(list)
    for line in found:
        if acl := _ACL.fullmatch(line):
            values[acl[1]].append(acl[3])
    read = [_read(name, ports, values) for ports in list(_port_lists(values))]
    if [line for line in _body(name, read) if line and not line.startswith("#")] != found:
        raise RuleError("squid.conf cannot be read back: a line is missing, or too many")
    return frozenset(line for group in read for line in lines(group))


def _body(name: str, found: Iterable[Group]) -> Iterator[str]:
    yield ""
    yield f"acl {name}_clients src {' '.join(_CLIENTS)}"
    for group in found:
        own = f"{name}_{group.ports.replace('-', '_')}"
        yield ""
        yield f"acl {own} port {group.ports}"
        yield from _list(f"{own}_names dstdomain -n", _dotted(group.names))
        yield from _list(f"{own}_addresses dst -n", group.addresses.items())
        yield from (
            f"# {target}: {wide} stands for it" for target, wide in group.covered.items()
        )
        for kind in ("names", "addresses"):
            if getattr(group, kind):
                yield f"http_access allow {name}_clients {own} {own}_{kind}"


def _lines(rule_set: RuleSet) -> Iterable[str]:
    """The body of a file that there is."""
    found = groups(rule_set)
    return _body(stem(rule_set, _LONGEST, "_"), found) if found else ()


def _list(start: str, values: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One line for each value, below a comment where the page calls it otherwise."""
    last = ""
    for value, words in values:
        star = f"*{value}" if value.startswith(".") else ""
        plain = comment(words)
        said = f"{star}: {plain}" if star and plain else star or plain or value
        if said != last:
            yield f"# {said}"
        last = said
        yield f"acl {start} {value}"


def _dotted(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """As Squid spells them: `.x` is `x` and all names below it; `*.x` would never match."""
    for name, words in names.items():
        yield name.removeprefix("*"), words


def _port_lists(values: dict[str, list[str]]) -> Iterator[str]:
    for name, found in values.items():
        if re.fullmatch(r"\w+_[0-9]+", name) and len(found) == 1:
            yield found[0]


def _read(name: str, ports: str, values: dict[str, list[str]]) -> Group:
    own = f"{name}_{ports.replace('-', '_')}"
    starred = (f"*{each}" if each[0] == "." else each for each in values[f"{own}_names"])
    return Group(
        ports, dict.fromkeys(starred, ""), dict.fromkeys(values[f"{own}_addresses"], "")
    )


FORMAT = Format(
    name="squid",
    file="squid.conf",
    about="a fragment of squid.conf that allows names and addresses on their ports",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=of_lines(_lines, "#"),
)
