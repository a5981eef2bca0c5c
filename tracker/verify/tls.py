"""A TLS handshake: who issued the certificate, and whether it is the expected one.

The certificates of a company's TLS inspection are trusted by its machines, but not publicly.
So certificates are verified against the public authorities, or those that are configured, not
against the machine's own. The ssl module returns names only from verified certificates; for
others the issuer is read from the DER encoding (X.690; RFC 5280, 4.1).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracker.errors import UsageError
from tracker.formats.shared.addresses import network_of
from tracker.verify.states import State

# X509_V_ERR_..., as in OpenSSL's x509_vfy.h
_MISMATCHES = {62, 63, 64}  # HOSTNAME, EMAIL, IP_ADDRESS
_DATE_ERRORS = {9: "is not valid yet", 10: "has expired"}
_ISSUER_NOT_FOUND = {20, 21}  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY, _TO_VERIFY_LEAF_SIGNATURE

_COMMON_NAME, _ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
# The object identifier of embedded certificate timestamps, 1.3.6.1.4.1.11129.2.4.2 (RFC 6962,
# 3.3). Browsers require them, so public certificates have them; those of inspection do not.
_TIMESTAMPS = bytes.fromhex("060a2b06010401d679020402")
_LONG_FORM = 0x80

_DISTRUST: Mapping[State, str] = {
    "tls-wrong-name": "the certificate is for another name",
    "tls-unknown-authority": "the certificate is not from a public authority",
}

Connect = Callable[[], socket.socket]
Verdict = tuple[State, str]


class Peer(NamedTuple):
    """The server of a handshake: the address or host tried, and the name expected."""

    target: str
    name: str | None


@dataclass(frozen=True, slots=True)
class TrustedAuthorities:
    """The authorities whose certificates are expected.

    `file` contains them in PEM. `issuers` maps a host, a wildcard, an address or a network to
    the text that the issuer's name must contain instead; `known` to one that it may contain.
    """

    file: str
    issuers: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    def issuer_for(self, peer: Peer) -> str | None:
        """Return the text that the issuer's name must contain; None if none is configured."""
        return _find_issuer(self.issuers, peer)

    def accepts(self, peer: Peer, issuer: str) -> bool:
        """Return whether an authority that is not public is expected for this peer."""
        wanted = self.issuer_for(peer) or _find_issuer(self.known, peer)
        return wanted is not None and wanted.lower() in issuer.lower()

    def context(self, name: str | None) -> ssl.SSLContext:
        """Return a context that verifies a certificate, and its name if that is known."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = name is not None
        context.load_verify_locations(self.file)
        return context


def _find_issuer(issuers: Mapping[str, str], peer: Peer) -> str | None:
    return next((text for key, text in issuers.items() if _includes_peer(key, peer)), None)


def _includes_peer(key: str, peer: Peer) -> bool:
    """Return whether a host, wildcard, address or network includes the peer."""
    if (network := network_of(key)) is not None:
        return _is_address(peer.target) and ipaddress.ip_address(peer.target) in network
    name = peer.name or peer.target
    return key == name or (key.startswith("*.") and f".{name}".endswith(key[1:]))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def load_authorities(
    file: str | None, issuers: Mapping[str, str], known: Mapping[str, str] | None = None
) -> TrustedAuthorities:
    """Load the authorities in a file, by default those of browsers. Raises UsageError."""
    if file is None:
        import certifi  # noqa: PLC0415  only needed to try TLS

        file = certifi.where()
    authorities = TrustedAuthorities(file, issuers, known or {})
    try:
        authorities.context(None)
    except OSError as error:
        is_other = isinstance(error, ssl.SSLError)  # with OpenSSL's own text
        why = "no certificate in it" if is_other else error.strerror or "it cannot be read"
        raise UsageError(f"[verify] ca_file: {file}: {why.lower()}") from None
    return authorities


def check_handshake(connect: Connect, peer: Peer, trusted: TrustedAuthorities) -> Verdict:
    """Return the state and detail of a handshake. Raises OSError if the connection fails."""
    link = connect()
    try:
        issuer = _make_handshake(link, peer.name, trusted.context(peer.name))
    except ssl.SSLCertVerificationError as error:
        return _explain_distrust(error, connect, peer, trusted)
    except OSError as error:
        return _explain_failed_handshake(error)
    wanted = trusted.issuer_for(peer)
    if wanted is not None and wanted.lower() not in issuer.lower():
        return _unknown_authority(issuer, wanted)
    return "open", f"certificate by {issuer}"


def _make_handshake(link: socket.socket, name: str | None, context: ssl.SSLContext) -> str:
    """Make a handshake, close, and return the issuer of the verified certificate."""
    with link, context.wrap_socket(link, server_hostname=name) as shaken:
        return _issuer_name(shaken.getpeercert() or {})


def _explain_failed_handshake(error: OSError) -> Verdict:
    """Return the state and detail of a handshake that ended without a certificate."""
    if isinstance(error, TimeoutError):
        return "tls-silent", "connects, and the TLS handshake gets no answer"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or not isinstance(
        error, ssl.SSLError
    ):
        return "tls-cut", "connects, and is cut off in the TLS handshake"
    reason = (error.reason or "unknown").lower().replace("_", " ")
    return "tls-fails", f"no TLS: {reason}"


def _explain_distrust(
    error: ssl.SSLCertVerificationError,
    connect: Connect,
    peer: Peer,
    trusted: TrustedAuthorities,
) -> Verdict:
    """Return why a certificate was not verified; a second handshake reads its issuer."""
    if error.verify_code in _DATE_ERRORS:
        return "tls-expired", f"the certificate {_DATE_ERRORS[error.verify_code]}"
    is_mismatch = error.verify_code in _MISMATCHES
    shown, why_not = _fetch_unverified(connect, peer.name)
    if shown is None:
        state: State = "tls-wrong-name" if is_mismatch else "tls-unknown-authority"
        return state, f"{_DISTRUST[state]}; by whom it is cannot be seen, as {why_not}"
    issuer = issuer_of(shown)
    if is_mismatch:
        return "tls-wrong-name", f"the certificate, by {issuer}, is not for {peer.name}"
    if trusted.accepts(peer, issuer):
        return _check_name_and_dates(connect, peer, shown, issuer)
    if error.verify_code in _ISSUER_NOT_FOUND and is_logged(shown):
        return _without_intermediate(issuer)
    return _unknown_authority(issuer, trusted.issuer_for(peer))


def _without_intermediate(issuer: str) -> Verdict:
    detail = f"the server sends no certificate of {issuer}, which is above its own"
    return "tls-incomplete", detail


def _unknown_authority(issuer: str, wanted: str | None) -> Verdict:
    why = (
        f", not by {wanted}"
        if wanted
        else ", which is not a public authority; if it is expected, say so in [verify.issuers]"
    )
    return "tls-unknown-authority", f"certificate by {issuer}{why}"


def _fetch_unverified(connect: Connect, name: str | None) -> tuple[bytes | None, str]:
    """Return the certificate from a second handshake, unverified; or why there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with connect() as link, context.wrap_socket(link, server_hostname=name) as shaken:
            return shaken.getpeercert(binary_form=True), ""
    except TimeoutError:
        return None, "a second handshake gets no answer"
    except Exception as error:  # noqa: BLE001  the verdict is that of the first handshake
        is_cut = isinstance(error, ConnectionError | ssl.SSLEOFError)
        return None, f"a second handshake {'is reset' if is_cut else 'fails'}"


