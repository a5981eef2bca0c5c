"""Reads an nftables file of ours back: every line is of a known shape, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.errors import RuleError
from tracker.formats._lines import lines_of
from tracker.formats._nft_hosts import named, set_name
from tracker.formats._nft_names import (
    DIRECTIONS,
    FAMILIES,
    TABLE,
    Names,
    emptied,
    frame,
)
from tracker.formats._policy import LAN_NETWORKS, comment
from tracker.model import Direction

_HOST_SET = re.compile(r"\tset ([a-z][a-z0-9_]*_[46]) \{")
_HOST_NAME = ' comment "(?P<host>names? [a-z0-9 ._-]{1,120})"'
_FIRST_SET = re.compile(r"\tset ([a-z][a-z0-9_]*)_out4 \{")
_ELEMENT = re.compile(r"\t([0-9a-f.:/]+) \. (tcp|udp) \. ([0-9]+(?:-[0-9]+)?),?")
_COMMENT = r'(?: comment "[A-Za-z0-9 ._:/()-]{1,120}")?'


def read_back(text: str) -> frozenset[str]:
    """What the file opens: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`.

    A host of `outbound *.example.com tcp/443` is open as far as dnsmasq fills its set.
    Raises RuleError for any line that is not of the frame, an element or a rule; for a set
    without its rule or a rule without its set; and for a LAN that is not what it should be.
    """
    lines = [line for line in map(_bare, lines_of(text)) if line]
    first = _FIRST_SET.fullmatch(lines[1]) if len(lines) > 1 else None
    if first is None:
        raise RuleError("nftables.nft cannot be read back: no set of ours in line 2")
    names = Names(first[1])
    rest = _after(frame(names), lines)
    del lines  # of many hosts each of these is tens of megabytes
    declared = _host_sets(rest)
    sets, rules = _blocks(_after(emptied(names), rest))
    del rest
    opened = _endpoints(names, sets, rules) | _hosts(names, declared, rules)
    return opened | _lan(names, sets, rules)


def _after(own: list[str], lines: list[str]) -> list[str]:
    """The lines that follow these. Raises RuleError where they start with others."""
    if lines[: len(own)] != own:
        raise RuleError("nftables.nft cannot be read back: its frame differs")
    return lines[len(own) :]


def _host_sets(lines: list[str]) -> set[str]:
    """Takes the block that declares sets of hosts off the lines, and gives their names."""
    if not lines or not lines[0].startswith("table "):
        return set()
    end = lines.index("}") + 1 if "}" in lines else len(lines)
    found = [match[1] for match in map(_HOST_SET.fullmatch, lines[1:end:3]) if match]
    made = [f"table {TABLE} {{"]
    for name in found:
        made += [f"\tset {name} {{", f"\t\ttype ipv{name[-1]}_addr", "\t}"]
    if lines[:end] != [*made, "}"]:
        raise _odd(lines[0])
    del lines[:end]
    return set(found)


def _bare(line: str) -> str:
    return line.partition("#")[0].rstrip()


def _blocks(lines: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The element lines by set, and the rule lines. What was used is taken away later."""
    sets: dict[str, list[str]] = {}
    rules: list[str] = []
    rest = iter(lines)
    for line in rest:
        if start := re.fullmatch(rf"add element {TABLE} (\w+) \{{", line):
            sets[start[1]] = list(iter(lambda: next(rest, "}"), "}"))
        elif line.startswith(f"add rule {TABLE} "):
            rules.append(line)
        else:
            raise _odd(line)
    return sets, rules


def _endpoints(names: Names, sets: dict[str, list[str]], rules: list[str]) -> frozenset[str]:
    found = set()
    for direction, family, field in _sides():
        name = names.endpoints(direction, family)
        rule = rf"{names.chain(direction)} {field} \. meta l4proto \. th dport @{name}"
        matched = list(_take(rules, rule))
        if bool(matched) is not (name in sets):
            raise RuleError(f"nftables.nft: the set {name} and its rule do not match")
        for line in sets.pop(name, []):
            if not (element := _ELEMENT.fullmatch(line)):
                raise _odd(line)
            found.add(f"{direction} {element[1]} {element[2]}/{element[3]}")
    return frozenset(found)


def _hosts(names: Names, declared: set[str], rules: list[str]) -> frozenset[str]:
    """Each rule of a host looks in the host's own set, and each set has its rules."""
    found: dict[int, set[str]] = {family: set() for family in FAMILIES}
    used = set()
    for direction, family, field in _sides():
        if direction == "inbound":
            continue
        own = rf"{names.chain(direction)} {field} @(\w+_{family})"
        for rule in _take(rules, rf"{own} (tcp|udp) dport \{{ ([0-9, -]+) \}}", _HOST_NAME):
            host = named(rule["host"])
            if host is None or set_name(names, host, family) != rule[1]:
                raise _odd(rule[0])
            used.add(rule[1])
            found[family] |= {f"outbound {host} {rule[2]}/{p}" for p in rule[3].split(", ")}
    if used != declared or found[4] != found[6]:
        raise RuleError("nftables.nft: the sets of hosts and their rules do not match")
    return frozenset(found[4])


def _lan(names: Names, sets: dict[str, list[str]], rules: list[str]) -> frozenset[str]:
    found: dict[int, set[str]] = {family: set() for family in FAMILIES}
    for direction, family, field in _sides():
        own = f"{names.chain(direction)} {field} @{names.lan(family)}"
        for rule in _take(rules, rf"{own} (tcp|udp) dport \{{ ([0-9, -]+) \}}"):
            for ports in rule[2].split(", "):
                found[family].add(f"{direction} lan {rule[1]}/{ports}")
    if rules:
        raise _odd(rules[0])
    lan = {names.lan(each): _lan_lines(each) for each in FAMILIES if found[each]}
    if sets != lan or found[4] != found[6]:
        raise RuleError("nftables.nft: its LAN is not the local network")
    return frozenset(found[4])


def _lan_lines(family: int) -> list[str]:
    lines = [f"\t{network}," for network in LAN_NETWORKS[family]]
    return [*lines[:-1], lines[-1].rstrip(",")]


def _sides() -> Iterator[tuple[Direction, int, str]]:
    for direction in DIRECTIONS:
        end = "daddr" if direction == "outbound" else "saddr"
        yield direction, 4, f"ip {end}"
        yield direction, 6, f"ip6 {end}"


def _take(rules: list[str], pattern: str, said: str = _COMMENT) -> Iterator[re.Match[str]]:
    """Takes the rules of this shape out of the list, once all of them were asked for."""
    whole = re.compile(rf"add rule {TABLE} {pattern} accept{said}")
    others = []
    for rule in rules:
        if match := whole.fullmatch(rule):
            yield match
        else:
            others.append(rule)
    rules[:] = others


def _odd(line: str) -> RuleError:
    return RuleError(f'nftables.nft cannot be read back: "{comment(line)}"')
