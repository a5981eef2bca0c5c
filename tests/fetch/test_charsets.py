"""Eight encodings, and what lies about them: the text is exact, or there is none."""

from __future__ import annotations

import codecs
from itertools import product

import pytest

from tracker.errors import NotAPage
from tracker.fetch.decode import claimed_charsets, decode, python_codec

LATIN = "Zürich – 49152–65535 TCP, 54.210.188.13 «größer»"
CYRILLIC = "Сервер – 49152–65535 TCP, 54.210.188.13"
JAPANESE = "サーバー 49152-65535 TCP、54.210.188.13 表示"
CHINESE = "服务器 49152-65535 TCP,54.210.188.13 端口"
# charset, Python's codec, words that it can hold, whether a byte order mark is in front
ENCODINGS = (
    ("utf-8", "utf-8", LATIN + CYRILLIC + JAPANESE, False),
    ("windows-1252", "cp1252", LATIN, False),
    ("windows-1251", "cp1251", CYRILLIC, False),
    ("koi8-r", "koi8-r", CYRILLIC.replace("–", "-"), False),
    ("shift_jis", "cp932", JAPANESE, False),
    ("gb18030", "gb18030", CHINESE, False),
    ("utf-16-le", "utf-16-le", LATIN + JAPANESE, False),
    ("utf-16", "utf-16-be", LATIN + CYRILLIC, True),
)
CLAIMS = (
    *(name for name, *_ in ENCODINGS),
    "utf-32",
    "cp037",
    "iso-2022-jp",
    "klingon",
    "euc-kr",
)


def page(words: str, declared: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="{declared}"><title>x</title></head>\n'
        f"<body><p>{words}</p></body></html>\n"
    )


def body(text: str, name: str, *, mark: bool) -> bytes:
    return (codecs.BOM_UTF16_BE if mark else b"") + text.encode(name)


def exact_or_refused(raw: bytes, content_type: str | None, text: str) -> bool:
    try:
        read = decode(raw, content_type, "here")
    except NotAPage:
        return False
    assert read == text
    return True


@pytest.mark.parametrize(("name", "python", "words", "mark"), ENCODINGS)
def test_the_truth_is_read(name, python, words, mark):
    text = page(words, name)
    raw = body(text, python, mark=mark)
    assert exact_or_refused(raw, f"text/html; charset={name}", text)
    if not name.startswith("utf-16") or mark:  # ASCII cannot declare UTF-16
        assert exact_or_refused(raw, "text/html", text)


@pytest.mark.parametrize(
    ("encoding", "claim"),
    [pair for pair in product(ENCODINGS, CLAIMS) if pair[0][0] != pair[1]],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_header_that_lies_about_an_honest_page(encoding, claim):
    name, python, words, mark = encoding
    text = page(words, name)
    exact_or_refused(body(text, python, mark=mark), f"text/html; charset={claim}", text)


@pytest.mark.parametrize(
    ("encoding", "claim"),
    [pair for pair in product(ENCODINGS, CLAIMS) if pair[0][0] != pair[1]],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_page_that_lies_below_an_honest_header(encoding, claim):
    name, python, words, mark = encoding
    text = page(words, claim)
    exact_or_refused(body(text, python, mark=mark), f"text/html; charset={name}", text)


@pytest.mark.parametrize(("name", "python", "words", "mark"), ENCODINGS)
@pytest.mark.parametrize("lie", ["utf-8", "utf-16", "utf-32"])
def test_a_byte_order_mark_that_lies(name, python, words, mark, lie):
    text = page(words, name)
    marks = {
        "utf-8": codecs.BOM_UTF8,
        "utf-16": codecs.BOM_UTF16_LE,
        "utf-32": codecs.BOM_UTF32_LE,
    }
    raw = marks[lie] + text.encode(python)
    exact_or_refused(raw, f"text/html; charset={name}", text)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_of_the_wrong_width_or_order_is_refused(claim):
    text = page(LATIN, "x")
    for python in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-8"):
        if codec_or(claim) not in {python, "utf-16" if python == "utf-16-le" else python}:
            exact_or_refused(text.encode(python), f"text/html; charset={claim}", text)


def codec_or(claim: str) -> str:
    try:
        return python_codec(claim)
    except LookupError:
        return claim


@pytest.mark.parametrize(
    ("raw", "content_type", "says"),
    [
        (LATIN.encode(), "text/html; charset=windows-1252", "its bytes are utf-8"),
        ("<p>443</p>".encode("utf-16-le"), "text/html; charset=utf-16-be", "are not utf-16-be"),
        (b"<p>54.210.188.13</p>" * 2, "text/html; charset=utf-16", "are not utf-16"),
        (JAPANESE.encode("iso-2022-jp"), "text/html; charset=utf-8", "an escape character"),
        (b"<p>x</p>", "text/html; charset=cp500", "unknown charset"),
        (
            page(CYRILLIC, "windows-1251").encode("cp1251"),
            "text/html; charset=koi8-r",
            'the server says koi8-r and the page says "windows-1251"',
        ),
    ],
)
def test_the_refusal_says_what_is_wrong(raw, content_type, says):
    with pytest.raises(NotAPage, match=says):
        decode(raw, content_type, "here")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'<?xml version="1.0" encoding="windows-1251"?><html>', ["windows-1251"]),
        (b"<!-- <meta charset=koi8-r> --><meta charset=big5>", ["big5"]),
        (b"<!-- <meta charset=koi8-r> ", ["utf-8"]),
        (b"<meta http-equiv=content-type content='text/html; charset=gbk'>", ["gbk"]),
        (b"<p>charset=koi8-r</p>", ["utf-8"]),
    ],
)
def test_what_a_page_declares(head, expected):
    assert claimed_charsets(head, None) == expected


@pytest.mark.parametrize(
    ("charset", "python"),
    [("latin1", "cp1252"), ("GB2312", "gb18030"), ("shift_jis", "cp932"), ("UTF8", "utf-8")],
)
def test_a_label_is_read_as_browsers_read_it(charset, python):
    assert python_codec(charset) == python
