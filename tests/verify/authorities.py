"""Authorities and certificates of every kind that a server may show, good and bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_TIMESTAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def _name(organization: str, common: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(*each) for each in parts])


@dataclass
class Authority:
    """An authority, its own or one below another."""

    organization: str
    above: Authority | None = None
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.name = _name(self.organization, f"{self.organization} CA")
        self.certificate = self._sign(self.name, self.key, self.above or self, ca=True)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(
        self, path: Path, *hosts: str, days: int = 1, logged: bool = False, chain: bool = True
    ) -> Path:
        """Write key and certificate of a server; `chain` adds those above but the root's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("a server", hosts[0])
        leaf = self._sign(subject, key, self, hosts=hosts, days=days, logged=logged)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        above = self.pem if chain and self.above else b""
        path.write_bytes(private + leaf.public_bytes(Encoding.PEM) + above)
        return path

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: Authority,
        hosts: tuple[str, ...] = (),
        days: int = 1,
        *,
        ca: bool = False,
        logged: bool = False,
    ) -> x509.Certificate:
        now, public = datetime.now(UTC), key.public_key()
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        usage = dict.fromkeys(
            (
                *("content_commitment", "key_encipherment", "data_encipherment"),
                *("key_agreement", "encipher_only", "decipher_only"),
            ),
            False,
        )
        usage |= {"digital_signature": not ca, "key_cert_sign": ca, "crl_sign": ca}
        made = (
            x509.CertificateBuilder(issuer.name, subject, public, x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(by, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            made = made.add_extension(names, critical=False)
        if logged:
            stamps = x509.UnrecognizedExtension(_TIMESTAMPS, b"\x04\x02\x00\x00")
            made = made.add_extension(stamps, critical=False)
        return made.sign(issuer.key, SHA256())
