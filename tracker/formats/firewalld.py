"""A script that adds ipsets and four policies to firewalld, without any zone until you add one.

It writes complete XML files below /etc/firewalld, has firewall-offline-cmd check them before
any of them is installed, and keeps the zones of existing policies; so it can be run again, and
each version's script is exact. Accepting packets in another table would not help: firewalld
drops in its own (firewalld.policy(5), firewalld.ipset(5); a set as destination: 1.0).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.linux import (
    DIRECTIONS,
    FAMILIES,
    expected_port_lines,
    list_elements,
    list_lan_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import list_left_out
from tracker.formats.shared.port_ranges import Ports, parse_ranges, range_text
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import LAN, Direction, Protocol
from tracker.text import to_comment

FILE = "firewalld.sh"
MOST = 65_536  # entries of a set by default: ipset(8), maxelem
_POLICY_NAME, _LAN_OUT = 18, "_lan_out"  # firewall.functions.max_policy_name_len
_WAYS: dict[Direction, str] = {"outbound": "out", "inbound": "in"}
_SIDES: dict[Direction, str] = {"outbound": "destination", "inbound": "source"}
_INET = {4: "inet", 6: "inet6"}
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_END = "XML"

_ENTRY = re.compile(r"  <entry>([0-9a-f.:/]+)</entry>")
_RULE = re.compile(
    r'  <rule family="ipv([46])"><(?:source|destination) ipset="([a-z0-9_-]+)"/>'
    r'<port port="([0-9-]+)" protocol="(tcp|udp)"/><accept/></rule>'
)
_PART = re.compile(r"put_(ipset|policy) ([a-z0-9_-]+) <<'XML'")

# The check is on a copy, so that a refusal changes nothing.
_START = """
set -eu
etc=${{1:-/etc/firewalld}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$etc/." "$work"
mkdir -p "$work/ipsets" "$work/policies" "$etc/ipsets" "$etc/policies"
rm -f "$work/ipsets/{stem}_"*.xml
put_ipset() {{ cat > "$work/ipsets/$1.xml"; }}
put_policy() {{
    zones=$(grep -E '<(in|e)gress-zone ' "$work/policies/$1.xml" 2>/dev/null || :)
    {{ cat; printf '%s\\n' "$zones" '</policy>'; }} > "$work/policies/$1.new"
    mv "$work/policies/$1.new" "$work/policies/$1.xml"
}}
"""

_FINISH = """
firewall-offline-cmd --system-config="$work" --check-config
for file in "$work/ipsets/{stem}_"*.xml "$work/policies/{stem}_"*.xml; do
    to=$etc${{file#"$work"}}
    cp "$file" "$to.new"
    mv "$to.new" "$to"
done
for file in "$etc/ipsets/{stem}_"*.xml; do
    [ -e "$work${{file#"$etc"}}" ] || rm -f "$file"
done
if [ "$etc" = /etc/firewalld ] && firewall-cmd --state > /dev/null 2>&1; then
    firewall-cmd --reload
fi
"""

_HOW_TO = """

For firewalld 1.0 or later. Run as root, now and whenever this file changes:
  sh firewalld.sh
It writes ipsets and policies to /etc/firewalld, checks them, and reloads firewalld.
It allows what the page names and blocks nothing. A policy has no effect without zones:
  firewall-cmd --permanent --policy NAME --add-ingress-zone FROM
  firewall-cmd --permanent --policy NAME --add-egress-zone TO
  firewall-cmd --reload
Add them once, for the policies that you need; loading this file again keeps them. Zones in
lower case are examples: use your own.
  {name:<{width}}from         to
  {out:<{width}}HOST         ANY          a host whose outgoing traffic is restricted
  {out:<{width}}internal     external     a gateway
  {in_:<{width}}external     HOST         a server that accepts connections listed on the page
  {lan_out:<{width}}HOST         internal     local network services, from a host
  {lan_in:<{width}}internal     HOST         local network services, to a host
Do not use the last two on a gateway, unless one of your networks needs these services in
another: then from the one to the other. The priority is -100: a policy of yours with a lower
number still denies; those with a higher number, and zones, come later and cannot override it.
"""


class FirewalldRule(msgspec.Struct, frozen=True):
    """One port or range, opened to the addresses of a set."""

    family: int
    ipset: str
    ports: Ports
    protocol: Protocol


class FirewalldPlan(msgspec.Struct, frozen=True):
    """Entries of each set, rules of each policy, and the page's name for each entry."""

    stem: str
    ipsets: dict[str, list[str]]
    policies: dict[str, list[FirewalldRule]]
    words: Mapping[tuple[str, str], str]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole script; no text if no endpoint has an address or is the LAN."""
    left_out = list_left_out(rule_set, unsupported_by_linux)
    plan = _build_plan(rule_set)
    if not plan.ipsets:
        return Rendered(None, left_out)
    names = {_WAYS[way]: _policy(plan.stem, way) for way in DIRECTIONS}
    lan = {f"lan_{_WAYS[way]}": _policy(plan.stem, way, lan=True) for way in DIRECTIONS}
    width = len(max(lan.values(), key=len)) + 2
    how_to = _HOW_TO.format(name="NAME", width=width, out=names["out"], in_=names["in"], **lan)
    head = comment_lines("#", file_notes(rule_set, how_to, left_out))
    return Rendered(join_lines([*head, *_script(plan)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the policies open: `outbound 192.0.2.1 tcp/443`, and `lan 10.0.0.0/8`.

    Raises RuleError for a line that does not belong to the script, for a set without a rule,
    and if the networks of the LAN are not all open to each of its ports.
    """
    plan = _parse_plan(text)
    lines = [line for line in split_lines(text) if line and not line.startswith("#")]
    bare = [re.sub(r" <!-- [^<>]+ -->$", "", line) for line in lines]
    if bare != [line for line in _script(plan) if line]:
        raise RuleError(f"{FILE} cannot be read back: it is of another shape")
    used = {rule.ipset for rules in plan.policies.values() for rule in rules}
    if used != plan.ipsets.keys():
        raise RuleError(f"{FILE}: its sets and policies do not match")
    return frozenset(_opened_lines(plan))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the policies must open, without overlaps."""
    lines = expected_port_lines(rule_set, unsupported_by_linux)
    has_lan = any(line.split()[1] == LAN for line in lines)
    return lines | rule_set.lan.lines if has_lan else lines


def count_largest(text: str) -> int:
    """Return the number of entries of the largest set."""
    parts = text.split("put_ipset ")[1:]
    return max((part.count("<entry>") for part in parts), default=0)


def _build_plan(rule_set: RuleSet) -> FirewalldPlan:
    stem = name_stem(rule_set, _POLICY_NAME - len(_LAN_OUT), "-")
    ipsets: dict[str, list[str]] = defaultdict(list)
    words: dict[tuple[str, str], str] = {}
    policies: dict[str, list[FirewalldRule]] = {
        _policy(stem, way, lan=lan): [] for lan in (False, True) for way in DIRECTIONS
    }
    for each in list_elements(rule_set, unsupported_by_linux):
        way = f"{_WAYS[each.direction]}{each.family}"
        name = f"{stem}_{way}_{each.protocol}-{range_text(each.ports)}"
        if name not in ipsets:
            rule = FirewalldRule(each.family, name, each.ports, each.protocol)
            policies[_policy(stem, each.direction)].append(rule)
        ipsets[name].append(each.target)
        words[name, each.target] = each.words
    for ports_of_lan in list_lan_ports(rule_set, unsupported_by_linux):
        rules = policies[_policy(stem, ports_of_lan.direction, lan=True)]
        for family in FAMILIES:
            if networks := rule_set.lan.of(family):
                name = f"{stem}_{LAN}{family}"
                ipsets[name] = list(networks)
                spans = ports_of_lan.ports
                made = (
                    FirewalldRule(family, name, span, ports_of_lan.protocol) for span in spans
                )
                rules.extend(made)
    return FirewalldPlan(stem, dict(ipsets), policies, words)


def _policy(stem: str, way: Direction, *, lan: bool = False) -> str:
    return f"{stem}_{LAN}_{_WAYS[way]}" if lan else f"{stem}_{_WAYS[way]}"


def _script(plan: FirewalldPlan) -> Iterator[str]:
    """Yield the lines of the script. Names, addresses and ports need no quoting."""
    yield from _START.format(stem=plan.stem).splitlines()
    for name, entries in plan.ipsets.items():
        family = _INET[6 if ":" in entries[0] else 4]
        yield from (f"put_ipset {name} <<'{_END}'", _XML, '<ipset type="hash:net">')
        yield f'  <option name="family" value="{family}"/>'
        for entry in entries:
            yield f"  <entry>{entry}</entry>{_xml_comment(plan.words.get((name, entry), ''))}"
        yield from ("</ipset>", _END)
    for name, rules in plan.policies.items():
        side = _SIDES["inbound" if name.endswith("_in") else "outbound"]
        yield from (f"put_policy {name} <<'{_END}'", _XML)
        yield '<policy priority="-100" target="CONTINUE">'
        yield from (_rule_line(side, rule) for rule in rules)
        yield _END
    yield from _FINISH.format(stem=plan.stem).splitlines()


def _rule_line(side: str, rule: FirewalldRule) -> str:
    port = f'<port port="{range_text(rule.ports)}" protocol="{rule.protocol}"/>'
    match = f'<{side} ipset="{rule.ipset}"/>'
    return f'  <rule family="ipv{rule.family}">{match}{port}<accept/></rule>'


def _xml_comment(words: str) -> str:
    """Return a comment, which in XML must not contain two hyphens in a row."""
    said = re.sub("-+", "-", to_comment(words)).strip("-")
    return f" <!-- {said} -->" if said else ""


def _parse_plan(text: str) -> FirewalldPlan:
    """Return the plan of a script, as far as it can be read."""
    ipsets: dict[str, list[str]] = {}
    policies: dict[str, list[FirewalldRule]] = {}
    entries: list[str] = []
    rules: list[FirewalldRule] = []
    for line in split_lines(text):
        if part := _PART.fullmatch(line):
            entries, rules = [], []
            if part[1] == "ipset":
                ipsets[part[2]] = entries
            else:
                policies[part[2]] = rules
        elif found := _ENTRY.match(line):
            entries.append(found[1])
        elif found := _RULE.fullmatch(line):
            [ports] = parse_ranges(found[3], " ")
            protocol: Protocol = "tcp" if found[4] == "tcp" else "udp"
            rules.append(FirewalldRule(int(found[1]), found[2], ports, protocol))
    stem = next(iter(policies), "").partition("_")[0]
    if not all(ipsets.values()) or list(policies) != _policies(stem):
        raise RuleError(f"{FILE} cannot be read back: it lacks a policy or an entry")
    return FirewalldPlan(stem, ipsets, policies, {})


def _policies(stem: str) -> list[str]:
    return [_policy(stem, way, lan=lan) for lan in (False, True) for way in DIRECTIONS]


def _opened_lines(plan: FirewalldPlan) -> Iterator[str]:
    lan = {name: found for name, found in plan.ipsets.items() if f"_{LAN}" in name}
    for way in DIRECTIONS:
        for rule in plan.policies[_policy(plan.stem, way)]:
            for target in _entries(plan, rule):
                yield f"{way} {target} {rule.protocol}/{range_text(rule.ports)}"
        opened: dict[str, set[str]] = defaultdict(set)
        for rule in plan.policies[_policy(plan.stem, way, lan=True)]:
            _entries(plan, rule)
            opened[f"{way} {LAN} {rule.protocol}/{range_text(rule.ports)}"].add(rule.ipset)
        if any(sets != lan.keys() for sets in opened.values()):
            raise RuleError(f"{FILE}: a port of the LAN is not open to all of it")
        yield from opened
    yield from (f"{LAN} {network}" for found in lan.values() for network in found)


def _entries(plan: FirewalldPlan, rule: FirewalldRule) -> Iterable[str]:
    """Return the addresses of a rule. Raises RuleError if they are of another family."""
    entries = plan.ipsets.get(rule.ipset, [])
    if any((6 if ":" in entry else 4) != rule.family for entry in entries):
        raise RuleError(f"{FILE}: {rule.ipset} is of another family than its rule")
    return entries


FORMAT = Format(
    name="firewalld",
    file=FILE,
    about="a script that makes ipsets and policies of firewalld",
    loaded="sh FILE as root, then give its policies zones of yours, once",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    limit=Limit(MOST, "entries of a set", "ipset(8), maxelem", count_largest),
)
