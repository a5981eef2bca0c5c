"""A URL as it goes over the wire: in ASCII, and read by everyone in the same way."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import idna
import pytest

from tests.support.site import Reply
from tracker.errors import Refused
from tracker.fetch.fetcher import Fetcher
from tracker.fetch.urls import parse_request_url


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://X.Test", "x.test", "/"),
        ("https://x.test:443/a/?b=c#d", "x.test", "/a/?b=c"),
        ("http://x.test:443/", "x.test:443", "/"),
        ("http://[2001:DB8::1]:81/", "[2001:db8::1]:81", "/"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"),
        ("https://x.test/région/a b?q=ü", "x.test", "/r%C3%A9gion/a%20b?q=%C3%BC"),
        ("https://x.test/r%C3%A9gion/100%", "x.test", "/r%C3%A9gion/100%"),
        ("https://x.test/(a),;=+&'!$*~:@/", "x.test", "/(a),;=+&'!$*~:@/"),
        ("https://user:secret@x.test/", "x.test", "/"),
    ],
)
def test_a_url_is_asked_for_in_ascii(url, authority, path):
    found = parse_request_url(url)
    assert (found.netloc.decode(), found.raw_path.decode()) == (authority, path)
    assert not found.userinfo


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://x.test/", "https://", "https://[::1", "https://[x]/"),
        *("https://x.test:port/", "https://x.test:99999/", "https://0177.0.0.1/"),
        *(
            "https://x.test\x00/",
            "https://x.te\nst/",
            "https://x.test/\x7f",
            "https://x%2etest/",
        ),
        *("https://x]>[::1", "https://u@x[::1]/"),
        *("https://x test/", "https://x.test\\@y.test\\/", "https://１２７.0.0.1/"),
        "https://x.test/" + "x" * 65536,
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(url):
    with pytest.raises(Refused, match="not a valid page URL") as caught:
        parse_request_url(url)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


PORTS = {"http": 80, "https": 443}
PIECES = (
    *("a", "x.test", "1", "127.0.0.1", "0x7f", "443", "é", "ß", "。", "\uff0e", "\u0661"),
    *("%2e", "@", ":", "/", "?", "#", "[", "]", "[::1]", "\\", " ", "-", "_", "..", "."),
    *("~", "|", ";"),
)


def test_python_reads_the_same_host_in_it():
    chance = random.Random(20260301)
    read = 0
    for _ in range(20_000):
        pieces = chance.choices(PIECES, k=chance.randrange(1, 8))
        url = chance.choice(("http://", "https://")) + "".join(pieces)
        try:
            found = parse_request_url(url)
        except Refused:
            continue
        other = urlsplit(url)
        name = other.hostname or ""
        host = name if name.isascii() else idna.encode(name).decode()
        port = None if other.port == PORTS[other.scheme] else other.port
        assert (found.raw_host.decode(), found.port) == (host, port), url
        read += 1
    assert read > 1000


def test_the_server_is_asked_for_it_so(site):
    site.pages["/r%C3%A9gion"] = Reply(
        b"<html>443</html>", headers={"Content-Type": "text/html"}
    )
    with Fetcher() as fetcher:
        fetcher.allow(site.root)
        assert fetcher.get(f"{site.root}/région").body == b"<html>443</html>"
    assert site.asked[0].headers["Host"] == site.root.removeprefix("http://")
