"""Connections of one client and of all, clients behind proxies, and names of the server."""

from __future__ import annotations

import resource
import socket
import threading
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from ipaddress import ip_network

import pytest

from tests.scheduler.rig import serve, until
from tests.site.web.rig import serving
from tracker.config import parse
from tracker.errors import UsageError
from tracker.site.web import connections
from tracker.site.web.clients import ClientAddresses, is_known_host

LATEST = "/action1/latest.json"
RULES = "/action1/rules/europe/ips.txt"
PROXIES = ClientAddresses(tuple(map(ip_network, ("10.0.0.0/8", "192.0.2.1", "fd00::/64"))))


@contextmanager
def dialled(port, count=1, host="127.0.0.1", send=b""):
    """Connections from one address of this machine, which may have sent something."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            channel = socket.create_connection(
                ("127.0.0.1", port), timeout=20, source_address=(host, 0)
            )
            found.append(stack.enter_context(channel))
            channel.sendall(send)
        yield found


def get(path, host="a", more=""):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def status(channel):
    """The status of the next answer; 0 where the server has closed the connection."""
    answer = HTTPResponse(channel)
    try:
        answer.begin()
    except ConnectionError:
        return 0
    answer.read()
    return answer.status


def ask(port, path, host="127.0.0.1", more=""):
    with dialled(port, 1, host, get(path, more=more)) as (channel,):
        return status(channel)


def open_connections(server):
    return server.server.connections._count()


@pytest.fixture
def stuck(monkeypatch):
    """Questions that are not answered before `stuck` is set; it also counts them."""
    released = threading.Event()
    released.asked = 0

    def wait(*_):
        released.asked += 1
        released.wait(20)

    monkeypatch.setattr("tracker.site.web.app_state.AppState.manifest", wait)
    yield released
    released.set()


@contextmanager
def busy(server, count, host="127.0.0.1", more=""):
    """So many requests of one address that are being worked on."""
    under_way = server.server.app._running.total() + count
    with dialled(server.port, count, host, get("/v1/sources", more=more)) as channels:
        until(lambda: server.server.app._running.total() == under_way)
        yield channels


def test_one_client_holds_its_share_and_its_oldest_idle_one_goes(place):
    with (
        serving(place, {"serve": {"client_connections": 3}}) as server,
        dialled(server.port, 4) as channels,
    ):
        assert status(channels[0]) == 0
        for channel in channels[1:]:
            channel.sendall(get(RULES))
            assert status(channel) == 200
        assert open_connections(server) == 3
        with dialled(server.port, 3, "127.0.0.2", get(RULES)) as others:
            assert [status(channel) for channel in others] == [200, 200, 200]


def test_which_is_idle_longest_goes_first(place):
    with (
        serving(place, {"serve": {"client_connections": 2}}) as server,
        dialled(server.port, 2, send=get(RULES)) as (first, second),
    ):
        assert (status(first), status(second)) == (200, 200)
        first.sendall(get(RULES))
        assert status(first) == 200
        assert ask(server.port, RULES) == 200
        assert status(second) == 0
        first.sendall(get(RULES))
        assert status(first) == 200


def test_a_client_whose_share_is_busy_is_refused_and_no_other_is(place, stuck):
    with serving(place, {"serve": {"client_connections": 3}}) as server:
        with busy(server, 3):
            with dialled(server.port, 1, send=get(RULES)) as (channel,):
                answer = channel.recv(65536).decode()
                assert answer.startswith("HTTP/1.1 503")
                assert "retry-after: 5" in answer
                assert "x-content-type-options: nosniff" in answer
                assert "connection: close" in answer
            assert ask(server.port, "/healthz") == 200
            assert ask(server.port, RULES, "127.0.0.2") == 200
            stuck.set()
        until(lambda: open_connections(server) == 0)
        assert ask(server.port, RULES) == 200


def test_where_all_are_taken_the_idle_ones_of_who_has_most_go(place, monkeypatch):
    monkeypatch.setattr(connections, "CAPACITY", 6)
    with (
        serving(place, {"serve": {"client_connections": 5}}) as server,
        dialled(server.port, 1, "127.0.0.2", get(RULES)) as (early,),
        dialled(server.port, 5, "127.0.0.3") as many,
    ):
        assert status(early) == 200
        until(lambda: open_connections(server) == 6)
        assert ask(server.port, RULES, "127.0.0.4") == 200
        assert status(many[0]) == 0
        early.sendall(get(RULES))
        assert status(early) == 200


def test_healthz_is_answered_where_every_connection_and_worker_is_busy(
    place, monkeypatch, stuck
):
    monkeypatch.setattr(connections, "CAPACITY", 8)
    raw = {"serve": {"client_connections": 4, "tokens": [{"path": "/", "token_env": "T"}]}}
    monkeypatch.setenv("T", "sesame")
    token = "Authorization: Bearer sesame\r\n"
    with (
        serving(place, raw) as server,
        busy(server, 4, "127.0.0.2", token),
        busy(server, 4, "127.0.0.3", token),
    ):
        until(lambda: stuck.asked == 4)  # as many as there are workers
        for host in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
            assert ask(server.port, "/healthz", host) == 200
            assert ask(server.port, RULES, host, token) == 503
        with dialled(server.port, 30, "127.0.0.2"):
            assert ask(server.port, "/healthz") == 200
            assert ask(server.port, "/healthz", "127.0.0.2") == 200
            assert open_connections(server) <= 10
        stuck.set()


def test_healthz_is_answered_where_the_process_may_open_few_files(place):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (160, hard))  # inherited
        try:
            served = stack.enter_context(
                serve(place.parent, "--no-check", "--snapshots", place)
            )
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        served.says("may open 160 files only, so it takes 80 connections in place of 512")
        port = int(served.says(r"listening on http://127\.0\.0\.1:(\d+)/")[1])
        for host in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"):
            stack.enter_context(dialled(port, 40, host))
        assert ask(port, "/healthz") == 200
        assert ask(port, RULES, "127.0.0.2") == 200
        assert served.stop() == 0


BIG = "/action1/versions/000001.json"


@pytest.fixture
def big(place):
    """The size of a file that is more than the buffers of a connection take."""
    path = place / BIG.removeprefix("/")
    path.write_bytes(path.read_bytes() + b" " * 12_000_000)
    return path.stat().st_size


@contextmanager
def slow(port):
    """A connection that has asked for much, and takes little of the answer so far."""
    with socket.socket() as channel:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        channel.settimeout(20)
        channel.connect(("127.0.0.1", port))
        channel.sendall(get(BIG))
        assert channel.recv(12) == b"HTTP/1.1 200"
        yield channel


def test_who_takes_no_answer_gives_its_connection_back(place, big, monkeypatch):
    monkeypatch.setattr(connections, "_PATIENCE", 0.2)
    with serving(place) as server, slow(server.port):
        assert open_connections(server) == 1
        until(lambda: open_connections(server) == 0)
        assert ask(server.port, RULES) == 200


def test_a_connection_whose_answer_is_not_taken_yet_is_in_use(place, big):
    with (
        serving(place, {"serve": {"client_connections": 2}}) as server,
        slow(server.port) as first,
        slow(server.port),
    ):
        assert ask(server.port, RULES) == 503
        assert ask(server.port, "/healthz") == 200
        taken = 0
        while taken < big:
            taken += len(first.recv(2**20))
        until(lambda: ask(server.port, RULES) == 200)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.7"], "203.0.113.5"),  # not a proxy: may say what it likes
        ("10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["6.6.6.6", "198.51.100.7, 192.0.2.1"], "198.51.100.7"),
        ("10.0.0.2", ["198.51.100.7:5123"], "198.51.100.7"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", ["unknown"], "10.0.0.2"),
        ("10.0.0.2", ["198.51.100.7, unknown"], "10.0.0.2"),
        ("10.0.0.2", ["10.1.1.1"], "10.1.1.1"),
        ("::ffff:10.0.0.2", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("fd00::5", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("fd00::5", ["[2001:db8:1:2::9]:443"], "2001:db8:1:2::/64"),
        ("2001:db8::1", ["198.51.100.7"], "2001:db8::/64"),
        ("", [], ""),
    ],
)
def test_a_client_is_counted_by_what_a_trusted_proxy_says(peer, forwarded, client):
    assert PROXIES.find_client(peer, forwarded) == client


def forwarded(client):
    return {"X-Forwarded-For": client}


def test_the_rate_is_that_of_the_client_behind_a_trusted_proxy(place):
    with serving(place, {"serve": {"rate": 2, "trusted_proxies": ["127.0.0.1"]}}) as server:

        def asks(client):
            return server.get("/v1/sources", headers=forwarded(client)).status_code

        assert [asks("198.51.100.1") for _ in range(3)] == [200, 200, 429]
        assert asks("6.6.6.6, 198.51.100.1") == 429
        assert asks("198.51.100.2") == 200


def test_the_header_of_who_is_not_a_trusted_proxy_counts_for_nothing(place):
    with serving(place, {"serve": {"rate": 2, "trusted_proxies": ["127.0.0.9"]}}) as server:
        found = [
            server.get("/v1/sources", headers=forwarded(f"198.51.100.{at}")).status_code
            for at in range(3)
        ]
        assert found == [200, 200, 429]


def test_a_proxy_holds_more_than_a_share_and_each_client_behind_it_no_more(place, stuck):
    raw = {"serve": {"client_connections": 2, "trusted_proxies": ["127.0.0.1/32"]}}
    one, two = (f"X-Forwarded-For: 198.51.100.{at}\r\n" for at in (1, 2))
    with (
        serving(place, raw) as server,
        busy(server, 2, more=one),
        busy(server, 1, more=two),
    ):
        assert ask(server.port, RULES, more=one) == 503
        assert ask(server.port, "/healthz", more=one) == 200
        assert ask(server.port, RULES, more=two) == 200
        stuck.set()


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("fw.example.com", True),
        ("FW.example.com:8377", True),
        ("fw.example.com.", True),
        ("localhost:8377", True),
        ("127.0.0.1:8377", True),
        ("[::1]:8377", True),
        ("[2001:db8::1]", True),
        ("evil.example.net", False),
        ("fw.example.com.evil.example.net", False),
        ("127.0.0.1.evil.example.net", False),
        ("", False),
        ("[", False),
        ("0x7f.1", False),
    ],
)
def test_a_host_header_is_a_name_of_ours_or_an_address(header, known):
    assert is_known_host(header, ["fw.example.com"]) is known


CHECKED = [
    *("/", "/action1", "/action1/", "/action1/history", "/action1/held", "/action1/status"),
    *("/v1/sources", "/v1/action1/latest", "/v1/action1/held", "/v1/openapi.json"),
]
UNCHECKED = [
    *(RULES, LATEST, "/action1/manifest.json", "/action1/index.html", "/action1/feed.atom"),
    *("/healthz", "/readyz", "/metrics"),
]
EVIL = {"Host": "evil.example.net"}


def test_pages_and_v1_are_given_under_a_name_of_the_server_only(place):
    with serving(place, {"serve": {"names": ["fw.example.com"]}}) as server:
        for path in CHECKED:
            refused = server.get(path, headers=EVIL)
            assert (refused.status_code, "names" in refused.text) == (421, True), path
            for host in ("fw.example.com", "fw.example.com:80", "127.0.0.1"):
                assert server.get(path, headers={"Host": host}).status_code < 400, path


def test_published_files_are_given_under_any_name(place):
    with serving(place, {"serve": {"names": ["fw.example.com"]}}) as server:
        for path in UNCHECKED:
            assert server.get(path, headers=EVIL).status_code == 200, path
        with dialled(server.port, send=f"GET {RULES} HTTP/1.0\r\n\r\n".encode()) as (old,):
            assert status(old) == 200


def test_without_names_any_name_will_do(server):
    assert {server.get(path, headers=EVIL).status_code < 400 for path in CHECKED} == {True}


def test_where_a_token_protects_no_name_is_asked_for(place, monkeypatch):
    monkeypatch.setenv("T", "sesame")
    tokens = [{"path": "/v1/", "token_env": "T"}]
    with serving(place, {"serve": {"names": ["fw.example.com"], "tokens": tokens}}) as server:
        assert server.get("/v1/sources", headers=EVIL).status_code == 401
        assert server.get("/v1/sources", headers=EVIL, auth=("a", "sesame")).status_code == 200
        assert server.get("/action1/", headers=EVIL).status_code == 421


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"trusted_proxies": ["proxy"]}, '"proxy" is not an address or a network'),
        ({"trusted_proxies": ["10.0.0.1/8"]}, '"10.0.0.1/8" is not an address or a network'),
        ({"trusted_proxies": ["0.0.0.0/0"]}, '"0.0.0.0/0" means everyone'),
        ({"trusted_proxies": ["::/0"]}, '"::/0" means everyone'),
        ({"names": ["https://fw.example.com"]}, "without scheme, port and path"),
        ({"names": ["fw.example.com:80"]}, "without scheme, port and path"),
        ({"names": [""]}, "is not a host name"),
        ({"client_connections": 0}, "client_connections"),
        ({"client_connections": 513}, "client_connections"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_key(raw, said):
    with pytest.raises(UsageError) as caught:
        parse({"serve": raw})
    assert said in str(caught.value)
    assert "serve" in str(caught.value)


def test_limits_change_with_the_configuration(place):
    with serving(place, {"serve": {"client_connections": 1}}) as server:
        with dialled(server.port, 2) as (first, _):
            assert status(first) == 0
        server.state.config = parse({"serve": {"client_connections": 3}})
        server.server.admit([])
        with dialled(server.port, 3, send=get(RULES)) as channels:
            assert [status(channel) for channel in channels] == [200, 200, 200]
