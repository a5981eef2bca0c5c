"""What stands before every answer: read only, strict headers, tokens, sizes, rates, time."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.site.web.rig import serving
from tracker.site.web import connections, middleware
from tracker.site.web.middleware import HEADERS, RateLimiter

LATEST = "/action1/latest.json"


@pytest.mark.parametrize("path", [LATEST, "/nothing", "/healthz", "/metrics", "/v1/sources"])
def test_every_answer_has_the_strict_headers(server, path):
    answer = server.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers
    refused = server.request("DELETE", path)
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_the_policy_lets_no_inline_script_or_style_run():
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_it_is_only_read(server, method):
    answer = server.request(method, LATEST)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_nothing_is_taken(server):
    assert server.request("GET", LATEST, content=b"x" * 10).status_code == 413
    assert server.request("GET", LATEST, content=iter([b"x"])).status_code == 413


def test_addresses_have_a_length(server):
    assert server.get("/" + "a" * 2000).status_code == 414
    assert server.get(f"{LATEST}?{'a' * 4000}").status_code == 414


@pytest.fixture
def closed(place, monkeypatch, tmp_path):
    monkeypatch.setenv("ALL", "open sesame")
    (tmp_path / "rules").write_text("other words\n")
    tokens = [
        {"path": "/", "token_env": "ALL"},
        {"path": "/action1/rules/", "token_file": str(tmp_path / "rules")},
    ]
    with serving(place, {"serve": {"tokens": tokens}}) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        (LATEST, None, 401),
        (LATEST, "Bearer open sesame", 200),
        (LATEST, "bearer open sesame", 200),
        (LATEST, "Bearer open", 401),
        (LATEST, "Bearer other words", 401),
        (LATEST, "Basic !!", 401),
        (LATEST, "Digest open sesame", 401),
        ("/v1/sources", None, 401),
        ("/metrics", None, 401),
        ("/nothing", None, 401),
        ("/action1/rules/europe/ips.txt", "Bearer open sesame", 401),
        ("/action1/rules/europe/ips.txt", "Bearer other words", 200),
        ("/healthz", None, 200),
        ("/readyz", None, 200),
    ],
)
def test_a_path_asks_for_its_token(closed, path, header, status):
    headers = {"Authorization": header} if header else {}
    answer = closed.get(path, headers=headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_a_firewall_may_send_the_token_as_a_password(closed):
    assert closed.get(LATEST, auth=("anybody", "open sesame")).status_code == 200
    assert closed.get(LATEST, auth=("anybody", "wrong")).status_code == 401


def test_two_tokens_of_one_path_are_both_taken_for_a_rotation(place, monkeypatch):
    for name, value in {"OLD": "open sesame", "NEW": "other words", "SUB": "deeper"}.items():
        monkeypatch.setenv(name, value)
    tokens = [
        {"path": "/action1/", "token_env": "OLD"},
        {"path": "/action1/", "token_env": "NEW"},
        {"path": "/action1/rules/", "token_env": "SUB"},
    ]
    rules = "/action1/rules/europe/ips.txt"
    with serving(place, {"serve": {"tokens": tokens}}) as server:

        def statuses(path):
            shown = ("open sesame", "other words", "deeper", "none of them")
            return [server.get(path, auth=("any", token)).status_code for token in shown]

        assert statuses(LATEST) == [200, 200, 401, 401]
        assert statuses(rules) == [401, 401, 200, 401]
        assert server.get(LATEST, headers={"Authorization": "Bearer other words"}).is_success


def test_questions_have_a_rate_and_files_have_none(place):
    with serving(place, {"serve": {"rate": 3}}) as server:
        found = [server.get("/v1/sources").status_code for _ in range(4)]
        assert found == [200, 200, 200, 429]
        assert int(server.get("/v1/sources").headers["retry-after"]) >= 1
        assert {server.get(LATEST).status_code for _ in range(20)} == {200}
        assert server.get("/healthz").status_code == 200


def test_a_rate_fills_up_again_and_remembers_so_many(monkeypatch):
    now = [0.0]
    rate = RateLimiter(60, clock=lambda: now[0])
    assert [rate.wait("a") for _ in range(60)] == [0.0] * 60
    assert rate.wait("a") == pytest.approx(1.0)
    assert rate.wait("b") == 0.0
    now[0] += 1
    assert rate.wait("a") == 0.0
    assert rate.wait("a") > 0
    monkeypatch.setattr(middleware, "_CLIENTS", 2)
    rate.wait("c")
    assert set(rate._left) == {"a", "c"}
    assert RateLimiter(0).wait("a") == 0.0


def talk(port, *pieces):
    """Send pieces and read until the server closes; what it said."""
    with socket.create_connection(("127.0.0.1", port)) as channel:
        channel.settimeout(20)
        for piece in pieces:
            channel.sendall(piece)
        said = b""
        while piece := channel.recv(65536):
            said += piece
        return said


def test_who_never_finishes_a_request_is_not_waited_for(place, monkeypatch):
    monkeypatch.setattr(connections, "_PATIENCE", 0.2)
    with serving(place) as server:
        try:
            assert talk(server.port) == b""
            assert talk(server.port, b"GET / HTTP/1.1\r\nHost: a\r\n") == b""
        except ConnectionResetError:
            pass  # the same, told more harshly
        assert server.get(LATEST).status_code == 200


def test_a_flood_of_headers_is_refused(server):
    flood = b"".join(b"X-%d: %s\r\n" % (at, b"a" * 1000) for at in range(100))
    try:
        said = talk(server.port, b"GET / HTTP/1.1\r\nHost: a\r\n", flood)
    except (ConnectionResetError, BrokenPipeError):
        pass  # closed before all of it was sent: the answer is lost with the rest
    else:
        assert b" 400 " in said.split(b"\r\n")[0]
    assert server.get(LATEST).status_code == 200


@pytest.mark.parametrize(
    "bytes_", [b"\x16\x03\x01\x02", b"GET\r\n\r\n", b"NO HTTP AT ALL\r\n\r\n"]
)
def test_what_is_no_http_is_refused(server, bytes_):
    said = talk(server.port, bytes_ + b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 400")
    assert server.get(LATEST).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(place, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(middleware, "_TIME", 0.1)
    monkeypatch.setattr(
        "tracker.site.web.app_state.AppState.manifest", lambda *_: released.wait(20)
    )
    with serving(place) as server:
        answer = server.get("/v1/sources")
        assert (answer.status_code, "too long" in answer.text) == (503, True)
        assert server.get(LATEST).status_code == 200
        released.set()
