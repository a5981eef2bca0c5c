"""What a channel was sent before: work that is still on the page, and its receipts."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from unittest import mock

import msgspec
import pytest
from msgspec.structs import replace

from tests.support import announcements as made
from tests.support import noticed
from tests.support.pagerduty import PagerDutyServer
from tests.support.versions import snapshots_of
from tests.support.watched import START, context_of
from tracker.alerts import outbox
from tracker.alerts.delivery import deliver_owed
from tracker.alerts.messages import build_message
from tracker.alerts.recall import load_past
from tracker.alerts.receipts import set_aside
from tracker.alerts.spans import load_span
from tracker.config import parse
from tracker.notifications import ChannelPast
from tracker.store import open_store
from tracker.store.identity import Rewind, VersionId
from tracker.store.records import Receipt
from tracker.store.tree import Tree, version_name

DAY = timedelta(days=1)
A, B, C, D = (f"20.0.0.{number}" for number in (1, 2, 3, 4))
KEYS = {"name": "oncall", "type": "pagerduty", "routing_key_env": "KEY"}


@pytest.fixture
def tree(tmp_path):
    return Tree(open_store(str(tmp_path)), "action1")


def commit(tree: Tree, *pages: tuple[str, ...], step=DAY, regions=("Europe",) * 9, **entry):
    """A version a step, each with one row of these addresses."""
    readings = []
    for page, region in zip(pages, regions, strict=False):
        fields = {"hosts": (), "services": made.TLS[:1], "region": region, **entry}
        still = made.entry(**{**fields, "resource": "Still", "addresses": ("9.9.9.9",)})
        row = made.entry(**{**fields, "addresses": page})
        readings.append([msgspec.to_builtins(still), msgspec.to_builtins(row)])
    for snapshot in snapshots_of(readings, START, step):
        tree.commit(snapshot, {})


def recall(tree: Tree, version: int, told: dict[int, str] | None = None, **keys) -> ChannelPast:
    """What the message of a version brings, after these receipts."""
    (channel,) = parse({"channels": [{**KEYS, **keys}]}).channels
    outbox.register_channels(tree, [channel])
    for number, detail in (told or dict.fromkeys(range(1, version), "sent")).items():
        outbox.record_receipt(tree, channel, Receipt(number, "2026-01-01T00:00:00Z", detail))
    span = load_span(tree, [version], 7)
    message = build_message(context_of(tree, parse({})), channel, span)
    assert message is not None
    return message.past


def work(past: ChannelPast) -> dict[str, int]:
    return {end.target: added.version for end, added in past.work.items()}


def test_what_earlier_versions_added_and_the_page_still_has_is_repeated(tree):
    commit(tree, (A,), (A, B), (A, B, C), (A, C, D))
    past = recall(tree, 4)
    assert work(past) == {C: 3}  # A is of the baseline, B has gone, D is in the message
    assert [entry.addresses for entry in past.rows] == [(A, C, D)]


def test_only_what_this_channel_was_sent_is(tree):
    commit(tree, (A,), (A, B), (A, B, C), (A, B, C, D))
    assert work(recall(tree, 4, {2: "sent", 3: outbox.NOT_CONCERNED})) == {B: 2}


def test_what_is_older_than_a_month_is_not(tree):
    commit(tree, (A,), (A, B), (A, B, C), (A, B, C, D), step=timedelta(days=16))
    assert work(recall(tree, 4)) == {C: 3}


def test_only_what_the_channel_wants_now_is(tree):
    commit(tree, (A,), (A, B), (A, B, C), requirement="recommended")
    assert work(recall(tree, 3, requirement=["recommended"])) == {B: 2}
    (channel,) = parse({"channels": [{**KEYS, "requirement": ["required"]}]}).channels
    span = load_span(tree, [3], 7)
    assert load_past(tree, channel, span, span.changes).work == {}


def test_ports_for_the_local_network_are_no_work(tree):
    lan = made.TLS[0]
    commit(tree, (A,), (A, B), (A, B, C), services=(replace(lan, from_port=445, to_port=445),))
    assert work(recall(tree, 3)) == {}


def test_a_region_with_another_name_keeps_its_work(tree):
    commit(tree, (A,), (A, B), (A, B), regions=("Europe", "Europe", "Eurasia"))
    past = recall(tree, 3, regions=["Europe"])
    assert [(end.region, end.target) for end in past.work] == [("Eurasia", B)]


def test_receipts_come_newest_first_without_those_that_sent_nothing(tree):
    commit(tree, (A,), (A, B), (A, B, C), (A, B, C, D))
    told = {1: "one", 2: outbox.NOT_CONCERNED, 3: "three"}
    assert recall(tree, 4, told).receipts == ("three", "one")


def test_receipts_of_versions_that_were_replaced_come_too(tree):
    commit(tree, (A,), (A, B), (A, B, C))
    gone = Receipt(3, "2026-01-02T00:00:00Z", "of another version 3", "0" * 64)
    older = Receipt(2, "2026-01-01T00:00:00Z", "of another version 2", "1" * 64)
    (channel,) = parse({"channels": [KEYS]}).channels
    for receipt in (older, gone):
        outbox.record_receipt(tree, channel, receipt)
    set_aside(tree, Rewind(VersionId(3, "0" * 64), VersionId(1, "2" * 64)))
    assert recall(tree, 3, {2: "two"}).receipts == (
        "two",
        "of another version 3",
        "of another version 2",
    )


def test_what_may_have_been_opened_comes_first_and_stays_with_its_version(tree):
    commit(tree, (A,), (A, B), (A, B, C))
    (channel,) = parse({"channels": [KEYS]}).channels
    lost = Receipt(2, "2026-01-02T00:00:00Z", "may have triggered x", "0" * 64)
    assert outbox.record_attempt(tree, channel, lost, outbox.VERSIONS) is None
    assert recall(tree, 3, {1: "one"}).receipts == ("may have triggered x", "one")
    set_aside(tree, Rewind(VersionId(3, "0" * 64), VersionId(1, "2" * 64)))
    assert recall(tree, 3, {1: "one"}).receipts == ("one", "may have triggered x")


def test_another_attempt_of_the_same_number_adds_to_what_may_be_open(tree):
    (channel,) = parse({"channels": [KEYS]}).channels
    first, other = (
        Receipt(2, "2026-01-02T00:00:00Z", f"may have triggered {key}") for key in "xy"
    )
    queue = outbox.NOTICES
    for attempt in (first, first):
        before = outbox.record_attempt(tree, channel, attempt, queue)
    assert before == first
    outbox.record_attempt(tree, channel, other, queue)
    both = {2: "may have triggered x, may have triggered y"}
    assert outbox.load_attempts(tree, channel, queue) == both
    outbox.forget_attempt(tree, channel, 2, queue, before)  # the other was refused
    assert outbox.load_attempts(tree, channel, queue) == {2: "may have triggered x"}
    outbox.forget_attempt(tree, channel, 2, queue)
    assert outbox.load_attempts(tree, channel, queue) == {}


class Killed(BaseException):
    """The program is killed."""


@pytest.mark.parametrize(
    ("harm", "resolved"), [("kill", True), ("lost", True), ("down", False), (None, True)]
)
def test_the_end_of_trouble_is_sent_where_it_may_be_open(tree, monkeypatch, harm, resolved):
    monkeypatch.setenv("KEY", "0123456789")
    kill = mock.Mock(side_effect=Killed)
    with PagerDutyServer() as server, monkeypatch.context() as patch:
        keys = {**KEYS, "server": server.url}
        channels = parse({"channels": [keys]}).channels
        context = context_of(tree, parse({"channels": [keys]}), sleep=lambda _: None)
        outbox.register_channels(tree, channels)
        tree.create(outbox.notice_name(1), noticed.HELD.as_stored())
        server.account.down, server.account.loses_answer = (
            harm == "down",
            lambda: harm == "lost",
        )
        if harm == "kill":
            patch.setattr(outbox, "record_receipt", kill)
        with suppress(Killed):
            deliver_owed(context, channels)
        patch.undo()
        monkeypatch.setenv("KEY", "0123456789")
        server.account.down, server.account.loses_answer = False, lambda: False
        over = replace(noticed.OVER, number=2, ends=("held",)).as_stored()
        tree.create(outbox.notice_name(2), over)
        assert deliver_owed(context, channels) == []
        assert server.account.open == {}
        assert server.account.resolved == ["fwtracker/action1/held"] * resolved
        assert bool(server.account.opened) == resolved
        assert server.account.faults == []


def test_damage_leaves_work_out_and_keeps_no_message_back(tree, tmp_path):
    commit(tree, (A,), (A, B), (A, B, C), (A, B, C, D))
    (tmp_path / "action1" / version_name(2)).write_bytes(b"{")
    assert work(recall(tree, 4)) == {}
    (tmp_path / ".state/action1/receipts/oncall/000003.json").write_bytes(b"{")
    assert recall(tree, 4, {1: "one"}).receipts == ("sent", "one")


def test_types_that_do_not_recall_get_nothing(tree):
    commit(tree, (A,), (A, B), (A, B, C))
    (channel,) = parse({"channels": [{**KEYS, "type": "pagerduty"}]}).channels
    outbox.register_channels(tree, [channel])
    slack = parse({"channels": [{"name": "oncall", "type": "slack", "url_env": "URL"}]})
    message = build_message(context_of(tree, slack), slack.channels[0], load_span(tree, [3], 7))
    assert message.past == ChannelPast()
