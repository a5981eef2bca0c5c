"""What filters that know addresses alone never name."""

from __future__ import annotations

from tracker.formats._policy import network_of
from tracker.model import LAN, Endpoint

NO_HOSTS = "it filters by address: a host name stands in none of its rules"


def cannot(endpoint: Endpoint) -> str | None:
    """Host names are looked up when a rule is loaded, if at all."""
    return NO_HOSTS if endpoint.target != LAN and network_of(endpoint.target) is None else None
