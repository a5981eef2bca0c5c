"""The networks that "the LAN" means in rule files: those configured, or the usual ones."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tracker.formats.shared.addresses import Network, network_text, span_of

# RFC 3927 and RFC 4291 section 2.5.6: routers forward no packets from or to these.
_LINK_LOCAL = tuple(map(span_of, ("169.254.0.0/16", "fe80::/10")))


class Lan(msgspec.Struct, frozen=True):
    """The networks of the LAN by family, in canonical text, in numeric order.

    A family may have none: then rules for the LAN do not cover it.
    """

    v4: tuple[str, ...]
    v6: tuple[str, ...]

    def of(self, family: int) -> tuple[str, ...]:
        """Return the networks of IP version 4 or 6."""
        return self.v4 if family == 4 else self.v6  # noqa: PLR2004  the version of IP

    @property
    def networks(self) -> tuple[str, ...]:
        """All networks, IPv4 first."""
        return self.v4 + self.v6

    @property
    def routed(self) -> Lan:
        """The LAN without link-local networks, for files that only gateways load."""
        return Lan(*(tuple(filter(_is_routed, each)) for each in (self.v4, self.v6)))

    @property
    def lines(self) -> frozenset[str]:
        """The proof lines of a format with rules for the LAN: `lan 10.0.0.0/8`."""
        return frozenset(f"lan {network}" for network in self.networks)


def build_lan(networks: Iterable[Network]) -> Lan:
    """Return the LAN of these networks, which are sorted and do not overlap."""
    found: dict[int, list[str]] = {4: [], 6: []}
    for network in networks:
        found[network.version].append(network_text(network))
    return Lan(tuple(found[4]), tuple(found[6]))


def _is_routed(network: str) -> bool:
    family, first, last = span_of(network)
    return not any(
        family == version and start <= first and last <= end
        for version, start, end in _LINK_LOCAL
    )


# RFC 1918 and RFC 3927, RFC 4193 and RFC 4291 section 2.5.6.
USUAL_LAN = Lan(
    ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    ("fc00::/7", "fe80::/10"),
)


_SHOWN = 2  # networks that a sentence lists


def describe_lan(lan: Lan) -> str:
    """Return a description of the LAN, for a sentence in the head of a file."""
    if lan == USUAL_LAN:
        return "all private and link-local addresses"
    if lan == USUAL_LAN.routed:
        return "all private addresses"
    shown = lan.networks if len(lan.networks) <= _SHOWN + 1 else lan.networks[:_SHOWN]
    more = len(lan.networks) - len(shown)
    return ", ".join(shown) + (f" and {more} networks more" if more else "")
