"""Damage below `.state/`: what can be made again is, and the rest stops only what it is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
from tracker.alerts import outbox

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
MORE = b"<li>54.79.23.166</li><li>3.104.236.1</li>"
NEXT = GOOD.replace(b"<li>54.79.23.166</li>", MORE)
THIRD = NEXT.replace(MORE, MORE + b"<li>3.104.236.2</li>")
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")


@pytest.fixture
def hooks(monkeypatch):
    with HookServer() as ops, HookServer() as dev:
        monkeypatch.setenv("URL_OPS", ops.url)
        monkeypatch.setenv("URL_DEV", dev.url)
        yield ops, dev


@pytest.fixture
def watched(site, tmp_path, hooks, first_checks):
    """A source with two versions, which both channels got."""
    config = configured({"name": "ops"}, {"name": "dev"}, health={"failures": 1})
    made = Watched(site, config, str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD, NEXT)
    for hook in hooks:
        hook.requests.clear()
    return made


@pytest.fixture
def state(watched):
    return Path(watched.place) / ".state/action1"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_cut_validators_cost_a_whole_fetch_and_a_warning(watched, site, state, caplog):
    cut(state / "validators.json")
    assert watched.check().outcome == "unchanged"
    assert site.statuses()[-1] == 200
    assert "validators.json: damaged" in caplog.text
    assert "it is recreated" in caplog.text
    watched.check()
    assert site.statuses()[-1] == 304


@pytest.mark.parametrize("name", ["health", "published", "seen", "accepted", "drift"])
def test_what_else_can_be_made_again_stops_no_check(watched, site, state, name):
    (state / f"{name}.json").write_text('{"cut')
    site.show(THIRD)
    assert watched.check().outcome == "published"
    assert watched.check().outcome == "unchanged"


def test_a_damaged_held_page_is_held_again(watched, site, state):
    site.show(HELD)
    digest = watched.check().digest
    cut(state / f"held/{digest}.json")
    outcome = watched.check()
    assert (outcome.outcome, outcome.digest) == ("held", digest)
    site.show(NEXT)
    cut(state / f"held/{digest}.json")
    assert watched.check().outcome == "unchanged"


def test_the_state_of_a_channel_is_made_again_from_its_receipts(
    watched, site, state, hooks, caplog
):
    good = (state / "channels/ops.json").read_bytes()
    cut(state / "channels/ops.json")
    site.show(THIRD)
    outcome = watched.check()
    assert (outcome.outcome, outcome.owed) == ("published", 0)
    assert [len(hook.requests) for hook in hooks] == [1, 1]
    assert "channels/ops of action1: damaged; recreated from its receipts" in caplog.text
    assert (state / "channels/ops.json").read_bytes() == good


def test_one_without_receipts_is_named_and_stops_no_other(watched, site, state, hooks):
    cut(state / "channels/ops.json")
    for receipt in (state / "receipts/ops").iterdir():
        receipt.unlink()
    site.show(THIRD)
    outcome = watched.check()
    ops, dev = hooks
    assert (outcome.outcome, outcome.owed) == ("published", 1)
    (note,) = outcome.notes
    assert ".state/action1/channels/ops.json: damaged" in note
    assert "remove that file" in note
    assert (len(ops.requests), len(dev.requests)) == (0, 1)
    (state / "channels/ops.json").unlink()  # the one step
    outcome = watched.check()
    assert (outcome.outcome, outcome.owed) == ("unchanged", 0)
    site.show(GOOD)
    watched.check()
    assert len(ops.requests) == 1


def test_damaged_receipts_count_and_stop_nothing(watched, site, state, hooks):
    cut(state / "receipts/ops/000002.json")
    (state / "receipts/ops/000002 (copy).json").write_text("{}")
    site.show(THIRD)
    assert watched.check().owed == 0
    assert [len(hook.requests) for hook in hooks] == [1, 1]
    status = outbox.channel_status(watched.tree, watched.config.channels[0])
    assert status.delivered == (1, 2, 3)


def test_a_damaged_notice_is_named_and_the_others_are_sent(watched, site, state, hooks):
    site.pages.clear()
    watched.check(notify=False)
    cut(state / "notices/000001.json")
    site.show(THIRD)
    outcome = watched.check()
    assert outcome.outcome == "published"
    assert all("notices/000001.json: damaged" in note for note in outcome.notes)
    ops, _ = hooks
    assert any("allow " in subject for subject in subjects(ops))
    (state / "notices/000001.json").unlink()
    assert watched.check().owed == 0
