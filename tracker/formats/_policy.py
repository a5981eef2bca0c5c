"""What may go into a rule, the same for every format, and page text made fit for a comment.

Decided by ports and scope alone, never by a vendor's name or a label's words.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache, partial

import msgspec

from tracker.errors import RuleError
from tracker.formats import AS_LAN_RULE, NO_PORT, WITHHELD, LeftOut, RuleSet
from tracker.formats._once import kept, once
from tracker.model import (
    LAN,
    LAN_PORTS,
    LAST_PORT,
    Endpoint,
    Entry,
    Requirement,
    endpoint_key,
    flatten,
    is_everywhere,
    is_for_the_lan,
    port_text,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Says why a format cannot express an endpoint, or None where it can.
Cannot = Callable[[Endpoint], str | None]

ANYWHERE = "it would stand for every address"
MAPPED = (
    "these are IPv4 addresses in the dress of IPv6, which this format does not take for one"
)
NOBODY = "it is the address of no machine, and some firewalls take it for every address"
INBOUND = "the list is of destinations, and this is where connections come from"
# "The local network": RFC 1918 and RFC 3927, RFC 4193 and RFC 4291 section 2.5.6.
LAN_NETWORKS = {
    4: ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    6: ("fc00::/7", "fe80::/10"),
}

_MAPPED, _MAPPED_LENGTH = 0xFFFF << 32, 96
_IPV6, _FAMILY, _LENGTH = 6, 136, 8  # bits below the family, and those for a length
# Of no host (RFC 6890); nor is a network whose first address is written so.
_NOBODY = frozenset({"0.0.0.0", "255.255.255.255", "::"})  # noqa: S104
_TARGETS = (
    2**19
)  # are known at the most, when a rule set comes; what has no bound is asked faster
_DYNAMIC_FIRST = 49152  # RFC 6335 section 6: ports that Windows hands its RPC services

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# The last label starts with a letter, so that no broken address passes for a host.
_HOST = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")
_FOR_COMMENTS = re.compile(r"[A-Za-z0-9._:/()-]+(?: [A-Za-z0-9._:/()-]+)*")
_NOT_FOR_COMMENTS = re.compile(r"[^A-Za-z0-9 ._:/()-]+")


class Allowed(msgspec.Struct, frozen=True, gc=False):
    """An endpoint that a rule may open, with what the page calls it.

    `words` is `Action1 servers (required - only for Europe)`, of harmless characters only.
    Before it stands what is odd about the endpoint: `instead` of a public address it is the
    local network, its port is `assumed`, or it goes.
    """

    endpoint: Endpoint
    resource: str
    requirement: Requirement | None
    only_for: str | None
    until: str | None = None
    assumed: bool = False
    instead: bool = False
    words: str = ""


class Candidates(msgspec.Struct, frozen=True):
    """What is to be written for the endpoints of a page, if a format can say it, in its order.

    In columns, which take a quarter of what a record for each would. Endpoints that mean the
    same have the same rule, one after the other. The places are those of the endpoints among
    all of the rule set; `unfit` has what no format writes, by place.
    """

    rules: list[Allowed]
    endpoints: list[Endpoint]
    places: array[int]
    unfit: list[LeftOut | None]


@lru_cache(maxsize=4096)  # the endpoints of an entry come one after the other
def _words(
    resource: str,
    requirement: Requirement | None,
    only_for: str | None,
    until: str | None,
    *,
    assumed: bool,
    instead: bool,
) -> str:
    who = f"only for {only_for}" if only_for else None
    notes = " - ".join(note for note in (requirement, who) if note)
    named = f"{resource} ({notes})" if notes else resource
    # First, because a comment may be cut.
    odd = [
        f"off the page - goes on {until[:10]}: " if until else "",
        "port assumed: " if assumed else "",
        "only in the LAN: " if instead else "",
    ]
    return comment("".join(odd) + named)


def rules_of(
    rule_set: RuleSet, cannot: Cannot
) -> tuple[tuple[Allowed, ...], tuple[LeftOut, ...]]:
    """What a format may write and what it leaves out: each once, in a stable order.

    `cannot` is the format's own limit; what no rule may open is decided here, before it. A
    service of the local network beside a public address becomes a rule for the target "lan"
    in formats that can say that; the address is listed as left out in all of them.
    Raises RuleError where a target is no address, host name or "lan", or a port is none.
    """
    return _rules_of(rule_set, cannot)


@once
def _rules_of(
    rule_set: RuleSet, cannot: Cannot
) -> tuple[tuple[Allowed, ...], tuple[LeftOut, ...]]:
    known = _candidates(rule_set)
    allowed: list[Allowed] = []
    left_out = known.unfit.copy()
    last = None
    for rule, endpoint, place in zip(known.rules, known.endpoints, known.places, strict=True):
        reason = cannot(rule.endpoint if rule.instead else endpoint)
        if reason is None and rule is not last:
            allowed.append(rule)
            last = rule
        if rule.instead:
            reason = WITHHELD if reason else AS_LAN_RULE
        if reason:
            left_out[place] = LeftOut(endpoint, reason)
    return tuple(allowed), tuple(filter(None, left_out))


def prepare(rule_sets: Iterable[RuleSet]) -> None:
    """Work out now what all formats share. Raises RuleError as `rules_of` does."""
    for rule_set in rule_sets:
        _candidates(rule_set)
    _parts.cache_clear()  # of many entries it is much, and is in the candidates now


# By the identity of the set: that before a change, that after it, and two of no entries.
@lru_cache(maxsize=4)
def _candidates(rule_set: RuleSet) -> Candidates:
    """What there is to decide for each format."""
    for known in (network_of, spelling, span_key):
        if known.cache_info().currsize > _TARGETS:
            known.cache_clear()
    special = rule_set.until.keys() | rule_set.assumed
    parts = dict.fromkeys(part for entry in rule_set.entries for part in _parts(entry))
    meant = {part.rule.endpoint: None for part in parts if part.rule}
    order = sorted({part.endpoint: None for part in parts} | meant, key=endpoint_key)
    places = {endpoint: place for place, endpoint in enumerate(order)}
    found: list[tuple[Allowed, Endpoint]] = []
    unfit: list[LeftOut | None] = [None] * len(order)
    for part in parts:
        endpoint = part.endpoint
        if part.rule is None:
            unfit[places[endpoint]] = LeftOut(endpoint, part.reason)
        else:
            rule = _marked(rule_set, part) if endpoint in special else part.rule
            found.append((rule, endpoint))
    found.sort(key=lambda each: (places[each[0].endpoint], *_notes(each[0])))
    endpoints = [endpoint for _, endpoint in found]
    where = array("L", map(places.__getitem__, endpoints))
    return Candidates(list(_joined(rule for rule, _ in found)), endpoints, where, unfit)


def _joined(rules: Iterable[Allowed]) -> Iterator[Allowed]:
    """The same, with one rule in place of those that are equal."""
    last = None
    for rule in rules:
        if rule != last:
            last = rule
        yield last


class Part(msgspec.Struct, frozen=True, gc=False):
    """An endpoint of an entry, and the rule that it means; where there is none, why."""

    endpoint: Endpoint
    rule: Allowed | None
    reason: str = ""


@lru_cache(maxsize=2**18)  # most entries of a version are those of the version before
def _parts(entry: Entry) -> tuple[Part, ...]:
    return tuple(map(partial(_part, entry), flatten(entry)))


def _part(entry: Entry, endpoint: Endpoint) -> Part:
    _check(endpoint)
    reason = unfit(endpoint)
    twin = lan_twin(endpoint) if reason == WITHHELD else None
    if reason and not twin:
        return Part(endpoint, None, reason)
    said = entry.resource, entry.requirement, entry.only_for
    instead = twin is not None
    words = _words(*said, None, assumed=False, instead=instead)
    return Part(
        endpoint, Allowed(twin or _canonical(endpoint), *said, instead=instead, words=words)
    )


def _marked(rule_set: RuleSet, part: Part) -> Allowed:
    """The rule of an endpoint that leaves, or whose port is assumed."""
    rule = part.rule
    assert rule is not None  # noqa: S101  what has none is left out
    until, assumed = rule_set.until.get(part.endpoint), part.endpoint in rule_set.assumed
    said = rule.resource, rule.requirement, rule.only_for
    words = _words(*said, until, assumed=assumed, instead=rule.instead)
    return msgspec.structs.replace(rule, until=until, assumed=assumed, words=words)


def first_alike(rule_set: RuleSet, cannot: Cannot) -> Cannot:
    """Of the formats that may write the same of a set, what the first that asked cannot.

    So they have what they make of it in common, and no other text than their reasons differs.
    """
    allowed, _ = rules_of(rule_set, cannot)
    known = _told_apart(rule_set)
    for others, first in known:
        if others == allowed:
            return first
    known.append((allowed, cannot))
    return cannot


@kept(2)
def _told_apart(_: RuleSet) -> list[tuple[tuple[Allowed, ...], Cannot]]:
    return []


def _canonical(endpoint: Endpoint) -> Endpoint:
    """The same with its address spelled in the one way: `192.0.2.1/32` is `192.0.2.1`."""
    target = endpoint.target if endpoint.target == LAN else spelling(endpoint.target)
    if target == endpoint.target:
        return endpoint
    return msgspec.structs.replace(endpoint, target=target)


def unfit(endpoint: Endpoint) -> str | None:
    """Why no rule file at all may open this endpoint as it is; None where one may."""
    if endpoint.from_port is None or endpoint.to_port is None:
        return NO_PORT
    if endpoint.target == LAN:
        return None
    if is_everywhere(endpoint):
        return ANYWHERE
    if endpoint.target.partition("/")[0] in _NOBODY:
        return NOBODY
    return WITHHELD if is_for_the_lan(endpoint) else None


def lan_twin(endpoint: Endpoint) -> Endpoint | None:
    """The rule for the local network that a service of Windows beside a public address means.

    Only for ports that are nothing else: a range that merely touches them would open more in
    the local network than anybody has written down. Only outbound: a page that lets a public
    address in does not mean the LAN.
    """
    first, last = endpoint.from_port, endpoint.to_port
    if endpoint.direction != "outbound" or first is None or last is None:
        return None
    one = first == last and first in LAN_PORTS
    if not one and first < _DYNAMIC_FIRST:
        return None
    return msgspec.structs.replace(endpoint, target=LAN)


def _check(endpoint: Endpoint) -> None:
    """Raises RuleError for a target of no known type, and for a port range that is none."""
    if endpoint.target != LAN:
        network_of(endpoint.target)
    first, last = endpoint.from_port, endpoint.to_port
    if first is not None and last is not None and not 1 <= first <= last <= LAST_PORT:
        raise RuleError(
            f"{port_text(endpoint)} is no port range ({comment(endpoint.target)}): "
            "no rule is written"
        )


@cache  # asked several times for each endpoint
def network_of(target: str) -> Network | None:
    """The target as a network, a single address as one of full length; None for a host.

    Raises RuleError for anything else: it must not reach a rule line as it is.
    """
    if _HOST.fullmatch(target):
        return None
    network: Network | None = None
    with suppress(ValueError):
        kind = ipaddress.IPv6Network if ":" in target else ipaddress.IPv4Network
        network = kind(target)
    # A zone ("fe80::1%eth0") is free text that ipaddress lets through.
    if network is None or "%" in target:
        raise RuleError(
            f'"{comment(target)}" is no address and no host name: no rule is written'
        )
    return network


def is_mapped(target: str) -> bool:
    """Whether a network has IPv4 addresses written as IPv6 (RFC 4291 section 2.5.5.2) in it."""
    network = network_of(target)
    if not isinstance(network, ipaddress.IPv6Network):
        return False
    shift = network.max_prefixlen - min(network.prefixlen, _MAPPED_LENGTH)
    return int(network.network_address) >> shift == _MAPPED >> shift


def address_of(target: str) -> Network:
    """The target as a network. Raises RuleError where it is none."""
    network = network_of(target)
    if network is None:
        raise RuleError(f'"{comment(target)}" is no address: no rule is written')
    return network


@cache
def spelling(target: str) -> str:
    """The one way to spell a target. Raises RuleError where it is of no known type."""
    network = network_of(target)
    return target if network is None else spelled(network)


def address_spelling(target: str) -> str:
    """The one way to spell an address or network. Raises RuleError where it is none."""
    address_of(target)
    return spelling(target)


def cidr(target: str) -> str:
    """An address or network with its length: `192.0.2.1` is `192.0.2.1/32`."""
    return target if "/" in target else f"{target}/{address_of(target).max_prefixlen}"


def spelled(network: Network) -> str:
    """Canonical text of a network: without its length where it is one address."""
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def span_of(target: str) -> tuple[int, int, int]:
    """IP version, first and last address as numbers. Raises RuleError for no address."""
    network = address_of(target)
    first = int(network.network_address)
    return (
        network.version,
        first,
        first + (1 << (network.max_prefixlen - network.prefixlen)) - 1,
    )


@cache  # nearly every format sorts by it
def span_key(target: str) -> int:
    """Sort key of an address or network, the same order as `network_key`, in one number."""
    version, first, length = network_key(address_of(target))
    return (version == _IPV6) << _FAMILY | first << _LENGTH | length


def network_key(network: Network) -> tuple[int, int, int]:
    """Sort key: IPv4 first, then by number, the wider of two first."""
    return network.version, int(network.network_address), network.prefixlen


@kept(2**18)  # a format asks for the same labels again and again
def comment(text: str, limit: int = 120) -> str:
    """Page text on one line, without any character that means something to a firewall."""
    if len(text) <= limit and _FOR_COMMENTS.fullmatch(text):
        return text  # as nearly all are
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(_NOT_FOR_COMMENTS.sub(" ", plain).split())[:limit].rstrip()


def _notes(rule: Allowed) -> tuple[str | bool, ...]:
    """What tells rules for the same endpoint apart."""
    said = (rule.resource, rule.requirement or "", rule.only_for or "")
    return *said, rule.until or "", rule.instead, rule.assumed
