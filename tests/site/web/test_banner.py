"""The state on top of every live page: in force, checked, next check, held, owed, stale."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.site.readings import add, entry
from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tests.support.versions import snapshots_of
from tracker.model import Entry, digest
from tracker.publish.freshness import mark_checked
from tracker.store.folder import Folder
from tracker.store.records import Health, Held
from tracker.store.tree import Tree

PAGES = ("", "history", "version?n=2", "compare", "value?q=443", "held", "status", "../")
CHANNEL = {"name": "ops", "type": "slack", "url_env": "NOWHERE"}


def state_of(server, page):
    """The words of the state, which begins with what is in force."""
    answer = server.get(f"/action1/{page}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return "In force version" + Strict(answer.text).text.partition("In force version")[2]


@pytest.fixture
def busy(place):
    """A store with one held page, two versions owed to a channel, checked a moment ago."""
    tree = Tree(Folder(str(place)), "action1")
    entries = msgspec.convert([entry(port=1)], tuple[Entry, ...])
    candidate = msgspec.structs.replace(tree.latest(), entries=entries, digest=digest(entries))
    tree.remember(f"held/{candidate.digest}", Held(candidate, candidate.captured_at))
    tree.remember("channels/ops", {"since": 1})
    with serving(place, {"channels": [CHANNEL]}) as server:
        mark_checked(tree, server.state.config, datetime.now(UTC))
        server.state.next_check = lambda _: datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
        yield server


def test_every_page_has_the_same_state_on_top(busy):
    (one,) = {state_of(busy, page).partition(" Owed ")[0] for page in PAGES}
    start, _, rest = one.partition(" Checked ")
    assert start == "In force version 3 , since 2026-03-01 14:00 UTC"
    assert rest.endswith(" Next check 2030-01-02 03:04 UTC Held 1 for review")
    assert "stale" not in one
    assert all("Owed 2 deliveries" in state_of(busy, page) for page in PAGES)


def test_its_links_lead_to_what_they_name(busy):
    for page, folder in (("", ""), ("../", "action1/")):
        answer = busy.get(f"/action1/{page}", headers={"Accept": "text/html"})
        links = {attrs["href"] for attrs in Strict(answer.text).named("a")}
        assert {f"{folder}version?n=3", f"{folder}held", f"{folder}status"} <= links


def test_the_exact_time_is_there_without_a_script(busy):
    page = Strict(busy.get("/action1/", headers={"Accept": "text/html"}).text)
    times = [attrs for attrs in page.named("time") if attrs.get("class") == "ago"]
    assert len(times) == 3
    assert times[0]["datetime"] == "2026-03-01T14:00:00Z"
    assert times[0]["title"] == "2026-03-01 14:00:00 UTC"


def test_what_was_not_checked_for_a_day_is_stale(server):
    for page in PAGES:
        assert "Checked 2026-03-01 14:00 UTC stale" in state_of(server, page)
        assert "Stale: no check in the last 24 hours has found" in state_of(server, page)


def test_a_process_without_checks_and_nothing_waiting_says_so(server):
    said = state_of(server, "")
    assert "Next check not started by this process Held nothing Owed nothing" in said
    server.state.status.checks_of("action1").running = True
    assert "Next check running now" in state_of(server, "")


def test_trouble_is_on_every_page(place):
    tree = Tree(Folder(str(place)), "action1")
    trouble = Health(current_problem="unreachable", since="2026-03-01T15:00:00Z", count=2)
    tree.remember("health", trouble)
    with serving(place) as server:
        for page in PAGES:
            assert "Trouble: unreachable, 2 checks in a row" in state_of(server, page)


def headline_of(server, page=""):
    """The sentence on top, and how bad it looks."""
    text = server.get(f"/action1/{page}", headers={"Accept": "text/html"}).text
    (found,) = re.findall(r'<p class="headline (\w+)">(.*)</p>', text)
    return found


def test_one_sentence_says_how_it_stands(busy, place):
    tree = Tree(Folder(str(place)), "action1")
    held = "A page waits for review; until then the rule files stay as they are."
    for page in PAGES:
        assert headline_of(busy, page) == ("waits", f"{held} 2 messages wait to be delivered.")
    tree.remember("channels/ops", {"since": 3})
    assert headline_of(busy) == ("waits", held)
    for digest_ in tree.states("held"):
        tree.forget(f"held/{digest_}")
    good = "All in order: the page says what the rule files say."
    assert headline_of(busy) == ("good", good)
    tree.remember("health", Health(current_problem="unreachable", since="2026-03-01T15:00:00Z"))
    wrong = "Needs attention: version 3 stays in force meanwhile."
    assert headline_of(busy) == ("wrong", wrong)


def test_the_overview_names_the_sources_that_need_a_look(place):
    sources = {"action1": {}, "other": {"url": "https://b.example/", "title": "Other & Co"}}
    with serving(place, {"sources": sources}) as server:
        overview = Strict(server.get("/", headers={"Accept": "text/html"}).text)
        assert "2 of 2 sources need a look: Action1 , Other & Co ." in overview.text
        mark_checked(server.state.tree("action1"), server.state.config, datetime.now(UTC))
        overview = Strict(server.get("/", headers={"Accept": "text/html"}).text)
        assert "1 of 2 sources needs a look: Other & Co ." in overview.text


def test_damaged_records_do_not_take_the_pages_down(place):
    for name in ("health", f"held/{'0' * 64}"):
        file = place / ".state" / "action1" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"{")
    with serving(place) as server:
        for page in ("", "../", "history"):
            assert "Held not readable, see checks" in state_of(server, page)


def test_a_new_version_begins_when_it_was_read(place):
    tree = Tree(Folder(str(place)), "action1")
    readings = [[entry(port=port)] for port in (1, 2, 3, 4)]
    start = datetime(2026, 4, 1, tzinfo=UTC)
    add(tree, snapshots_of(readings, start, timedelta(hours=1))[-1], now=start)
    with serving(place) as server:
        assert "version 4 , since 2026-04-01 03:00 UTC" in state_of(server, "")
