"""What a certificate says that is not verified: who issued it, and whether it is logged. Pure.

The ssl module shows names only of what it verified, so they are read from the DER encoding
(X.690; RFC 5280, 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator

_COMMON_NAME, _ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
# The object identifier of embedded certificate timestamps, 1.3.6.1.4.1.11129.2.4.2 (RFC 6962,
# 3.3): browsers ask for them, so public certificates have them; those of inspection do not.
_TIMESTAMPS = bytes.fromhex("060a2b06010401d679020402")
_LONG_FORM = 0x80


class DerError(ValueError):
    """The bytes are not what is expected. Never leaves this module."""


def is_logged(der: bytes) -> bool:
    """Return whether a certificate claims to be in the public logs."""
    return _TIMESTAMPS in der


def issuer_of(der: bytes) -> str:
    """Return organization and common name of a certificate's issuer, each once."""
    try:
        names = dict(_read_issuer(der))
    except (ValueError, IndexError):
        return "an issuer whose name cannot be read"
    found = [names.get(key) for key in (_ORGANIZATION, _COMMON_NAME)]
    return ", ".join(dict.fromkeys(name for name in found if name)) or "an unnamed issuer"


def _read_issuer(der: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the identifier and value of each part of the issuer's name."""
    certificate = _items(_items(der)[0][1])
    fields = _items(certificate[0][1])
    has_version = fields[0][0] == 0xA0  # noqa: PLR2004  [0] EXPLICIT Version
    issuer = fields[3 if has_version else 2][1]
    for _, part in _items(issuer):
        for _, pair in _items(part):
            (_, key), (kind, value) = _items(pair)[:2]
            coding = {0x1E: "utf-16-be", 0x0C: "utf-8"}.get(kind, "latin-1")
            yield key, value.decode(coding, "replace")


def _items(data: bytes) -> list[tuple[int, bytes]]:
    """Return the tag and content of each value in a row. Raises DerError or IndexError."""
    found, at = [], 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & _LONG_FORM:
            count = length & ~_LONG_FORM
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise DerError("cut off")
        found.append((tag, data[at : at + length]))
        at += length
    return found
