"""Host names and wildcards: which includes which, and the page's names for targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeVar

import msgspec

from tracker.formats.shared.addresses import is_mapped, network_of
from tracker.formats.shared.policy import (
    INBOUND,
    MAPPED,
    NO_LAN,
    RuleSet,
    Unsupported,
    allowed_rules,
    cached_in_rule_set,
)
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

NO_ADDRESSES = "a DNS filter decides by name, and an address has none"
NO_UDP = "a web proxy carries TCP, not UDP"
Key = TypeVar("Key", bound=Hashable)


class FilteredName(msgspec.Struct, frozen=True):
    """A host or wildcard, with the page's name for it, and the wildcard that includes it."""

    host: str
    words: str
    included_by: str | None

    @property
    def note(self) -> str:
        """The comment above it: `*.example.com: Servers`, `b.x.com: as *.x.com`."""
        said = f"as {self.included_by}" if self.included_by else self.words
        return f"{self.host}: {said}" if said else self.host

    @property
    def needs_note(self) -> bool:
        """Return whether the note says more than the line of the name itself."""
        return bool(self.words or self.included_by) or self.host.startswith("*.")


def unsupported_by_dns(endpoint: Endpoint) -> str | None:
    """Return why DNS filters cannot express an endpoint; None if they can."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target):
        return NO_ADDRESSES
    return INBOUND if endpoint.direction == "inbound" else None


def unsupported_by_proxies(endpoint: Endpoint) -> str | None:
    """Return why files for web proxies cannot express an endpoint; None if they can.

    Squid stores 192.0.2.1 as ::ffff:192.0.2.1: a network of those would match all of IPv4.
    """
    if endpoint.target == LAN:
        return NO_LAN
    if endpoint.direction == "inbound":
        return INBOUND
    if endpoint.protocol == "udp":
        return NO_UDP
    return MAPPED if is_mapped(endpoint.target) else None


@cached_in_rule_set
def filtered_names(rule_set: RuleSet, unsupported: Unsupported) -> list[FilteredName]:
    """Return the names in order, each once, without ports."""
    allowed = allowed_rules(rule_set, unsupported)
    words = collect_words((rule.endpoint.target, rule.words) for rule in allowed)
    return [
        FilteredName(
            host,
            to_comment(describe_target(host, words[host])),
            including_wildcard(host, words),
        )
        for host in sorted(words)
    ]


def filtered_hosts(rule_set: RuleSet, unsupported: Unsupported) -> frozenset[str]:
    """Return the names that a file must let through, except those that a wildcard includes."""
    names = filtered_names(rule_set, unsupported)
    return frozenset(name.host for name in names if name.included_by is None)


def with_bare_name(target: str) -> tuple[str, ...]:
    """Return a target, and the bare name of a wildcard, which the page includes in it."""
    return (target, target[2:]) if target.startswith("*.") else (target,)


def including_wildcard(host: str, wildcards: Container[str]) -> str | None:
    """Return the wildcard among these that includes a host, or another wildcard entirely.

    On the source's page `*.x` includes `x`. A wildcard does not include itself.
    """
    name = host.removeprefix("*.")
    if host == name and f"*.{name}" in wildcards:
        return f"*.{name}"
    while "." in name:
        name = name.partition(".")[2]
        if f"*.{name}" in wildcards:
            return f"*.{name}"
    return None


def collect_words(found: Iterable[tuple[Key, str]]) -> dict[Key, set[str]]:
    """Return the names that several rows of the page have for each key."""
    words: dict[Key, set[str]] = defaultdict(set)
    for key, text in found:
        words[key].add(text)
    return dict(words)


def describe_target(target: str, words: AbstractSet[str]) -> str:
    """Return the page's name for a target, without the target itself, shown anyway."""
    bare = target.removeprefix("*").removeprefix(".")
    if len(words) == 1:
        return _without(bare, next(iter(words)))
    return " / ".join(sorted({said for text in words if (said := _without(bare, text))}))


def _without(name: str, text: str) -> str:
    """Return `Servers` for `Servers: b.example.com`, and "" for `.example.com`."""
    before, _, last = text.rpartition(": ")
    return before if last.removeprefix(".") == name else text
