"""A file for dnsmasq: which names fill which sets of nftables.nft beside it.

dnsmasq adds the addresses that it answers for a name, and for every name below it, to the
sets of the longest name that fits (dnsmasq(8), --nftset): so a wildcard within another one
names the outer one's sets too. Names that stand for themselves alone are written commented
out, because dnsmasq cannot leave out what is below them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.nftables.script import (
    TABLE,
    NftHost,
    NftNames,
    list_hosts,
    names_for,
    set_name,
    unsupported,
)
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.linux import FAMILIES, is_host
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import Endpoint
from tracker.text import to_comment

NO_ADDRESSES = "it is about names; nftables.nft has the addresses and the local network"

NAMES_BELOW = (
    "dnsmasq would open the names below it too; where that is fine, take the # from its line"
)

TOO_DEEP = "it lies in more wildcards than fit into a line of dnsmasq"

_DEEPEST = 4  # wildcards around another: dnsmasq 2.90 breaks lines after 1024 characters

_HOW_TO = """

Fills the sets of nftables.nft, which has to be loaded first. To use it:
  copy it to /etc/dnsmasq.d/ and restart dnsmasq, now and again whenever it changes
Needs dnsmasq 2.87 or later with nftset. Who is to get through asks this dnsmasq for names:
an address that somebody learned elsewhere is in no set."""

# The wildcards by their names without the star.
Wild = Mapping[str, NftHost]
_LINE = re.compile(r"nftset=/([a-z0-9._-]+)/([A-Za-z0-9#_,]+)")


def render(rule_set: RuleSet) -> Rendered:
    """Return a line for each host; no file where all of them would be commented out."""
    wild, plain = _hosts(rule_set)
    left_out = list_left_out(
        rule_set, partial(_unsupported, {host.name for host in wild.values()})
    )
    if not wild:
        return Rendered(None, left_out)
    names = names_for(rule_set)
    lines = [
        *comment_lines("#", file_notes(rule_set, _HOW_TO, left_out)),
        "",
        *_body(rule_set),
        *(
            f"#{text.removeprefix('#')}"
            for host in plain
            for text in _host_lines(names, host, wild)
        ),
    ]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the wildcards whose names fill their sets.

    Raises RuleError for another line, and where a name fills other sets than its own and
    those of the wildcards around it.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
    if len(found) != len(lines):
        raise RuleError("dnsmasq-nftset.conf cannot be read back: a line is of another shape")
    wild = {domain: NftHost(f"*.{domain}", ()) for domain in found}
    for host in wild.values():
        if found[host.domain] != _set_list(_parse_names(found[host.domain], host), host, wild):
            raise RuleError(f"dnsmasq-nftset.conf: other sets for {to_comment(host.domain)}")
    return frozenset(host.name for host in wild.values())


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return all wildcards."""
    wild, _ = _hosts(rule_set)
    return frozenset(host.name for host in wild.values())


def _body(rule_set: RuleSet) -> Iterator[str]:
    """Return the lines of wildcards: those that are in force."""
    names, (wild, _) = names_for(rule_set), _hosts(rule_set)
    return (text for host in wild.values() for text in _host_lines(names, host, wild))


def _hosts(rule_set: RuleSet) -> tuple[Wild, list[NftHost]]:
    """Return the wildcards, and the names that stand for themselves alone."""
    found = list_hosts(allowed_rules(rule_set, unsupported))
    known = {host.domain: host for host in found if host.is_wildcard}
    wild = {
        domain: host
        for domain, host in known.items()
        if len(_outer_wildcards(host, known)) <= _DEEPEST
    }
    return wild, [host for host in found if not host.is_wildcard]


def _host_lines(names: NftNames, host: NftHost, wild: Wild) -> Iterator[str]:
    if host.words:
        yield f"# {host.words}"
    yield f"nftset=/{host.domain}/{_set_list(names, host, wild)}"


def _set_list(names: NftNames, host: NftHost, wild: Wild) -> str:
    """Return the host's own sets, then those of each wildcard around it, the nearest first."""
    return ",".join(
        f"{family}#{TABLE.replace(' ', '#')}#{set_name(names, each.name, family)}"
        for each in (host, *_outer_wildcards(host, wild))
        for family in FAMILIES
    )


def _outer_wildcards(host: NftHost, wild: Wild) -> list[NftHost]:
    """Return the wildcards that the host lies in, the nearest first."""
    labels = host.domain.split(".")
    above = (wild.get(".".join(labels[depth:])) for depth in range(len(labels)))
    return [each for each in above if each and each.name != host.name]


def _parse_names(sets: str, host: NftHost) -> NftNames:
    """Return the names of which the first set is the host's own."""
    first = sets.partition(",")[0].rpartition("#")[2]
    return NftNames(first.removesuffix(set_name(NftNames(""), host.name, FAMILIES[0])))


def _unsupported(wild: AbstractSet[str], endpoint: Endpoint) -> str | None:
    if not is_host(endpoint):
        return NO_ADDRESSES
    if reason := unsupported(endpoint):
        return reason
    if not is_wildcard(endpoint.target):
        return NAMES_BELOW
    return None if endpoint.target in wild else TOO_DEEP


FORMAT = Format(
    name="dnsmasq-nftset",
    file="dnsmasq-nftset.conf",
    about="dnsmasq options that fill the sets of nftables.nft with addresses of names",
    loaded="copy to /etc/dnsmasq.d/, restart dnsmasq; load nftables.nft first",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_body, "#"),
)
