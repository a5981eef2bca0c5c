"""One TLS handshake: whose certificate it is, and whether it is the expected one.

A company's inspection has a certificate that this machine trusts and the public does not, so
what counts are the public authorities (or those that the configuration names), not the
machine's own.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.errors import UsageError
from tracker.verify.report import State

_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH, as in OpenSSL's x509_vfy.h
_DATE_ERRORS = {9: "is not valid yet", 10: "has expired"}  # the same header

Where = tuple[str, int]


@dataclass(frozen=True, slots=True)
class TrustedAuthorities:
    """The authorities whose certificates are expected.

    `file` holds them in PEM. `issuers` has, for a host or a wildcard of hosts, what the name
    of its issuer has to contain instead.
    """

    file: str
    issuers: Mapping[str, str] = field(default_factory=dict)

    def issuer_for(self, name: str | None) -> str | None:
        """Return what the issuer's name has to contain; None if nothing is configured."""
        for pattern, issuer in self.issuers.items():
            below = pattern.startswith("*.") and f".{name}".endswith(pattern[1:])
            if name is not None and (pattern == name or below):
                return issuer
        return None

    def context(self, name: str | None) -> ssl.SSLContext:
        """Return a context that verifies a certificate, and its name where it is known."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = name is not None
        context.load_verify_locations(self.file)
        return context


def load_authorities(file: str | None, issuers: Mapping[str, str]) -> TrustedAuthorities:
    """Load the authorities of a file, by default those of browsers. Raises UsageError."""
    if file is None:
        import certifi  # noqa: PLC0415  only where TLS is tried

        file = certifi.where()
    authorities = TrustedAuthorities(file, issuers)
    try:
        authorities.context(None)
    except OSError as error:
        why = error.strerror or "no certificate in it"
        raise UsageError(f"[verify] ca_file: {file}: {why.lower()}") from None
    return authorities


def check_handshake(
    where: Where, name: str | None, trusted: TrustedAuthorities, timeout: float
) -> tuple[State, str]:
    """Return a handshake's state and detail. Raises OSError for errors of the network."""
    wanted = trusted.issuer_for(name)
    try:
        if wanted is not None:
            return _judge_issuer(_claimed_issuer(where, name, timeout), wanted)
        return (
            "open",
            f"certificate by {_verified_issuer(where, name, trusted.context(name), timeout)}",
        )
    except ssl.SSLCertVerificationError as error:
        return _explain_failure(error, where, name, timeout)
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
        return "blocked", "connects, and is cut off in the TLS handshake"
    except TimeoutError:
        return "blocked", "connects, and the TLS handshake gets no answer"
    except ssl.SSLError as error:
        return "tls-fails", f"no TLS: {(error.reason or 'unknown').lower().replace('_', ' ')}"


def _judge_issuer(issuer: str, wanted: str) -> tuple[State, str]:
    """Judge by name an authority of the vendor's own, which cannot be verified."""
    if wanted.lower() in issuer.lower():
        return "open", f"certificate by {issuer}"
    return "tls-intercepted", f"certificate by {issuer}, not by {wanted}"


def _explain_failure(
    error: ssl.SSLCertVerificationError, where: Where, name: str | None, timeout: float
) -> tuple[State, str]:
    if error.verify_code in _DATE_ERRORS:
        return "tls-fails", f"the certificate {_DATE_ERRORS[error.verify_code]}"
    issuer = _claimed_issuer(where, name, timeout)
    if error.verify_code == _MISMATCH:
        return "tls-intercepted", f"the certificate, by {issuer}, is not for {name}"
    return (
        "tls-intercepted",
        f"certificate by {issuer}, which is not a public authority; if it is the vendor's own,"
        " say so in [verify.issuers]",
    )


def _verified_issuer(
    where: Where, name: str | None, context: ssl.SSLContext, timeout: float
) -> str:
    """Return the issuer of a certificate that the context verifies. Raises OSError."""
    with (
        socket.create_connection(where, timeout) as link,
        context.wrap_socket(link, server_hostname=name) as shaken,
    ):
        return _issuer_name(shaken.getpeercert() or {})


def _claimed_issuer(where: Where, name: str | None, timeout: float) -> str:
    """Return whom a certificate names as its issuer, verified or not.

    The library only tells the names of what it verified, so in a second handshake the
    certificate of the first is its own authority.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(where, timeout) as link,
        context.wrap_socket(link, server_hostname=name) as shaken,
    ):
        shown = shaken.getpeercert(binary_form=True)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=shown)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        return _verified_issuer(where, name, context, timeout)
    except ssl.SSLError:
        return "an unknown issuer"


def _issuer_name(certificate: Mapping[str, Any]) -> str:
    """Return organization and common name of an issuer, each once."""
    parts = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    names = [parts.get(key) for key in ("organizationName", "commonName")]
    return ", ".join(dict.fromkeys(name for name in names if name)) or "an unnamed issuer"
