"""Pages in files: what an operator named is read from the disk, and nothing leads to a file."""

from __future__ import annotations

import os

import pytest

from tests.support.site import SAMPLES, Reply
from tracker import errors
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.fetch.urls import check_page_url, read_file_url

SAMPLE = SAMPLES / "2024-04/stacks.html"
PAGE = SAMPLE.read_bytes()
ALWAYS = "<p>words</p>"


@pytest.fixture
def fetcher():
    with Fetcher(Limits(attempts=2), sleep=lambda _: pytest.fail("no second try")) as ready:
        yield ready


@pytest.mark.parametrize("form", ["file://{}", "file:{}", "file://localhost{}", "FILE://{}"])
def test_a_file_is_read_by_its_path(fetcher, form):
    url = form.format(SAMPLE)
    fetched = fetcher.with_trust([url]).get(url)
    assert (fetched.body, fetched.url, fetched.content_type) == (PAGE, url, "text/html")
    assert (fetched.page.etag, fetched.page.last_modified) == (None, None)


def test_a_relative_path_is_one_from_the_current_folder(fetcher, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my page.html").write_bytes(PAGE)
    for url in ("file:my%20page.html", "file:my page.html", "file:./my%20page.html"):
        assert fetcher.with_trust([url]).get(url).body == PAGE


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("a.json", "application/json"), ("a.CSV", "text/csv"), ("a.txt", None), ("a", None)],
)
def test_its_name_tells_the_type(tmp_path, name, content_type):
    (tmp_path / name).write_text("x")
    assert read_file_url(f"file://{tmp_path}/{name}", 10) == (b"x", content_type)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "file:nowhere.html",
            "cannot be read: No such file or directory; it was looked for in /",
        ),
        ("file:///nowhere.html", "cannot be read: No such file or directory"),
        ("file:.", "cannot be read: it is not a file"),
        ("file:pipe", "cannot be read: it is not a file"),
        ("file://elsewhere/page.html", "not a valid file URL; write file:///folder/page.html"),
        ("file:page.html#a", "not a valid file URL"),
        ("file:page.html?a", "not a valid file URL"),
        ("file://[", "not a valid file URL"),
        ("file:", "names no file"),
        ("file:a%00b", "names no file"),
    ],
)
def test_what_cannot_be_read_is_one_line(fetcher, tmp_path, monkeypatch, url, words):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(errors.Refused) as caught:
        fetcher.with_trust([url]).get(url)
    assert str(caught.value).startswith(f"{url}: {words}")
    assert "\n" not in str(caught.value)


def test_a_file_is_not_read_beyond_the_limit(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(errors.TooBig):
        read_file_url(f"file://{tmp_path}/big", 10)
    (tmp_path / "big").write_bytes(b"x" * 10)
    assert read_file_url(f"file://{tmp_path}/big", 10)[0] == b"x" * 10


def test_only_the_file_that_was_named_is_read(fetcher):
    url = f"file://{SAMPLE}"
    named = fetcher.with_trust([f"file://{SAMPLE.parent}/bare.html"])
    for one in (fetcher, named):
        with pytest.raises(errors.Refused, match="not a valid page URL"):
            one.get(url)


def test_a_file_can_be_a_page_only_where_an_operator_names_it():
    assert check_page_url("file:a.html", with_files=True) == "file:a.html"
    with pytest.raises(errors.UsageError, match="not a valid page URL"):
        check_page_url("file:a.html")


def test_no_redirect_leads_to_a_file(site, fetcher):
    url = f"file://{SAMPLE}"
    site.pages["/"] = Reply(status=302, headers={"Location": url})
    with pytest.raises(errors.FetchError):
        fetcher.with_trust([site.root, url]).get(f"{site.root}/")


def source(url: str, more: str = "") -> str:
    return (
        "[sources.action1]\nenabled = false\n"
        f'[sources.mine]\nuse = "action1"\nurl = "{url}"\n{more}'
    )


def test_a_source_in_a_file_is_checked_like_any_other(fwtracker, tmp_path):
    (tmp_path / "page.html").write_bytes(PAGE)
    (tmp_path / "c.toml").write_text(source("file:page.html"))
    first = fwtracker("run", "--config", "c.toml", "--exit-code")
    assert (first.status, first.err) == (10, "")
    again = fwtracker("run", "--config", "c.toml")
    assert (again.status, again.out) == (0, "mine: unchanged, version 1\n")
    (tmp_path / "page.html").write_bytes(PAGE.replace(b"54.210.188.13<", b"54.210.188.99<"))
    assert fwtracker("run", "--config", "c.toml", "--exit-code").status == 10
    (tmp_path / "page.html").unlink()
    gone = fwtracker("run", "--config", "c.toml")
    assert gone.status == 1
    assert gone.err.startswith("fwtracker: mine: file:page.html: cannot be read: No such file")
    assert len(gone.err.splitlines()) == 1


def test_a_file_may_be_named_on_the_command_line(fwtracker, tmp_path):
    (tmp_path / "page.html").write_bytes(PAGE)
    assert fwtracker("run", "--url", "file:page.html", "--exit-code").status == 10


@pytest.mark.parametrize("form", ["file:index.html", "file://{}/index.html"])
def test_links_on_a_file_lead_to_no_other_file(fwtracker, tmp_path, form):
    """The page is refused: what it announces is not there."""
    for page in (SAMPLES / "2026-02").rglob("index.html"):
        inner = page.parent.relative_to(SAMPLES / "2026-02").as_posix()
        name = tmp_path / ("index.html" if inner == "." else inner)
        name.write_bytes(page.read_bytes())
    (tmp_path / "c.toml").write_text(source(form.format(tmp_path)))
    ran = fwtracker("run", "--config", "c.toml")
    assert ran.status in {1, 3}
    assert "mine" in ran.err
    assert not (tmp_path / "snapshots/mine/latest.json").exists()


def test_the_pages_of_regions_are_named_as_a_list(fwtracker, tmp_path):
    names = []
    for page in sorted((SAMPLES / "2026-02").glob("*/index.html")):
        (tmp_path / f"{page.parent.name}.html").write_bytes(page.read_bytes())
        names.append(f"file:{page.parent.name}.html")
    text = source("file:x", "follow = []\n").replace('"file:x"', str(names))
    (tmp_path / "c.toml").write_text(text)
    ran = fwtracker("run", "--config", "c.toml", "--json")
    assert (ran.status, ran.json[0]["outcome"]) == (0, "published"), ran.out
