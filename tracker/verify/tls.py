"""One TLS handshake: whose certificate is it, and is it as it should be?

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
from tracker.verify.result import State

_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH, as in OpenSSL's x509_vfy.h
_TIMES = {9: "is not valid yet", 10: "has expired"}  # the same header

Where = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Authorities:
    """Whose certificates are as expected.

    `file` holds the authorities in PEM. `issuers` says for a host, or a wildcard of hosts,
    what its issuer's name has to contain instead.
    """

    file: str
    issuers: Mapping[str, str] = field(default_factory=dict)

    def issuer_for(self, name: str | None) -> str | None:
        """What the issuer's name has to contain, if anything is said of it."""
        for pattern, issuer in self.issuers.items():
            below = pattern.startswith("*.") and f".{name}".endswith(pattern[1:])
            if name is not None and (pattern == name or below):
                return issuer
        return None

    def context(self, name: str | None) -> ssl.SSLContext:
        """What proves a certificate, and its name where one is known."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = name is not None
        made.load_verify_locations(self.file)
        return made


def authorities(file: str | None, issuers: Mapping[str, str]) -> Authorities:
    """Those of a file, by default the ones that browsers know. Raises UsageError."""
    if file is None:
        import certifi  # noqa: PLC0415  only where TLS is tried

        file = certifi.where()
    made = Authorities(file, issuers)
    try:
        made.context(None)
    except OSError as error:
        why = error.strerror or "no certificate in it"
        raise UsageError(f"[verify] ca_file: {file}: {why.lower()}") from None
    return made


def handshake(
    where: Where, name: str | None, known: Authorities, timeout: float
) -> tuple[State, str]:
    """What a handshake came to. Raises OSError for what the network does to it."""
    wanted = known.issuer_for(name)
    try:
        if wanted is not None:
            return _by_name(_claimed(where, name, timeout), wanted)
        return "open", f"certificate by {_proved(where, name, known.context(name), timeout)}"
    except ssl.SSLCertVerificationError as error:
        return _explained(error, where, name, timeout)
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
        return "blocked", "connects, and is cut off in the TLS handshake"
    except TimeoutError:
        return "blocked", "connects, and the TLS handshake gets no answer"
    except ssl.SSLError as error:
        return "tls-fails", f"no TLS: {(error.reason or 'unknown').lower().replace('_', ' ')}"


def _by_name(issuer: str, wanted: str) -> tuple[State, str]:
    """For an authority of the vendor's own, which nobody else can prove."""
    if wanted.lower() in issuer.lower():
        return "open", f"certificate by {issuer}"
    return "tls-intercepted", f"certificate by {issuer}, not by {wanted}"


def _explained(
    error: ssl.SSLCertVerificationError, where: Where, name: str | None, timeout: float
) -> tuple[State, str]:
    if error.verify_code in _TIMES:
        return "tls-fails", f"the certificate {_TIMES[error.verify_code]}"
    issuer = _claimed(where, name, timeout)
    if error.verify_code == _MISMATCH:
        return "tls-intercepted", f"the certificate, by {issuer}, is not for {name}"
    return (
        "tls-intercepted",
        f"certificate by {issuer}, which is no public authority; if it is the vendor's own,"
        " say so in [verify.issuers]",
    )


def _proved(where: Where, name: str | None, context: ssl.SSLContext, timeout: float) -> str:
    """The issuer of a certificate that the context proves. Raises OSError."""
    with (
        socket.create_connection(where, timeout) as link,
        context.wrap_socket(link, server_hostname=name) as shaken,
    ):
        return _issuer(shaken.getpeercert() or {})


def _claimed(where: Where, name: str | None, timeout: float) -> str:
    """Whom a certificate names as its issuer, proved or not.

    The library tells the names only of what it has proved, so in a second handshake the
    certificate of the first is its own proof.
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
        return _proved(where, name, context, timeout)
    except ssl.SSLError:
        return "somebody unknown"


def _issuer(certificate: Mapping[str, Any]) -> str:
    """Organization and common name of an issuer, each once."""
    said = {key: value for part in certificate.get("issuer", ()) for key, value in part}
    names = [said.get(key) for key in ("organizationName", "commonName")]
    return ", ".join(dict.fromkeys(name for name in names if name)) or "nobody"
