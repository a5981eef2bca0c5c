"""Which endpoints may become rules, the same for every format.

This depends only on ports and scope, never on a vendor's name or the words of a label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, wraps
from itertools import compress
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import MOST_TARGETS, canonical_target, network_of
from tracker.formats.shared.lan import USUAL_LAN, Lan
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
from tracker.text import to_comment

# Why an endpoint is left out. Shown in rule files that can have comments, in manifest.json and
# in the report of a run.
WITHHELD = (
    "the Deployer's Windows services are for the local network, never for a public address"
)

AS_LAN_RULE = (
    "these are services of the local network: allowed there, never to a public address"
)

NO_PORT = "the page states no port, and the configuration assumes none"
NO_LAN = "this format cannot express the local network"
ANYWHERE = "it would match every address"

MAPPED = "these are IPv4-mapped IPv6 addresses, which this format does not treat as IPv4"

NOBODY = "no machine has this address, and some firewalls treat it as every address"
INBOUND = "the list contains destinations, and this is a source of connections"

# Not addresses of hosts (RFC 6890); nor are networks that start with one of them.
_UNUSABLE = frozenset({"0.0.0.0", "255.255.255.255", "::"})  # noqa: S104
_DYNAMIC_FIRST = 49152  # RFC 6335 section 6: ports that Windows assigns to its RPC services

# Returns why a format cannot express an endpoint; None if it can.
Unsupported = Callable[[Endpoint], str | None]
P = ParamSpec("P")
R = TypeVar("R")


class LeftOut(msgspec.Struct, frozen=True):
    """An endpoint that a format cannot or must not express."""

    endpoint: Endpoint
    reason: str


class Rule(msgspec.Struct, frozen=True):
    """An endpoint that a rule may open, with the page's name for it.

    `words` is `Action1 servers (required - only for Europe - e0123456789ab)`, with only
    harmless characters; the last part is the id of the entry, if it has one. Special cases come
    first: the local network `instead` of a public address, an `assumed` port, or an endpoint
    that will be removed.
    """

    endpoint: Endpoint
    resource: str
    requirement: Requirement | None
    only_for: str | None
    until: str | None = None
    assumed: bool = False
    instead: bool = False
    unread: bool = False
    words: str = ""


class RuleTable(msgspec.Struct, frozen=True):
    """The rules that a rule set allows, before a format's own limits.

    `rules` are sorted by endpoint. `endpoints` are those of the page, each once and sorted,
    with the index of its rule; None for one that no format may open.
    """

    rules: tuple[Rule, ...]
    endpoints: tuple[tuple[Endpoint, int | None], ...]


class RuleSet(msgspec.Struct, frozen=True, dict=True):
    """What one rule file is made from: the chosen entries of one version.

    `name` is a region's slug or the name of a `[[rules]]` table; `captured_at` is the UTC
    time of the version, so the same version renders to the same bytes at any time. The entries
    include those that left the page lately; `until` is when such an endpoint expires, and
    `unread` are those that the page may still list: its definition was edited. `lan` is the
    meaning of the target "lan", `names_below` whether a host may be opened with all subdomains
    if a platform has no other way.
    Values that functions derive from it are cached in it: in `shared` for several formats, in
    `of_format` for the one being written. For a large page these are large, so the latter are
    dropped when a format is done, and both when all formats are.
    """

    source: str
    name: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    entries: tuple[Entry, ...]
    until: Mapping[Endpoint, str] = msgspec.field(default_factory=dict)
    assumed: frozenset[Endpoint] = frozenset()
    unread: frozenset[Endpoint] = frozenset()
    lan: Lan = USUAL_LAN
    names_below: bool = True

    @cached_property
    def shared(self) -> dict[object, Any]:
        """The values cached for several formats, by function and arguments."""
        return {}

    @cached_property
    def of_format(self) -> dict[object, Any]:
        """The values cached for one format, by function and arguments."""
        return {}

    def forget_format(self) -> None:
        """Drop the values cached for one format; they are computed again if needed."""
        self.of_format.clear()

    def forget_derived(self) -> None:
        """Drop all cached values; they are computed again if needed."""
        self.of_format.clear()
        self.shared.clear()


Make = Callable[Concatenate[RuleSet, P], R]


def cached_in_rule_set(make: Make[P, R]) -> Make[P, R]:
    """Decorate a function to cache its result in the rule set, for use by several formats.

    Callers must not change the result. The other arguments are compared by value.
    """
    return _cached(make, lambda rule_set: rule_set.shared)


def cached_for_format(make: Make[P, R]) -> Make[P, R]:
    """Decorate a function to cache its result in the rule set for the format being written.

    A file, its proof and the deltas both ways are made from such results.
    """
    return _cached(make, lambda rule_set: rule_set.of_format)


def _cached(make: Make[P, R], find: Callable[[RuleSet], dict[object, Any]]) -> Make[P, R]:
    @wraps(make)
    def find_or_make(rule_set: RuleSet, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the cached result, or compute and cache it."""
        known, key = find(rule_set), (make, args, tuple(kwargs.items()))
        if key not in known:
            known[key] = make(rule_set, *args, **kwargs)
        found: R = known[key]
        return found

    return find_or_make


