"""One POST: what is retriable, how long it may take, and that the URL stays secret."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Thread

import pytest

from notifiers.shared import http_post
from notifiers.shared.http_post import check_secret_url, post_json
from notifiers.shared.secrets import Secret
from tests.support.servers import Answer, HookServer, free_port
from tracker.errors import DeliveryError, UsageError

PATH = "/services/T0CANARY/B0CANARY/canary-3f9a"


def post(*answers, timeout=20.0):
    with HookServer(*answers) as hook:
        result = post_json(Secret(hook.url + PATH), {"a": "ü"}, timeout=timeout)
    return result, hook.requests


def refused(*answers, timeout=20.0) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(*answers, timeout=timeout)
    return caught.value


def test_a_dict_goes_out_as_json():
    result, (request,) = post()
    assert result == (200, "ok")
    assert request.path == PATH
    assert request.body == '{"a":"ü"}'.encode()
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "fwtracker"


def test_bytes_go_out_as_they_are():
    with HookServer(Answer(204, b"")) as hook:
        assert post_json(Secret(hook.url), b"[1]") == (204, "")
    assert hook.requests[0].body == b"[1]"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 599])
def test_what_may_pass_is_retriable(status):
    error = refused(Answer(status, b"busy"))
    assert error.retriable
    assert str(error) == f'HTTP {status} "busy"'


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410])
def test_what_needs_a_person_is_final(status):
    headers = {"Location": "http://127.0.0.1:1/"}
    error = refused(Answer(status, b"no_service", headers))
    assert not error.retriable
    assert error.retry_after is None
    assert str(error).startswith(f'HTTP {status} "no_service"; ')


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (404, "check the URL at its service"),
        (308, "redirects are not followed; use the URL that it leads to"),
        (
            413,
            "too long for it; raise its limit, or give the channel fewer regions",
        ),
        (400, "it does not take this message; see its log"),
        (410, "it was removed; make a new URL at its service"),
    ],
)
def test_what_to_do_is_said_by_the_status(status, advice):
    assert str(refused(Answer(status, b""))) == f"HTTP {status}; {advice}"


def test_a_redirect_is_not_followed():
    with HookServer() as other:
        away = {"Location": f"{other.url}/elsewhere"}
        refused(Answer(307, b"", away))
    assert other.requests == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("0", 0), ("99999999999", 86_400), ("soon", None), ("-5", None)],
)
def test_retry_after_in_seconds(text, seconds):
    error = refused(Answer(429, b"", {"Retry-After": text}))
    assert error.retry_after == seconds


def test_retry_after_as_a_date():
    now = datetime.now(UTC)
    soon = format_datetime(now + timedelta(seconds=90), usegmt=True)
    past = format_datetime(now - timedelta(days=1), usegmt=True)
    error = refused(Answer(503, b"", {"Retry-After": soon}))
    assert error.retry_after == pytest.approx(90, abs=5)
    assert refused(Answer(503, b"", {"Retry-After": past})).retry_after == 0
    assert http_post.map_status(503, "", "Tue, 5 Nov 2024 06:17:09 -0000").retry_after == 0


@pytest.mark.parametrize(
    "answer",
    [Answer(delay=30), Answer(body=b"x" * 500, drip=0.05)],
    ids=["silence", "a byte at a time"],
)
def test_the_deadline_is_one_for_all(answer):
    start = time.monotonic()
    error = refused(answer, timeout=0.4)
    assert time.monotonic() - start < 20
    assert error.retriable
    assert "within 0.4 s" in str(error)


def test_the_deadline_is_also_for_what_is_sent():
    """A server that takes a little now and then, so that no single wait is long."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_slowly() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not given_up.wait(0.02):
                    connection.recv(20_000)

        given_up = Event()
        thread = Thread(target=take_slowly)
        thread.start()
        url = Secret(f"http://127.0.0.1:{server.getsockname()[1]}{PATH}")
        start = time.monotonic()
        with pytest.raises(DeliveryError, match=r"within 0\.4 s") as caught:
            post_json(url, b"x" * 32_000_000, timeout=0.4)
        assert (
            time.monotonic() - start < 15
        )  # at its pace, it would take more than half a minute
        assert caught.value.retriable
        given_up.set()
        thread.join(20)


