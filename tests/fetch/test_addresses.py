"""Public addresses only, checked when connecting: nothing else is ever connected to."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address

import httpcore
import pytest

from tests.support.hostile import GOOD, OK, PRIVATE, counted, saying, speaking
from tests.support.site import MAIN, Reply
from tracker import errors
from tracker.fetch.addresses import forbidden_reason, parse_host_address
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.fetch.urls import (
    check_untrusted,
    parse_url,
    redirect_target,
    site_of,
)

REFUSED = {"0177.0.0.1": errors.Refused}  # octal to some and decimal to others: no address
PUBLIC = (
    *("1.1.1.1", "54.210.188.13", "100.63.255.255", "100.128.0.1", "172.32.0.1", "198.20.0.1"),
    *("223.255.255.255", "2606:4700::6810:1", "2a00:1450:4001::1", "2620:0:2d0:200::7"),
    *("::ffff:54.210.188.13", "64:ff9b::54.210.188.13", "2002:36d2:bc0d::1"),
)


@pytest.fixture
def dialled(monkeypatch):
    """The addresses that were connected to; only loopback exists."""
    seen = []
    dial = httpcore.SyncBackend.connect_tcp

    def recording(self, host, *args):
        seen.append(host)
        if host != "127.0.0.1":
            raise httpcore.ConnectError("nobody there")
        return dial(self, host, *args)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", recording)
    return seen


@pytest.fixture
def names(monkeypatch):
    """A name server: a list of addresses per name, or several lists, one per look-up."""
    table: dict[str, list] = {}
    look_up = socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        if host not in table:
            return look_up(host, port, *args, **kwargs)
        answers = table[host]
        if answers and isinstance(answers[0], list):
            answers = answers.pop(0)
        found = [(ip_address(address).version, address) for address in answers]
        return [
            (socket.AF_INET6 if version == 6 else socket.AF_INET, 1, 6, "", (address, port))
            for version, address in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return table


@pytest.fixture
def fetcher():
    with Fetcher(Limits(attempts=1, silence=0.5)) as ready:
        yield ready


def bare(form: str) -> str:
    return form.strip("[]")


@pytest.mark.parametrize("form", PRIVATE)
def test_no_form_of_a_private_address_is_public(form):
    address = parse_host_address(bare(form))
    assert address is not None
    assert forbidden_reason(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is(address):
    assert forbidden_reason(address) is None


@pytest.mark.parametrize(
    "host", ["", "a", "a.example", "1.2.3.4.5", "0x", "face.com", "1e9.de"]
)
def test_a_name_is_no_address(host):
    assert parse_host_address(host) is None


@pytest.mark.parametrize("form", PRIVATE)
def test_a_private_address_is_not_dialled_whatever_leads_there(fetcher, dialled, form):
    for url in (f"https://{form}/", f"http://{form}/", f"https://{form}:8443/x"):
        with pytest.raises(REFUSED.get(form, errors.ForbiddenAddress), match="address"):
            fetcher.get(url)
    assert dialled == []


@pytest.mark.parametrize("form", PRIVATE)
def test_a_redirect_to_a_private_address_is_not_followed(site, fetcher, dialled, form):
    site.pages["/old"] = Reply(status=302, headers={"Location": f"http://{form}:81/latest"})
    fetcher.allow(site.url)
    with pytest.raises(errors.FetchError) as caught:
        fetcher.get(f"{site.root}/old")
    same_host = form == "127.0.0.1"  # so only the port is another
    expected = errors.Moved if same_host else errors.ForbiddenAddress
    assert type(caught.value) is expected
    assert dialled == ["127.0.0.1"]


@pytest.mark.parametrize("form", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_not_dialled(fetcher, dialled, names, form):
    names["page.example"] = [str(parse_host_address(bare(form)))]
    with pytest.raises(
        errors.ForbiddenAddress, match=r"^https://page.example/: page.example is"
    ):
        fetcher.get("https://page.example/")
    assert dialled == []


def test_one_private_address_among_public_ones_is_enough(fetcher, dialled, names):
    names["page.example"] = ["1.1.1.1", "2606:4700::1", "10.0.0.1"]
    with pytest.raises(errors.ForbiddenAddress, match=r"10\.0\.0\.1, which is private"):
        fetcher.get("https://page.example/")
    assert dialled == []


def test_a_public_address_is_dialled_and_not_the_name(fetcher, dialled, names):
    """A second look-up, which could answer otherwise, is never made."""
    names["page.example"] = [["1.1.1.1", "2606:4700::1"], ["127.0.0.1"]]
    with pytest.raises(errors.Unreachable):
        fetcher.get("https://page.example/")
    assert dialled == ["1.1.1.1", "2606:4700::1"]
    with pytest.raises(errors.ForbiddenAddress, match="loopback"):
        fetcher.get("https://page.example/")


def test_the_next_address_is_tried_where_one_does_not_answer(fetcher, dialled, names):
    with speaking(saying(counted(GOOD))) as url:
        there = url.replace("127.0.0.1", "page.example")
        fetcher.allow(there)
        names["page.example"] = ["1.1.1.1", "127.0.0.1"]
        assert fetcher.get(there).body == GOOD
    assert dialled == ["1.1.1.1", "127.0.0.1"]


def test_what_the_operator_named_may_be_private_but_only_that_host(fetcher, dialled, names):
    fetcher.allow("http://Intranet.Example:8080/page")
    names["intranet.example"] = names["www.intranet.example"] = ["10.0.0.1"]
    with pytest.raises(errors.Unreachable):
        fetcher.get("http://intranet.example/other")
    with pytest.raises(errors.ForbiddenAddress, match="plain http"):
        fetcher.get("http://www.intranet.example/")
    with pytest.raises(errors.ForbiddenAddress, match="private"):
        fetcher.get("https://www.intranet.example/")
    assert dialled == ["10.0.0.1"]


def test_the_source_s_own_page_is_public(fwtracker, dialled, names):
    names["www.action1.com"] = ["192.168.1.1"]
    ran = fwtracker("run", "--json")
    assert (ran.status, ran.json[0]["error"]["name"]) == (1, "forbidden-address")
    assert "name the page with --url" in ran.json[0]["error"]["message"]
    assert dialled == []


def test_the_same_page_named_in_the_configuration_may_be_private(
    fwtracker, dialled, names, tmp_path
):
    names["www.action1.com"] = ["192.168.1.1"]
    config = tmp_path / "named.toml"
    config.write_text('[sources.action1]\nurl = "https://www.action1.com/x/"\n')
    ran = fwtracker("run", "--config", config, "--json")
    assert ran.json[0]["error"]["name"] == "unreachable"
    assert set(dialled) == {"192.168.1.1"}


def test_a_name_that_cannot_be_looked_up_is_unreachable(fetcher, dialled):
    for host in ("page.example", "x" * 64 + ".example", "a..example"):
        with pytest.raises((errors.Unreachable, errors.Refused)):
            fetcher.get(f"https://{host}/")
    assert dialled == []


def test_a_named_page_may_be_read_with_parse(site, fwtracker):
    site.show(GOOD, MAIN)
    assert fwtracker("parse", site.url).status == 0


def test_the_same_site_is_host_and_port():
    assert (
        site_of("https://www.x.test/a")
        == site_of("http://x.test:80")
        == site_of("https://x.test:443")
    )
    assert (
        len({site_of(f"https://{host}/") for host in ("x.test", "y.test", "x.test:8443")}) == 3
    )


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://x.test/", errors.Refused),
        ("https://y.test/", errors.Moved),
        ("https://x.test:8443/", errors.Moved),
        ("https://x.test.y.test/", errors.Moved),
        ("https://169.254.169.254/", errors.ForbiddenAddress),
        ("https://x.test@10.0.0.1/", errors.Refused),
    ],
)
def test_where_no_redirect_of_a_public_page_leads(location, error):
    with pytest.raises(errors.FetchError) as caught:
        redirect_target("https://x.test/a", location)
    assert type(caught.value) is error


def test_a_public_page_is_https():
    check_untrusted("https://x.test/", parse_url("https://x.test/"))
    with pytest.raises(errors.ForbiddenAddress, match=r"plain http, not https; .*--url"):
        check_untrusted("http://x.test/", parse_url("http://x.test/"))


def test_a_kept_connection_of_a_named_host_opens_no_other(fetcher, dialled):
    """The right is the host's, not the connection's or the client's."""
    with speaking(saying(OK + b"\r\n" + GOOD)) as url:
        fetcher.allow(url)
        fetcher.get(url)
        with pytest.raises(errors.ForbiddenAddress):
            fetcher.get(url.replace("127.0.0.1", "127.0.0.2"))
    assert dialled == ["127.0.0.1"]
    with suppress(errors.FetchError):
        fetcher.get("https://localhost/")
    assert dialled == ["127.0.0.1"]
