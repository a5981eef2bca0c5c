"""A script for ufw: four lists of rules, of which you load those that you want.

ufw identifies rules by their text, which `ufw show added` prints. The script adds missing rules
of a list and deletes rules that have the list's comment but are no longer in it; so it can be
run again, and each version's script is exact. Accepting packets in another table would open
nothing, because ufw's own chains drop (ufw(8), "RULE SYNTAX" and "REMOVING RULES").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_address, is_mapped
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.linux import (
    DIRECTIONS,
    LinuxPorts,
    expected_port_lines,
    is_host,
    list_ports,
    unsupported_by_linux,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import MAPPED, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges, range_text, split_ranges
from tracker.formats.shared.text import comment_lines, join_lines, split_lines
from tracker.model import LAN, Direction, Endpoint, Protocol
from tracker.text import to_comment

FILE = "ufw.sh"
_LONGEST = 60  # characters of a comment's start, to keep it readable: no limit is documented
_MOST_PORTS = 15  # in one rule; a range counts as two: ufw.common.UFWRule.set_port
_WAYS: dict[Direction, str] = {"outbound": "out", "inbound": "in"}
_LISTS = [f"{lan}{way}" for lan in ("", f"{LAN}_") for way in _WAYS.values()]
_LINE = re.compile(r"(tcp|udp) ([0-9,:]+) ([0-9a-f.:/]+)(?: # .*)?")
_LIST = re.compile(r"    (out|in|lan_out|lan_in)\) cat <<'END' ;;")
_OWN = re.compile(r"own=([a-z0-9-]+)_\$list")

_START = """
set -eu
list= route= rules=rules
for word; do
    case $word in
    out | in | lan_out | lan_in) list=$word ;;
    route) route='route ' ;;
    delete) rules=: ;;
    *) list= && break ;;
    esac
done
if [ -z "$list" ]; then
    echo 'usage: sh ufw.sh out|in|lan_out|lan_in [route] [delete]' >&2
    exit 2
fi
"""

_FINISH = """
wanted() {
    $rules | while read -r protocol ports address _; do
        # No router forwards what is link-local.
        case $route$address in route*169.254.* | route*fe80:*) continue ;; esac
        case $list,$route in
        *out,) echo "allow out to $address port $ports proto $protocol" ;;
        *out,*) echo "allow to $address port $ports proto $protocol" ;;
        *) echo "allow from $address to any port $ports proto $protocol" ;;
        esac
    done
}
# The rules that ufw has, of any origin, and those with the comment of this list.
bare() { sed -n "s/ comment '.*'$//; s/^ufw ${route}allow /allow /p"; }
known() { ufw show added | bare; }
ours() { ufw show added | grep " comment '$own'$" | bare; }
lacking() { printf '%s\\n' "$2" | grep -vxF -e "$1" -e '' || :; }
add_missing() {
    lacking "$(known)" "$(wanted)" | while read -r rule; do
        ufw $route$rule comment "$own" < /dev/null
    done
}
add_missing
lacking "$(wanted)" "$(ours)" | while read -r rule; do
    ufw ${route}delete $rule < /dev/null
done
add_missing
"""

_HOW_TO = """

Adds rules that allow what the page names, and denies nothing. Run as root, now and whenever
this file changes, for each list that you use:
  sh ufw.sh out             what a host may reach, if outgoing traffic is denied by default
  sh ufw.sh out route       what the networks behind a gateway may reach
  sh ufw.sh in              what may reach a server or host; with route, the machines behind it
  sh ufw.sh lan_in          local network services, to a host
  sh ufw.sh lan_out         local network services, from a host
Add delete as the last word to remove the rules again. Do not use the lan lists on a gateway,
unless one of your networks needs these services in another: then with route.
ufw evaluates rules in order and appends new ones, so a deny of yours above still applies.
It recognizes the rules of this file by their comment, {own}_out and so on, and has each rule
once: for several regions on one machine, load the file of rules/all/ instead.
"""


class UfwRule(msgspec.Struct, frozen=True):
    """One line of a list: ports as ufw writes them, and the page's name for the address."""

    protocol: Protocol
    ports: str
    address: str
    words: str = ""

    @property
    def line(self) -> str:
        """Return `tcp 443,8000:8003 192.0.2.1 # words`, in which no word has a quote."""
        said = to_comment(self.words)
        return f"{self.protocol} {self.ports} {self.address}{f' # {said}' if said else ''}"


