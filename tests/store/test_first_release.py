"""A store that fwtracker 0.1.0 left, taken over: nothing is lost, and nothing is said twice.

`tests/store/first_release` was made by it (`python -m tests.turns --store`): three versions,
known to `ops`; the third is owed to `more`, and `gone` refused it; a fourth page is held.
Receipts, validators and the held page name versions by their numbers alone.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.test_restored import page
from tests.support.servers import HookServer
from tests.support.watched import Watched, configured, context_of, subjects
from tracker.alerts import outbox
from tracker.check import review
from tracker.history.integrity import verify_tree
from tracker.store.records import Held, Receipt

STORE = Path(__file__).with_name("first_release")
LEFT = datetime(2026, 1, 10, 4, tzinfo=UTC)  # its last check
HELD = page(4).replace(b"</body>", b"<p>198.41.0.4</p></body>")
CHANNELS = ("ops", "more", "gone")


@pytest.fixture
def hooks(monkeypatch):
    with HookServer() as ops, HookServer() as more, HookServer() as gone:
        made = dict(zip(CHANNELS, (ops, more, gone), strict=True))
        for name, hook in made.items():
            monkeypatch.setenv(f"URL_{name.upper()}", hook.url)
        yield made


@pytest.fixture
def watched(site, tmp_path, hooks):
    shutil.copytree(STORE, tmp_path / "snapshots")
    config = configured(*({"name": name} for name in CHANNELS), fwtracker={"formats": ["ips"]})
    site.show(HELD)
    return Watched(site, config, str(tmp_path / "snapshots"), now=LEFT)


def sent(hooks: dict[str, HookServer]) -> dict[str, list[str]]:
    return {name: subjects(hook) for name, hook in hooks.items()}


def changes(subjects_of: dict[str, list[str]]) -> dict[str, int]:
    return {
        name: sum("allow " in subject for subject in found)
        for name, found in subjects_of.items()
    }


def test_it_is_as_the_first_release_left_it():
    state = STORE / ".state/action1"
    receipts = [json.loads(path.read_text()) for path in state.glob("receipts/*/*")]
    assert len(receipts) == 7
    assert all(receipt.keys() == {"version", "delivered_at", "detail"} for receipt in receipts)
    assert json.loads((state / "validators.json").read_text()).keys() == {"context", "pages"}
    assert not (state / "seen.json").exists()


def test_what_is_owed_is_delivered_once_and_nothing_else_is_said(watched, hooks):
    outcome = watched.check(3)
    assert (outcome.outcome, outcome.version, outcome.owed) == ("held", 3, 0)
    holds = [finding.name for finding in outcome.findings if finding.verdict == "hold"]
    assert holds == ["address-outside-tables"]
    assert watched.tree.versions() == [1, 2, 3]
    found = sent(hooks)
    assert changes(found) == {"ops": 0, "more": 1, "gone": 0}
    assert found["more"][0].startswith("allow ")
    status = {
        channel.name: outbox.channel_status(watched.tree, channel)
        for channel in watched.config.channels
    }
    assert status["ops"].delivered == status["more"].delivered == (1, 2, 3)
    assert (status["gone"].delivered, list(status["gone"].dead)) == ((1, 2), [3])
    assert not any(each.owed or each.notices_owed for each in status.values())


def test_what_was_refused_is_sent_once_where_that_is_asked_for(watched, hooks):
    watched.check()
    gone = watched.config.channels[2]
    assert outbox.requeue(watched.tree, gone) == 2  # the version, and the notice of the hold
    watched.check(2)
    assert changes(sent(hooks)) == {"ops": 0, "more": 1, "gone": 1}


def test_the_held_page_is_approved_and_told_once(watched, hooks):
    digest = watched.check().digest
    held = watched.tree.state(f"held/{digest}", Held)
    assert held.first_seen == "2026-01-10T04:00:00Z"
    for hook in hooks.values():
        hook.requests.clear()
    context = context_of(watched.tree, watched.config, now=lambda: watched.now)
    outcome = review.approve(context, digest[:8])
    assert (outcome.outcome, outcome.version) == ("published", 4)
    watched.check(2)
    assert watched.tree.versions() == [1, 2, 3, 4]
    assert changes(sent(hooks)) == {"ops": 1, "more": 1, "gone": 1}
    receipt = watched.tree.state("receipts/ops/000004", Receipt)
    assert receipt.digest == watched.tree.version_digest(4)


def test_the_page_of_its_last_version_makes_no_version(watched, site, hooks):
    site.show(page(3))
    outcome = watched.check(2)
    assert (outcome.outcome, outcome.version) == ("unchanged", 3)
    assert watched.check().findings == ()  # the first said that rule files have another form
    assert watched.tree.versions() == [1, 2, 3]
    assert changes(sent(hooks)) == {"ops": 0, "more": 1, "gone": 0}


def test_the_next_change_reaches_every_channel_once(watched, site, hooks):
    site.show(page(5))
    assert watched.check().version == 4
    watched.check(2)
    # To `more` the third version as well.
    assert changes(sent(hooks)) == {"ops": 1, "more": 2, "gone": 1}
    assert watched.tree.versions() == [1, 2, 3, 4]


def test_its_store_is_sound_before_and_after(watched):
    assert verify_store(watched) == []
    watched.check(2)
    assert verify_store(watched) == []


def verify_store(watched: Watched) -> list[str]:
    return [str(fault) for fault in verify_tree(watched.tree)]


@pytest.mark.parametrize("edited", ['"endpoints_added": 2', '"endpoints_added":  1'])
def test_an_edited_change_set_of_it_is_found(watched, edited):
    file = Path(watched.place, "action1/changes/000002.json")
    file.write_text(file.read_text().replace('"endpoints_added": 1', edited))
    (fault,) = verify_tree(watched.tree)
    assert (fault.file, fault.what) == ("changes/000002.json", "not what the versions give")
