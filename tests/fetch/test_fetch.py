"""Fetching from real sockets on loopback: what is taken, what is refused, and by what name."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.support.hostile import GOOD, OK, speaking
from tests.support.site import MAIN, Reply
from tracker import errors
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.fetch.urls import check_page_url, redirect_target
from tracker.model import Page

pytestmark = pytest.mark.usefixtures("few_formats")

HERE = "http://127.0.0.1/"


@pytest.fixture
def slept():
    return []


@pytest.fixture
def fetcher(slept):
    limits = Limits(total=5, silence=1, raw=2**20, decoded=2**21)
    with Fetcher(limits, sleep=slept.append) as ready:
        ready.allow(HERE)
        yield ready


def test_a_page_comes_with_its_facts(site, fetcher):
    site.show(GOOD, headers={"Last-Modified": "Mon, 01 Apr 2024 10:00:00 GMT"})
    fetched = fetcher.get(site.url)
    assert fetched.body == GOOD
    assert fetched.page.url == site.url
    assert fetched.page.last_modified == "Mon, 01 Apr 2024 10:00:00 GMT"
    (asked,) = site.asked
    assert asked.headers["User-Agent"].startswith("fwtracker/")
    assert asked.headers["Accept-Encoding"] == "gzip"


def test_pages_are_preferred_and_data_is_accepted(site, fetcher):
    site.show(GOOD)
    fetcher.get(site.url)
    accept = site.asked[0].headers["Accept"]
    assert accept == "text/html, text/plain;q=0.8, application/json;q=0.7, text/csv;q=0.7"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/vnd.github+json",
        "text/csv;header=present",
        "text/plain",
    ],
)
def test_a_feed_may_have_the_type_of_data(site, fetcher, kind):
    site.show('["192.0.2.1"]', headers={"Content-Type": kind})
    fetched = fetcher.get(site.url)
    assert (fetched.body, fetched.content_type) == (b'["192.0.2.1"]', kind)


@pytest.mark.parametrize(
    "kind", ["application/octet-stream", "application/xml", "text/css", "json", "image/svg+xml"]
)
def test_other_types_are_refused_by_name(site, fetcher, kind):
    site.show('["192.0.2.1"]', headers={"Content-Type": kind})
    with pytest.raises(errors.NotAPage) as caught:
        fetcher.get(site.url)
    assert str(caught.value) == (
        f"{site.url}: the response is {kind}, not a page of text, JSON or CSV"
    )


def test_a_known_page_is_asked_for_on_condition(site, fetcher):
    site.show(GOOD, headers={"Last-Modified": "Mon, 01 Apr 2024 10:00:00 GMT"})
    known = fetcher.get(site.url).page
    again = fetcher.get(site.url, known)
    assert (again.body, again.page.sha256) == (None, known.sha256)
    assert again.page.etag == known.etag
    headers = site.asked[-1].headers
    assert headers["If-None-Match"] == known.etag
    assert "If-Modified-Since" not in headers  # a server may heed either of two


LONG_AGO = "Mon, 01 Apr 2024 10:00:00 GMT"


def test_without_an_entity_tag_the_time_of_an_old_change_is_the_condition(site, fetcher):
    site.show(GOOD, headers={"Last-Modified": LONG_AGO}, etag=False)
    known = fetcher.get(site.url).page
    site.show("", status=304, etag=False)
    assert fetcher.get(site.url, known).body is None
    assert site.asked[-1].headers["If-Modified-Since"] == LONG_AGO


@pytest.mark.parametrize("seconds", [0, 59, -3600])
def test_a_page_that_has_just_changed_has_no_time_to_go_by(site, fetcher, seconds):
    changed = datetime.now(UTC) - timedelta(seconds=seconds)
    site.show(
        GOOD, headers={"Last-Modified": format_datetime(changed, usegmt=True)}, etag=False
    )
    known = fetcher.get(site.url).page
    assert known.last_modified is None
    assert fetcher.get(site.url, known).body == GOOD
    assert not {"If-None-Match", "If-Modified-Since"} & site.asked[-1].headers.keys()


@pytest.mark.parametrize("sign", ["", "W/"])
def test_a_304_of_another_page_is_asked_again_without_conditions(site, fetcher, sign):
    site.show(GOOD)
    known = fetcher.get(site.url).page
    new = Reply(body=b"<html>new</html>", etag=False)
    site.pages[MAIN] = [Reply(status=304, headers={"ETag": f'{sign}"other"'}, etag=False), new]
    assert fetcher.get(site.url, known).body == new.body
    assert "If-None-Match" not in site.asked[-1].headers


def test_a_304_may_name_the_tag_that_it_was_asked_with_as_a_weak_one(site, fetcher):
    site.show(GOOD)
    known = fetcher.get(site.url).page
    site.show("", status=304, headers={"ETag": f"W/{known.etag}"}, etag=False)
    assert fetcher.get(site.url, known).body is None


LONG = "x" * 40_000


def test_validators_too_long_to_publish_are_not_kept(site, fetcher):
    headers = {"ETag": f'"{LONG}"', "Last-Modified": f"{LONG_AGO} ({LONG[:20_000]})"}
    site.show(GOOD, headers=headers, etag=False)
    known = fetcher.get(site.url).page
    assert (known.etag, known.last_modified) == (None, None)
    assert fetcher.get(site.url, known).body == GOOD
    site.show(GOOD, headers={"ETag": f'"{LONG[:254]}"'}, etag=False)
    assert len(fetcher.get(site.url).page.etag) == 256


def test_a_304_with_a_tag_too_long_to_keep_is_one_of_another_page(site, fetcher):
    site.show(GOOD)
    known = fetcher.get(site.url).page
    new = Reply(body=b"<html>new</html>", etag=False)
    site.pages[MAIN] = [Reply(status=304, headers={"ETag": f'"{LONG}"'}, etag=False), new]
    assert fetcher.get(site.url, known).body == new.body


def test_a_redirect_to_an_endless_url_is_refused(site, fetcher):
    site.show("", status=302, headers={"Location": f"{MAIN}?{LONG}"})
    with pytest.raises(errors.Refused, match="more than 2048 characters") as caught:
        fetcher.get(site.url)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("status", [200, 302, 304, 404, 415, 429, 503])
def test_no_header_is_published_at_full_length(status, site, fwtracker, tmp_path):
    site.show_sample("2024-04/stacks.html")
    page = site.pages[MAIN].body
    starts = {
        "ETag": '"',
        "Last-Modified": f"{LONG_AGO} ",
        "Retry-After": "9",
        "Location": f"{MAIN}?",
        "Content-Type": "text/html; x=" if status == 200 else "x/",
        "Server": "",
    }
    headers = {name: start + LONG[:7_000] for name, start in starts.items()}
    if status != 200:
        assert fwtracker("run", "--url", site.url).status == 0
    site.show(page, status=200 if status == 415 else status, headers=headers, etag=False)
    ran = fwtracker("run", "--url", site.url, "--json")
    assert (ran.status == 0) == (status == 200)
    assert list(tmp_path.rglob("000001.json"))
    assert LONG[:1000] not in ran.out + ran.err
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or LONG[:1000].encode() not in file.read_bytes()


def test_a_connection_is_kept_after_a_304(site, fetcher):
    site.show(GOOD, headers={"Last-Modified": "Mon, 01 Apr 2024 10:00:00 GMT"})
    known = fetcher.get(site.url).page
    for _ in range(3):
        fetcher.get(site.url, known)
    assert site.statuses() == [200, 304, 304, 304]
    assert len({asked.client for asked in site.asked}) == 1


def test_a_304_without_being_asked_on_condition_is_no_page(site, fetcher):
    site.pages[MAIN] = Reply(status=304, etag=False)
    with pytest.raises(errors.Refused):
        fetcher.get(site.url)


def test_compression_is_undone(site, fetcher):
    site.show(GOOD, zipped=True)
    assert fetcher.get(site.url).body == GOOD


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_are_tried_again_with_growing_pauses(site, fetcher, slept, status):
    site.pages[MAIN] = [Reply(status=status), Reply(status=status), Reply(GOOD)]
    assert fetcher.get(site.url).body == GOOD
    first, second = slept
    assert 0.5 <= first < 1 <= second < 2


def test_attempts_run_out(site, fetcher, slept):
    site.pages[MAIN] = Reply(status=500)
    with pytest.raises(errors.Refused, match="HTTP 500"):
        fetcher.get(site.url)
    assert len(site.asked) == 3
    assert len(slept) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.Refused),
        (401, errors.LoginPage),
        (403, errors.Refused),
        (404, errors.Moved),
        (410, errors.Moved),
        (451, errors.Refused),
    ],
)
def test_client_errors_are_final(site, fetcher, status, error):
    site.pages[MAIN] = Reply(status=status)
    with pytest.raises(error, match=str(status)):
        fetcher.get(site.url)
    assert len(site.asked) == 1


def test_retry_after_is_obeyed(site, fetcher, slept):
    site.pages[MAIN] = [Reply(status=429, headers={"Retry-After": "7"}), Reply(GOOD)]
    assert fetcher.get(site.url).body == GOOD
    assert slept == [7.0]


def test_a_long_retry_after_is_left_to_the_next_run(site, fetcher, slept):
    site.pages[MAIN] = Reply(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(errors.RateLimited, match="fewer requests"):
        fetcher.get(site.url)
    assert (len(site.asked), slept) == (1, [])


def test_a_redirect_on_the_same_site_is_followed(site, fetcher):
    site.pages["/old"] = Reply(status=301, headers={"Location": MAIN})
    site.show(GOOD)
    assert fetcher.get(f"{site.root}/old").url == site.url


def test_a_cookie_that_comes_with_a_redirect_goes_back(site, fetcher):
    """Some sites admit only clients that return their cookie."""
    site.pages[MAIN] = Reply(b"", 302, {"Location": "/other", "Set-Cookie": "seen=1; Path=/"})
    site.show(GOOD, "/other")
    assert fetcher.get(site.url).body == GOOD
    assert ["Cookie" in asked.headers for asked in site.asked] == [False, True]
    assert site.asked[1].headers["Cookie"] == "seen=1"


def test_a_cookie_goes_to_no_other_host(site, fetcher):
    cookies = "seen=1", "gone=2; Max-Age=0", "below=3; Path=/below", "its=4; Domain=.com"
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n"
    raw += b"".join(b"Set-Cookie: %s\r\n" % cookie.encode() for cookie in cookies)
    site.pages[MAIN] = Reply(raw=raw + b"\r\n</html>")
    elsewhere = site.url.replace("127.0.0.1", "localhost")
    fetcher.allow(elsewhere)
    for url in (site.url, elsewhere, site.url):
        fetcher.get(url)
    assert [asked.headers.get("Cookie") for asked in site.asked] == [None, None, "seen=1"]


def test_a_redirect_to_another_site_is_refused_and_named(site, fetcher):
    site.pages["/old"] = Reply(status=302, headers={"Location": "http://169.254.169.254/x"})
    with pytest.raises(errors.ForbiddenAddress, match=r"169\.254\.169\.254/x, .*link-local"):
        fetcher.get(f"{site.root}/old")


def test_a_redirect_loop_ends(site, fetcher):
    site.pages["/a"] = Reply(status=302, headers={"Location": "/a"})
    with pytest.raises(errors.RedirectLoop, match="more than 3 redirects"):
        fetcher.get(f"{site.root}/a")
    assert len(site.asked) == 4


def test_no_redirect_leads_from_https_to_http():
    assert redirect_target("http://x.test/a", "https://x.test/a") == "https://x.test/a"
    target = "https://www.x.test/b"
    assert redirect_target("https://x.test/a", target) == target
    with pytest.raises(errors.Refused):
        redirect_target("https://x.test/a", "http://x.test/a")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (OK + b"Content-Length: 99999\r\n\r\n" + GOOD[:500], errors.Truncated),
        (OK + b"\r\n" + GOOD[: len(GOOD) // 2], errors.Truncated),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + GOOD[:400], errors.Truncated),
        (
            OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD)[:-200],
            errors.Truncated,
        ),
        (OK + b"Content-Encoding: gzip\r\n\r\nnot gzip at all", errors.NotAPage),
        (OK + b"Content-Encoding: br\r\n\r\nxxxx", errors.NotAPage),
        (OK.replace(b"text/html", b"image/png") + b"\r\nxxxx", errors.NotAPage),
        (b"SSH-2.0-OpenSSH_9.2\r\n", errors.NotAPage),
        (b"", errors.Truncated),
        (
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(20000)),
            errors.TooBig,
        ),
    ],
    ids=lambda value: getattr(value, "__name__", "answer"),
)
def test_broken_answers_have_a_name(fetcher, answer, error):
    with (
        speaking(lambda connection: connection.sendall(answer)) as url,
        pytest.raises(error),
    ):
        fetcher.get(url)


def test_a_whole_page_without_a_length_is_taken(fetcher):
    with speaking(lambda connection: connection.sendall(OK + b"\r\n" + GOOD)) as url:
        assert fetcher.get(url).body == GOOD


def test_silence_ends(slept):
    with (
        speaking(lambda _: time.sleep(1.0)) as url,
        Fetcher(Limits(silence=0.1, attempts=1), sleep=slept.append) as fetcher,
    ):
        fetcher.allow(url)
        with pytest.raises(errors.Unreachable, match="no answer within"):
            fetcher.get(url)


def test_a_slow_page_meets_the_total_deadline():
    def drip(connection) -> None:
        connection.sendall(OK + b"\r\n")
        for _ in range(100):
            connection.sendall(b"<")
            time.sleep(0.05)

    with (
        speaking(drip) as url,
        Fetcher(Limits(total=0.4, silence=5)) as fetcher,
    ):
        fetcher.allow(url)
        with pytest.raises(errors.TooSlow, match="not complete"):
            fetcher.get(url)


def test_too_many_bytes_are_not_read(fetcher):
    def flood(connection) -> None:
        connection.sendall(OK + b"\r\n")
        for _ in range(64):
            connection.sendall(b"x" * 65536)

    with speaking(flood) as url, pytest.raises(errors.TooBig, match="more than 1 MiB"):
        fetcher.get(url)


def test_a_compression_bomb_is_refused_at_its_limit(fetcher):
    bomb = gzip.compress(bytes(64 * 2**20))
    answer = OK + b"Content-Encoding: gzip\r\n\r\n" + bomb
    with speaking(lambda connection: connection.sendall(answer)) as url:
        tracemalloc.start()
        with pytest.raises(errors.TooBig, match="unpacked"):
            fetcher.get(url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 * 2**20


def test_nobody_there(fetcher):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(errors.Unreachable, match="cannot be reached"):
            fetcher.get(url, Page(url, "0" * 64, ""))


@pytest.mark.parametrize("url", ["", "x", "ftp://x/", "http://", "http://[::1", "http://x:y/"])
def test_what_is_no_address_is_said_before_any_connection(url):
    with pytest.raises(errors.UsageError, match="not a valid page URL"):
        check_page_url(url)


def test_what_is_closed_opens_again_for_a_later_page(site, fetcher):
    site.show_sample("2024-04/stacks.html")
    fetcher.get(site.url)
    fetcher.close()
    assert fetcher.get(site.url).body
