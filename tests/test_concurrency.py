"""Many checks of one run: all done, in order, hosts side by side, few at one host."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.servers import HookServer, Met
from tests.support.site import SAMPLES
from tests.support.watched import configured
from tracker.check.concurrency import (
    CHECKS_AT_ONCE,
    CHECKS_PER_HOST,
    run_checks,
    run_in_threads,
)
from tracker.check.context import CheckContext, CheckOutcome
from tracker.config import parse
from tracker.fetch.fetcher import Fetcher
from tracker.pipeline import run_check
from tracker.store import open_store
from tracker.store.folder import Folder
from tracker.store.tree import Tree

ROOT = Path(__file__).parents[1]
PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
MANY = 9


@pytest.fixture
def fetcher():
    with Fetcher() as ready:
        yield ready


def check(url: str, place: Path, fetcher: Fetcher, **options) -> CheckContext:
    options = {"tree": Tree(open_store(str(place)), "action1"), "config": parse({}), **options}
    source = options["config"].source("action1")
    return CheckContext(source=source, fetcher=fetcher, url=url, **options)


def test_all_are_checked_over_few_connections_that_are_kept(site, fetcher, tmp_path):
    urls = [f"{site.root}/{number}/" for number in range(MANY)]
    for number in range(MANY):
        site.show(PAGE, f"/{number}/")
    checks = [check(url, tmp_path / str(number), fetcher) for number, url in enumerate(urls)]
    first = list(run_checks(checks, run_check))
    assert [outcome.outcome for outcome in first] == ["published"] * MANY
    again = list(run_checks(checks, run_check))
    assert [outcome.outcome for outcome in again] == ["unchanged"] * MANY
    assert sorted(site.statuses()) == [200] * MANY + [304] * MANY
    # Of the second round: what publishes for long in the first may lose an idle connection.
    assert len({asked.client for asked in site.asked[MANY:]}) <= CHECKS_PER_HOST


def test_one_host_does_not_wait_for_another(fetcher, tmp_path):
    both = threading.Barrier(2)

    def meet(one: CheckContext) -> CheckOutcome:
        both.wait(timeout=30)
        return CheckOutcome(one.source.name, "unchanged")

    hosts = ("http://127.0.0.1/", "http://localhost/")
    checks = [check(host, tmp_path, fetcher) for host in hosts]
    assert len(list(run_checks(checks, meet))) == len(hosts)


def test_no_server_is_waited_for_alone(fetcher, tmp_path):
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
        found = [outcome.outcome for outcome in run_checks(checks, run_check)]
        server.shutdown()
    assert found == ["published", "published"]


def test_of_one_host_no_more_than_may_be_are_asked_at_once(fetcher, tmp_path):
    guard, running, most = threading.Lock(), 0, 0

    def counted(one: CheckContext) -> CheckOutcome:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with guard:
            running -= 1
        return CheckOutcome(one.page_urls[0], "unchanged")

    checks = [check(f"http://127.0.0.1/{n}", tmp_path, fetcher) for n in range(MANY)]
    found = [outcome.source for outcome in run_checks(checks, counted)]
    assert found == [one.page_urls[0] for one in checks]
    assert most <= CHECKS_PER_HOST


def test_one_that_writes_does_not_keep_the_others_waiting(fetcher, tmp_path):
    both = threading.Barrier(2)

    class Slow(Folder):
        def replace(self, files, *, lasting=True):
            both.wait(timeout=30)
            super().replace(files, lasting=lasting)

    def write(one: CheckContext) -> CheckOutcome:
        with one.tree.lock():
            one.tree.publish({"page": one.page_urls[0].encode()})
        return CheckOutcome(one.source.name, "unchanged")

    checks = []
    for number in range(2):
        tree = Tree(Slow(str(tmp_path / str(number))), "action1")
        url = f"http://127.0.0.{number + 1}/"
        checks.append(check(url, tmp_path, fetcher, tree=tree))
    assert len(list(run_checks(checks, write))) == len(checks)
    assert [one.tree.read("page") for one in checks] == [
        b"http://127.0.0.1/",
        b"http://127.0.0.2/",
    ]


def test_no_channel_of_one_keeps_the_others_waiting(site, fetcher, tmp_path, monkeypatch):
    """Each channel answers once both checks have sent theirs."""
    site.show(PAGE)
    with HookServer() as hook:
        hook.requests = Met(threading.Barrier(2))
        monkeypatch.setenv("URL_OPS", hook.url)
        told = configured({"name": "ops"})
        checks = []
        for host in ("127.0.0.1", "localhost"):
            url = site.url.replace("127.0.0.1", host)
            checks.append(check(url, tmp_path / host, fetcher, config=told))
        assert [each.outcome for each in run_checks(checks, run_check)] == ["published"] * 2
        assert len(hook.requests) == 2


def test_an_error_in_one_of_them_is_not_lost(fetcher, tmp_path):
    def broken(one: CheckContext) -> CheckOutcome:
        raise RuntimeError(one.page_urls[0])

    checks = [check(f"http://127.0.0.1/{n}", tmp_path, fetcher) for n in range(MANY)]
    with pytest.raises(RuntimeError, match="0"):
        list(run_checks(checks, broken))


def test_no_more_than_may_be_run_at_once(fetcher, tmp_path):
    guard, running, most = threading.Lock(), 0, 0

    def counted(one: CheckContext) -> CheckOutcome:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with guard:
            running -= 1
        return CheckOutcome(one.page_urls[0], "unchanged")

    checks = [check(f"http://127.0.0.{n}/", tmp_path, fetcher) for n in range(1, 20)]
    assert len(list(run_checks(checks, counted))) == len(checks)
    assert most == CHECKS_AT_ONCE


def test_jobs_run_side_by_side_and_answer_in_their_order() -> None:
    barrier = threading.Barrier(3)

    def job(number: int) -> int:
        barrier.wait(20)
        return number

    assert run_in_threads([lambda n=n: job(n) for n in range(3)]) == [0, 1, 2]


def test_one_job_needs_no_thread_and_none_is_no_job() -> None:
    assert run_in_threads([threading.get_ident]) == [threading.get_ident()]
    assert run_in_threads([]) == []


def test_what_one_raises_is_raised_once_the_others_are_done() -> None:
    done: list[int] = []

    def bad() -> None:
        raise KeyError("bad")

    def slow() -> None:
        threading.Event().wait(0.05)
        done.append(1)

    with pytest.raises(KeyError, match="bad"):
        run_in_threads([bad, slow])
    assert done == [1]


@pytest.mark.parametrize("many", [False, True], ids=["one", "several"])
def test_an_interrupted_run_waits_for_no_server_and_loses_nothing(site, tmp_path, many):
    """Servers that never answer; one source has been published before."""
    site.show(PAGE)
    published = subprocess.run(
        _command(tmp_path, {"action1": site.url}), capture_output=True, text=True, check=False
    )
    assert published.returncode == 0, published.stderr
    asked = threading.Semaphore(0)
    ended = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.release()
            ended.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        urls = {"action1": url, **({"chime": url} if many else {})}
        running = subprocess.Popen(_command(tmp_path, urls), stderr=subprocess.PIPE, text=True)
        for _ in urls:
            assert asked.acquire(timeout=30)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=10)
        ended.set()
        server.shutdown()
    assert (running.returncode, said) == (130, "fwtracker: stopped\n")
    again = subprocess.run(
        _command(tmp_path, {"action1": site.url}), capture_output=True, text=True, check=False
    )
    assert again.stdout == "action1: unchanged, version 1\n"


def _command(place: Path, urls: dict[str, str]) -> list[str]:
    config = place / "c.toml"
    config.write_text("".join(f'[sources.{n}]\nurl = "{url}"\n' for n, url in urls.items()))
    options = ["--config", str(config), "--snapshots", str(place / "snapshots")]
    return [sys.executable, "-m", "tracker", "run", *options]


@pytest.mark.parametrize("url", ["nonsense", "http://[", "ftp://one.example/"])
def test_a_url_that_is_not_valid_stops_its_own_check_only(url, site, fetcher, tmp_path):
    site.show(PAGE)
    contexts = [
        check(url, tmp_path / "one", fetcher),
        check(site.url, tmp_path / "other", fetcher),
    ]
    one, other = run_checks(contexts, run_check)
    assert (one.outcome, one.usage) == ("failed", True)
    assert other.outcome == "published"
