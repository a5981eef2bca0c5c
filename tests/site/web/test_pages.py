"""The live pages over HTTP: what stands on them, and what a wrong question gets."""

from __future__ import annotations

import msgspec
import pytest

from tests.site.readings import HOSTILE, entry
from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tracker.context import CheckError
from tracker.model import Entry, Finding, digest
from tracker.scheduler.status import CheckReport
from tracker.site.search import find_entries
from tracker.store.folder import Folder
from tracker.store.tree import Held, Tree

BROWSER = {"Accept": "text/html,*/*"}
PAGES = ("", "history", "version?n=2", "compare", "value?q=443", "held", "status")


def read(server, path):
    answer = server.get(path, headers=BROWSER)
    assert answer.status_code == 200, (path, answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Strict(answer.text)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_whole_and_leads_only_where_something_is(server, page):
    found = read(server, f"/action1/{page}")
    assert len(found.named("h1")) == 1
    for attrs in found.named("a"):
        href = attrs["href"]
        if href.startswith("#"):
            assert href[1:] in found.ids
        elif not href.startswith("http"):
            answer = server.get(f"/action1/{href}", headers=BROWSER)
            assert answer.status_code == 200, href
    for attrs in found.named("script") + found.named("link"):
        href = attrs.get("src") or attrs["href"]
        assert href == "data:," or server.get(f"/action1/{href}").status_code == 200, href


def test_the_overview_leads_to_each_source(server):
    found = read(server, "/")
    assert "Action1 In force version 3 , since" in found.text
    assert "action1/" in [attrs["href"] for attrs in found.named("a")]


def test_a_source_without_its_slash_leads_to_its_page(server):
    answer = server.get("/action1", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (308, "action1/")
    assert server.get("/action1", headers=BROWSER, follow_redirects=True).status_code == 200
    assert server.get("/nothing", headers=BROWSER).status_code == 404


def rows(server, query):
    found = read(server, f"/action1/?q={query}")
    return len([1 for attrs in found.named("div") if attrs.get("class") == "part"]), found.text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("3.74.63.86", 1),
        ("a.example.com", 1),
        ("443", 3),
        ("tcp/443", 3),
        ("relay", 1),
        ("oceania agents", 1),
        ("oceania 203.0.114.9 relay", 1),
        ("nothing of the kind", 0),
        ("%3Cb%3E", 0),
    ],
)
def test_the_filter_works_without_a_script(server, query, wanted):
    count, text = rows(server, query)
    assert count == wanted
    assert f"{wanted} of 3 entries" in text


def test_an_address_is_found_inside_a_network_and_a_host_below_a_wildcard():
    entries = msgspec.convert(
        [entry(target="10.1.0.0/16"), entry(target="*.example.com")],
        tuple[Entry, ...],
    )
    assert find_entries(entries, "10.1.2.3") == entries[:1]
    assert find_entries(entries, "www.example.com") == entries[1:]
    assert find_entries(entries, "  ") == entries


def test_two_versions_side_by_side(server):
    found = read(server, "/action1/compare?a=1&b=3")
    assert "Version 1" in found.text
    assert "ins" in {tag for tag, _ in found.elements}
    assert "del" in {tag for tag, _ in found.elements}
    assert "203.0.114.9" in found.text
    back = read(server, "/action1/compare?a=3&b=1")
    assert "1 entry removed" in back.text
    assert "No difference" in read(server, "/action1/compare?a=2&b=2").text


def test_the_history_of_one_value(server):
    found = read(server, "/action1/value?q=tcp/22543")
    assert "tcp/22543 is not in force" in found.text
    assert "version 2 , gone 2026-03-01 14:00 UTC" in found.text
    assert "is in force in Oceania, Europe" in read(server, "/action1/value?q=443").text
    assert "never on the page" in read(server, "/action1/value?q=9.9.9.9").text
    assert "is not an address, host or port" in read(server, "/action1/value?q=%3Cb%3E").text


def test_a_long_history_has_pages(server, monkeypatch):
    monkeypatch.setattr("tracker.site.web.pages._PER_PAGE", 2)
    first = read(server, "/action1/history")
    assert "history?before=2" in [attrs["href"] for attrs in first.named("a")]
    second = read(server, "/action1/history?before=2")
    assert "Version 1" in second.text
    assert "Version 2 2026" not in second.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/action1/version?n=9", 400),
        ("/action1/version?n=x", 400),
        ("/action1/compare?a=0", 400),
        ("/action1/compare?a=1&b=99999999999999999999", 400),
        ("/other/", 404),
        ("/other/held", 404),
        ("/action1/nothing", 404),
    ],
)
def test_a_wrong_question_gets_a_page_that_says_so(server, path, status):
    answer = server.get(path, headers=BROWSER)
    assert answer.status_code == status
    assert len(Strict(answer.text).named("h1")) == 1
    assert server.get(path).headers["content-type"] == "application/problem+json"


@pytest.fixture
def holding(place):
    """A store with a held candidate that says hostile things."""
    tree = Tree(Folder(str(place)), "action1")
    last = tree.latest()
    entries = msgspec.convert([entry(HOSTILE, resource=HOSTILE)], tuple[Entry, ...])
    finding = Finding("mass-removal", "hold", f"all gone {HOSTILE}", HOSTILE, HOSTILE)
    candidate = msgspec.structs.replace(
        last, entries=entries, digest=digest(entries), findings=(finding,)
    )
    tree.remember(f"held/{candidate.digest}", Held(candidate, candidate.captured_at))
    return place, candidate.digest[:12]


def test_what_is_held_shows_why_and_what_to_type(holding):
    place, digest_ = holding
    with serving(place) as server:
        assert "Held 1 for review" in read(server, "/action1/").text
        found = read(server, "/action1/held")
        assert f"fwtracker approve {digest_}" in found.text
        assert "hold mass-removal" in found.text
        assert "3 entries removed" in found.text
        assert len(found.named("script")) == 1
        assert "<script>alert(1)" in found.text


def test_the_state_of_checks_and_channels(place):
    channel = {"name": "ops", "type": "slack", "url_env": "NOWHERE"}
    tree = Tree(Folder(str(place)), "action1")
    tree.remember("channels/ops", {"since": 1})
    with serving(place, {"channels": [channel]}) as server:
        status = server.state.status
        status.checks_of("action1").record(
            CheckReport(
                "action1", "failed", error=CheckError("challenged", "a test for browsers")
            ),
            1.0,
        )
        status.add_notice("clock", f"was set back {HOSTILE}")
        status.config_error = "c.toml: broken"
        found = read(server, "/action1/status")
        assert "a test for browsers" in found.text
        assert "version 2, version 3" in found.text
        assert "c.toml: broken" in found.text
        assert "no check in the last 24 hours has found the page to say this" in found.text
        assert "was set back <script>" in found.text


def test_with_a_public_url_the_commands_hold_it(place):
    with serving(place, {"fwtracker": {"public_url": "https://fw.example.com"}}) as server:
        found = read(server, "/action1/")
        assert (
            "set external-list action1-europe-ip type ip url"
            " https://fw.example.com/action1/rules/europe/panos-edl-ip.txt" in found.text
        )


def test_before_the_first_version_the_pages_say_so(tmp_path):
    with serving(tmp_path / "none") as server:
        for page in ("", "history", "compare", "held", "status"):
            read(server, f"/action1/{page}")
        assert "No version yet" in read(server, "/action1/").text


def test_a_hostile_question_stays_text(server):
    found = read(server, "/action1/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert len(found.named("script")) == 1
    assert [attrs["value"] for attrs in found.named("input")] == ['"><script>alert(1)</script>']
