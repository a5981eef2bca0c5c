"""What an operator named for one source is trusted for it, and for no other of a run."""

from __future__ import annotations

import socket

import msgspec
import pytest

from tests.support.certificate import make_certificate
from tests.support.site import SAMPLES, Reply, Site
from tracker import errors
from tracker.check.concurrency import run_checks
from tracker.check.context import CheckContext
from tracker.config import Config
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.pipeline import run_check
from tracker.sources import Source, load_source
from tracker.store import open_store
from tracker.store.tree import Tree

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()


@pytest.fixture
def fetcher():
    with Fetcher(Limits(attempts=1, silence=2)) as ready:
        yield ready


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """A site at https://localhost, whose connections are kept."""
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    with Site() as site:
        site._server.socket = certificate.server.wrap_socket(
            site._server.socket, server_side=True
        )
        yield site


def at_localhost(site: Site, path: str = "/") -> str:
    return f"https://localhost:{site._server.server_address[1]}{path}"


def test_one_fetcher_trusts_what_another_of_the_same_connections_does_not(site, fetcher):
    site.show(PAGE)
    mine = fetcher.with_trust([site.url])
    theirs = fetcher.with_trust(["https://docs.example.com/", "file:page.html"])
    assert mine.get(site.url).body == PAGE
    for other in (fetcher, theirs):
        with pytest.raises(errors.ForbiddenAddress):
            other.get(site.url)
    with pytest.raises(errors.Refused):
        mine.get("file:page.html")
    assert len(site.asked) == 1


def test_a_kept_connection_of_who_trusts_a_host_serves_no_other(secure, fetcher):
    """It would be used without a look at where the host is."""
    secure.show(PAGE, "/")
    url = at_localhost(secure)
    mine = fetcher.with_trust([url])
    assert mine.get(url).body == PAGE
    with pytest.raises(errors.ForbiddenAddress, match=r"localhost is at .*, which is loopback"):
        fetcher.with_trust(["https://docs.example.com/"]).get(url)
    assert mine.get(url).body == PAGE
    assert len({asked.client for asked in secure.asked}) == 1  # it was kept all the while


def test_the_connections_of_who_trusts_a_host_are_shared(site, fetcher):
    site.show(PAGE)
    for _ in range(3):
        fetcher.with_trust([site.url]).get(site.url)
    assert len({asked.client for asked in site.asked}) == 1


def test_a_redirect_to_a_host_that_another_source_named_is_not_followed(
    site, fetcher, monkeypatch
):
    """`www.` is the same site, so that only the trust is in question."""
    look_up = socket.getaddrinfo

    def answer(host, *args, **kwargs):
        is_here = host in {"vendor.example", "www.vendor.example"}
        return look_up("127.0.0.1" if is_here else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    here = site.root.replace("127.0.0.1", "vendor.example")
    other = site.root.replace("127.0.0.1", "www.vendor.example")
    site.show(PAGE, "/internal")
    site.pages["/page"] = Reply(status=302, headers={"Location": f"{other}/internal"})
    named = fetcher.with_trust([f"{other}/internal"])
    assert named.get(f"{other}/internal").body == PAGE
    with pytest.raises(errors.ForbiddenAddress, match=r"www\.vendor\.example"):
        fetcher.with_trust([f"{here}/page"]).get(f"{here}/page")
    assert fetcher.with_trust([f"{here}/", f"{other}/"]).get(f"{here}/page").body == PAGE
    assert [asked.path for asked in site.asked] == ["/internal", "/page", "/page", "/internal"]


def test_in_a_run_no_source_reaches_what_another_named(site, fetcher, tmp_path):
    """Neither beside it nor after it."""
    site.show(PAGE, "/mine/")
    site.show(PAGE, "/theirs/")
    shipped = load_source("action1").definition
    sources = [
        Source(
            name,
            msgspec.structs.replace(shipped, url=f"{site.root}/{path}/"),
            is_named=is_named,
        )
        for name, path, is_named in (
            ("one", "mine", True),
            ("two", "theirs", False),
            ("three", "mine", True),
        )
    ]
    contexts = [
        CheckContext(source, Tree(open_store(str(tmp_path)), source.name), Config(), fetcher)
        for source in sources
    ]
    for expected in ("published", "unchanged"):
        outcomes = list(run_checks(contexts, run_check))
        assert [outcome.outcome for outcome in outcomes] == [expected, "failed", expected]
        assert outcomes[1].error.name == "forbidden-address"
    assert {asked.path for asked in site.asked} == {"/mine/"}
