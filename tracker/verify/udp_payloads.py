"""What to say by UDP so that a server answers, for the services that have such a word.

Everybody else may well keep silent, and then silence means nothing.
"""

from __future__ import annotations

import secrets
import struct

_STUN_COOKIE = 0x2112A442


def question(port: int) -> tuple[bytes, bool]:
    """What to send to a port, and whether a server there has to answer."""
    made = _KNOWN.get(port)
    return (made(), True) if made else (b"\0", False)


def _dns() -> bytes:
    """The root's name servers, a question that every server answers (RFC 1035, 4.1)."""
    return secrets.token_bytes(2) + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + b"\0\0\2\0\1"


def _ntp() -> bytes:
    """A client's request of version 4 (RFC 5905, 7.3)."""
    return bytes([0x23]) + bytes(39) + secrets.token_bytes(8)


def _stun() -> bytes:
    """A binding request without attributes (RFC 8489, 5)."""
    return struct.pack(">HHI", 1, 0, _STUN_COOKIE) + secrets.token_bytes(12)


_KNOWN = {53: _dns, 123: _ntp, 3478: _stun}