def _check_name_and_dates(connect: Connect, peer: Peer, shown: bytes, issuer: str) -> Verdict:
    """Check the name and dates of a certificate whose authority is expected by its name.

    Makes another handshake that trusts this certificate itself.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = peer.name is not None
    context.load_verify_locations(cadata=shown)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        _make_handshake(connect(), peer.name, context)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _DATE_ERRORS:
            return "tls-expired", f"the certificate {_DATE_ERRORS[error.verify_code]}"
        if error.verify_code in _MISMATCHES:
            return "tls-wrong-name", f"the certificate, by {issuer}, is not for {peer.name}"
        return "tls-unknown-authority", f"certificates by {issuer} differ with each handshake"
    except OSError as error:
        return _explain_failed_handshake(error)
    return "open", f"certificate by {issuer}, as [verify.issuers] says"


def _issuer_name(certificate: Mapping[str, Any]) -> str:
    """Return the organization and common name of an issuer, each once."""
    parts = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    names = [parts.get(key) for key in ("organizationName", "commonName")]
    return ", ".join(dict.fromkeys(name for name in names if name)) or "an unnamed issuer"


class DerError(ValueError):
    """The bytes are not valid DER. Never leaves this module."""


def is_logged(der: bytes) -> bool:
    """Return whether a certificate states that it is in the public logs."""
    return _TIMESTAMPS in der


def issuer_of(der: bytes) -> str:
    """Return the organization and common name of a certificate's issuer, each once."""
    try:
        names = dict(_read_issuer(der))
    except (ValueError, IndexError):
        return "an issuer whose name cannot be read"
    found = [names.get(key) for key in (_ORGANIZATION, _COMMON_NAME)]
    return ", ".join(dict.fromkeys(name for name in found if name)) or "an unnamed issuer"


def _read_issuer(der: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the identifier and value of each part of the issuer's name."""
    certificate = _parse_der(_parse_der(der)[0][1])
    fields = _parse_der(certificate[0][1])
    has_version = fields[0][0] == 0xA0  # noqa: PLR2004  [0] EXPLICIT Version
    issuer = fields[3 if has_version else 2][1]
    for _, part in _parse_der(issuer):
        for _, pair in _parse_der(part):
            (_, key), (kind, value) = _parse_der(pair)[:2]
            coding = {0x1E: "utf-16-be", 0x0C: "utf-8"}.get(kind, "latin-1")
            yield key, value.decode(coding, "replace")


def _parse_der(data: bytes) -> list[tuple[int, bytes]]:
    """Return the tag and content of each of the values. Raises DerError or IndexError."""
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