def test_no_server_and_a_broken_connection_are_retriable():
    with pytest.raises(DeliveryError, match="no connection") as caught:
        post_json(Secret(f"http://127.0.0.1:{free_port()}{PATH}"), {})
    assert caught.value.retriable
    error = refused(Answer(hang_up=True))
    assert error.retriable
    assert "broke" in str(error)


def test_a_name_without_an_address_and_a_server_without_tls_say_so():
    with pytest.raises(DeliveryError, match="not found \\(DNS\\)") as caught:
        post_json(Secret(f"http://no-such-host.invalid{PATH}"), {})
    assert caught.value.retriable
    with HookServer() as hook, pytest.raises(DeliveryError, match="no TLS") as caught:
        post_json(Secret(hook.url.replace("http:", "https:") + PATH), {})
    assert caught.value.retriable


def test_where_the_body_counts_one_that_broke_off_is_no_refusal():
    with HookServer(Answer(200, b"o", {"Transfer-Encoding": "chunked"})) as hook:
        url = Secret(hook.url + PATH)
        with pytest.raises(DeliveryError, match="HTTP 200, but the answer broke off") as caught:
            post_json(url, {}, wanted="ok")
        assert caught.value.retriable
        assert post_json(url, {}) == (200, "")
    with HookServer(Answer(200, b"<html>log in")) as hook:
        assert post_json(Secret(hook.url + PATH), {}, wanted="ok") == (200, "<html>log in")


def test_an_untrusted_certificate_is_final(certificate):
    with (
        HookServer(tls=certificate.server) as hook,
        pytest.raises(DeliveryError, match="certificate") as caught,
    ):
        post_json(Secret(hook.url + PATH), {})
    assert not caught.value.retriable
    assert hook.requests == []


def test_a_trusted_certificate_is_taken(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    with HookServer(tls=certificate.server) as hook:
        assert post_json(Secret(hook.url + PATH), {})[0] == 200


@pytest.mark.parametrize("url", ["ftp://canary/b", "http://[::1canary", "canary"])
def test_what_is_no_url_is_final_and_not_shown(url):
    with pytest.raises(UsageError, match="the hook is not an http") as usage:
        check_secret_url(Secret(url), "the hook")
    with pytest.raises(DeliveryError, match="cannot be used") as caught:
        post_json(Secret(url), {})
    assert not caught.value.retriable
    assert "canary" not in f"{usage.value} {caught.value}"


def test_a_long_answer_is_read_and_quoted_in_part():
    error = refused(Answer(500, b"\x1b[31m<b>\r\n" + b"y" * 1_000_000))
    assert len(str(error)) < 100
    assert str(error).isprintable()


def test_an_answer_that_breaks_off_has_been_an_answer():
    cut = Answer(200, b"ok", {"Transfer-Encoding": "chunked"})
    assert post(cut)[0][0] == 200


def test_the_url_is_in_no_log_error_or_traceback(caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.NOTSET)
    logging.getLogger("httpcore").setLevel(logging.DEBUG)
    echo = f"Cannot POST {PATH}, part T0CANARY".encode()
    post(Answer(200, b"ok"))
    for answer in (Answer(500, echo), Answer(404, echo), Answer(hang_up=True)):
        error = refused(answer)
        said = "".join(traceback.format_exception(error)) + repr(error)
        assert "canary" not in said.lower()
        assert error.__context__ is None
        assert error.__cause__ is None
    assert "canary" not in caplog.text.lower()


def test_quieter_loggers_stay_quieter():
    logger = logging.getLogger("httpx")
    before = logger.level
    try:
        logger.setLevel(logging.ERROR)
        post()
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(before)
