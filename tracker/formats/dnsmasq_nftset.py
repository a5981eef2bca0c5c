"""A file for dnsmasq: which names fill which sets of the nftables.nft in the same folder.

dnsmasq adds the addresses that it answers for a name, and for every subdomain, to the sets of
the longest matching name (dnsmasq(8), --nftset): so the line of a name within a wildcard also
lists the wildcard's sets, and each domain has one line. dnsmasq cannot exclude subdomains: if
the configuration keeps these closed, names without a wildcard are commented out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet, measure_longest_line
from tracker.formats.nftables.script import (
    TABLE,
    NftHost,
    NftNames,
    explain_unsupported,
    list_hosts,
    names_for,
    set_name,
)
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.linux import FAMILIES, is_host
from tracker.formats.shared.policy import cached_for_format, list_left_out
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import Endpoint
from tracker.text import to_comment

NO_ADDRESSES = "it is for names only; nftables.nft has the addresses and the local network"

NAMES_BELOW = (
    "dnsmasq would open the names below it too, which names_below in the configuration closes"
)

TOO_DEEP = "more wildcards cover it than fit into a line of dnsmasq"

_DEEPEST = 4  # wildcards around another: dnsmasq 2.90 breaks lines after 1024 characters

_HOW_TO = """

Fills the sets of nftables.nft, which must be loaded first. To use it:
  copy it to /etc/dnsmasq.d/ and restart dnsmasq, now, whenever this file changes, and
  after each "flush ruleset": dnsmasq fills no set from its cache
Needs dnsmasq 2.87 or later with nftset. Clients must use this dnsmasq as their resolver:
an address that was resolved elsewhere is in no set.
A name without a wildcard also opens its subdomains, which dnsmasq cannot leave out; with
names_below = false in fwtracker's configuration, such names stay closed.
dnsmasq uses only one line for a name: for several regions on one machine, copy
rules/all/dnsmasq-nftset.conf instead of the files of the regions.
"""

# The wildcards, by their names without the star.
Wild = Mapping[str, NftHost]
_LINE = re.compile(r"nftset=/([a-z0-9._-]+)/([A-Za-z0-9#_,]+)")


def render(rule_set: RuleSet) -> Rendered:
    """Return a line for each domain; no text if all of them would be commented out."""
    hosts = _hosts(rule_set)
    left_out = list_left_out(rule_set, partial(_explain_unsupported, rule_set, hosts))
    if not hosts.lines:
        return Rendered(None, left_out)
    names = names_for(rule_set)
    lines = [
        *comment_lines("#", file_notes(rule_set, _HOW_TO, left_out)),
        "",
        *_body(rule_set),
        *(
            f"#{text.removeprefix('#')}"
            for host in hosts.closed
            for text in _host_lines(names, host, hosts.wild)
        ),
    ]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names and wildcards whose addresses fill their sets.

    Raises RuleError for another line, and if a name fills other sets than its own and those of
    the wildcards around it.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
    if len(found) != len(lines):
        raise RuleError("dnsmasq-nftset.conf cannot be read back: a line is of another shape")
    hosts = {domain: _parse_hosts(domain, sets) for domain, sets in found.items()}
    wild = {each.domain: each for own in hosts.values() for each in own if each.is_wildcard}
    for domain, own in hosts.items():
        if not own or found[domain] != _set_list(
            _parse_names(found[domain], own[0]), own[0], wild
        ):
            raise RuleError(f"dnsmasq-nftset.conf: other sets for {to_comment(domain)}")
    return frozenset(each.name for own in hosts.values() for each in own)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return all names and wildcards that are open."""
    return _hosts(rule_set).open_names


@cached_for_format
def _body(rule_set: RuleSet) -> list[str]:
    """Return the lines that are in force."""
    names, hosts = names_for(rule_set), _hosts(rule_set)
    return [text for host in hosts.lines for text in _host_lines(names, host, hosts.wild)]


class _Hosts(NamedTuple):
    """Which hosts have a line: one per domain, for the name if there is a wildcard too.

    `wild` are all wildcards by domain; lines of names within them fill their sets too. `closed`
    are the names whose lines are commented out, `open_names` every name and wildcard whose sets
    are filled.
    """

    wild: Wild
    lines: list[NftHost]
    closed: list[NftHost]
    open_names: frozenset[str]


@cached_for_format
def _hosts(rule_set: RuleSet) -> _Hosts:
    found = list_hosts(rule_set)
    known = {host.domain: host for host in found if host.is_wildcard}
    fitting = [host for host in found if len(_outer_wildcards(host, known)) <= _DEEPEST]
    wild = {host.domain: host for host in fitting if host.is_wildcard}
    plain = [host for host in fitting if not host.is_wildcard]
    in_force = [*wild.values(), *(plain if rule_set.names_below else ())]
    lines = {host.domain: host for host in in_force}
    return _Hosts(
        wild,
        list(lines.values()),
        [] if rule_set.names_below else plain,
        frozenset(host.name for host in in_force),
    )


def _host_lines(names: NftNames, host: NftHost, wild: Wild) -> Iterator[str]:
    if host.words:
        yield f"# {to_comment(host.words)}"
    yield f"nftset=/{host.domain}/{_set_list(names, host, wild)}"


def _set_list(names: NftNames, host: NftHost, wild: Wild) -> str:
    """Return the host's own sets, then those of each wildcard around it, the nearest first."""
    return ",".join(
        f"{family}#{TABLE.replace(' ', '#')}#{set_name(names, each.name, family)}"
        for each in (host, *_outer_wildcards(host, wild))
        for family in FAMILIES
    )


def _outer_wildcards(host: NftHost, wild: Wild) -> list[NftHost]:
    """Return the wildcards that include the host, the nearest first."""
    found, domain = [], host.domain
    while domain:
        outer = wild.get(domain)
        if outer and outer.name != host.name:
            found.append(outer)
        domain = domain.partition(".")[2]
    return found


def _parse_hosts(domain: str, sets: str) -> list[NftHost]:
    """Return the name, its wildcard or both, the name first: those with sets in `sets`."""
    filled, found = sets.split(","), (NftHost(name, ()) for name in (domain, f"*.{domain}"))
    endings = ((host, _set_ending(host)) for host in found)
    return [host for host, end in endings if any(each.endswith(end) for each in filled)]


def _set_ending(host: NftHost) -> str:
    return set_name(NftNames(""), host.name, FAMILIES[0])


def _parse_names(sets: str, host: NftHost) -> NftNames:
    """Return the names of the rule set, taken from the first set, which is the host's own."""
    first = sets.partition(",")[0].rpartition("#")[2]
    return NftNames(first.removesuffix(_set_ending(host)))


def _explain_unsupported(rule_set: RuleSet, hosts: _Hosts, endpoint: Endpoint) -> str | None:
    if not is_host(endpoint):
        return NO_ADDRESSES
    if reason := explain_unsupported(endpoint):
        return reason
    if endpoint.target in hosts.open_names:
        return None
    return TOO_DEEP if rule_set.names_below or is_wildcard(endpoint.target) else NAMES_BELOW


FORMAT = Format(
    name="dnsmasq-nftset",
    file="dnsmasq-nftset.conf",
    about="dnsmasq options that fill the sets of nftables.nft with addresses of names",
    loaded="copy to /etc/dnsmasq.d/, restart dnsmasq; load nftables.nft first",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_body, "#"),
    limit=Limit(
        most=1023,
        what="characters in a line",
        source="dnsmasq 2.90, src/config.h: MAXDNAME, by which src/option.c reads lines",
        count=measure_longest_line,
    ),
)
