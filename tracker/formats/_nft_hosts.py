"""Host names beside nftables: a set of addresses for each of them, which dnsmasq fills.

nft itself looks a name up once, while it loads a file. dnsmasq adds to a set each address that
it answers for a name and for all names below it (its --nftset): right for a wildcard, and too
much for a name that stands for itself alone. A set a host, never one for several: what goes
from the page takes the addresses that were learned for it along.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from tracker.formats import RuleSet
from tracker.formats._boxes import Ports, joined
from tracker.formats._names import called
from tracker.formats._nft_names import Names
from tracker.formats._nft_plan import NO_HOSTS, PROTOCOLS, is_host, port_span, ports_of
from tracker.formats._once import kept, once
from tracker.formats._policy import Allowed, Cannot, rules_of
from tracker.model import Endpoint, Protocol

BY_DNSMASQ = "its set has no addresses until dnsmasq fills it by dnsmasq-nftset.conf"
TOO_LONG = "the name is longer than a comment of nftables"

_LONGEST = 100  # of the 128 characters that nft takes, for the words before the name
_SLUG, _HASH = 24, 8
_OTHER = re.compile(r"[^a-z0-9]+")


Services = tuple[tuple[Protocol, tuple[Ports, ...]], ...]


class Host(msgspec.Struct, frozen=True, gc=False):
    """A name, `*.example.com` with all below it, and the ports it is reached on."""

    name: str
    services: Services
    words: str = ""

    @property
    def domain(self) -> str:
        """The name without the star."""
        return self.name.removeprefix("*.")

    @property
    def is_wildcard(self) -> bool:
        """Whether the names below it belong to it."""
        return self.name != self.domain

    @property
    def comment(self) -> str:
        """What its rule is called, from which `named` has the name again."""
        return f"names of {self.domain}" if self.is_wildcard else f"name {self.domain}"

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound *.example.com tcp/443`."""
        for protocol, spans in self.services:
            for ports in spans:
                yield f"outbound {self.name} {protocol}/{port_span(ports)}"


def cannot(endpoint: Endpoint) -> str | None:
    """Which hosts have no set."""
    if not is_host(endpoint):
        return None
    if endpoint.direction == "inbound":
        return NO_HOSTS
    return TOO_LONG if len(endpoint.target) > _LONGEST else None


@once
def hosts_of(rule_set: RuleSet, cannot: Cannot) -> list[Host]:
    """The hosts of what a format may write."""
    return hosts(rules_of(rule_set, cannot)[0])


def hosts(allowed: Iterable[Allowed]) -> list[Host]:
    """The hosts by name, a wildcard before the name that it is of."""
    found: dict[str, list[Allowed]] = defaultdict(list)
    for rule in allowed:
        if is_host(rule.endpoint):
            found[rule.endpoint.target].append(rule)
    made = [
        Host(
            name,
            _services(frozenset((rule.endpoint.protocol, ports_of(rule)) for rule in rules)),
            called(name, {rule.words for rule in rules}),
        )
        for name, rules in found.items()
    ]
    return sorted(made, key=lambda host: (host.domain, host.name))


def named(said: str) -> str | None:
    """The name in the comment of a rule; None where there is none."""
    found = re.fullmatch(r"(name|names of) ([a-z0-9._-]+)", said)
    if found is None:
        return None
    return found[2] if found[1] == "name" else f"*.{found[2]}"


def set_name(names: Names, host: str, family: int) -> str:
    """`action1_europe_windowsupdate_com_1a2b3c4d_4`: as much as is legible, and a hash."""
    return f"{names.stem}_{_known_by(host)}_{family}"


@kept(2**17)  # a host has two sets, and each is named several times
def _known_by(host: str) -> str:
    slug = _OTHER.sub("_", host).strip("_")[:_SLUG].rstrip("_")
    mark = hashlib.sha256(host.encode()).hexdigest()[:_HASH]
    return f"{slug}_{mark}"


@lru_cache(maxsize=4096)  # few stand beside many hosts
def _services(found: frozenset[tuple[Protocol, Ports]]) -> Services:
    by_protocol = (
        (protocol, tuple(joined(ports for each, ports in found if each == protocol)))
        for protocol in PROTOCOLS
    )
    return tuple((protocol, spans) for protocol, spans in by_protocol if spans)
