"""squid.conf: taken by Squid without a warning, and a real Squid decides as it says."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from msgspec import structs

from tests.formats.proxied import CASES, RULES
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import RuleSet, load
from tracker.formats.shared.lan import USUAL_LAN, Lan
from tracker.model import LAN, Service

FORMAT = load("squid")
# What is let through goes to a parent that is not there and fails: 5xx; the rest is 403. So
# nothing but loopback is ever connected to, and no name is looked up.
CONFIG = """
http_port 127.0.0.1:{port}
include {folder}/it.conf
http_access deny all
cache_peer 127.0.0.1 parent {dead} 0 no-query no-digest
never_direct allow all
dns_nameservers 127.0.0.1
cache deny all
follow_x_forwarded_for allow all
access_log none
cache_log {folder}/cache.log
pid_filename none
netdb_filename none
coredump_dir {folder}
pinger_enable off
shutdown_lifetime 0 seconds
"""


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int, method: str, target: str, client_address: str = "127.0.0.1") -> int:
    """The status that the proxy gives to one request, as if of this client."""
    head = f"{method} {target} HTTP/1.0\r\nX-Forwarded-For: {client_address}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(head.encode())
        return int(client.recv(1000).split()[1])


NARROWED = Lan(("10.1.0.0/16",), ("2001:db8:1::/48",))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory) -> Iterator[int]:
    with squid(tmp_path_factory, RULES) as port:
        yield port


@pytest.fixture(scope="module")
def narrowed_proxy(tmp_path_factory) -> Iterator[int]:
    with squid(tmp_path_factory, structs.replace(RULES, lan=NARROWED)) as port:
        yield port


@contextmanager
def squid(tmp_path_factory, of: RuleSet) -> Iterator[int]:
    checkers.need("squid")
    folder = tmp_path_factory.mktemp("squid")
    folder.chmod(0o777)  # Squid started as root gives its rights up
    for parent in list(folder.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    (folder / "it.conf").write_text(text_of(of))
    port, dead = free_port(), free_port()
    (folder / "squid.conf").write_text(CONFIG.format(port=port, dead=dead, folder=folder))
    command = ["squid", "-N", "-f", folder / "squid.conf"]
    with subprocess.Popen(command, env=os.environ | {"PATH": checkers.PATH}) as daemon:
        try:
            wait_for(port, daemon, folder / "cache.log")
            yield port
        finally:
            daemon.terminate()
            daemon.wait(20)


def wait_for(port: int, daemon, log: Path) -> None:
    for _ in range(200):
        assert daemon.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(log.read_text())


@pytest.mark.parametrize("method", ["CONNECT", "GET"])
def test_a_real_squid_decides_as_written(proxy: int, method: str) -> None:
    start, end = ("", "") if method == "CONNECT" else ("http://", "/")
    for (host, asked), open_ in CASES.items():
        found = answer(proxy, method, f"{start}{host}:{asked}{end}")
        expected = {500, 502, 503} if open_ else {403}  # Squid's words for a dead parent
        assert found in expected, f"{method} {host}:{asked}: {found}"


@pytest.mark.parametrize(
    ("client", "private"),
    [
        *dict.fromkeys(("10.1.2.3", "172.31.0.1", "192.168.9.9", "169.254.1.1"), True).items(),
        *dict.fromkeys(("::1", "fd00::9", "fe80::9"), True).items(),
        *dict.fromkeys(("203.0.113.5", "172.32.0.1", "2001:db8::5", "11.0.0.1"), False).items(),
    ],
)
def test_only_clients_with_private_addresses_are_served(
    proxy: int, client: str, private: bool
) -> None:
    found = answer(proxy, "CONNECT", "server.eu.action1.com:22543", client)
    assert (found != 403) is private


@pytest.mark.parametrize(
    ("client", "is_served"),
    [
        *dict.fromkeys(("10.1.2.3", "127.0.0.1", "2001:db8:1::9"), True).items(),
        *dict.fromkeys(("10.2.2.3", "192.168.9.9", "fe80::9", "2001:db8:2::9"), False).items(),
    ],
)
def test_the_clients_are_those_of_the_configured_lan(
    narrowed_proxy: int, client: str, is_served: bool
) -> None:
    found = answer(narrowed_proxy, "CONNECT", "server.eu.action1.com:22543", client)
    assert (found != 403) is is_served


def test_a_lan_of_many_networks_is_read_whole(tmp_path: Path) -> None:
    many = Lan(tuple(f"10.{n // 200}.{n % 200}.0/24" for n in range(900)), ())
    text = text_of(structs.replace(RULES, lan=many))
    assert checkers.squid(text, tmp_path) == ""
    assert FORMAT.read_back(text) >= many.lines
    assert max(map(len, text.splitlines())) < 300


def test_a_narrowed_lan_is_proved() -> None:
    text = text_of(structs.replace(RULES, lan=NARROWED))
    proved = FORMAT.read_back(text)
    assert {each for each in proved if each.startswith("lan ")} == NARROWED.lines
    with pytest.raises(RuleError):
        FORMAT.read_back(text.replace(" 10.1.0.0/16", " 10.1.0.0/161"))


def test_without_the_rules_nothing_is_let_through(proxy: int) -> None:
    # Shows that the cases above come from the file: it names no port of its own.
    assert answer(proxy, "GET", "http://127.0.0.1:1/") == 403


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, tmp_path: Path) -> None:
    assert checkers.squid(text_of(SAMPLES[name]), tmp_path) == ""


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("dst -n 3.74.63.86", "dst -n 3.74.63.86/48"),
        ("port 22543", "port 99999"),
        (" dstdomain -n", " dstdomains -n"),
        ("http_access allow", "http_acess allow"),
        ("allow action1_europe_clients", "allow action1_europe_client"),
        ("-n eu-cdn.action1.com", "-n cdn.windowsupdate.com"),
        ("3.124.175.10", "3.74.63.86/32\nacl action1_europe_22543_addresses dst 3.74.63.0/24"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert checkers.squid(twin, tmp_path)
    assert not proven(twin)


def proven(text: str) -> bool:
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=rule_sets)
def test_any_rule_set_is_accepted(of, tmp_path: Path) -> None:
    if (text := FORMAT.render(of).text) is not None:
        assert checkers.squid(text, tmp_path) == "", text


@pytest.mark.parametrize("name", ["x" * 60, "1", "Büro Süd", 'a" }', "all", "localhost"])
def test_any_name_of_a_rule_set_is_accepted(name: str, tmp_path: Path) -> None:
    of = rule_set(entry("192.0.2.1", ports=((10000, 65000 - 16000),)), name=name)
    assert checkers.squid(text_of(of), tmp_path) == ""


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_add_no_line(words: str) -> None:
    of = rule_set(entry("192.0.2.1", "a.example.com", resource=words, only_for=words))
    plain = rule_set(entry("192.0.2.1", "a.example.com"))
    lines = [line for line in text_of(of).splitlines() if line[:1] != "#"]
    assert lines == [line for line in text_of(plain).splitlines() if line[:1] != "#"]


def test_what_a_proxy_does_not_carry_is_left_out() -> None:
    udp = entry("192.0.2.1", services=(Service("udp", 443, 443),))
    lan = entry(LAN, direction="inbound")
    inbound = entry("192.0.2.2", direction="inbound")
    mapped = entry("::ffff:192.0.2.3")
    rendered = FORMAT.render(rule_set(udp, lan, inbound, mapped))
    assert rendered.text is None
    assert len(rendered.left_out) == 4


def test_what_a_wider_one_stands_for_is_a_comment() -> None:
    of = rule_set(entry("*.a.org", "b.a.org", "a.org", "192.0.2.0/24", "192.0.2.9"))
    lines = text_of(of).splitlines()
    assert "# b.a.org: *.a.org stands for it" in lines
    assert "# 192.0.2.9: 192.0.2.0/24 stands for it" in lines
    assert FORMAT.expected_lines(of) - USUAL_LAN.lines == {
        "outbound *.a.org tcp/443",
        "outbound 192.0.2.0/24 tcp/443",
    }


def test_a_fragment_only_allows() -> None:
    rules = [line for line in EUROPE.splitlines() if line and line[0] != "#"]
    assert {line.split()[0] for line in rules} == {"acl", "http_access"}
    assert all(" deny " not in line and not line.endswith(" all") for line in rules)


def test_a_delta_is_the_lines_that_come_and_go() -> None:
    one = rule_set(entry("192.0.2.1", "a.example.com"), version=1)
    two = rule_set(entry("192.0.2.2", "a.example.com"), version=2)
    assert FORMAT.delta(one, two) == (
        "+ acl action1_europe_443_addresses dst -n 192.0.2.2\n"
        "- acl action1_europe_443_addresses dst -n 192.0.2.1\n"
    )
    assert FORMAT.delta(one, one) is None
