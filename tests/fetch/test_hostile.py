"""A server that breaks every rule: a named error, never a wrong page, in bounded time."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.hostile import (
    GOOD,
    OK,
    PACKED,
    TWO_MEMBERS,
    ZIPPED,
    bomb,
    chunked,
    counted,
    dripping,
    flooding,
    saying,
    speaking,
)
from tracker import errors
from tracker.fetch.decode import decode
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.model import Page
from tracker.parse.read import parse_page, read_pages
from tracker.sources import load_source

TOTAL = 0.6
MOVED = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n"


@pytest.fixture
def slept():
    return []


@pytest.fixture
def read(slept):
    """The decoded page at a URL that the operator named, within `TOTAL` seconds an attempt."""
    with Fetcher(Limits(total=TOTAL, silence=0.3), sleep=slept.append) as fetcher:

        def read(url: str, known: Page | None = None) -> str | None:
            fetcher.allow(url)
            started = time.monotonic()
            try:
                fetched = fetcher.get(url, known)
            finally:
                assert time.monotonic() - started < 3 * TOTAL + 20
            if fetched.body is None:
                return None
            return decode(fetched.body, fetched.content_type, url)

        yield read


SLOW = {
    "body": dripping(OK + b"\r\n", b"<"),
    "body with a length": dripping(OK + b"Content-Length: 9999\r\n\r\n", b"<"),
    "chunks": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
    "packed body": dripping(ZIPPED + b"\r\n" + PACKED[:20], PACKED[20:21]),
    "status line": dripping(b"", b"HTTP/1.1 200 OK"[:1], times=60),
    "headers": dripping(OK, b"X: y\r\n"),
    "one header": dripping(OK + b"X: ", b"y"),
}


@pytest.mark.parametrize("talk", SLOW.values(), ids=SLOW)
def test_a_drip_meets_the_total_deadline(read, slept, talk):
    started = time.monotonic()
    with speaking(talk) as url, pytest.raises(errors.TooSlow, match="not complete within"):
        read(url)
    assert TOTAL - 0.1 < time.monotonic() - started < TOTAL + 20  # the server ends as well
    assert slept == []  # a slow server is not asked again


def test_slow_redirects_share_one_deadline(read):
    def slow_redirect(connection) -> None:
        time.sleep(0.25)
        connection.sendall(MOVED + b"Location: /\r\n\r\n")

    with speaking(slow_redirect) as url, pytest.raises(errors.TooSlow):
        read(url)


def test_silence_is_told_from_slowness(read, slept):
    with speaking(lambda _: time.sleep(0.5)) as url, pytest.raises(errors.Unreachable):
        read(url)
    assert len(slept) == 2


EARLY = {
    "nothing": b"",
    "with a length": OK + b"Content-Length: 99999\r\n\r\n" + GOOD[:500],
    "without a length": OK + b"\r\n" + GOOD[: len(GOOD) // 2],
    "text without a length": OK.replace(b"html", b"plain") + b"\r\n443 TCP",
    "a fragment without a length": OK + b"\r\n<table><tr><td>443",
    "text that says it is not packed": (
        OK.replace(b"html", b"plain") + b"Content-Encoding: identity\r\n\r\n443 TCP"
    ),
    "utf-16 without a length": OK + b"\r\n" + GOOD.decode().encode("utf-16")[:-2000],
    "within the headers": OK,
    "packed": ZIPPED + b"\r\n" + PACKED[:-200],
    "packed, only its check sum": ZIPPED + b"\r\n" + PACKED[:-8],
    "packed, the second member": ZIPPED + b"\r\n" + TWO_MEMBERS[:-100],
    "a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + GOOD[:400],
    "the last chunk": chunked(GOOD, end=b""),
}


@pytest.mark.parametrize("answer", EARLY.values(), ids=EARLY)
def test_an_early_end_is_truncated_and_tried_again(read, slept, answer):
    with speaking(saying(answer)) as url, pytest.raises(errors.Truncated):
        read(url)
    assert len(slept) == 2


@pytest.mark.parametrize("cut", [*range(37, len(GOOD), 37 * 41), len(GOOD) - 9])
def test_a_page_cut_anywhere_is_no_page(read, cut):
    with speaking(saying(OK + b"\r\n" + GOOD[:cut])) as url, pytest.raises(errors.Truncated):
        read(url)


@pytest.mark.parametrize("cut", range(37, len(GOOD) - 60, 37 * 41))
@pytest.mark.parametrize("packed", [False, True])
def test_a_page_that_arrived_whole_but_ends_early_is_not_published_unseen(read, cut, packed):
    """Cut before it was sent: the length is right, and only the page can show it."""
    half = GOOD[:cut]
    answer = ZIPPED + b"\r\n" + gzip.compress(half) if packed else counted(half)
    with speaking(saying(answer)) as url:
        text = read(url)
        try:
            reading = read_pages([parse_page(url, text)], load_source("action1"))
        except (errors.Truncated, errors.NothingRead, errors.Unreadable):
            return
    assert "end-tag-missing" in {f.name for f in reading.findings if f.verdict == "hold"}


BROKEN = {
    "no chunk size": (chunked(end=b"zz\r\nxx\r\n0\r\n\r\n"), errors.Truncated),
    "a chunk size below zero": (chunked(end=b"-5\r\nxx\r\n0\r\n\r\n"), errors.Truncated),
    "an endless chunk size": (chunked(end=b"f" * 30 + b"\r\nx"), errors.Truncated),
    "a longer chunk than said": (chunked(end=b"2\r\nxxxxx\r\n0\r\n\r\n"), errors.Truncated),
    "two lengths": (
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxx",
        errors.Truncated,
    ),
    "a length below zero": (OK + b"Content-Length: -5\r\n\r\nxxxxx", errors.Truncated),
    "a folded status": (b"HTTP/1.1 abc OK\r\n\r\n", errors.Truncated),
    "an old HTTP": (GOOD, errors.NotAPage),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", errors.NotAPage),
    "noise": (bytes(range(256)) * 8, errors.NotAPage),
    "not packed": (ZIPPED + b"\r\n" + GOOD, errors.NotAPage),
    "a broken packet": (
        ZIPPED + b"\r\n" + PACKED[:999] + bytes(99) + PACKED[1098:],
        errors.NotAPage,
    ),
    "a wrong check sum": (ZIPPED + b"\r\n" + PACKED[:-8] + bytes(8), errors.NotAPage),
    "garbage behind": (ZIPPED + b"\r\n" + PACKED + b"garbage", errors.NotAPage),
    "many members": (ZIPPED + b"\r\n" + gzip.compress(b"") * 999 + PACKED, errors.NotAPage),
    "packed twice": (OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + PACKED, errors.NotAPage),
    "packed as nobody asked": (OK + b"Content-Encoding: br\r\n\r\nxx", errors.NotAPage),
    "an image": (counted(b"\x89PNG", OK.replace(b"html", b"png")), errors.NotAPage),
    "a type that is nearly one": (
        counted(GOOD, OK.replace(b"l\r", b"lx\r", 1)),
        errors.NotAPage,
    ),
    "no type, and no text": (
        counted(b"\x89PNG\r\n\x00", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"),
        errors.NotAPage,
    ),
    "nothing, with a length": (counted(b""), errors.NotAPage),
    "nothing, packed": (counted(b"", ZIPPED), errors.NotAPage),
    "nothing but space": (counted(b" \r\n"), errors.NotAPage),
    "a wrong charset": (counted(GOOD.replace(b"Europe", b"Eur\xff")), errors.NotAPage),
    "304 without a question": (
        b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
        errors.Refused,
    ),
    "206": (counted(GOOD, OK.replace(b"200 OK", b"206 Part")), errors.Refused),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", errors.Refused),
    "a redirect to nowhere": (
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        errors.Refused,
    ),
    "429": (
        b"HTTP/1.1 429 Slow Down\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        errors.RateLimited,
    ),
    "503": (
        b"HTTP/1.1 503 Not Now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        errors.Maintenance,
    ),
    "status 999": (counted(GOOD, OK.replace(b"200", b"999")), errors.Refused),
}


@pytest.mark.parametrize(("answer", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_has_a_name_and_one_line(read, answer, error):
    with speaking(saying(answer)) as url, pytest.raises(errors.FetchError) as caught:
        read(url)
    assert type(caught.value) is error, caught.value
    said = str(caught.value)
    assert said.startswith(url)
    assert said.isprintable()
    assert len(said) < 400


FINE = {
    "with a length": counted(GOOD),
    "without a length": OK + b"\r\n" + GOOD,
    "in chunks": chunked(GOOD[:7], GOOD[7:9], GOOD[9:]),
    "packed": ZIPPED + b"\r\n" + PACKED,
    "packed in two members": ZIPPED + b"\r\n" + TWO_MEMBERS,
    "packed, zeros behind": ZIPPED + b"\r\n" + PACKED + bytes(512),
    "without a type": counted(GOOD, b"HTTP/1.1 200 OK\r\nConnection: close\r\n"),
    "another case": counted(GOOD, OK.replace(b"text/html", b"Text/HTML ; charset=UTF-8")),
}


@pytest.mark.parametrize("answer", FINE.values(), ids=FINE)
def test_an_unusual_answer_that_is_whole_is_taken(read, answer):
    with speaking(saying(answer)) as url:
        assert read(url) == GOOD.decode()


@pytest.mark.parametrize("known", [None, Page("x", "0" * 64, "")])
def test_a_304_counts_only_where_a_validator_was_sent(read, known):
    answer = saying(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
    with speaking(answer) as url:
        with pytest.raises(errors.Refused, match="304"):
            read(url, known)
        assert read(url, Page("x", "0" * 64, "", etag='"1"')) is None


FLOODS = {
    "of bytes": flooding(OK + b"\r\n", b"x" * 65536),
    "of packed bytes": saying(ZIPPED + b"\r\n" + bomb(2**25)),
    "of headers": flooding(OK, b"X-Header: value\r\n" * 4096),
    "of one header": flooding(OK + b"X: ", b"y" * 65536),
    "of a status line": flooding(b"HTTP/1.1 200 ", b"y" * 65536),
}


@pytest.mark.parametrize("talk", FLOODS.values(), ids=FLOODS)
def test_a_flood_is_too_big(read, talk):
    with speaking(talk) as url, pytest.raises(errors.TooBig):
        read(url)


LOOPS = {"to itself": b"/", "further down": b"x/", "with a query": b"?again", "empty": b""}


@pytest.mark.parametrize("location", LOOPS.values(), ids=LOOPS)
def test_redirects_without_end_are_cut_off(read, location):
    answers = []

    def redirect(connection) -> None:
        answers.append(MOVED + b"Location: " + location + b"\r\n\r\n")
        connection.sendall(answers[-1])

    with speaking(redirect) as url, pytest.raises(errors.RedirectLoop, match="more than 3"):
        read(url)
    assert len(answers) == 4


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://elsewhere.example/", errors.Moved),
        ("//elsewhere.example/", errors.Moved),
        ("http://127.0.0.1:1/", errors.Moved),
        ("http://user:secret@127.0.0.1/", errors.Refused),
        ("ftp://127.0.0.1/", errors.Refused),
        ("file:///etc/passwd", errors.Refused),
        ("javascript:alert(1)", errors.Refused),
        ("http://[", errors.Refused),
        ("http://127.0.0.1:99999/", errors.Refused),
        ("http://127.0.0.1\\@elsewhere.example/", errors.Refused),
        ("http://elsewhere.example\\@127.0.0.1/", errors.Refused),
        ("/with space", errors.Refused),
        ("/\x00", errors.Truncated),  # h11: no header may hold one
        ("/" + "x" * 90000, errors.Refused),  # more than a URL may have
    ],
)
def test_redirects_that_are_not_followed(read, location, error):
    talk = saying(MOVED + b"Location: " + location.encode() + b"\r\n\r\n")
    with speaking(talk) as url, pytest.raises(errors.FetchError) as caught:
        read(url)
    assert type(caught.value) is error, caught.value
    assert len(str(caught.value)) < 500
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "name"),
    [(b"", "truncated"), (GOOD, "not-a-page"), (OK * 3 + b"\r\n" + GOOD[:300], "truncated")],
)
def test_a_run_tells_it_in_one_line(fwtracker, answer, name):
    with speaking(saying(answer)) as url:
        ran = fwtracker("run", "--url", url, "--json")
    assert ran.status == 1
    assert ran.json[0]["error"]["name"] == name
    assert ran.err.count("\n") <= 1
    assert "Traceback" not in ran.err


_COST = """
import json, re, sys
from pathlib import Path
from tracker.fetch.fetcher import Fetcher
from tracker.errors import FetchError
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
page, bomb = sys.argv[1:]
with Fetcher() as fetcher:
    fetcher.allow(page)
    fetcher.get(page)
    before = peak()
    try:
        fetcher.get(bomb)
    except FetchError as error:
        print(json.dumps([error.name, (peak() - before) / 1024]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
def test_a_bomb_costs_little_memory():
    """Peak resident memory of a process of its own, in MiB beyond that of a normal fetch."""
    with (
        speaking(saying(counted(GOOD))) as page,
        speaking(saying(ZIPPED + b"\r\n" + bomb(2**27))) as url,
    ):
        done = subprocess.run(
            [sys.executable, "-c", _COST, page, url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    name, grown = json.loads(done.stdout)
    assert name == "too-big"
    assert grown < 32