UfwLists = dict[str, list[UfwRule]]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole script; no text if no endpoint has an address or is the LAN."""
    left_out = list_left_out(rule_set, _explain_unsupported)
    lists = _build_lists(rule_set)
    if not lists:
        return Rendered(None, left_out)
    own = name_stem(rule_set, _LONGEST, "-")
    notes = file_notes(rule_set, _HOW_TO.format(own=own), left_out)
    return Rendered(join_lines([*comment_lines("#", notes), *_script(own, lists)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the lists open: `outbound 192.0.2.1 tcp/443`, and `lan 10.0.0.0/8`.

    Raises RuleError for a line that does not belong to the script, and if the networks of the
    LAN are not all open to each of its ports.
    """
    own, lists = _parse_lists(text)
    lines = [line for line in split_lines(text) if line and not line.startswith("#")]
    bare = [line.partition(" # ")[0] if _LINE.fullmatch(line) else line for line in lines]
    code = [line for line in _script(own, lists) if line and not line.startswith("#")]
    if bare != code:
        raise RuleError(f"{FILE} cannot be read back: it is of another shape")
    return frozenset(_opened_lines(lists))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the lists must open, without overlaps."""
    lines = expected_port_lines(rule_set, _explain_unsupported)
    has_lan = any(line.split()[1] == LAN for line in lines)
    return lines | rule_set.lan.lines if has_lan else lines


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why ufw cannot express an endpoint: it rewrites IPv4-mapped addresses, too."""
    mapped = endpoint.target != LAN and not is_host(endpoint) and is_mapped(endpoint.target)
    return MAPPED if mapped else unsupported_by_linux(endpoint)


def _build_lists(rule_set: RuleSet) -> UfwLists:
    lists: UfwLists = {name: [] for name in _LISTS}
    for each in list_ports(rule_set, _explain_unsupported):
        lan = each.target == LAN
        found = lists[f"{LAN}_{_WAYS[each.direction]}" if lan else _WAYS[each.direction]]
        networks = rule_set.lan.networks if lan else (each.target,)
        found += (rule for network in networks for rule in _rules(each, network))
    return {name: rules for name, rules in lists.items() if rules}


def _rules(each: LinuxPorts, address: str) -> Iterator[UfwRule]:
    for ports in split_ranges(each.ports, _MOST_PORTS, ":"):
        yield UfwRule(each.protocol, ports, address, each.words)


def _script(own: str, lists: UfwLists) -> Iterator[str]:
    yield from _START.splitlines()
    yield f"own={own}_$list"
    yield from ("rules() {", "    case $list in")
    for name, rules in lists.items():
        yield f"    {name}) cat <<'END' ;;"
        yield from (rule.line for rule in rules)
        yield "END"
    yield from ("    esac", "}")
    yield from _FINISH.splitlines()


def _parse_lists(text: str) -> tuple[str, UfwLists]:
    """Return the start of comments and the lists of a script, as far as they can be read."""
    own = ""
    lists: UfwLists = {}
    rules: list[UfwRule] = []
    for line in split_lines(text):
        if named := _OWN.fullmatch(line):
            own = named[1]
        elif begun := _LIST.fullmatch(line):
            rules = lists.setdefault(begun[1], [])
        elif found := _LINE.fullmatch(line):
            protocol: Protocol = "tcp" if found[1] == "tcp" else "udp"
            rules.append(UfwRule(protocol, found[2], found[3]))
    if list(lists) != [name for name in _LISTS if name in lists] or not all(lists.values()):
        raise RuleError(f"{FILE} cannot be read back: a list is empty or in another place")
    return own, lists


def _opened_lines(lists: UfwLists) -> Iterator[str]:
    lans: list[set[str]] = []
    for way in DIRECTIONS:
        for line, address in _lines(way, lists.get(_WAYS[way], [])):
            yield line.format(address)
        opened: dict[str, set[str]] = {}
        for line, network in _lines(way, lists.get(f"{LAN}_{_WAYS[way]}", [])):
            opened.setdefault(line.format(LAN), set()).add(network)
        yield from opened
        lans += opened.values()
    if any(networks != lans[0] for networks in lans):
        raise RuleError(f"{FILE}: a port of the LAN is not open to all of it")
    yield from (f"{LAN} {network}" for network in (lans[0] if lans else ()))


def _lines(way: Direction, rules: Iterable[UfwRule]) -> Iterator[tuple[str, str]]:
    """Yield a proof line, with `{}` for the address, and the address of each port."""
    for rule in rules:
        for ports in parse_ranges(rule.ports, ",", ":"):
            line = f"{way} {{}} {rule.protocol}/{range_text(ports)}"
            yield line, canonical_address(rule.address)


FORMAT = Format(
    name="ufw",
    file=FILE,
    about="a script that adds and deletes rules of ufw, in four lists",
    loaded="sh FILE out (or in, lan_out, lan_in) as root; its head says which",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
)
