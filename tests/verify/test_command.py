"""`fwtracker verify` as a user has it, on loopback, where nothing documented is dialled."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.audit.samples import snapshot
from tests.formats.samples import SAMPLES, entry
from tests.support.certificate import make_certificate
from tracker.model import LAN
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.verify.plan import plan_tasks
from tracker.verify.report import Attempt, is_reached, summarize_attempts
from tracker.verify.tls import check_handshake, load_authorities


def stored(folder: Path, *entries) -> None:
    Tree(open_store(str(folder / "snapshots")), "action1").commit(
        snapshot(*entries, version=1), {}
    )


def test_a_dry_run_says_what_it_would_connect_to(fwtracker, tmp_path) -> None:
    stored(tmp_path, *SAMPLES["2024-04-europe"].entries)
    ran = fwtracker("verify", "--dry-run")
    assert (ran.status, ran.err) == (0, "")
    assert "3.74.63.86 tcp/22543 TLS" in ran.out
    assert "445" not in ran.out
    assert "not tried: 3, it comes in" in ran.out


@pytest.mark.parametrize(
    ("toml", "options", "said"),
    [
        ("", ("--region", "Mars"), 'no region is called "Mars"'),
        ("", ("--format", "ips", "--json"), "--format and --json are one or the other"),
        ("", ("--version", "7"), "there is no version 7"),
        (
            '[verify]\nca_file = "no-such.pem"',
            (),
            "[verify] ca_file: no-such.pem: no such file",
        ),
        ("[verify]\ntimeout = 0", (), "[verify.timeout]"),
        ("[verify]\ntimout = 1", (), 'unknown key "timout"; did you mean "timeout"?'),
        (
            '[verify]\nchildren = {"*.a.com" = ["b.com"]}',
            (),
            '"b.com" is not a host below "*.a.com"',
        ),
        ("", ("--junit", "no/such/file"), "no/such/file: cannot be written: No such file"),
    ],
)
def test_an_error_is_one_line(fwtracker, tmp_path, toml, options, said) -> None:
    stored(tmp_path, entry(LAN, direction="inbound"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(toml)
    ran = fwtracker("verify", "-q", *options)
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_junit_has_a_case_for_each_endpoint(fwtracker, tmp_path) -> None:
    # An address of this machine: refused, because nobody listens.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        stored(tmp_path, entry("127.0.0.1", ports=(port,)), entry(LAN, direction="inbound"))
        ran = fwtracker("verify", "--junit", "out.xml", "-q")
    assert ran.status == 1
    suite = ET.parse(tmp_path / "out.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    [failure] = suite.iter("failure")
    assert failure.get("message") == "refused: connection refused"


def test_json_says_what_became_of_each_attempt(fwtracker, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stored(tmp_path, entry("127.0.0.1", ports=(port,)))
        ran = fwtracker("verify", "--json")
    assert ran.status == 0
    assert ran.json["reached"] is True
    [found] = ran.json["results"]
    assert found["attempts"] == [
        {"address": "127.0.0.1", "port": port, "name": None, "state": "open", "detail": ""}
    ]


def test_required_decides_and_where_none_is_marked_all_do() -> None:
    def made(requirement, state):
        [task] = plan_tasks([entry("192.0.2.1", requirement=requirement)], {})
        return summarize_attempts(task, [Attempt("192.0.2.1", 443, None, state, "")])

    assert is_reached([made("required", "open"), made("optional", "blocked")])
    assert not is_reached([made("required", "cannot-tell"), made("optional", "open")])
    assert not is_reached([made(None, "open"), made(None, "blocked")])
    assert is_reached([made("required", "open"), made(None, "blocked")])


@pytest.fixture
def tls(tmp_path):
    """A TLS server for localhost with a certificate of its own authority."""
    certificate = make_certificate(tmp_path)
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                link, _ = server.accept()
                with link, certificate.server.wrap_socket(link, server_side=True) as shaken:
                    shaken.recv(1)
            except OSError:
                if server.fileno() == -1:
                    return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield server.getsockname(), str(certificate.ca_file)
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(10)


def test_a_certificate_is_held_against_authorities_names_and_issuers(tls) -> None:
    where, ca_file = tls
    own, public = load_authorities(ca_file, {}), load_authorities(None, {})
    assert check_handshake(where, "localhost", own, 5) == (
        "open",
        "certificate by throw-away CA",
    )
    state, said = check_handshake(where, "localhost", public, 5)
    assert state == "tls-intercepted"
    assert said.startswith("certificate by throw-away CA, which is not a public authority")
    state, said = check_handshake(where, "other.example.com", own, 5)
    assert (state, said) == (
        "tls-intercepted",
        "the certificate, by throw-away CA, is not for other.example.com",
    )
    named = load_authorities(None, {"*.example.com": "throw-away"})
    assert check_handshake(where, "a.example.com", named, 5)[0] == "open"
    named = load_authorities(None, {"*.example.com": "Example Ltd"})
    assert check_handshake(where, "a.example.com", named, 5) == (
        "tls-intercepted",
        "certificate by throw-away CA, not by Example Ltd",
    )
