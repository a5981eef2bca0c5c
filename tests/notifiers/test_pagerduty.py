"""PagerDuty: what pages people, what does not, and what resolves it again."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from notifiers import pagerduty
from notifiers.shared.message_text import compose_text
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support import noticed
from tests.support.pagerduty import PagerDutyServer, find_faults
from tests.support.servers import Answer, HookServer
from tracker.errors import DeliveryError, UsageError
from tracker.model import flatten
from tracker.notifications import Announcement, ChannelPast, Notice, VersionAt

GOLDEN = Path(__file__).parents[1] / "golden/pagerduty"
KEY = "canary0routing0key0a1b2c3d4e5f6a"
ACCEPTED = Answer(202, b'{"status":"success","message":"Event processed"}')


def removal() -> Announcement:
    """A version that only takes endpoints away."""
    told = made.announce(made.shrunk(), endpoints_of_them=True)
    return replace(told, change_set=replace(told.change_set, endpoints_added=()))


VERSIONS = {
    "change": made.change(),
    "digest": made.digest(),
    "published": made.published(),
    "edited": made.edited(),
    "wording": made.wording(),
    "baseline": made.baseline(),
    "removal": removal(),
}
INVALID = Answer(400, f'{{"errors":["routing_key {KEY} is invalid"]}}'.encode())


@contextmanager
def rig(folder, trouble="fine"):
    """The events server for the suite of all notifiers; what resolves is no message."""
    settings = {"routing_key_env": "RIG_PAGERDUTY", "server": "HERE"}
    with hook_rig(trouble, settings, {"RIG_PAGERDUTY": KEY}, KEY, ACCEPTED) as (hook, made_rig):
        # It knows no markup: every text is shown as it is.
        made_rig.received = lambda: [[] for _ in messages(hook)]
        made_rig.shown = lambda: [shown(body) for body in messages(hook)]
        yield made_rig


def messages(hook):
    return [body for body in hook.bodies() if "payload" in body]


def shown(body) -> str:
    details = body["payload"]["custom_details"]
    lines = [
        line
        for heading, told in details.items()
        for line in (heading, *([told] if isinstance(told, str) else told))
    ]
    return "\n".join([body["payload"]["summary"], *lines])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    with HookServer(ACCEPTED) as hook:
        yield hook


def settings(hook, **keys) -> pagerduty.PagerDutySettings:
    return pagerduty.PagerDutySettings(routing_key_env="KEY", server=hook.url, **keys)


def posted(hook) -> list[tuple[str, str | None, str | None]]:
    return [
        (request.path, body.get("event_action"), body.get("dedup_key"))
        for request, body in zip(hook.requests, hook.bodies(), strict=True)
    ]


def after(*receipts: str) -> Announcement:
    """A change for a channel with these receipts, newest first."""
    return replace(made.change(), past=ChannelPast(receipts=receipts))


KEY_OF_2 = pagerduty.build_dedup_key(made.change())


def test_a_version_is_an_incident_of_its_own_and_resolves_none(server):
    receipt = pagerduty.send(settings(server), after("HTTP 202, triggered fwtracker/action1/1"))
    assert receipt == f"HTTP 202, triggered {KEY_OF_2}"
    assert re.fullmatch(r"fwtracker/action1/2-[0-9a-f]{8}", KEY_OF_2)
    assert posted(server) == [("/v2/enqueue", "trigger", KEY_OF_2)]
    assert {body["routing_key"] for body in server.bodies()} == {KEY}


def test_another_version_of_that_number_and_another_channels_part_are_other_incidents():
    restored = replace(made.change(), digest="0" * 64)
    keys = {pagerduty.build_dedup_key(told) for told in (restored, made.published())}
    assert len(keys | {KEY_OF_2}) == 2  # files and dates make no other incident


@pytest.mark.parametrize(
    ("receipts", "resolved"),
    [
        ((), []),
        (["HTTP 202, as a change event", "HTTP 202, triggered f/a/1-0a"], ["f/a/1-0a"]),
        (["HTTP 202, triggered f/a/2-0b, resolved f/a/1-0a", "HTTP 202, triggered f/a/1-0a"],
         ["f/a/2-0b"]),
        (['HTTP 202, triggered f/a/2-0b, could not resolve f/a/1-0a: HTTP 503 "busy, resolved'
          ' f/a/1-0a"', "HTTP 202, triggered f/a/1-0a"], ["f/a/2-0b", "f/a/1-0a"]),
        (["HTTP 202, triggered f/a/1-0a, of severity info: the key takes no change events"],
         ["f/a/1-0a"]),
        (["HTTP 202, triggered f/a/2-0b, left open f/a/1-0a, could not resolve it: HTTP 503"],
         ["f/a/2-0b", "f/a/1-0a"]),
        (["may have triggered f/a/2-0b, may have triggered f/a/2-0c"],
         ["f/a/2-0b", "f/a/2-0c"]),
        ([f"HTTP 202, triggered {KEY_OF_2}"], []),
        ([f"HTTP 202, triggered f/a/{number}" for number in range(9)],
         [f"f/a/{number}" for number in range(5)]),
    ],
)  # fmt: skip
def test_the_next_resolves_what_the_receipts_say_is_open(server, receipts, resolved):
    said = pagerduty.send(settings(server, resolve="next"), after(*receipts))
    assert posted(server)[0] == ("/v2/enqueue", "trigger", KEY_OF_2)
    assert posted(server)[1:] == [("/v2/enqueue", "resolve", key) for key in resolved]
    assert said == ", ".join(
        [f"HTTP 202, triggered {KEY_OF_2}", *(f"resolved {key}" for key in resolved)]
    )
    assert pagerduty.list_open_keys([said, *receipts])[0] == KEY_OF_2


def test_severity_follows_impact():
    event = pagerduty.build_event(made.announce(made.grown()))
    assert (event["event_action"], event["payload"]["severity"]) == ("trigger", "error")
    optional = replace(made.grown(), impact="action")
    event = pagerduty.build_event(made.announce(optional))
    assert (event["event_action"], event["payload"]["severity"]) == ("trigger", "warning")


@pytest.mark.parametrize(
    "told",
    [made.wording(), made.baseline(), removal()],
    ids=["wording", "baseline", "removal"],
)
def test_what_asks_for_nothing_pages_nobody_and_resolves_nothing(server, told):
    assert pagerduty.send(settings(server), told) == "HTTP 202, as a change event"
    assert posted(server) == [("/v2/change/enqueue", None, None)]
    (body,) = server.bodies()
    assert set(body) == {"routing_key", "payload", "links"}  # all that a change event has


@pytest.mark.parametrize(
    ("kind", "severity", "key"),
    [
        ("failing", "warning", "fwtracker/action1/failing"),
        ("layout", "warning", "fwtracker/action1/layout"),
        ("held", "warning", "fwtracker/action1/held"),
        ("stale", "error", "fwtracker/action1/stale"),
        ("channel", "warning", "fwtracker/action1/channel/netops"),
        ("drift", "info", "fwtracker/action1/drift"),
        ("config", "info", "fwtracker/action1/config"),
        ("filter", "info", "fwtracker/action1/filter/netops"),
    ],
)
def test_trouble_with_the_watch_is_an_incident_for_each_kind(server, kind, severity, key):
    pagerduty.send(settings(server), noticed.EVERY[kind])
    again = replace(noticed.EVERY[kind], number=8, at="2024-11-07T00:00:00Z", times=2)
    pagerduty.send(settings(server), again)
    assert posted(server) == [("/v2/enqueue", "trigger", key)] * 2
    assert server.bodies()[0]["payload"]["severity"] == severity


def test_its_end_resolves_all_that_is_over(server):
    receipt = pagerduty.send(settings(server), opened_before(noticed.OVER))
    over = ["fwtracker/action1/failing", "fwtracker/action1/stale"]
    assert posted(server) == [
        *(("/v2/enqueue", "resolve", key) for key in over),
        ("/v2/change/enqueue", None, None),
    ]
    assert receipt == f"HTTP 202, as a change event, resolved {over[0]}, resolved {over[1]}"


@pytest.mark.parametrize(
    ("receipts", "resolved"),
    [
        ((), []),
        (("HTTP 202, as a change event",), []),
        (("HTTP 202, triggered fwtracker/action1/failing",), ["failing"]),
        (("HTTP 202, triggered fwtracker/other/failing",), []),
        (
            (
                "HTTP 202, as a change event, resolved fwtracker/action1/failing",
                "HTTP 202, triggered fwtracker/action1/failing",
            ),
            [],
        ),
        (
            (
                "HTTP 202, triggered fwtracker/action1/held, resolved fwtracker/action1/stale",
                "HTTP 202, triggered fwtracker/action1/stale",
            ),
            [],
        ),
        (
            (
                "HTTP 202, triggered fwtracker/action1/failing, of severity info: x",
                "HTTP 202, asks for nothing and is not shown there, resolved"
                ' fwtracker/action1/failing: (HTTP 400 ", resolved x")',
            ),
            ["failing"],
        ),
        (("may have triggered fwtracker/action1/stale",), ["stale"]),
        (("could not, triggered fwtracker/action1/stale",), []),
    ],
)
def test_only_what_this_channel_opened_is_resolved_at_its_end(server, receipts, resolved):
    pagerduty.send(settings(server), replace(noticed.OVER, receipts=receipts))
    done = [key for _, action, key in posted(server) if action == "resolve"]
    assert done == [f"fwtracker/action1/{each}" for each in resolved]


def test_what_may_be_opened_is_known_before_it_is_sent(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    key, of_removal = map(pagerduty.build_dedup_key, (made.change(), removal()))
    refused = "HTTP 202, triggered f/a/1-0a, of severity info: the key takes no change events"
    for told, resolve, attempt in (
        (made.change(), "never", ""),  # people close it
        (made.change(), "next", f"may have triggered {key}"),
        (removal(), "next", ""),  # a change event
        (
            replace(removal(), past=ChannelPast(receipts=(refused,))),
            "next",
            f"may have triggered {of_removal}",
        ),
        (noticed.HELD, "never", "may have triggered fwtracker/action1/held"),
        (noticed.OVER, "never", ""),
        (made.wording(), "next", ""),
    ):
        chosen = pagerduty.PagerDutySettings(routing_key_env="KEY", resolve=resolve)
        assert pagerduty.describe_attempt(chosen, told) == attempt


def test_new_trouble_resolves_what_is_behind_it(server):
    pagerduty.send(settings(server), opened_before(replace(noticed.HELD, ends=("failing",))))
    assert [key for *_, key in posted(server)] == [
        "fwtracker/action1/failing",
        "fwtracker/action1/held",
    ]


def test_an_end_that_fails_is_owed_together_with_the_new_trouble(server):
    server.answers[:] = [Answer(503)]
    with pytest.raises(DeliveryError) as caught:
        pagerduty.send(
            settings(server), opened_before(replace(noticed.HELD, ends=("failing",)))
        )
    assert caught.value.retriable
    assert len(server.requests) == 1


@pytest.mark.parametrize("key", [KEY, "R0CANARY"])
def test_what_can_go_is_not_lost_where_the_key_takes_no_change_events(monkeypatch, key):
    monkeypatch.setenv("KEY", key)
    told = removal()
    with PagerDutyServer() as hook:
        hook.account.takes_changes = False
        receipt = pagerduty.send(settings(hook), told)
        (opened,) = hook.account.open.items()
        assert hook.account.faults == []
    assert (opened[0], opened[1]["payload"]["severity"]) == (
        pagerduty.build_dedup_key(told),
        "info",
    )
    assert receipt.startswith(f"HTTP 202, triggered {opened[0]}, of severity info: ")
    assert "no change events" in receipt
    assert key not in receipt


def test_in_place_of_an_incident_of_open_work_it_is_of_severity_warning(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    with PagerDutyServer() as hook:
        hook.account.takes_changes = False
        for resolve in ("never", "next"):
            pagerduty.send(settings(hook, resolve=resolve), with_work(removal()))
        severities = [
            body["payload"].get("severity") for body in hook.bodies() if "payload" in body
        ]
    assert severities == [None, "info", None, "warning"]


@pytest.mark.parametrize("key", [KEY, "R0CANARY"])
@pytest.mark.parametrize("told", [made.wording(), made.baseline(), noticed.OVER])
def test_what_asks_for_nothing_wakes_no_one_for_such_a_key(monkeypatch, key, told):
    monkeypatch.setenv("KEY", key)
    with PagerDutyServer() as hook:
        hook.account.takes_changes = False
        receipt = pagerduty.send(settings(hook), told)
        assert hook.account.opened == set()
        assert hook.account.faults == []
    assert receipt.startswith("HTTP 202, asks for nothing and is not shown there: ")
    assert "no change events" in receipt


def test_a_wrong_key_is_not_taken_for_one_that_takes_no_change_events(server):
    server.answers[:] = [INVALID]
    for told in (made.wording(), removal()):
        with pytest.raises(DeliveryError, match="check the routing key") as caught:
            pagerduty.send(settings(server), told)
        assert not caught.value.retriable
        assert KEY not in str(caught.value)


def test_a_change_event_that_fails_for_now_is_tried_again(server):
    server.answers[:] = [Answer(503)]
    with pytest.raises(DeliveryError) as caught:
        pagerduty.send(settings(server), made.wording())
    assert (caught.value.retriable, len(server.requests)) == (True, 1)


def test_a_page_on_trial_is_resolved_by_itself(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    slept: list[float] = []
    monkeypatch.setattr(pagerduty.time, "sleep", slept.append)
    with PagerDutyServer() as hook:
        receipt = pagerduty.page(settings(hook), made.trial())
        assert (hook.account.open, hook.account.faults) == ({}, [])
        alert = hook.bodies()[0]
    assert receipt == (
        "HTTP 202, triggered fwtracker/action1/test, resolved fwtracker/action1/test"
    )
    assert alert["payload"]["severity"] == "error"
    assert "This page is a test and is resolved by itself" in alert["payload"]["summary"]
    assert "pages no one" not in msgspec.json.encode(alert).decode()
    assert slept == [10.0]  # PagerDuty would page no one for what is over at once


def test_a_page_on_trial_that_stays_open_says_so(monkeypatch, server):
    monkeypatch.setattr(pagerduty, "PAGE_SECONDS", 0)
    server.answers[:] = [ACCEPTED, Answer(503)]
    with pytest.raises(
        DeliveryError, match="triggered fwtracker/action1/test, which could not"
    ):
        pagerduty.page(settings(server), made.trial())


def test_the_usual_test_says_that_it_pages_no_one():
    event = pagerduty.build_event(made.trial())
    assert "event_action" not in event
    assert "This test pages no one" in event["payload"]["custom_details"]["In short"]


def opened_before(notice: Notice) -> Notice:
    """After receipts that say that what it ends was opened."""
    said = tuple(f"HTTP 202, triggered fwtracker/action1/{each}" for each in notice.ends)
    return replace(notice, receipts=said)


def with_work(told: Announcement) -> Announcement:
    """After version 41, which added two addresses, and opened an incident."""
    seen = VersionAt(41, "2024-10-20T06:17:09Z")
    old = made.entry(addresses=("20.0.0.7", "20.0.0.8"), hosts=(), services=made.TLS[:1])
    receipt = "HTTP 202, triggered fwtracker/action1/41-0a0b0c0d"
    past = ChannelPast(dict.fromkeys(flatten(old), seen), (old,), (receipt,))
    return replace(told, version=42, past=past)


SENT = {  # all events of some deliveries: the message, and whether the key takes change events
    "work-of-before": (with_work(made.change()), True),
    "removal": (removal(), True),
    "removal-refused": (with_work(removal()), False),
    "wording-refused": (made.wording(), False),
    "held-after-failing": (opened_before(replace(noticed.HELD, ends=("failing",))), True),
    "test": (made.trial(), True),
}


@pytest.mark.parametrize("name", SENT)
def test_the_events_of_a_delivery_are_as_they_were(monkeypatch, name):
    """FWTRACKER_UPDATE_GOLDEN=1 writes them."""
    monkeypatch.setenv("KEY", KEY)
    told, takes_changes = SENT[name]
    with PagerDutyServer() as hook:
        hook.account.takes_changes = takes_changes
        receipt = pagerduty.send(settings(hook, resolve="next"), told)
        assert hook.account.faults == []
        events = [
            {"path": request.path, **body}
            for request, body in zip(hook.requests, hook.bodies(), strict=True)
        ]
    sent = msgspec.json.encode({"receipt": receipt, "events": events})
    text = msgspec.json.format(sent, indent=2).decode() + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text
    assert {each.stem for each in GOLDEN.iterdir()} == set(SENT)


def test_work_of_earlier_versions_stands_after_that_of_this_one():
    seen = VersionAt(41, "2024-10-20T06:17:09Z")
    old = made.entry(addresses=("20.0.0.7",), hosts=(), services=made.TLS[:1])
    work = dict.fromkeys(flatten(old), seen)
    told = replace(made.change(), past=ChannelPast(work, (old,)))
    details = pagerduty.build_event(told)["payload"]["custom_details"]
    headings = list(details)
    heading = "Still on the page, from the last 30 days: 1 endpoint to allow unless done"
    assert (
        headings.index(heading)
        == headings.index(next(each for each in headings if each.startswith("Allow"))) + 1
    )
    assert details[heading] == [
        "20.0.0.7 tcp/443 outbound, Europe, since 2024-10-20 (version 41) - Action1 Remote"
        " Desktop relay servers in Europe: Remote desktop sessions (required, only for Europe)"
    ]


def test_an_end_that_could_not_be_told_is_owed(server):
    server.answers[:] = [ACCEPTED, Answer(503), ACCEPTED]
    with pytest.raises(DeliveryError) as caught:
        pagerduty.send(settings(server), opened_before(noticed.OVER))
    assert caught.value.retriable


def test_the_alert_has_all_that_pagerduty_asks_for(server):
    pagerduty.send(settings(server), made.change())
    alert = server.bodies()[0]
    payload = alert["payload"]
    words = compose_text(made.change())
    assert payload["summary"] == f"{words.subject}. {words.lead}"
    assert (payload["source"], payload["timestamp"]) == ("action1", "2024-11-05T06:17:09Z")
    assert alert["links"] == [{"href": made.PAGE_URL, "text": "The vendor's page"}]
    heading = "Allow these: 6 endpoints, on the page since 2024-11-05"
    assert "13.41.182.195" in payload["custom_details"][heading][0]


@pytest.mark.parametrize(
    "told",
    [
        *(made.many(10_000), noticed.many(10_000)),
        *map(made.hostile, made.HOSTILE),
        *map(noticed.hostile, made.HOSTILE),
    ],
    ids=lambda told: None,
)
def test_it_keeps_to_the_limits_of_pagerduty(told):
    event = pagerduty.build_event(replace(told, source="x" * 500))
    path = "/v2/enqueue" if "event_action" in event else "/v2/change/enqueue"
    assert list(find_faults(path, {**event, "routing_key": KEY})) == []
    assert all(line.isprintable() for line in shown(event).split("\n"))


@pytest.mark.parametrize("kind", [*noticed.EVERY, *VERSIONS])
def test_every_message_keeps_to_the_limits_of_pagerduty(kind):
    event = pagerduty.build_event({**noticed.EVERY, **VERSIONS}[kind])
    path = "/v2/enqueue" if "event_action" in event else "/v2/change/enqueue"
    assert list(find_faults(path, {**event, "routing_key": KEY})) == []


def test_the_checker_finds_what_pagerduty_does_not_take():
    event = {**pagerduty.build_event(made.change()), "routing_key": KEY}
    wrong = (
        {"dedup_key": "x" * 256},
        {"event_action": "open"},
        {"colour": "red"},
        {"routing_key": ""},
        {"links": [{"text": "no href"}]},
        {"payload": {**event["payload"], "summary": "x" * 1025}},
        {"payload": {**event["payload"], "severity": "fatal"}},
        {"payload": {**event["payload"], "timestamp": "yesterday"}},
        {"payload": {**event["payload"], "custom_details": {"x": "x" * 512_000}}},
    )
    for each in wrong:
        assert list(find_faults("/v2/enqueue", {**event, **each})), each
    assert list(find_faults("/v2/change/enqueue", event))


def test_two_thousand_endpoints_are_all_there():
    lines = shown(pagerduty.build_event(made.many(2_000)))
    assert "more" not in lines.partition("Rule files and more")[0]
    assert all(f"100.0.{n >> 8}.{n & 255}" in lines for n in range(2_000))


def test_what_has_no_room_is_counted_and_the_rest_is_whole():
    event = pagerduty.build_event(made.many(10_000))
    (lines,) = (
        lines
        for heading, lines in event["payload"]["custom_details"].items()
        if heading.startswith("Allow")
    )
    left = int(re.search(r"and ([\d,]+) more", lines[-1])[1].replace(",", ""))
    assert left == 10_000 - len(lines) + 1
    assert 440_000 < len(msgspec.json.encode(event)) < 512_000
    assert "fwtracker diff 1 2" in shown(event)


def test_a_resolve_that_fails_does_not_send_the_alert_again(monkeypatch, server):
    server.answers[:] = [ACCEPTED, Answer(503, f"busy {KEY}".encode())]
    before = after("HTTP 202, triggered fwtracker/action1/1-0a")
    receipt = pagerduty.send(settings(server, resolve="next"), before)
    assert receipt.endswith(
        ', left open fwtracker/action1/1-0a, could not resolve it: HTTP 503 "busy [redacted]"'
    )


def test_an_invalid_key_is_final_and_not_quoted(server):
    server.answers[:] = [INVALID]
    with pytest.raises(DeliveryError, match="check the routing key") as caught:
        pagerduty.send(settings(server), made.change())
    assert not caught.value.retriable
    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_too_many_events_may_pass(server):
    server.answers[:] = [Answer(429, b"", {"Retry-After": "30"})]
    with pytest.raises(DeliveryError) as caught:
        pagerduty.send(settings(server), made.change())
    assert (caught.value.retriable, caught.value.retry_after) == (True, 30)


def test_another_success_than_202_is_not_delivered(server):
    server.answers[:] = [Answer(200, b"log in")]
    with pytest.raises(DeliveryError, match=r"not PagerDuty's 202; check `server`") as caught:
        pagerduty.send(settings(server), made.change())
    assert not caught.value.retriable


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "exactly one of `routing_key_env`"),
        ({"routing_key_env": "A", "routing_key_file": "b"}, "exactly one of"),
        ({"routing_key_env": "A", "server": "events.pagerduty.com"}, "`server`"),
        ({"routing_key_env": "A", "server": "https://me:pw@x.example"}, "`server`"),
        ({"routing_key_env": "A", "server": "https://x.example/v2/enqueue"}, "`server`"),
    ],
)
def test_settings_that_cannot_be_meant(keys, message):
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(keys, pagerduty.PagerDutySettings)


def test_a_server_with_an_impossible_port_is_found_before_sending(server):
    chosen = pagerduty.PagerDutySettings(routing_key_env="KEY", server="https://a:99999")
    with pytest.raises(UsageError, match="not an http"):
        pagerduty.check(chosen)


def test_the_page_is_linked_only_as_a_web_address():
    told = replace(made.change(), page_url="javascript:alert(1)")
    assert pagerduty.build_event(told)["links"] == []
