"""Whether the gateway of this machine answers, by what Linux says of itself.

`/proc/net/route` has the default route, `/proc/net/arp` who answered on the link (proc(5)).
Elsewhere, and for IPv6, nothing is known.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc/net")
_COMPLETE = 0x2  # ATF_COM of linux/if_arp.h: the other side has answered
_GATEWAY = 0x2  # RTF_GATEWAY of linux/route.h


def find_silent_gateway(proc: Path = _PROC) -> str | None:
    """Return the default gateway if this machine asked for it and it did not answer.

    None where it answers, was not asked for, or where there is no such file.
    """
    try:
        routes = (proc / "route").read_text("ascii").splitlines()[1:]
        neighbours = (proc / "arp").read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return None
    asked = {line.split()[0]: int(line.split()[2], 16) for line in neighbours if line.split()}
    gateways = list(_default_gateways(routes))
    silent = [each for each in gateways if not asked.get(each, _COMPLETE) & _COMPLETE]
    return silent[0] if silent and len(silent) == len(gateways) else None


def _default_gateways(routes: list[str]) -> Iterator[str]:
    """Yield the gateways of all default routes; addresses are in the machine's byte order."""
    for line in routes:
        words = line.split()
        target, gateway, flags, mask = words[1], words[2], int(words[3], 16), words[7]
        if int(target, 16) == int(mask, 16) == 0 and flags & _GATEWAY:
            yield socket.inet_ntoa(struct.pack("=I", int(gateway, 16)))
