"""The heartbeat: called after good checks, by whatever answer, and never a reason to fail."""

from __future__ import annotations

import pytest

from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tracker.alerts.notify import send_heartbeat
from tracker.config import parse
from tracker.config.tables import GeneralConfig
from tracker.errors import UsageError


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("tracker.alerts.notify.time.sleep", lambda _: None)


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("BEAT", f"{server.url}/ping/canary-1")
        yield server


@pytest.fixture
def run(site, fwtracker, tmp_path):
    """A check of the site with a heartbeat, given more arguments."""
    path = tmp_path / "beat.toml"
    path.write_text(
        f'[fwtracker]\nheartbeat_url_env="BEAT"\n[sources.action1]\nurl="{site.url}"\n'
    )
    return lambda *more: fwtracker("run", "--config", path, *more)


def calls(hook) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in hook.requests]


def test_it_is_called_after_each_good_check(site, run, hook):
    site.show_sample("2024-04/stacks.html")
    assert "published" in run().out
    assert "unchanged" in run().out
    assert calls(hook) == [("GET", "/ping/canary-1")] * 2


def test_it_is_not_called_after_a_failed_or_held_check(site, run, hook):
    assert run().status == 1
    page = (SAMPLES / "2024-04/stacks.html").read_text()
    site.show(page.replace("54.210.188.13", "10.210.188.13"))
    assert run().status == 3
    assert calls(hook) == []


def test_one_source_that_fails_is_enough(site, fwtracker, tmp_path, hook):
    site.show_sample("2024-04/stacks.html")
    path = tmp_path / "c.toml"
    path.write_text(
        f'[fwtracker]\nheartbeat_url_env="BEAT"\n[sources.action1]\nurl="{site.url}"'
    )
    fwtracker("run", "action1", "action1", "--config", path)
    assert len(calls(hook)) == 1  # once a run, and a source named twice is checked once
    fwtracker("run", "action1", "--config", path, "--url", f"{site.url}no-such-page")
    assert len(calls(hook)) == 1


@pytest.mark.parametrize("option", ["--dry-run", "--no-notify"])
def test_a_run_that_sends_nothing_does_not_call_it(site, run, hook, option):
    site.show_sample("2024-04/stacks.html")
    assert run(option).status == 0
    assert calls(hook) == []


def test_what_goes_wrong_is_a_warning_and_no_failure(site, run, hook):
    hook.answers[:] = [Answer(404, b"no check canary-1")]
    site.show_sample("2024-04/stacks.html")
    ran = run()
    assert ran.status == 0
    assert "warning: the heartbeat was not taken: HTTP 404" in ran.err
    assert "canary-1" not in ran.err
    assert len(calls(hook)) == 1


def test_a_missing_variable_is_named(site, run, monkeypatch):
    monkeypatch.delenv("BEAT", raising=False)
    site.show_sample("2024-04/stacks.html")
    ran = run()
    assert (ran.status, "BEAT is not set" in ran.err) == (0, True)


def test_a_passing_trouble_is_tried_again(hook):
    hook.answers[:] = [Answer(503), Answer(429, headers={"Retry-After": "3600"}), Answer()]
    slept: list[float] = []
    assert send_heartbeat(GeneralConfig(heartbeat_url_env="BEAT"), slept.append) is None
    assert slept == [1.0, 10.0]


def test_after_the_last_attempt_it_is_a_warning(hook):
    hook.answers[:] = [Answer(500)]
    slept: list[float] = []
    assert "HTTP 500" in (
        send_heartbeat(GeneralConfig(heartbeat_url_env="BEAT"), slept.append) or ""
    )
    assert (slept, len(hook.requests)) == ([1.0, 3.0], 3)


def test_the_url_may_stand_in_a_file(hook, tmp_path):
    file = tmp_path / "beat"
    file.write_text(f"{hook.url}/from-a-file\n")
    assert send_heartbeat(GeneralConfig(heartbeat_url_file=str(file))) is None
    assert calls(hook) == [("GET", "/from-a-file")]


def test_one_place_for_the_url():
    both = {"heartbeat_url_env": "A", "heartbeat_url_file": "b"}
    with pytest.raises(UsageError, match="set one of `heartbeat_url_env`"):
        parse({"fwtracker": both})
