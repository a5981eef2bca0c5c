"""Targets of rules: which are addresses or host names, their canonical spelling and order."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from functools import lru_cache

from tracker.errors import RuleError
from tracker.text import to_comment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# More than a large page has: each format reads all of them in order, so a smaller cache would
# have evicted them all before the next format starts.
MOST_TARGETS = 2**17
_MAPPED, _MAPPED_LENGTH = 0xFFFF << 32, 96
_BITS = {4: 32, 6: 128}
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# The last label starts with a letter, so that a malformed address is not taken for a host.
_HOST = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")


@lru_cache(maxsize=MOST_TARGETS)  # all formats have the same targets
def network_of(target: str) -> Network | None:
    """Return a target as a network, an address as one of full length; None for a host name.

    Raises RuleError for anything else, so that it is never copied into a rule.
    """
    if _HOST.fullmatch(target):
        return None
    # Most callers use the address without this length: look that up, so both are cached as one.
    single = target.removesuffix("/128" if ":" in target else "/32")
    if single != target and "/" not in single:
        with suppress(RuleError):
            return address_of(single)
    network: Network | None = None
    with suppress(ValueError):
        kind = ipaddress.IPv6Network if ":" in target else ipaddress.IPv4Network
        network = kind(target)
    # A zone ("fe80::1%eth0") is free text that ipaddress accepts.
    if network is None or "%" in target:
        raise RuleError(
            f'"{to_comment(target)}" is no address and no host name: no rule is written'
        )
    return network


def is_wildcard(target: str) -> bool:
    """Return whether a target is `*.example.com`."""
    return target.startswith("*.")


def is_mapped(target: str) -> bool:
    """Return whether a network contains IPv4-mapped addresses (RFC 4291 section 2.5.5.2)."""
    network = network_of(target)
    if not isinstance(network, ipaddress.IPv6Network):
        return False
    shift = network.max_prefixlen - min(network.prefixlen, _MAPPED_LENGTH)
    return int(network.network_address) >> shift == _MAPPED >> shift


def address_of(target: str) -> Network:
    """Return a target as a network. Raises RuleError if it is a host name or invalid."""
    network = network_of(target)
    if network is None:
        raise RuleError(f'"{to_comment(target)}" is no address: no rule is written')
    return network


@lru_cache(maxsize=MOST_TARGETS)
def canonical_target(target: str) -> str:
    """Return the canonical spelling of a target. Raises RuleError if its type is unknown."""
    network = network_of(target)
    return target if network is None else network_text(network)


def canonical_address(target: str) -> str:
    """Return the canonical spelling of an address or network. Raises RuleError for others."""
    address_of(target)
    return canonical_target(target)


def to_cidr(target: str) -> str:
    """Return an address or network with its prefix length: `192.0.2.1` is `192.0.2.1/32`."""
    return target if "/" in target else f"{target}/{address_of(target).max_prefixlen}"


def network_text(network: Network) -> str:
    """Return the canonical text of a network; without a length if it is a single address."""
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)


def span_of(target: str) -> tuple[int, int, int]:
    """Return IP version, first and last address as numbers. Raises RuleError for a host."""
    version, first, length = address_key(target)
    size = 1 << (_BITS[version] - length)
    return version, first, first + size - 1


@lru_cache(maxsize=MOST_TARGETS)
def address_key(target: str) -> tuple[int, int, int]:
    """Return the sort key of an address: IPv4 first, by number, the wider of two first."""
    network = address_of(target)
    return network.version, int(network.network_address), network.prefixlen
