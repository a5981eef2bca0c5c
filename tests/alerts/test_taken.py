"""What is told of a configuration that `serve` could not take; the process: tests/service."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.servers import HookServer
from tests.support.watched import START, Watched, configured, subjects
from tracker.alerts import outbox
from tracker.alerts.config_health import Broken, broken, commit, is_told
from tracker.alerts.notices import Desk
from tracker.store import open_store
from tracker.store.tree import Tree

A, B = (Broken("not-taken", "no such key", digit * 64) for digit in "ab")


@pytest.fixture
def desk(tmp_path):
    return Desk(Tree(open_store(str(tmp_path)), "action1"), configured({"name": "ops"}), START)


def told(desk):
    numbers = outbox.notices(desk.tree)
    found = [outbox.notice(desk.tree, number) for number in numbers]
    return [(each.kind, each.ends, each.digest) for each in found]


def test_each_broken_content_is_told_once_and_once_more_when_it_is_right(desk):
    for found in (None, A, A, B, B, None, None, B):
        commit(desk, found)
    first, second = ("config", (), A.digest), ("config", (), B.digest)
    assert told(desk) == [first, second, ("over", ("config",), None), second]
    assert is_told(desk)


def test_the_same_bytes_that_fail_in_the_same_way_are_the_same(tmp_path):
    file = tmp_path / "c.toml"
    missing = broken("not-taken", "cannot be read", file)
    file.write_text("a")
    first = broken("not-taken", "no such key", file)
    assert broken("not-taken", "no such key", file) == first
    file.write_text("b")
    others = [broken("not-taken", "no such key", file), broken("tokens-missing", "x", file)]
    assert len({each.digest for each in (missing, first, *others)}) == 4


def test_it_lasts_from_the_first_time_that_it_was_told(desk):
    later = Desk(desk.tree, desk.config, START + timedelta(hours=3))
    commit(desk, A)
    commit(later, B)
    commit(later, None)
    notices = [outbox.notice(desk.tree, number) for number in outbox.notices(desk.tree)]
    assert {notice.since for notice in notices} == {"2026-01-10T12:00:00Z"}
    assert not is_told(desk)


def test_a_good_check_does_not_end_it(desk, site, monkeypatch, tmp_path):
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        site.show_sample("2024-04/stacks.html")
        watched = Watched(site, desk.config, str(tmp_path))
        watched.check()
        commit(desk, A)
        watched.check(3)
        assert is_told(desk)
        commit(desk, None)
        watched.check(hours=25)
        assert subjects(hook)[1:] == [
            "the new configuration was not taken",
            "the configuration is right again, and in force",
        ]
        assert watched.remembered() == []
