"""What a DNS filter decides about: host names, whatever their ports."""

from __future__ import annotations

import msgspec

from tracker.formats import NO_LAN, RuleSet
from tracker.formats._names import called, gathered
from tracker.formats._once import once
from tracker.formats._policy import INBOUND, Cannot, comment, network_of, rules_of
from tracker.formats._proxied import wider
from tracker.model import LAN, Endpoint

NO_ADDRESSES = "a DNS filter decides by name, and an address has none"


class Name(msgspec.Struct, frozen=True):
    """A host or wildcard, with what the page calls it, and the wildcard that includes it."""

    host: str
    words: str
    wide: str | None

    @property
    def note(self) -> str:
        """What stands above it: `*.example.com: Servers`, `b.x.com: as *.x.com`."""
        said = f"as {self.wide}" if self.wide else self.words
        return f"{self.host}: {said}" if said else self.host


def cannot(endpoint: Endpoint) -> str | None:
    """What DNS filters leave out beside what no format writes."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target):
        return NO_ADDRESSES
    return INBOUND if endpoint.direction == "inbound" else None


@once
def names(rule_set: RuleSet, cannot: Cannot) -> list[Name]:
    """The names in order, each once; the ports are lost."""
    allowed, _ = rules_of(rule_set, cannot)
    said = gathered((rule.endpoint.target, rule.words) for rule in allowed)
    return [
        Name(host, comment(called(host, said[host])), wider(host, said))
        for host in sorted(said)
    ]


def hosts(rule_set: RuleSet, cannot: Cannot) -> frozenset[str]:
    """The names that a file must let through, without those that a wildcard includes."""
    return frozenset(name.host for name in names(rule_set, cannot) if name.wide is None)
