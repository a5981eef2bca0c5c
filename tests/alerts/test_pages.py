"""`notify test --page`: which channels page people, and that the usual test does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from notifiers import pagerduty
from tests.support.pagerduty import PagerDutyServer

CONFIG = """
[[channels]]
name = "oncall"
type = "pagerduty"
routing_key_env = "TEST_KEY"
server = "{url}"

[[channels]]
name = "netops"
type = "slack"
url_env = "TEST_SLACK_URL"
"""


@pytest.fixture
def server(monkeypatch, tmp_path) -> Iterator[PagerDutyServer]:
    monkeypatch.setenv("TEST_KEY", "canary0routing0key0a1b2c3d4e5f6a")
    monkeypatch.setattr(pagerduty, "PAGE_SECONDS", 0)
    with PagerDutyServer() as hook:
        (tmp_path / "pages.toml").write_text(CONFIG.format(url=hook.url))
        monkeypatch.chdir(tmp_path)
        yield hook
        assert hook.account.faults == []


def test_with_page_an_incident_is_opened_and_resolved(fwtracker, server):
    ran = fwtracker("notify", "test", "oncall", "--page", "--config", "pages.toml")
    key = "fwtracker/action1/test"
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        f"channel oncall: delivered (HTTP 202, triggered {key}, resolved {key})\n"
    )
    assert (server.account.opened, server.account.open) == ({key}, {})
    assert server.account.resolved == [key]


def test_without_it_no_one_is_paged_and_the_test_says_so(fwtracker, server):
    ran = fwtracker("notify", "test", "oncall", "--config", "pages.toml")
    assert ran.out == (
        "channel oncall: delivered (HTTP 202, as a change event); this paged no one; to test"
        " paging: fwtracker notify test oncall --page\n"
    )
    assert (server.account.opened, len(server.account.changes)) == (set(), 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["netops", "--page"], "a channel of type slack pages no one; leave out --page"),
        (["--page"], "--page pages people: name the CHANNEL to use"),
    ],
)
def test_page_is_for_one_channel_that_can(fwtracker, server, words, said):
    ran = fwtracker("notify", "test", *words, "--config", "pages.toml")
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert server.account.opened == set()
