"""What went wrong lately, on the page of the checks: from the notices that a store has."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tracker.alerts import outbox
from tracker.model import Finding
from tracker.notifications import Notice, NoticeKind
from tracker.site.web.status_page import _WORDS, list_incidents
from tracker.store.folder import Folder
from tracker.store.records import Health, NotifiedProblem
from tracker.store.tree import Tree


def at(hour):
    return f"2026-03-01T{hour:02d}:00:00Z"


@pytest.fixture
def tree(place):
    return Tree(Folder(str(place)), "action1")


def record(tree, kind, hour, **more):
    """Store a notice as the next one."""
    number = len(outbox.notice_numbers(tree)) + 1
    facts = {"at": at(hour), "page_url": "", "version": 3, "since": at(hour), **more}
    tree.create(outbox.notice_name(number), Notice("action1", number, kind, **facts))


def shown(tree):
    return [(each.what, each.until, each.lasts) for each in list_incidents(tree)]


def test_a_problem_is_one_incident_from_its_begin_to_its_end(tree):
    record(tree, "failing", 3, reason="the vendor's server does not answer")
    record(tree, "failing", 9, times=2)
    record(tree, "over", 12, ends=("failing",))
    record(tree, "failing", 20)
    tree.remember("health", Health(notified={"failing": NotifiedProblem(at(20), 1)}))
    newest, first = list_incidents(tree)
    assert (newest.since, newest.until, newest.lasts) == (at(20), None, True)
    assert (first.since, first.until, first.lasts) == (at(3), at(12), False)
    assert first.reason == "the vendor's server does not answer"


def test_a_problem_may_end_with_the_next_and_channels_have_their_own(tree):
    record(tree, "failing", 3)
    record(tree, "layout", 4, ends=("failing",))
    record(tree, "channel", 5, channel="ops")
    record(tree, "channel", 6, channel="mail")
    record(tree, "over", 7, channel="ops", ends=("channel/ops",))
    assert [(each.what, each.subject, each.until) for each in list_incidents(tree)] == [
        ("A channel took no messages", "mail", None),
        ("A channel took no messages", "ops", at(7)),
        ("The page could not be read", "", None),
        ("Checks failed", "", at(4)),
    ]


def test_what_is_only_an_event_has_no_end(tree):
    record(tree, "upgrade", 3, findings=(Finding("upgrade", "publish", "ips in another form"),))
    record(tree, "grace", 4, channel="ops")
    assert shown(tree) == [("Rule files were written in another form", None, False)]
    assert list_incidents(tree)[0].reason == "ips in another form"


def test_each_kind_of_trouble_has_words():
    assert {*get_args(NoticeKind)} - _WORDS.keys() == {"over", "grace"}


def test_the_page_of_the_checks_lists_them(tree, place):
    with serving(place) as server:
        page = "/action1/status"
        assert "Incidents None is recorded." in Strict(server.get(page).text).text
        record(
            tree, "held", 3, findings=(Finding("mass-removal", "hold", "<b>9 of 10</b>"),) * 3
        )
        tree.remember("health", Health(notified={"held": NotifiedProblem(at(3), 1)}))
        record(tree, "files", 5)
        said = Strict(server.get(page).text).text.partition("Incidents ")[2]
        assert said.startswith(
            "Published files were not as they were written 2026-03-01 05:00 UTC A page was held"
            " for review not over 2026-03-01 03:00 UTC <b>9 of 10</b>, and 2 more"
        )


def test_a_damaged_notice_takes_no_page_down(tree, place):
    record(tree, "failing", 3)
    record(tree, "layout", 4)
    (place / ".state/action1/notices/000001.json").write_bytes(b"{")
    assert shown(tree) == [("The page could not be read", None, False)]
