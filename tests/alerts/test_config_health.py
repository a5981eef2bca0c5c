"""Reports of a configuration that `serve` could not use; the process: tests/scheduler."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.servers import HookServer
from tests.support.watched import START, Watched, configured, context_of, subjects
from tracker.alerts import outbox
from tracker.alerts.notices import (
    RejectedConfig,
    config_problem_lasts,
    describe_rejected,
    record_config,
)
from tracker.store import open_store
from tracker.store.tree import Tree

A, B = (RejectedConfig("not-taken", "no such key", digit * 64) for digit in "ab")


@pytest.fixture
def context(tmp_path):
    tree = Tree(open_store(str(tmp_path)), "action1")
    return context_of(tree, configured({"name": "ops"}), now=lambda: START)


def told(context):
    numbers = outbox.notice_numbers(context.tree)
    found = [outbox.load_notice(context.tree, number) for number in numbers]
    return [(each.kind, each.ends, each.digest) for each in found]


def test_each_broken_content_is_told_once_and_once_more_when_it_is_right(context):
    for found in (None, A, A, B, B, None, None, B):
        record_config(context, found)
    first, second = ("config", (), A.digest), ("config", (), B.digest)
    assert told(context) == [first, second, ("over", ("config",), None), second]
    assert config_problem_lasts(context)


def test_the_same_bytes_that_fail_in_the_same_way_are_the_same(tmp_path):
    file = tmp_path / "c.toml"
    missing = describe_rejected("not-taken", "cannot be read", file)
    file.write_text("a")
    first = describe_rejected("not-taken", "no such key", file)
    assert describe_rejected("not-taken", "no such key", file) == first
    file.write_text("b")
    others = [
        describe_rejected("not-taken", "no such key", file),
        describe_rejected("tokens-missing", "x", file),
    ]
    assert len({each.digest for each in (missing, first, *others)}) == 4


def test_it_lasts_from_the_first_time_that_it_was_told(context):
    later = context_of(context.tree, context.config, now=lambda: START + timedelta(hours=3))
    record_config(context, A)
    record_config(later, B)
    record_config(later, None)
    notices = [
        outbox.load_notice(context.tree, number)
        for number in outbox.notice_numbers(context.tree)
    ]
    assert {notice.since for notice in notices} == {"2026-01-10T12:00:00Z"}
    assert not config_problem_lasts(context)


def test_a_good_check_does_not_end_it(context, site, monkeypatch, tmp_path):
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        site.show_sample("2024-04/stacks.html")
        watched = Watched(site, context.config, str(tmp_path))
        watched.check()
        record_config(context, A)
        watched.check(3)
        assert config_problem_lasts(context)
        record_config(context, None)
        watched.check(hours=25)
        assert subjects(hook)[1:] == [
            "the new configuration was not accepted",
            "the configuration is valid again, and in force",
        ]
        assert watched.remembered() == []
