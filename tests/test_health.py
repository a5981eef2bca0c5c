"""Trouble with the watch itself: told once, again after growing pauses, and when it is over."""

from __future__ import annotations

import pytest

from tests.servers import HookServer
from tests.site import SAMPLES
from tests.watched import Watched, configured, subjects

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
UNREADABLE = GOOD.replace(b"54.210.188.13", b"54.210.188.1333")


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("URL_OPS", server.url)
        yield server


@pytest.fixture
def watched(site, tmp_path, hook):
    """A source with one good check behind it and one channel; the baseline is told."""
    made = Watched(site, configured({"name": "ops"}), str(tmp_path / "snapshots"))
    site.show(GOOD)
    assert made.check().outcome == "published"
    hook.requests.clear()
    return made


def test_failures_are_told_after_three_in_a_row_and_once_when_it_works_again(
    watched, site, hook
):
    site.pages.clear()
    watched.check(2)
    assert subjects(hook) == []
    watched.check(4)
    assert subjects(hook) == ["3 checks in a row failed: moved"]
    site.show(GOOD)
    watched.check(3)
    assert subjects(hook)[1:] == ["checks work again, after 7 hours"]


def test_two_failures_are_told_to_nobody_and_leave_nothing(watched, site, hook):
    site.pages.clear()
    watched.check(2)
    assert watched.state() == ["health.json"]
    site.show(GOOD)
    assert watched.check().outcome == "unchanged"
    assert (subjects(hook), watched.state()) == ([], [])
