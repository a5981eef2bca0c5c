"""Notes where packets of this network namespace go, run inside it until it is ended.

Writes protocol, address and port of each to its argument, once and again with each new one.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import struct
import sys

_ALL, _OUTGOING = 0x0003, 4  # ETH_P_ALL, PACKET_OUTGOING
_NAMES = {6: "tcp", 17: "udp"}


def _read(packet: bytes, kind: int) -> tuple[str, str, int] | None:
    """Where a packet goes; None where it is neither IP nor for a port."""
    if kind == 0x0800:
        protocol, body = packet[9], packet[(packet[0] & 15) * 4 :]
        address = ipaddress.ip_address(packet[16:20])
    elif kind == 0x86DD:
        protocol, body = packet[6], packet[40:]
        address = ipaddress.ip_address(packet[24:40])
    else:
        return None
    if protocol not in _NAMES:
        return (f"ip{protocol}", str(address), 0)
    return (_NAMES[protocol], str(address), struct.unpack(">H", body[2:4])[0])


def _write(path: str, found: set[tuple[str, str, int]]) -> None:
    with open(f"{path}.new", "w", encoding="utf-8") as file:  # noqa: PTH123  no need for more
        json.dump(sorted(found), file)
    os.replace(f"{path}.new", path)  # noqa: PTH105  the same


def main(path: str) -> None:
    found: set[tuple[str, str, int]] = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL)) as link:
        _write(path, found)
        while True:
            packet, (_, kind, direction, *_) = link.recvfrom(65536)
            seen = _read(packet, kind) if direction == _OUTGOING else None
            if seen and seen not in found:
                found.add(seen)
                _write(path, found)


if __name__ == "__main__":
    main(sys.argv[1])
