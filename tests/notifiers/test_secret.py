"""Secrets: from one place, never shown."""

from __future__ import annotations

import copy
import json

import msgspec
import pytest

from notifiers.shared.secrets import Secret, read_secret, redact
from tracker.errors import UsageError

WHAT = "the SMTP password"


def test_a_secret_shows_itself_only_when_asked():
    secret = Secret("canary")
    shown = (f"{secret} {secret!r}", "%s" % secret, str([secret]))  # noqa: UP031
    assert "canary" not in " ".join(shown)
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == copy.copy(secret).reveal() == "canary"


def test_no_encoder_takes_a_secret():
    for encode in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError) as caught:
            encode(Secret("canary"))
        assert "canary" not in str(caught.value)


def test_read_from_the_environment_and_from_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("PLACE", " canary \n")
    file = tmp_path / "password"
    file.write_text("canary\n")
    assert read_secret("PLACE", None, WHAT).reveal() == "canary"
    assert read_secret(None, str(file), WHAT).reveal() == "canary"


def test_a_home_folder_is_understood(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "password").write_text("canary")
    assert read_secret(None, "~/password", WHAT).reveal() == "canary"


def test_a_value_where_a_name_belongs_is_not_repeated():
    for value in ("https://hooks.example/canary", "canary password", "", "ünïcanary"):
        with pytest.raises(UsageError, match=WHAT) as caught:
            read_secret(value, None if value else "", WHAT)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize(("env", "file"), [(None, None), ("A", "b")])
def test_exactly_one_place(env, file):
    with pytest.raises(UsageError, match="one place"):
        read_secret(env, file, WHAT)


def test_what_is_wrong_with_a_variable_is_said_with_its_name(monkeypatch):
    monkeypatch.delenv("PLACE", raising=False)
    with pytest.raises(UsageError, match=r"the SMTP password.*PLACE is not set"):
        read_secret("PLACE", None, WHAT)
    monkeypatch.setenv("PLACE", "  \n")
    with pytest.raises(UsageError, match="PLACE is empty"):
        read_secret("PLACE", None, WHAT)
    monkeypatch.setenv("PLACE", "canary\ncanary")
    with pytest.raises(UsageError, match="more than one line") as caught:
        read_secret("PLACE", None, WHAT)
    assert "canary" not in str(caught.value)


def test_what_is_wrong_with_a_file_is_said_with_its_name(tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"canary\xff")
    cases = {
        tmp_path / "absent": "No such file",
        tmp_path: "Is a directory",
        binary: "not UTF-8",
    }
    for file, reason in cases.items():
        with pytest.raises(UsageError, match=reason) as caught:
            read_secret(None, str(file), WHAT)
        assert str(file) in str(caught.value)
        assert "canary" not in str(caught.value)
    with pytest.raises(UsageError, match="home folder is unknown"):
        read_secret(None, "~no-such-user-here/file", WHAT)


def test_redact_takes_every_secret_out():
    assert redact("a b a c", Secret("a"), Secret("b")).count("[redacted]") == 3
