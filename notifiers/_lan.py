"""Which endpoints a message must never tell anybody to open to the internet.

The page lists services of a Windows network in the rows of public servers. Rule files keep
them out by the same rule, which belongs to the formats: a change there is due here too.
"""

from __future__ import annotations

from tracker.model import LAN, Endpoint

# RPC endpoint mapper, NetBIOS session, LDAP, SMB.
LAN_PORTS = (135, 139, 389, 445)
# The range from which Windows gives RPC its ports, always at least 255 of them.
DYNAMIC_FIRST = 49152
DYNAMIC_FEWEST = 255


def stays_inside(endpoint: Endpoint) -> bool:
    """Whether it names a LAN service at a public target, or every address there is."""
    if endpoint.target == LAN:
        return False
    if endpoint.target.endswith("/0"):
        return True
    first, last = endpoint.from_port, endpoint.to_port
    if first is None or last is None:
        return False
    if any(first <= port <= last for port in LAN_PORTS):
        return True
    return last - max(first, DYNAMIC_FIRST) + 1 >= DYNAMIC_FEWEST