def allowed_rules(rule_set: RuleSet, unsupported: Unsupported) -> tuple[Rule, ...]:
    """Return the rules that a format may write, each once, sorted by endpoint.

    `unsupported` is the format's own limit, applied after those of all rules. A service of the
    local network that the page lists with a public address becomes a rule for the target "lan"
    in formats that support it. Raises RuleError for an invalid target or port.
    """
    return select_rules(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def mark_allowed(rule_set: RuleSet, unsupported: Unsupported) -> bytes:
    """Return a 1 for each rule of the table that a format may write, a 0 for any other.

    Formats with different limits often allow the same rules of a page. Results that depend only
    on these are cached by the marks, and so shared by all such formats.
    """
    reasons = _find_reasons(rule_set, unsupported)
    return bytes([reason is None for reason in reasons])


@cached_in_rule_set
def select_rules(rule_set: RuleSet, marks: bytes) -> tuple[Rule, ...]:
    """Return the rules of the table that are marked."""
    return tuple(compress(build_table(rule_set).rules, marks))


@cached_for_format
def list_left_out(rule_set: RuleSet, unsupported: Unsupported) -> tuple[LeftOut, ...]:
    """Return the endpoints that a format leaves out, each once, sorted. Raises RuleError.

    All formats leave out a public address with a service of the local network, even if they
    have the rule for the target "lan" instead.
    """
    table, reasons = build_table(rule_set), _find_reasons(rule_set, unsupported)
    found: list[LeftOut] = []
    for endpoint, at in table.endpoints:
        reason = unexpressible_reason(endpoint) if at is None else reasons[at]
        if at is not None and table.rules[at].instead:
            reason = WITHHELD if reason else AS_LAN_RULE
        if reason:
            found.append(LeftOut(endpoint, reason))
    return tuple(found)


@cached_in_rule_set
def _find_reasons(rule_set: RuleSet, unsupported: Unsupported) -> list[str | None]:
    """Return why a format cannot express a rule, for each in the table; None if it can."""
    return [unsupported(rule.endpoint) for rule in build_table(rule_set).rules]


def nothing_unsupported(_endpoint: Endpoint) -> None:
    """Return None, for a platform that has an object for every target."""


def unexpressible_reason(endpoint: Endpoint) -> str | None:
    """Return why no rule file may open this endpoint as it is; None if one may."""
    if endpoint.from_port is None or endpoint.to_port is None:
        return NO_PORT
    if endpoint.target == LAN:
        return None
    if is_everywhere(endpoint):
        return ANYWHERE
    if endpoint.target.partition("/")[0] in _UNUSABLE:
        return NOBODY
    return WITHHELD if is_for_the_lan(endpoint) else None


def lan_equivalent(endpoint: Endpoint) -> Endpoint | None:
    """Return the LAN endpoint that is meant by a Windows service with a public address.

    Only for ports without other uses: a range that merely includes them would open more in the
    local network than the page asks for. Only outbound: a page that lets a public address in
    does not mean the LAN.
    """
    first, last = endpoint.from_port, endpoint.to_port
    if endpoint.direction != "outbound" or first is None or last is None:
        return None
    one = first == last and first in LAN_PORTS
    if not one and first < _DYNAMIC_FIRST:
        return None
    return msgspec.structs.replace(endpoint, target=LAN)


@cached_in_rule_set
def build_table(rule_set: RuleSet) -> RuleTable:
    """Return the rules that formats select from. Raises RuleError for a bad target or port."""
    odd = rule_set.until.keys() | rule_set.assumed
    found: dict[Rule, None] = {}
    rule_for: dict[Endpoint, Rule | None] = {}
    for entry in rule_set.entries:
        for endpoint, plain in _list_plain_rules(entry):
            rule = _build_odd_rule(rule_set, entry, endpoint) if endpoint in odd else plain
            rule_for[endpoint] = rule
            if rule:
                found[rule] = None
    rules = tuple(sorted(found, key=_rule_key))
    places = {rule: at for at, rule in enumerate(rules)}
    endpoints = [
        (endpoint, places[rule] if rule else None) for endpoint, rule in rule_for.items()
    ]
    endpoints.sort(key=lambda each: endpoint_key(each[0]))
    return RuleTable(rules, tuple(endpoints))


@lru_cache(maxsize=MOST_TARGETS)  # most are equal before and after, and in several rule sets
def _list_plain_rules(entry: Entry) -> tuple[tuple[Endpoint, Rule | None], ...]:
    """Return each endpoint with its rule if it is not a special case; None for no rule.

    Raises RuleError for a bad target or port.
    """
    return tuple([(endpoint, _build_rule(entry, endpoint)) for endpoint in flatten(entry)])


def _build_odd_rule(rule_set: RuleSet, entry: Entry, endpoint: Endpoint) -> Rule | None:
    """Return the rule of an endpoint that is in grace or has an assumed port."""
    until = rule_set.until.get(endpoint)
    return _build_rule(
        entry,
        endpoint,
        until=until,
        assumed=endpoint in rule_set.assumed,
        unread=until is not None and endpoint in rule_set.unread,
    )


def _build_rule(
    entry: Entry,
    endpoint: Endpoint,
    *,
    until: str | None = None,
    assumed: bool = False,
    unread: bool = False,
) -> Rule | None:
    _check(endpoint)
    reason = unexpressible_reason(endpoint)
    equivalent = lan_equivalent(endpoint) if reason == WITHHELD else None
    if reason and not equivalent:
        return None
    rule = Rule(
        equivalent or _canonical(endpoint),
        entry.resource,
        entry.requirement,
        entry.only_for,
        until=until,
        assumed=assumed,
        instead=equivalent is not None,
        unread=unread,
    )
    return msgspec.structs.replace(rule, words=_words(rule, entry.id or None))


def _words(rule: Rule, entry_id: str | None) -> str:
    who = f"only for {rule.only_for}" if rule.only_for else None
    notes = " - ".join(note for note in (rule.requirement, who, entry_id) if note)
    # First, because a comment may be cut.
    where = "no longer read" if rule.unread else "off the page"
    odd = (
        f"{where} - goes on {rule.until[:10]}: " if rule.until else "",
        "port assumed: " if rule.assumed else "",
        "only in the LAN: " if rule.instead else "",
    )
    return to_comment("".join(odd) + (f"{rule.resource} ({notes})" if notes else rule.resource))


def _canonical(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with its canonical address: `192.0.2.1/32` is `192.0.2.1`."""
    target = endpoint.target if endpoint.target == LAN else canonical_target(endpoint.target)
    if target == endpoint.target:
        return endpoint
    return msgspec.structs.replace(endpoint, target=target)


def _check(endpoint: Endpoint) -> None:
    """Raise RuleError for a target of no known type, and for an invalid port range."""
    if endpoint.target != LAN:
        network_of(endpoint.target)
    first, last = endpoint.from_port, endpoint.to_port
    if first is not None and last is not None and not 1 <= first <= last <= LAST_PORT:
        raise RuleError(
            f"{port_text(endpoint)} is no port range ({to_comment(endpoint.target)}): "
            "no rule is written"
        )


def _rule_key(rule: Rule) -> tuple[object, ...]:
    notes = (rule.resource, rule.requirement or "", rule.only_for or "", rule.until or "")
    return (*endpoint_key(rule.endpoint), *notes, rule.instead, rule.assumed, rule.unread)
