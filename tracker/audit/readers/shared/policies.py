"""From policies between addresses, as FortiOS and PAN-OS have them, to permits.

Such a firewall stands between networks, so a policy has no direction of its own: one to
private addresses alone is inbound, one between private addresses is both, and any other is
outbound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.audit.documented import LAN_SPANS
from tracker.audit.parsed_config import (
    ANYWHERE,
    AddressRange,
    ConfigParseError,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    Target,
)
from tracker.model import Direction, Protocol

_MAX_PERMITS = 500_000
# No packet goes to these; rules have them where a list must not be empty.
_PLACEHOLDERS = (
    AddressRange(4, 0, 0),
    AddressRange(6, 0, 0),
    AddressRange(4, (1 << 32) - 1, (1 << 32) - 1),
)

ServicePorts = tuple[tuple[Protocol | None, Ports | None], ...]


class UnknownName(Exception):
    """An object or setting that is not understood. Never leaves the readers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy; None addresses are any. `conditions` are narrowings that are not compared."""

    location: Location
    allows: bool
    sources: tuple[Target, ...] | None
    destinations: tuple[Target, ...] | None
    services: ServicePorts
    conditions: tuple[str, ...] = ()


def add_policy(policy: Policy, config: ParsedConfig) -> None:
    """Add a policy's permits; its denies only where they apply to every source."""
    narrowed = list(policy.conditions)
    direction, targets = _direction_and_targets(policy)
    if direction != "inbound" and policy.sources is not None:
        narrowed.append(f"only from {_join_first(policy.sources)}")
    if policy.allows and narrowed and direction is not None:
        _note_partial(policy, narrowed, config)
    if not policy.allows and narrowed:
        _note_partial(policy, ["it denies only some", *narrowed], config)
        return
    for target in targets:
        for protocol, ports in policy.services:
            if len(config.permits) >= _MAX_PERMITS:
                raise ConfigParseError(f"lets through more than {_MAX_PERMITS} single things")
            is_deny = not policy.allows
            config.permits.append(
                Permit(direction, target, protocol, ports, policy.location, is_deny=is_deny)
            )


def _direction_and_targets(policy: Policy) -> tuple[Direction | None, tuple[Target, ...]]:
    """Return the direction, None for both, and the remote targets."""
    inside = _is_private(policy.destinations)
    if inside and _is_private(policy.sources):
        return None, without_placeholders(policy.destinations)
    if inside and policy.allows:
        return "inbound", without_placeholders(policy.sources)
    return "outbound", without_placeholders(policy.destinations)


def _is_private(targets: Iterable[Target] | None) -> bool:
    """Return whether there are targets and all are in the local network."""
    found = list(without_placeholders(tuple(targets))) if targets is not None else []
    return bool(found) and all(
        isinstance(each, AddressRange) and is_in_lan(each) for each in found
    )


def is_in_lan(span: AddressRange) -> bool:
    """Return whether a range lies wholly in one of the private networks."""
    return any(
        lan.family == span.family and lan.first <= span.first and span.last <= lan.last
        for lan in LAN_SPANS
    )


def without_placeholders(targets: tuple[Target, ...] | None) -> tuple[Target, ...]:
    """Return targets without placeholder addresses; None stands for any address."""
    return (
        ANYWHERE
        if targets is None
        else tuple(each for each in targets if each not in _PLACEHOLDERS)
    )


def _note_partial(policy: Policy, narrowed: list[str], config: ParsedConfig) -> None:
    at = policy.location
    line = f"line {at.line}: " if at.line else ""
    what = ", ".join(narrowed)
    config.notes.append(f"{line}{at.text}: counts for some only ({what}); that is not compared")


def _join_first(targets: tuple[Target, ...]) -> str:
    more = ", ..." if len(targets) > 2 else ""  # noqa: PLR2004  as many as fit a line
    return ", ".join(map(str, targets[:2])) + more
