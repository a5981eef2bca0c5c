"""The live pages over HTTP: what stands on them, and what a wrong question gets."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tests.site.readings import HOSTILE, entry, stored
from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tracker.check.context import CheckError
from tracker.model import Entry, Finding, digest
from tracker.notifications import Notice
from tracker.scheduler.status import CheckReport
from tracker.site.search import find_entries
from tracker.store.folder import Folder
from tracker.store.records import Health, Held
from tracker.store.tree import Tree

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
    assert "Action1 Needs attention: version 3 stays in force meanwhile. In force" in found.text
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


def test_the_filter_takes_networks_and_leaves_out_regions_without_a_match(server):
    count, text = rows(server, "203.0.114.0/24")
    assert count == 1
    assert "Oceania 2 entries" in text
    assert "Europe 1 entry" not in text


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


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("203.0.114.0/24", "203.0.114.9 , in force"),
        ("203.0.114.1-203.0.114.20", "203.0.114.9 , in force"),
        ("*.example.com", "a.example.com , in force"),
        ("22000-23000", "tcp/22543 , last in version 2"),
    ],
)
def test_what_is_listed_in_part_was_on_the_page(server, query, wanted):
    found = read(server, f"/action1/value?q={query}")
    assert "never on the page" not in found.text
    assert f"of it: {wanted}" in found.text


def test_a_range_that_is_listed_whole_is_in_force(tmp_path):
    stored(tmp_path, [entry(target="10.1.0.0/16")])
    with serving(tmp_path) as server:
        found = read(server, "/action1/value?q=10.1.2.1-10.1.2.9")
        assert "10.1.2.1-10.1.2.9 is in force in Europe" in found.text
        found = read(server, "/action1/value?q=10.1.255.250-10.2.0.9")
        assert "of it: 10.1.0.0/16 , in force" in found.text


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
        ("/nothing", 404),
        ("/action1/rules/europe/nothing.txt", 404),
        ("/action1/candidate?digest=0123456789", 404),
    ],
)
def test_a_wrong_question_gets_a_page_that_says_so(server, path, status):
    answer = server.get(path, headers=BROWSER)
    assert answer.status_code == status
    found = Strict(answer.text)
    assert len(found.named("h1")) == 1
    linked = [a["href"] for a in found.named("link") if a["rel"] == "stylesheet"]
    linked += [a["src"] for a in found.named("script")]
    for name in linked:  # at every depth the style of all pages
        shown = server.get(answer.url.join(name))
        assert shown.status_code == 200
        assert shown.url.path in {"/page.css", "/page.js"}
    back = [a["href"] for a in found.named("a") if not a["href"].startswith("#")]
    paths = [answer.url.join(each).path for each in back]
    assert paths in (["/"], ["/action1/", "/"])
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
        links = [attrs["href"] for attrs in found.named("a")]
        assert "https://www.action1.com/documentation/firewall-configuration/" in links
        assert f"candidate?digest={digest_}" in links
        said = read(server, f"/action1/candidate?digest={digest_}")
        assert "Why it is held hold mass-removal" in said.text
        assert "<script>alert(1)" in said.text
        assert len(said.named("script")) == 1


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


def channel_text(server):
    return read(server, "/action1/status").text.partition("Channels ")[2]


def test_a_channel_says_what_it_is_owed_why_and_when_again(place):
    names = ("fine", "slow")
    channels = [{"name": each, "type": "slack", "url_env": "NOWHERE"} for each in names]
    tree = Tree(Folder(str(place)), "action1")
    tree.remember("channels/fine", {"since": 3})
    tree.remember("channels/slow", {"since": 2})
    with serving(place, {"channels": channels}) as server:
        assert channel_text(server).startswith(
            "slow slack owed Owed version 3 Tried again with the next check, which another"
            " process starts Delivered 0 versions Rejected permanently nothing fine slack Owed"
            " nothing Delivered"
        )
        server.state.next_check = lambda _: datetime(2026, 3, 1, 17, tzinfo=UTC)
        since = {"slow": "2026-03-01T13:00:00Z"}
        tree.remember("health", Health(failing_channels=since))
        said = channel_text(server)
        assert "Fails since 2026-03-01 13:00 UTC Why the check that tried has logged" in said
        assert "Tried again at the latest 2026-03-01 17:00 UTC" in said
        why = {"reason": "HTTP 410: no such hook", "channel": "slow", "name": "refused"}
        notice = Notice("action1", 1, "channel", since["slow"], "", 3, since["slow"], **why)
        tree.remember("notices/000001", notice)
        assert "Why HTTP 410: no such hook" in channel_text(server)


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
