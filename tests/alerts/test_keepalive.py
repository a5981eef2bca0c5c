"""`keepalive_days`: a quiet sign of life to a channel that hardly ever speaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.servers import Answer, HookServer
from tests.support.watched import Watched, configured, context_of
from tracker.alerts import notify
from tracker.check.context import CheckContext

DAY = 24.0  # hours


@pytest.fixture
def hooks(monkeypatch) -> Iterator[dict[str, HookServer]]:
    with HookServer() as teams, HookServer() as other:
        monkeypatch.setenv("URL_TEAMS", teams.url)
        monkeypatch.setenv("URL_OTHER", other.url)
        yield {"teams": teams, "other": other}


@pytest.fixture
def watched(site, hooks, tmp_path) -> Watched:
    site.show_sample("2024-04/stacks.html")
    config = configured({"name": "teams", "keepalive_days": 30}, {"name": "other"})
    return Watched(site, config, str(tmp_path / "store"))


def signs(hook: HookServer) -> int:
    return sum("still watching" in body["text"] for body in hook.bodies())


def test_it_comes_every_so_many_days_to_the_channel_that_asks_for_it(watched, hooks):
    for _ in range(62):
        outcome = watched.check(hours=DAY)
        assert outcome.is_good
        assert outcome.owed == 0
    assert signs(hooks["teams"]) == 2
    assert signs(hooks["other"]) == 0


def test_one_that_is_not_taken_comes_with_the_next_check(watched, hooks):
    watched.check()
    hooks["teams"].answers = [Answer(404)]
    failed = watched.check(hours=40 * DAY)
    assert failed.is_good
    assert any("no sign of life" in note for note in failed.notes)
    hooks["teams"].answers = [Answer()]
    watched.check()
    watched.check()
    assert signs(hooks["teams"]) == 2  # the refused one, and the one that was taken


def test_a_failed_check_sends_none(watched, site, hooks):
    watched.check()
    site.pages.clear()
    watched.check(hours=40 * DAY)
    assert signs(hooks["teams"]) == 0


def test_what_is_due_asks_for_a_whole_check(watched):
    watched.check()
    assert not notify.has_sign_of_life_due(_later(watched, days=29))
    assert notify.has_sign_of_life_due(_later(watched, days=31))


def _later(watched: Watched, days: int) -> CheckContext:
    now = watched.now + timedelta(days=days)
    return context_of(watched.tree, watched.config, now=lambda: now)
