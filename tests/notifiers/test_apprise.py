"""Apprise: by its json:// URLs to a server on loopback, with its log kept to ourselves."""

from __future__ import annotations

import builtins
import logging
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import apprise as library
import msgspec
import pytest

from notifiers import apprise
from notifiers.apprise import capture_log, map_log_to_error
from notifiers.shared.message_text import compose_text
from notifiers.shared.secrets import Secret
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support.servers import Answer, HookServer, free_port
from tracker.errors import DeliveryError, UsageError

PATH = "/hook/canary-5e11"
SETTINGS = apprise.AppriseSettings(urls_env="URLS")


@contextmanager
def rig(folder, trouble="fine"):
    """A server for json:// for the suite of all notifiers."""
    settings, environment = {"urls_env": "RIG_APPRISE"}, {"RIG_APPRISE": f"HERE{PATH}"}
    with hook_rig(trouble, settings, environment, PATH) as (hook, made_rig):
        address = made_rig.environment["RIG_APPRISE"]
        made_rig.environment["RIG_APPRISE"] = address.replace("http://", "json://")
        # Sent as text: Apprise turns it into the markup of a service, and escapes it.
        made_rig.received = lambda: [[] for _ in hook.requests]
        made_rig.shown = lambda: [shown(body) for body in hook.bodies()]
        yield made_rig


def shown(body) -> str:
    return f"{body['title']}\n{body['message']}"


def json_url(hook: HookServer) -> str:
    return f"json://127.0.0.1:{hook.port}{PATH}"


@pytest.fixture
def to(monkeypatch):
    """Send a change to these URLs; the receipt."""

    def send(*urls: str) -> str:
        monkeypatch.setenv("URLS", "\n".join(urls))
        return apprise.send(SETTINGS, made.change())

    return send


def refused(to, *urls: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        to(*urls)
    return caught.value


def test_the_guide_to_mail_names_a_service_of_apprise():
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "mail.md").read_text("utf-8")
    (scheme,) = set(re.findall(r"`(\w+)://`", guide))
    with capture_log():
        known = library.Apprise().details()["schemas"]
    kinds = ("protocols", "secure_protocols")
    (service,) = (each for each in known if any(scheme in (each[kind] or ()) for kind in kinds))
    assert "365" in str(service["service_name"])


def test_each_url_gets_the_message(to):
    with HookServer() as one, HookServer() as other:
        assert to("# both", json_url(one), "", json_url(other)) == "taken by 2 of 2"
        assert one.bodies() == other.bodies()
    (body,) = one.bodies()
    assert body["title"].startswith("BREAKING Action1 Europe: allow 13.41.182.195")
    assert "* 13.41.182.195, 18.171.0.33" in body["message"]
    assert body["type"] == "failure"


def test_the_urls_may_stand_in_a_file(tmp_path):
    with HookServer() as hook:
        (tmp_path / "urls").write_text(f"{json_url(hook)}\n{json_url(hook)}\n")
        settings = apprise.AppriseSettings(urls_file=str(tmp_path / "urls"))
        apprise.check(settings)
        assert apprise.send(settings, made.baseline()) == "taken by 2 of 2"


def test_one_that_took_it_is_a_delivery_and_the_receipt_tells_of_the_others(to):
    with HookServer() as hook, HookServer(Answer(500)) as broken:
        receipt = to(json_url(hook), json_url(broken))
    assert receipt.startswith("taken by 1 of 2; not by: json: Failed to send JSON")
    assert "error=500" in receipt


@pytest.mark.parametrize(
    ("status", "retriable"), [(500, True), (503, True), (429, True), (404, False), (410, False)]
)
def test_a_status_in_its_log_says_whether_it_may_pass(to, status, retriable):
    with HookServer(Answer(status)) as hook:
        error = refused(to, json_url(hook))
    assert error.retriable is retriable
    assert f"error={status}" in str(error)


def test_what_has_no_status_may_pass(to):
    error = refused(to, f"json://127.0.0.1:{free_port()}{PATH}")
    assert error.retriable
    assert str(error).startswith("json: A Connection error occurred")


def test_one_that_may_pass_is_reason_to_come_back(to):
    with HookServer(Answer(404)) as gone, HookServer(Answer(500)) as broken:
        assert refused(to, json_url(gone), json_url(broken)).retriable
        assert not refused(to, json_url(gone), json_url(gone)).retriable


def test_a_redirect_is_not_followed(to):
    with HookServer() as other:
        with HookServer(Answer(307, b"", {"Location": f"{other.url}/x"})) as hook:
            assert not refused(to, json_url(hook)).retriable
        assert other.requests == []


def test_a_url_that_apprise_does_not_know_is_counted_and_not_shown(monkeypatch):
    monkeypatch.setenv("URLS", "json://127.0.0.1/a\nnonsense://canary-7/canary-8")
    with pytest.raises(UsageError, match="cannot use number 2 of them") as caught:
        apprise.check(SETTINGS)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", ["# nothing but a note", "json://a\n\x1b[2J"])
def test_what_is_no_list_of_urls(monkeypatch, text):
    monkeypatch.setenv("URLS", text)
    with pytest.raises(UsageError, match="one of them per line"):
        apprise.check(SETTINGS)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name == "apprise":
            raise ModuleNotFoundError("No module named 'apprise'", name="apprise")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    monkeypatch.setattr(builtins, "__import__", missing)
    monkeypatch.setenv("URLS", "json://a")
    with pytest.raises(UsageError, match=r"pip install '.*\[apprise\]'"):
        apprise.check(SETTINGS)


@pytest.mark.parametrize("places", [{}, {"urls_env": "A", "urls_file": "b"}])
def test_exactly_one_place_for_the_urls(places):
    with pytest.raises(msgspec.ValidationError, match="exactly one of `urls_env`"):
        msgspec.convert(places, apprise.AppriseSettings)


@pytest.mark.parametrize("limit", [140, 500, 1024, 2000, 32_768])
@pytest.mark.parametrize("told", [made.change(), made.many(10_000)], ids=["change", "many"])
def test_the_message_is_as_long_as_the_service_takes(told, limit):
    title, body = apprise.fit_message(compose_text(told), limit)
    assert len(title) + len(body) <= limit
    assert (title + body).startswith("BREAKING Action1 Europe: allow ")
    assert limit < 1000 or "Allow these" in body


def test_its_log_is_kept_and_given_back(caplog):
    logger = logging.getLogger("apprise")
    before = (logger.handlers, logger.propagate, logger.level)
    caplog.set_level(logging.DEBUG)
    with capture_log() as log:
        logger.debug("quiet")
        logger.warning("loud %s", "canary")
    assert log == ["loud canary"]
    assert (logger.handlers, logger.propagate, logger.level) == before
    assert caplog.text == ""


def test_any_part_of_the_url_is_left_out_of_the_reason():
    url = Secret("slack://TokenA12/TokenB34/to%20ken5?x=Token6#ch")
    error = map_log_to_error(url, ["at tokena12: TokenB34 and to ken5, Token6, error=403"])
    assert "oken" not in str(error).lower().replace("[redacted]", "")
    assert "error=403" in str(error)
    assert not error.retriable
