"""What is closed, as a rule set of its own: the formats write it. Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from tracker.formats import RuleSet
from tracker.model import Endpoint, Entry, digest, flatten


def only(rule_set: RuleSet, wanted: Collection[Endpoint]) -> RuleSet:
    """The rule set cut down to these endpoints, which have no region."""
    entries = tuple(
        part for entry in rule_set.entries for part in _parts(entry, wanted) if part.targets
    )
    return replace(rule_set, entries=entries, digest=digest(entries))


def _parts(entry: Entry, wanted: Collection[Endpoint]) -> list[Entry]:
    """The entry's services, each with the targets that are wanted."""
    made = []
    for service in entry.services:
        one = msgspec.structs.replace(entry, services=(service,))
        targets = {
            endpoint.target
            for endpoint in flatten(one)
            if msgspec.structs.replace(endpoint, region=None) in wanted
        }
        if targets:
            made.append(
                msgspec.structs.replace(
                    one,
                    hosts=tuple(host for host in one.hosts if host in targets),
                    addresses=tuple(each for each in one.addresses if each in targets),
                )
            )
    return made
