"""What the service does between checks, and what it remembers of them."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime

import msgspec
import pytest

from tests.site.readings import entry, stored
from tests.site.web.rig import serving
from tests.support.servers import Answer, HookServer
from tracker.errors import Locked
from tracker.scheduler import jobs
from tracker.scheduler.jobs import CheckRunner, RetryTimer
from tracker.scheduler.service import Leader, SchedulerService, ServeOptions
from tracker.store.records import encode_pretty


@pytest.fixture
def owing(tmp_path, monkeypatch):
    """A service whose channel is owed version 1, and the hook behind the channel."""
    tree = stored(tmp_path / "snapshots", [entry()], now=datetime.now(UTC))
    tree.remember("channels/ops", {"since": 0})
    with HookServer(
        Answer(status=500), Answer(status=500), Answer(status=500), Answer()
    ) as hook:
        monkeypatch.setenv("HOOK", hook.url)
        file = tmp_path / "c.toml"
        file.write_text('[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "HOOK"\n')
        service = SchedulerService(ServeOptions(file, str(tmp_path / "snapshots")))
        yield service, hook


def test_what_is_owed_is_sent_between_checks_with_growing_pauses(owing, monkeypatch):
    service, hook = owing
    now = [1000.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    service._tick("action1")
    assert len(hook.requests) == 3  # one try of the worker, all refused
    service._tick("action1")
    assert len(hook.requests) == 3
    now[0] += 61
    service._tick("action1")
    assert len(hook.requests) == 4
    assert not service._ticker.has_pending("action1")
    now[0] += 7200
    service._tick("action1")
    assert len(hook.requests) == 4


def test_a_source_that_nobody_has_checked_for_long_is_told(owing):
    service, hook = owing
    hook.answers[:] = [Answer()]
    service._tick("action1")
    assert len(hook.requests) == 1
    tree = service.tree("action1")
    manifest = tree.manifest()
    long_ago = msgspec.structs.replace(manifest, checked_at="2026-03-01T12:00:00Z")
    tree.publish({"manifest.json": encode_pretty(long_ago)})
    service._tick("action1")
    assert len(hook.requests) == 2
    service._tick("action1")
    assert len(hook.requests) == 2


def test_no_delivery_while_a_check_runs(owing):
    service, hook = owing
    with service._get_lock("action1"):
        service._tick("action1")
    assert hook.requests == []


def test_pauses_grow_to_an_hour_and_end_with_a_success(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    timer, waited = RetryTimer(), []
    for _ in range(9):
        timer.record(good=False)
        waited.append(timer._next - now[0])
    assert waited == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert not timer.is_due()
    timer.record(good=True)
    assert timer.is_due()


def test_a_check_that_dies_without_a_word_is_a_failed_check(tmp_path, capfd):
    runner = CheckRunner(b"[fwtracker]\nunknown = 1\n", str(tmp_path))
    told = runner.check("action1")
    assert (told.outcome, told.error.name) == ("failed", "broken-off")
    assert "exit status 2" in told.error.message
    assert "unknown key" in capfd.readouterr().err


def test_a_check_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "sleeper"))
    (tmp_path / "sleeper").write_text("#!/bin/sh\ncat >/dev/null\nexec sleep 60\n")
    (tmp_path / "sleeper").chmod(0o755)
    told = CheckRunner(b"", str(tmp_path), longest=0.3).check("action1")
    assert (told.outcome, "was ended" in told.error.message) == ("failed", True)


def test_a_check_can_be_ended_from_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "sleeper"))
    (tmp_path / "sleeper").write_text("#!/bin/sh\ncat >/dev/null\nexec sleep 60\n")
    (tmp_path / "sleeper").chmod(0o755)
    runner = CheckRunner(b"", str(tmp_path))
    found = []
    thread = threading.Thread(target=lambda: found.append(runner.check("action1")))
    thread.start()
    while not runner._running:
        threading.Event().wait(0.01)
    runner.terminate_children()
    thread.join()
    assert found[0].outcome == "failed"


def test_a_thread_that_died_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    service = SchedulerService(ServeOptions(None, str(tmp_path)))
    service._runner = None  # what starts checks cannot
    monkeypatch.setattr(service, "_list_jobs", lambda: 1 / 0)
    assert service.alive
    service.start()
    try:
        service.leader._thread.join(20)
        assert not service.alive
        with serving(tmp_path) as server:
            server.state.alive = lambda: service.alive
            assert server.get("/healthz").status_code == 500
            server.state.alive = lambda: True
            assert server.get("/healthz").status_code == 200
    finally:
        service.stop()


def test_another_place_for_snapshots_waits_for_a_restart(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(f'[fwtracker]\nsnapshots = "{tmp_path}/one"\n')
    service = SchedulerService(ServeOptions(file, None))
    file.write_text(f'[fwtracker]\nsnapshots = "{tmp_path}/two"\ngrace_days = 3\n')
    service.reload()
    assert service.loaded.snapshots == f"{tmp_path}/one"
    assert service.config.fwtracker.grace_days == 3


def test_a_lease_that_is_renewed_is_no_news_for_who_stands_by(caplog):
    leader = Leader("s3://bucket/x", lambda _: None)
    for holder, end in (("one", "15:00:10Z"), ("one", "15:00:40Z"), ("two", "15:01:10Z")):
        leader._stand_by(Locked(f"x/lock: held by {holder} until {end}, 9 s from now", holder))
        assert leader.lock_holder.startswith(f"x/lock: held by {holder} until {end}")
    assert [line.partition(" until")[0] for line in caplog.messages] == [
        "standing by: x/lock: held by one",
        "standing by: x/lock: held by two",
    ]
