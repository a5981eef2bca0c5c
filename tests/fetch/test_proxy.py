"""Proxies and a company's own CA, by the usual environment variables, over real TLS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.certificate import make_certificate
from tests.support.hostile import GOOD
from tests.support.proxy import Proxy
from tracker.errors import ForbiddenAddress, TooSlow, Unreachable
from tracker.fetch.client import matches_no_proxy
from tracker.fetch.fetcher import Fetcher, Limits

PAGE = "https://www.action1.com/documentation/firewall-configuration/"


@pytest.fixture
def proxy(site, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, "www.action1.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    with Proxy(site, certificate.server) as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        yield running


def test_the_source_itself_is_read_through_the_proxy(site, fwtracker, proxy):
    site.show_sample("2026-02")
    ran = fwtracker("run", "action1")
    assert ran.status == 0, ran.err
    assert set(proxy.asked) == {"www.action1.com:443"}
    latest = json.loads(Path("snapshots/action1/latest.json").read_text())
    assert latest["pages"][0]["url"] == PAGE
    assert len(latest["pages"]) == 4


def test_an_unknown_authority_is_refused(site, fwtracker, proxy, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "action1")
    assert ran.status == 1
    assert "certificate verify failed" in ran.err
    assert ran.err.count("\n") == 1
    assert len(proxy.asked) == 1  # it is not tried again
    assert fwtracker("run", "--json").json[0]["error"]["name"] == "untrusted"


def test_a_literal_private_address_is_not_asked_of_the_proxy(proxy):
    """A name is the proxy's business, and so is what it leads to; this is no name."""
    with Fetcher() as fetcher, pytest.raises(ForbiddenAddress, match="link-local"):
        fetcher.get("https://169.254.169.254/latest/meta-data/")
    assert proxy.asked == []


def test_the_deadline_holds_through_a_proxy(proxy):
    proxy.pause = 2.0
    with Fetcher(Limits(total=0.4)) as fetcher, pytest.raises(TooSlow):
        fetcher.get(PAGE)


def test_a_certificate_for_another_host_is_refused(site, fwtracker, proxy):
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", "https://www.example.com/firewall/")
    assert ran.status == 1
    assert "certificate verify failed" in ran.err


def test_plain_http_goes_through_a_proxy_with_its_password(site, monkeypatch):
    page = "http://page.example/firewall/"
    site.show(GOOD, page)
    monkeypatch.setenv("HTTP_PROXY", site.root.replace("//", "//me:p%40ss@"))
    with Fetcher() as fetcher:
        fetcher.allow(page)
        assert fetcher.get(page).body
    (asked,) = site.asked
    assert asked.path == page
    assert asked.headers["Host"] == "page.example"
    assert asked.headers["Proxy-Authorization"] == "Basic bWU6cEBzcw=="


@pytest.mark.parametrize("excepted", ["127.0.0.1", "x.test,127.0.0.1:{port}", "*"])
def test_what_no_proxy_excepts_is_asked_itself(site, monkeypatch, excepted):
    site.show_sample("2024-04/stacks.html")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with Fetcher(Limits(attempts=1)) as fetcher:
        fetcher.allow(site.url)
        with pytest.raises(Unreachable):
            fetcher.get(site.url)
    monkeypatch.setenv("NO_PROXY", excepted.format(port=site.root.rpartition(":")[2]))
    with Fetcher() as fetcher:
        fetcher.allow(site.url)
        assert fetcher.get(site.url).body


@pytest.mark.parametrize(
    ("no_proxy", "host", "excepted"),
    [
        ("*", "x.test", True),
        ("x.test,*", "y.test", False),  # as in curl: the star stands alone
        ("x.test", "x.test", True),
        ("x.test", "www.x.test", True),
        (".x.test", "x.test", True),
        ("x.test.", "X.Test", True),
        ("x.test", "nix.test", False),
        ("a.test, b.test c.test", "c.test", True),
        ("x.test:8443", "x.test", True),
        ("x.test:443", "x.test", False),
        ("192.0.2.0/24", "192.0.2.77", True),
        ("192.0.2.0/24", "192.0.3.77", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2", "192.0.2.7", False),
        ("192.0.2.0/24", "192.0.2.0", True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("[2001:db8::1]:8443", "2001:db8::1", True),
        ("2001:db8::1", "2001:db8::2", False),
        ("192.0.2.0/99", "192.0.2.1", False),
        (",, ,", "x.test", False),
        ("", "x.test", False),
    ],
)
def test_no_proxy_is_read_as_curl_reads_it(no_proxy, host, excepted):
    assert matches_no_proxy(no_proxy, host, 8443) is excepted


def test_a_network_in_no_proxy_is_asked_itself(site, monkeypatch):
    site.show_sample("2024-04/stacks.html")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, 127.0.0.0/8")
    with Fetcher() as fetcher:
        fetcher.allow(site.url)
        assert fetcher.get(site.url).body


@pytest.mark.parametrize(
    "proxy", ["ftp://a:secret@x.test", "socks4://x.test", "http://:1", "//"]
)
def test_a_proxy_of_no_known_kind_is_one_line(site, fwtracker, monkeypatch, proxy):
    site.show_sample("2024-04/stacks.html")
    monkeypatch.setenv("ALL_PROXY", proxy)
    for command in ("run", "doctor"):
        ran = fwtracker(command, *(("--url", site.url) if command == "run" else ()))
        assert ran.status != 0
        assert "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY" in ran.out + ran.err
        assert "secret" not in ran.out + ran.err
    assert site.asked == []
