"""Host names and wildcards: what includes what, and what the page calls a target."""

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
    """A host or wildcard, with what the page calls it, and the wildcard that includes it."""

    host: str
    words: str
    included_by: str | None

    @property
    def note(self) -> str:
        """Return what stands above it: `*.example.com: Servers`, `b.x.com: as *.x.com`."""
        said = f"as {self.included_by}" if self.included_by else self.words
        return f"{self.host}: {said}" if said else self.host

    @property
    def needs_note(self) -> bool:
        """Return whether the note says more than the line of the name itself."""
        return bool(self.words or self.included_by) or self.host.startswith("*.")


def unsupported_by_dns(endpoint: Endpoint) -> str | None:
    """Return what DNS filters leave out beside what no format writes."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target):
        return NO_ADDRESSES
    return INBOUND if endpoint.direction == "inbound" else None


def unsupported_by_proxies(endpoint: Endpoint) -> str | None:
    """Return what files for web proxies leave out beside what no format writes.

    Squid holds 192.0.2.1 as ::ffff:192.0.2.1, so a network around those would be all of IPv4.
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
    """Return the names in order, each once; the ports are lost."""
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
    """Return the names that a file must let through, without those a wildcard includes."""
    names = filtered_names(rule_set, unsupported)
    return frozenset(name.host for name in names if name.included_by is None)


def with_bare_name(target: str) -> tuple[str, ...]:
    """Return a target, and for a wildcard the bare name, which it includes on the page."""
    return (target, target[2:]) if target.startswith("*.") else (target,)


def including_wildcard(host: str, wildcards: Container[str]) -> str | None:
    """Return the wildcard among these that includes a host, or wildcard, with all below it.

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
    """Return what several rows of the page call the same thing, by that."""
    words: dict[Key, set[str]] = defaultdict(set)
    for key, text in found:
        words[key].add(text)
    return dict(words)


def describe_target(target: str, words: AbstractSet[str]) -> str:
    """Return what the page calls a target, without its own name, which stands there anyway."""
    bare = target.removeprefix("*").removeprefix(".")
    if len(words) == 1:
        return _without(bare, next(iter(words)))
    return " / ".join(sorted({said for text in words if (said := _without(bare, text))}))


def _without(name: str, text: str) -> str:
    """Return `Servers` of `Servers: b.example.com`, and nothing of `.example.com`."""
    before, _, last = text.rpartition(": ")
    return before if last.removeprefix(".") == name else text
