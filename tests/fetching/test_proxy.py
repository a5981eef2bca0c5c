"""Proxies and a company's own CA, by the usual environment variables, over real TLS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.certificate import make_certificate
from tests.proxy import Proxy
from tracker.errors import ForbiddenAddress, TooSlow
from tracker.fetch import Fetcher
from tracker.fetching.limits import Limits

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
