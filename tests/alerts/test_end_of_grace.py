"""The end of a grace period is reported once, to the channels that got the removal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.alerts.test_notices import Counting, Killed
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, identity

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
LESS = PAGE.replace(b"54.79.23.166", b"54.79.23.167")
GONE = "outbound tcp/22543 54.79.23.166 North America"
DAY = 24.0


@pytest.fixture
def hooks(monkeypatch) -> Iterator[dict[str, HookServer]]:
    with HookServer() as all_of_it, HookServer() as europe, HookServer() as urgent:
        hooks = {"all": all_of_it, "europe": europe, "urgent": urgent}
        for name, hook in hooks.items():
            monkeypatch.setenv(f"URL_{name.upper()}", hook.url)
        yield hooks


@pytest.fixture
def watched(site, hooks, tmp_path, first_checks) -> Watched:
    """A page from which an address has gone, a day ago."""
    config = configured(
        {"name": "all", "health": False},
        {"name": "europe", "regions": ["Europe"]},
        {"name": "urgent", "min_impact": "breaking"},
        fwtracker={"formats": ["ips"]},  # each write of a rule file is a place to be killed at
    )
    made = Watched(site, config, str(tmp_path / "store"))
    first_checks.make(made, PAGE, LESS)
    made.check(hours=DAY)
    for hook in hooks.values():
        hook.requests.clear()
    return made


def told(hook: HookServer) -> list[str]:
    return [body["text"] for body in hook.bodies()]


def test_it_is_told_once_to_those_that_were_sent_the_removal(watched, hooks):
    outcome = watched.check(hours=7 * DAY)
    assert [each.name for each in outcome.findings] == ["grace-over"]
    (text,) = told(hooks["all"])
    assert text.startswith("INFO Action1: endpoints have left the rule files")
    assert GONE in json.dumps(hooks["all"].bodies())
    watched.check(3, hours=DAY)
    assert len(told(hooks["all"])) == 1
    assert not any("rule files" in text for text in told(hooks["europe"]))
    assert not any("left the rule files" in text for text in told(hooks["urgent"]))


def test_a_channel_that_came_later_is_not_told(watched, hooks, site):
    watched.config = configured({"name": "all"}, {"name": "europe"})
    shutil.rmtree(Path(watched.place) / ".state/action1/channels")
    watched.check(hours=1)
    watched.check(hours=7 * DAY)
    assert not any("left the rule files" in text for text in told(hooks["all"]))


def test_a_kill_anywhere_loses_none_and_repeats_none(watched, hooks):
    prepared, now, killed_at = watched.place, watched.now, []
    while True:
        watched.place, watched.now = f"{prepared}-{len(killed_at)}", now
        shutil.copytree(prepared, watched.place)
        hooks["all"].requests.clear()
        watched.wrap = partial(Counting, last=len(killed_at) + 1)
        try:
            watched.check(hours=7 * DAY)
        except Killed as killed:
            killed_at.append(str(killed))
        else:
            break
        watched.wrap = identity
        watched.check(2, hours=0.1)
        between = "receipts/all" in killed_at[-1]  # a send and its receipt
        assert len(told(hooks["all"])) in ({1, 2} if between else {1}), killed_at[-1]
    assert len(killed_at) > 5
