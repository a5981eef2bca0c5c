"""Policies between addresses by services, as FortiOS and PAN-OS have them, to openings.

Such a firewall stands between networks, so a policy has no direction of its own: what leads
to private addresses alone is inbound from wherever it comes, what stays between them is
both, all else is outbound.
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

_MOST = 500_000
# No packet goes to these: writers of rules put them where a list must not be empty.
_NOBODY = (
    AddressRange(4, 0, 0),
    AddressRange(6, 0, 0),
    AddressRange(4, (1 << 32) - 1, (1 << 32) - 1),
)

ServicePorts = tuple[tuple[Protocol | None, Ports | None], ...]


class UnknownName(Exception):
    """An object or setting that is not understood. Never leaves the readers."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy; null addresses are any. `conditions` narrow down what we do not compare."""

    location: Location
    allows: bool
    sources: tuple[Target, ...] | None
    destinations: tuple[Target, ...] | None
    services: ServicePorts
    conditions: tuple[str, ...] = ()


def add_policy(policy: Policy, config: ParsedConfig) -> None:
    """A policy's openings, in their order; what it denies only where it is for everybody."""
    narrowed = list(policy.conditions)
    direction, targets = _side(policy)
    if direction != "inbound" and policy.sources is not None:
        narrowed.append(f"only from {_some(policy.sources)}")
    if policy.allows and narrowed and direction is not None:
        _tell(policy, narrowed, config)
    if not policy.allows and narrowed:
        _tell(policy, ["it denies only some", *narrowed], config)
        return
    for target in targets:
        for protocol, ports in policy.services:
            if len(config.permits) >= _MOST:
                raise ConfigParseError(f"lets through more than {_MOST} single things")
            is_deny = not policy.allows
            config.permits.append(
                Permit(direction, target, protocol, ports, policy.location, is_deny=is_deny)
            )


def _side(policy: Policy) -> tuple[Direction | None, tuple[Target, ...]]:
    """The direction, null for both, and the far ends."""
    inside = _private(policy.destinations)
    if inside and _private(policy.sources):
        return None, without_placeholders(policy.destinations)
    if inside and policy.allows:
        return "inbound", without_placeholders(policy.sources)
    return "outbound", without_placeholders(policy.destinations)


def _private(targets: Iterable[Target] | None) -> bool:
    """Whether all of these lie in what counts as the local network."""
    found = list(without_placeholders(tuple(targets))) if targets is not None else []
    return bool(found) and all(
        isinstance(each, AddressRange) and is_in_lan(each) for each in found
    )


def is_in_lan(span: AddressRange) -> bool:
    """Whether a span lies wholly in one of the private networks."""
    return any(
        lan.family == span.family and lan.first <= span.first and span.last <= lan.last
        for lan in LAN_SPANS
    )


def without_placeholders(targets: tuple[Target, ...] | None) -> tuple[Target, ...]:
    """Targets without what stands for nobody; null is anybody."""
    return (
        ANYWHERE if targets is None else tuple(each for each in targets if each not in _NOBODY)
    )


def _tell(policy: Policy, narrowed: list[str], config: ParsedConfig) -> None:
    at = policy.location
    line = f"line {at.line}: " if at.line else ""
    what = ", ".join(narrowed)
    config.notes.append(f"{line}{at.text}: counts for some only ({what}); that is not compared")


def _some(targets: tuple[Target, ...]) -> str:
    more = ", ..." if len(targets) > 2 else ""  # noqa: PLR2004  as many as fit a line
    return ", ".join(map(str, targets[:2])) + more
