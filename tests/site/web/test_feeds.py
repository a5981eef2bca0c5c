"""The links of the feeds, seen from every address at which a feed is opened."""

from __future__ import annotations

import json
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import etree

from tests.site.readings import stored
from tests.site.web.conftest import FIRST, SECOND, THIRD
from tests.site.web.rig import serving
from tracker.config import parse
from tracker.site.web.files import PublishedFile, move_feed

ATOM = {"a": "http://www.w3.org/2005/Atom"}
TYPES = {"feed.atom": "application/atom+xml", "feed.json": "application/feed+json"}
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "home_page_url": "index.html",
    "feed_url": "feed.json",
    "items": [
        {"id": "1", "url": "index.html#version-1", "content_html": "url"},
        {"id": "2", "url": "https://example.com/x"},
    ],
}


def links_of(answer):
    """All links of a feed, as a reader follows them from where it found the feed."""
    if answer.url.path.endswith(".json"):
        feed = answer.json()
        found = [feed["home_page_url"], feed["feed_url"]]
        for item in feed["items"]:
            found += [item["url"], *(each["url"] for each in item["attachments"])]
        return [urljoin(str(answer.url), each) for each in found]
    root = etree.fromstring(answer.content)
    found = root.xpath("//a:link/@href", namespaces=ATOM)
    return [urljoin(str(answer.url), each) for each in found]


def follow(client, links):
    """Ask for each; one that names a place in a page has to find it there."""
    for link in links:
        parts = urlsplit(link)
        page = client.get(link)
        assert page.status_code == 200, link
        if parts.fragment:
            assert f'id="{parts.fragment}"' in page.text


@contextmanager
def below(server, prefix):
    """The same server behind a proxy that gives it at `prefix`."""
    app = server.server.app
    inner = app.app

    async def strip(scope, receive, send):
        path = scope["path"]
        assert path.startswith(prefix), path
        await inner({**scope, "path": path.removeprefix(prefix)}, receive, send)

    app.app = strip
    try:
        yield
    finally:
        app.app = inner


@pytest.mark.parametrize("name", ["feed.atom", "feed.json"])
@pytest.mark.parametrize("folder", ["/action1", "/v1/action1"])
@pytest.mark.parametrize("prefix", ["", "/tools/fw"])
def test_its_links_are_right_at_every_address(server, name, folder, prefix):
    with below(server, prefix):
        answer = server.get(f"{prefix}{folder}/{name}")
        assert answer.headers["content-type"].startswith(TYPES[name])
        links = links_of(answer)
        assert len(links) > 6
        follow(server, links)
        assert urljoin(str(answer.url), f"{prefix}/action1/{name}") in links  # its own


@pytest.mark.parametrize("name", ["feed.atom", "feed.json"])
def test_with_a_public_url_all_links_lead_there(tmp_path, name):
    raw = {"fwtracker": {"public_url": "https://bucket.example.com/fw"}}
    stored(tmp_path, FIRST, SECOND, THIRD, config=parse(raw))
    with serving(tmp_path, raw) as server:
        for folder in ("/action1", "/v1/action1"):
            links = links_of(server.get(f"{folder}/{name}"))
            assert all(
                each.startswith("https://bucket.example.com/fw/action1/") for each in links
            )
            follow(
                server, [each.removeprefix("https://bucket.example.com/fw") for each in links]
            )


def test_nothing_but_links_differs_below_v1(server, place):
    """A link in what an entry says is text, and stays as it is."""
    file = (place / "action1/feed.atom").read_bytes()
    answer = server.get("/v1/action1/feed.atom")
    assert answer.content.replace(b"../../action1/", b"") == file
    again = server.get(
        "/v1/action1/feed.atom", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert server.get("/action1/feed.atom").headers["etag"] != answer.headers["etag"]


def test_a_json_feed_too():
    moved = move_feed(
        PublishedFile("feed.json", json.dumps(JSON_FEED).encode(), 0.0), "action1"
    )
    found = json.loads(moved.body)
    assert found["home_page_url"] == "../../action1/index.html"
    assert found["feed_url"] == "../../action1/feed.json"
    assert [each["url"] for each in found["items"]] == [
        "../../action1/index.html#version-1",
        "https://example.com/x",
    ]
    assert found["items"][0]["content_html"] == "url"
    assert found["version"] == JSON_FEED["version"]


def test_the_server_of_the_document_is_right_below_a_prefix(server):
    for prefix in ("", "/tools/fw"):
        with below(server, prefix):
            answer = server.get(f"{prefix}/v1/openapi.json")
            (own,) = answer.json()["servers"]
            base = urljoin(str(answer.url), own["url"]).rstrip("/")  # as clients join it
            assert server.get(f"{base}/v1/sources").status_code == 200
