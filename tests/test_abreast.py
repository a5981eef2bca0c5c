"""Many checks of one run: all done, in order, hosts side by side, few at one host."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.servers import HookServer, Met
from tests.support.site import SAMPLES
from tests.support.watched import configured
from tracker.abreast import PER_HOST, outcomes
from tracker.config import parse
from tracker.context import Check
from tracker.fetch.fetcher import Fetcher
from tracker.outcome import Outcome
from tracker.pipeline import run
from tracker.sources import load
from tracker.store import open_store
from tracker.store.aside import Aside
from tracker.store.local import Folder
from tracker.store.tree import Tree
from tracker.turn import Turn

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
MANY = 9


@pytest.fixture
def turn():
    return Turn()


@pytest.fixture
def fetcher(turn):
    with Fetcher(aside=turn.aside) as ready:
        yield ready


def check(url: str, place: Path, fetcher: Fetcher) -> Check:
    tree = Tree(open_store(str(place)), "action1")
    return Check(load("action1"), tree, parse({}), fetcher, url)


def test_all_are_checked_over_few_connections_that_are_kept(site, fetcher, tmp_path, turn):
    urls = [f"{site.root}/{number}/" for number in range(MANY)]
    for number in range(MANY):
        site.show(PAGE, f"/{number}/")
    checks = [check(url, tmp_path / str(number), fetcher) for number, url in enumerate(urls)]
    first = list(outcomes(checks, run, turn))
    assert [outcome.outcome for outcome in first] == ["published"] * MANY
    again = list(outcomes(checks, run, turn))
    assert [outcome.outcome for outcome in again] == ["unchanged"] * MANY
    assert sorted(site.statuses()) == [200] * MANY + [304] * MANY
    assert len({asked.client for asked in site.asked}) <= PER_HOST


def test_one_host_does_not_wait_for_another(fetcher, tmp_path, turn):
    both = threading.Barrier(2)

    def meet(one: Check) -> Outcome:
        with turn.aside():
            both.wait(timeout=30)
        return Outcome(one.source.name, "unchanged")

    hosts = ("http://127.0.0.1/", "http://localhost/")
    checks = [check(host, tmp_path, fetcher) for host in hosts]
    assert len(list(outcomes(checks, meet, turn))) == len(hosts)


def test_no_server_is_waited_for_alone(fetcher, tmp_path, turn):
    """Neither of two answers before both were asked."""
    both = threading.Barrier(2)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            both.wait(timeout=30)
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        urls = [f"http://{host}:{server.server_port}/" for host in ("127.0.0.1", "localhost")]
        checks = [check(url, tmp_path / str(n), fetcher) for n, url in enumerate(urls)]
        found = [outcome.outcome for outcome in outcomes(checks, run, turn)]
        server.shutdown()
    assert found == ["published", "published"]


def test_of_one_host_no_more_than_may_be_are_asked_at_once(fetcher, tmp_path, turn):
    guard, running, most = threading.Lock(), 0, 0

    def counted(one: Check) -> Outcome:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        with turn.aside():
            threading.Event().wait(0.02)
        with guard:
            running -= 1
        return Outcome(one.page_url, "unchanged")

    checks = [check(f"http://127.0.0.1/{n}", tmp_path, fetcher) for n in range(MANY)]
    found = [outcome.source for outcome in outcomes(checks, counted, turn)]
    assert found == [one.page_url for one in checks]
    assert most <= PER_HOST


def test_one_that_writes_does_not_keep_the_others_waiting(fetcher, tmp_path, turn):
    both = threading.Barrier(2)

    class Slow(Folder):
        def replace(self, files, *, lasting=True):
            both.wait(timeout=30)
            super().replace(files, lasting=lasting)

    def write(one: Check) -> Outcome:
        with one.tree.lock():
            one.tree.publish({"page": one.page_url.encode()})
        return Outcome(one.source.name, "unchanged")

    checks = []
    for number in range(2):
        one = check(f"http://127.0.0.{number + 1}/", tmp_path, fetcher)
        one.tree = Tree(Aside(Slow(str(tmp_path / str(number))), turn.aside), "action1")
        checks.append(one)
    assert len(list(outcomes(checks, write, turn))) == len(checks)
    assert [one.tree.read("page") for one in checks] == [
        b"http://127.0.0.1/",
        b"http://127.0.0.2/",
    ]


def test_no_channel_of_one_keeps_the_others_waiting(site, fetcher, tmp_path, turn, monkeypatch):
    """Each channel answers once both checks have told theirs."""
    site.show(PAGE)
    with HookServer() as hook:
        hook.requests = Met(threading.Barrier(2))
        monkeypatch.setenv("URL_OPS", hook.url)
        told = configured({"name": "ops"})
        checks = []
        for host in ("127.0.0.1", "localhost"):
            one = check(site.url.replace("127.0.0.1", host), tmp_path / host, fetcher)
            one.config, one.turn = told, turn
            checks.append(one)
        assert [each.outcome for each in outcomes(checks, run, turn)] == ["published"] * 2
        assert len(hook.requests) == 2


def test_an_error_in_one_of_them_is_not_lost(fetcher, tmp_path, turn):
    def broken(one: Check) -> Outcome:
        raise RuntimeError(one.page_url)

    checks = [check(f"http://127.0.0.1/{n}", tmp_path, fetcher) for n in range(MANY)]
    with pytest.raises(RuntimeError, match="0"):
        list(outcomes(checks, broken, turn))


def test_two_never_work_at_once(fetcher, tmp_path, turn):
    working = threading.Lock()

    def alone(one: Check) -> Outcome:
        assert working.acquire(blocking=False)
        threading.Event().wait(0.01)
        working.release()
        return Outcome(one.source.name, "unchanged")

    checks = [check(f"http://127.0.0.{n}/", tmp_path, fetcher) for n in range(1, MANY)]
    assert len(list(outcomes(checks, alone, turn))) == len(checks)
