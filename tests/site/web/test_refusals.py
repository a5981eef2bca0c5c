"""What is refused, in both forms: a page with its style for a browser, JSON for all others."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tracker.errors import StoreError
from tracker.site.web.app_state import AppState

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
LATEST = "/action1/latest.json"
LONG = "a" * 3000

# What is refused, as: status, method, path, what is sent, the header that says more.
REFUSED = {
    "an unknown address": (404, "GET", "/nothing/", {}, {}),
    "an unknown file": (404, "GET", "/action1/rules/europe/nothing.txt", {}, {}),
    "a method that writes": (405, "POST", "/action1/", {}, {"Allow": "GET, HEAD"}),
    "a body": (413, "GET", "/", {"content": b"x"}, {"Connection": "close"}),
    "a long address": (414, "GET", f"/action1/rules/{LONG}", {}, {}),
    "a long query": (414, "GET", f"/action1/value?q={LONG}", {}, {}),
    "slashes without end": (414, "GET", "/a" * 3000, {}, {}),
    "a foreign name": (421, "GET", "/action1/", {"headers": {"Host": "evil.example"}}, {}),
    "a wrong question": (400, "GET", "/action1/version?n=x", {}, {}),
}


def require_page(server, answer, status):
    """Assert that this is one page, whose links are right from where it stands."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    found = Strict(answer.text)
    assert len(found.named("h1")) == 1
    linked = [each["href"] for each in found.named("link") if each["rel"] == "stylesheet"]
    linked += [each["src"] for each in found.named("script")]
    assert len(linked) == 2
    for name in linked:
        assert not name.startswith("/"), "the prefix of a proxy would be lost"
        assert server.get(answer.url.join(name)).status_code == 200, name
    back = [a["href"] for a in found.named("a") if not a["href"].startswith("#")]
    paths = [answer.url.join(each).path for each in back]
    assert paths in (["/"], ["/action1/", "/"])
    assert answer.status_code == status


def require_problem(answer, status):
    """Assert that this is a problem in JSON."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code == status
    assert answer.json()["detail"]


def ask(server, method, path, sent, **headers):
    """Send one request with these headers besides its own."""
    own = {**sent, "headers": {**sent.get("headers", {}), **headers}}
    return server.request(method, path, **own)


@pytest.fixture
def strict(place):
    """A server that goes by names, too."""
    with serving(place, {"serve": {"names": ["fw.example.com"]}}) as running:
        yield running


@pytest.mark.parametrize("name", REFUSED)
def test_a_browser_is_shown_a_page_and_all_others_get_json(strict, name):
    status, method, path, sent, more = REFUSED[name]
    shown = ask(strict, method, path, sent, **BROWSER)
    given = ask(strict, method, path, sent, Accept="*/*")
    require_page(strict, shown, status)
    require_problem(given, status)
    for answer in (shown, given):
        assert answer.headers["cache-control"] == "no-store"
        assert {key: answer.headers[key] for key in more} == more
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["a method that writes", "a body", "a long query"])
def test_below_v1_a_browser_gets_json_too(server, name):
    status, method, _, sent, more = REFUSED[name]
    answer = ask(server, method, f"/v1/sources?q={LONG}", sent, **BROWSER)
    require_problem(answer, status)
    assert {key: answer.headers[key] for key in more} == more
    for path, wanted in (("action1/versions/99", 404), ("action1/endpoints?nothing=1", 400)):
        require_problem(server.get(f"/v1/{path}", headers=BROWSER), wanted)


def test_who_may_not_read_is_asked_for_the_token_on_a_page_with_its_style(place, monkeypatch):
    monkeypatch.setenv("ALL", "open sesame")
    with serving(place, {"serve": {"tokens": [{"path": "/", "token_env": "ALL"}]}}) as server:
        for path in ("/", "/action1/rules/europe/ips.txt", "/metrics"):
            shown, given = server.get(path, headers=BROWSER), server.get(path)
            require_page(server, shown, 401)
            require_problem(given, 401)
            for answer in (shown, given):
                assert answer.headers["www-authenticate"] == 'Basic realm="fwtracker"'
        require_problem(server.get("/v1/sources", headers=BROWSER), 401)


def test_who_asks_too_often_sees_when_to_come_back(place):
    with serving(place, {"serve": {"rate": 1}}) as server:
        assert server.get("/action1/", headers=BROWSER).status_code == 200
        shown = server.get("/action1/", headers=BROWSER)
        given = server.get("/action1/")
        require_page(server, shown, 429)
        require_problem(given, 429)
        assert min(int(each.headers["retry-after"]) for each in (shown, given)) >= 1


def test_a_store_that_does_not_answer_is_a_page_too(place, monkeypatch):
    with serving(place) as server:
        monkeypatch.setattr(AppState, "manifest", fail)
        for path, headers in (("/action1/", BROWSER), ("/action1/held", BROWSER)):
            answer = server.get(path, headers=headers)
            require_page(server, answer, 503)
            assert answer.headers["retry-after"] == "60"
            assert "<p>The bucket is away.</p>" in answer.text
        require_problem(server.get("/action1/"), 503)


def fail(*_):
    raise StoreError("the bucket is away")


def test_a_fault_of_the_program_is_a_page_and_in_the_log(place, monkeypatch, caplog):
    def break_down(*_):
        raise ZeroDivisionError("by nought")

    with serving(place) as server:
        monkeypatch.setattr(AppState, "manifest", break_down)
        shown, given = server.get("/action1/", headers=BROWSER), server.get("/v1/sources")
        require_problem(given, 500)
        assert "content-security-policy" in given.headers
        require_page(server, shown, 500)
        assert "by nought" not in shown.text
        assert "ZeroDivisionError: by nought" in caplog.text
        assert server.state.status.answers["500"] == 2


def test_a_client_with_too_many_connections_is_shown_when_to_try_again(server):
    server.server.app.share = 0
    shown, given = server.get("/x/y", headers=BROWSER), server.get("/x/y")
    assert server.get("/healthz").status_code == 200
    server.server.app.share = 1
    require_page(server, shown, 503)
    require_problem(given, 503)
    assert [each.headers["retry-after"] for each in (shown, given)] == ["5", "5"]


@pytest.mark.parametrize("path", ["/x", "/x/", "/x/y", "/x/y/", "/a%2Fb/c"])
def test_behind_a_prefix_the_links_stay_below_it(server, path):
    answer = server.get(path, headers=BROWSER)
    assert answer.status_code == 404
    hrefs = [each["href"] for each in Strict(answer.text).named("a")]
    (back,) = [each for each in hrefs if not each.startswith("#")]
    assert urljoin(f"https://proxy.example/prefix{path}", back).endswith("/prefix/")


@pytest.mark.parametrize("path", ["version?n=99", "rules/europe/nothing.txt", "a/b/c/d"])
def test_below_a_source_a_page_leads_back_to_it(server, path):
    answer = server.get(f"/action1/{path}", headers=BROWSER)
    hrefs = [each["href"] for each in Strict(answer.text).named("a")]
    assert [answer.url.join(each).path for each in hrefs[1:]] == ["/action1/", "/"]


def test_a_source_that_is_misspelt_is_named(server):
    hint = 'no source is called "acton1"; did you mean "action1"?'
    for path in ("/acton1/", "/acton1/rules/europe/ips.txt", "/v1/acton1/status"):
        assert server.get(path).json()["detail"] == hint
    said = Strict(server.get("/acton1/", headers=BROWSER).text).text
    assert 'No source is called "acton1"; did you mean "action1"? To the overview' in said
