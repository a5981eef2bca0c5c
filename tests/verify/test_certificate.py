"""The name of an issuer, read from a certificate that is not verified."""

from __future__ import annotations

import random
import ssl

import pytest

from tests.verify.authorities import Authority
from tracker.verify.tls import is_logged, issuer_of


def made(folder, organization: str, **how) -> bytes:
    path = Authority(organization).issue(folder / "it", "a.example.com", **how)
    text = path.read_text()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


@pytest.mark.parametrize("name", ["Example Ltd", "Prüfstelle", "日本"])
def test_the_issuer_is_read_whatever_its_letters(tmp_path, name) -> None:
    assert issuer_of(made(tmp_path, name)) == f"{name}, {name} CA"


def test_only_a_logged_certificate_has_timestamps(tmp_path) -> None:
    assert is_logged(made(tmp_path, "Public", logged=True))
    assert not is_logged(made(tmp_path, "Public"))


def test_damaged_bytes_give_some_text_and_never_an_error(tmp_path) -> None:
    der, chance = made(tmp_path, "Public"), random.Random(1)
    damaged = [der[:length] for length in range(0, len(der), 3)]
    for _ in range(500):
        copy = bytearray(der)
        copy[chance.randrange(len(copy))] = chance.randrange(256)
        damaged.append(bytes(copy))
    assert all(isinstance(issuer_of(each), str) for each in damaged)
    assert issuer_of(b"") == "an issuer whose name cannot be read"
