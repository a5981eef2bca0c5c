"""Entries as flat rows, one for each target and service, as in the CSV and JSON files.

This is data, not rules: every endpoint is included, and `scope` is the kind of its target.
`withheld` is the reason why no rule file opens it as it is, `leaves` is when one that has left
the page expires, and `assumed` means that its port is not from the page.
"""

from __future__ import annotations

import hashlib

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import address_key, network_of
from tracker.formats.shared.policy import RuleSet, cached_in_rule_set, unexpressible_reason
from tracker.model import (
    Direction,
    Endpoint,
    EndpointScope,
    EntryContent,
    Port,
    Protocol,
    Requirement,
    Service,
    Time,
    canonical,
    port_text,
    requirement_of,
)


class FlatRow(msgspec.Struct, frozen=True):
    """One target with one service of one entry; null ports mean "not stated"."""

    region: str | None
    direction: Direction
    target: str
    protocol: Protocol
    from_port: Port | None
    to_port: Port | None
    service: str | None
    inferred: bool
    resource: str
    requirement: Requirement | None
    only_for: str | None
    components: tuple[str, ...]
    purpose: str
    withheld: str | None
    leaves: Time | None
    assumed: bool
    required: bool
    scope: EndpointScope
    id: str


@cached_in_rule_set
def list_rows(rule_set: RuleSet) -> tuple[FlatRow, ...]:
    """Return all rows without duplicates, sorted by region, direction, target and port."""
    rows = {
        _row(rule_set, entry, target, service)
        for entry in map(canonical, rule_set.entries)
        for target in entry.targets
        for service in entry.services
    }
    return tuple(sorted(rows, key=_row_key))


def prove_row(line: str, fields: object) -> str:
    """Return a proof line for a row: its `row_line`, and a hash of all its fields in a file."""
    digest = hashlib.blake2b(msgspec.json.encode(fields), digest_size=16).hexdigest()
    return f"{line} {digest}"


def row_line(row: FlatRow) -> str:
    """Return a row's endpoint as a proof line: `outbound 192.0.2.1 tcp/443`."""
    ports = Service(row.protocol, row.from_port, row.to_port)
    return f"{row.direction} {row.target} {port_text(ports)}"


def _row(rule_set: RuleSet, entry: EntryContent, target: str, service: Service) -> FlatRow:
    ports = (service.protocol, service.from_port, service.to_port)
    endpoint = Endpoint(entry.region, entry.direction, target, *ports)
    return FlatRow(
        entry.region,
        entry.direction,
        target,
        *ports,
        service=service.name,
        inferred=service.inferred,
        resource=entry.resource,
        requirement=entry.requirement,
        only_for=entry.only_for,
        components=entry.components,
        purpose=entry.purpose,
        withheld=unexpressible_reason(endpoint),
        leaves=rule_set.until.get(endpoint),
        assumed=endpoint in rule_set.assumed,
        required=requirement_of(entry) == "required",
        scope=endpoint.scope,
        id=endpoint.id,
    )


def _row_key(row: FlatRow) -> tuple[object, ...]:
    """Return the sort key of a row: null comes first, addresses by number, then hosts."""
    return (
        row.region or "",
        row.direction,
        _target_key(row.target),
        row.protocol,
        -1 if row.from_port is None else row.from_port,
        -1 if row.to_port is None else row.to_port,
        row.service is None,
        row.requirement is None,
        row.only_for is None,
        row.service or "",
        row.inferred,
        row.resource,
        row.requirement or "",
        row.only_for or "",
        row.components,
        row.purpose,
    )


def _target_key(target: str) -> tuple[bool, tuple[int, int, int], str]:
    try:
        is_address = network_of(target) is not None
    except RuleError:  # data may have targets that rules cannot
        is_address = False
    return (False, address_key(target), target) if is_address else (True, (0, 0, 0), target)
