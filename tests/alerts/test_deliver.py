"""The worker that drains the outbox: real answers of a real server, a virtual clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import msgspec
import pytest

from tests.pages import GENERATIONS, expected
from tests.support.servers import Answer, HookServer, Met
from tests.support.versions import snapshots_of
from tests.support.watched import context_of
from tracker.alerts import outbox
from tracker.alerts.delivery import deliver_owed
from tracker.alerts.outbox import DeliveryFailure
from tracker.config import parse
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.tree import Tree

START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
OLD, NEW = expected(GENERATIONS["2024-04"]), expected(GENERATIONS["2024-11"])


@pytest.fixture
def tree(tmp_path):
    return Tree(open_store(str(tmp_path)), "action1")


def channels(*names: str):
    listed = [
        {"name": name, "type": "slack", "url_env": f"URL_{name.upper()}"} for name in names
    ]
    return parse({"channels": listed}).channels


def commit(tree: Tree, count: int) -> None:
    """Versions up to `count`: the relays come with the even ones and go with the odd ones."""
    readings = [NEW if number % 2 else OLD for number in range(count)]
    for snapshot in snapshots_of(readings, START, timedelta(hours=1))[len(tree.versions()) :]:
        tree.commit(msgspec.structs.replace(snapshot, pages=()), {})
    publish(tree, parse({}), START)


def deliver(tree: Tree, to, slept: list[float]) -> list[DeliveryFailure]:
    context = context_of(tree, parse({}), now=lambda: START, sleep=slept.append)
    return deliver_owed(context, to)


def subjects(hook: HookServer) -> list[str]:
    return [json.loads(request.body)["text"] for request in hook.requests]


def test_a_passing_trouble_is_tried_again_within_the_run(tree, monkeypatch):
    slept: list[float] = []
    ops = channels("ops")
    outbox.register_channels(tree, ops)
    commit(tree, 1)
    with HookServer(Answer(500), Answer(503), Answer(200)) as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        assert deliver(tree, ops, slept) == []
        assert len(hook.requests) == 3
    assert slept == [1.0, 4.0]
    assert outbox.channel_status(tree, ops[0]).delivered == (1,)


def test_retry_after_is_obeyed_within_the_run_and_left_to_the_next_where_it_is_long(
    tree, monkeypatch
):
    slept: list[float] = []
    ops = channels("ops")
    outbox.register_channels(tree, ops)
    commit(tree, 1)
    late = Answer(429, headers={"Retry-After": "3600"})
    with HookServer(Answer(429, headers={"Retry-After": "7"}), late) as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        (failure,) = deliver(tree, ops, slept)
        assert len(hook.requests) == 2
    assert slept == [7.0]
    assert (failure.what, failure.final) == ("version 1", False)
    assert str(failure).endswith('HTTP 429 "ok"; the next run tries again')
    assert outbox.owed_numbers(tree, ops[0]) == [1]


def test_no_channel_waits_for_the_answer_of_another(tree, monkeypatch):
    both = channels("ops", "other")
    outbox.register_channels(tree, both)
    commit(tree, 2)
    barrier = Barrier(2)
    with HookServer() as ops, HookServer() as other:
        for hook, name in ((ops, "ops"), (other, "other")):
            monkeypatch.setenv(f"URL_{name.upper()}", hook.url)
            hook.requests = Met(barrier)
        assert deliver(tree, both, []) == []
        assert (len(ops.requests), len(other.requests)) == (2, 2)


def test_no_channel_waits_while_another_pauses(tree, monkeypatch):
    both = channels("ops", "other")
    outbox.register_channels(tree, both)
    commit(tree, 1)
    there = Event()
    slept: list[bool] = []
    with HookServer(Answer(503), Answer()) as ops, HookServer() as other:
        monkeypatch.setenv("URL_OPS", ops.url)
        monkeypatch.setenv("URL_OTHER", other.url)
        other.requests = Telling(there)
        context = context_of(tree, parse({}), sleep=lambda _: slept.append(there.wait(20)))
        assert deliver_owed(context, both) == []
        assert (len(ops.requests), slept) == (2, [True])


class Telling(list):
    """Requests; an event says that the first of them has arrived."""

    def __init__(self, there: Event):
        super().__init__()
        self.there = there

    def append(self, request):
        super().append(request)
        self.there.set()


def test_a_retry_after_of_nothing_is_no_reason_to_hurry(tree, monkeypatch):
    slept: list[float] = []
    ops = channels("ops")
    outbox.register_channels(tree, ops)
    commit(tree, 1)
    past = "Tue, 05 Nov 2024 06:17:09 GMT"
    answers = [Answer(429, headers={"Retry-After": text}) for text in ("0", past)]
    with HookServer(*answers, Answer()) as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        assert deliver(tree, ops, slept) == []
    assert slept == [1.0, 4.0]


def test_a_refusal_for_good_is_a_dead_letter_and_does_not_stop_the_next(tree, monkeypatch):
    ops = channels("ops")
    outbox.register_channels(tree, ops)
    commit(tree, 2)
    with HookServer(Answer(404, b"no_service"), Answer(200)) as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        (failure,) = deliver(tree, ops, [])
        assert failure.final
        assert "fwtracker notify retry" in str(failure)
        account = outbox.channel_status(tree, ops[0])
        assert (account.delivered, account.owed, list(account.dead)) == ((2,), (), [1])
        assert "404" in account.dead[1]
        assert deliver(tree, ops, []) == []
        assert len(hook.requests) == 2
        assert outbox.requeue(tree, ops[0]) == 1
        assert deliver(tree, ops, []) == []
    assert outbox.channel_status(tree, ops[0]).delivered == (1, 2)


def test_a_day_of_outage_ends_in_one_digest_and_no_other_channel_waits(tree, monkeypatch):
    both = channels("ops", "other")
    outbox.register_channels(tree, both)
    slept: list[float] = []
    with HookServer(Answer(503)) as down, HookServer() as other:
        monkeypatch.setenv("URL_OPS", down.url)
        monkeypatch.setenv("URL_OTHER", other.url)
        for count in range(1, 7):
            commit(tree, count)
            deliver(tree, both, slept)
            assert len(other.requests) == count
    with HookServer() as up:
        monkeypatch.setenv("URL_OPS", up.url)
        assert deliver(tree, both, slept) == []
        assert len(up.requests) == 1
        assert deliver(tree, both, slept) == []
        assert len(up.requests) == 1
    assert outbox.channel_status(tree, both[0]).delivered == (1, 2, 3, 4, 5, 6)


def test_a_digest_tells_the_difference_over_all_its_versions(tree, monkeypatch):
    ops = channels("ops")
    commit(tree, 1)
    outbox.register_channels(tree, ops)
    commit(tree, 6)  # the relays came, went, came, went, came
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        deliver(tree, ops, [])
        (said,) = subjects(hook)
    assert "(+10)" in said
    assert b"diff 1 6" in hook.requests[0].body


def test_what_came_and_went_meanwhile_is_told_to_nobody_and_counts_as_done(tree, monkeypatch):
    ops = channels("ops")
    commit(tree, 1)
    outbox.register_channels(tree, ops)
    commit(tree, 5)
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        assert deliver(tree, ops, []) == []
        assert hook.requests == []
    assert outbox.channel_status(tree, ops[0]).silent == (2, 3, 4, 5)


def test_up_to_three_versions_are_told_one_by_one_in_order(tree, monkeypatch):
    ops = channels("ops")
    commit(tree, 1)
    outbox.register_channels(tree, ops)
    commit(tree, 4)
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        deliver(tree, ops, [])
        said = subjects(hook)
    assert ["allow" in text for text in said] == [True, False, True]


def test_status_shows_what_is_owed_and_dead(fwtracker, tmp_path, monkeypatch):
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")
    ops = channels("ops")
    outbox.register_channels(tree, ops)
    commit(tree, 2)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        '[[channels]]\nname="ops"\ntype="slack"\nurl_env="URL_OPS"\n'
    )
    shown = fwtracker("notify", "status", "--json").json
    assert (shown[0]["owed"], shown[0]["dead"]) == ([1, 2], {})
    with HookServer(Answer(410)) as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        ran = fwtracker("notify", "retry", "ops")
        assert (ran.status, "permanently rejected" in ran.err) == (1, True)
    assert "410" in fwtracker("notify", "status").out
