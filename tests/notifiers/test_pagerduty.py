"""PagerDuty: what pages somebody, what does not, and what resolves it again."""

from __future__ import annotations

from contextlib import contextmanager

import msgspec
import pytest
from msgspec.structs import replace

from notifiers import pagerduty
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support import noticed
from tests.support.servers import Answer, HookServer
from tracker.errors import DeliveryError, UsageError

KEY = "canary0routing0key0a1b2c3d4e5f6a"
ACCEPTED = Answer(202, b'{"status":"success","message":"Event processed"}')
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


def settings(hook) -> pagerduty.PagerDutySettings:
    return pagerduty.PagerDutySettings(routing_key_env="KEY", server=hook.url)


def posted(hook) -> list[tuple[str, str | None, str | None]]:
    return [
        (request.path, body.get("event_action"), body.get("dedup_key"))
        for request, body in zip(hook.requests, hook.bodies(), strict=True)
    ]


def test_a_version_triggers_and_then_resolves_the_one_before(server):
    receipt = pagerduty.send(settings(server), made.change())
    assert receipt == "HTTP 202, triggered fwtracker/action1/2, resolved fwtracker/action1/1"
    assert posted(server) == [
        ("/v2/enqueue", "trigger", "fwtracker/action1/2"),
        ("/v2/enqueue", "resolve", "fwtracker/action1/1"),
    ]
    assert {body["routing_key"] for body in server.bodies()} == {KEY}


def test_a_digest_of_versions_resolves_what_was_told_before_it(server):
    told = made.change()
    digest = replace(told, version=9, change_set=replace(told.change_set, from_=4, to=9))
    pagerduty.send(settings(server), digest)
    assert [key for *_, key in posted(server)] == ["fwtracker/action1/9", "fwtracker/action1/4"]


@pytest.mark.parametrize(
    ("change", "severity"), [(made.grown(), "error"), (made.shrunk(), "warning")]
)
def test_severity_follows_impact(change, severity):
    event = pagerduty.build_event(made.announce(change))
    assert event["event_action"] == "trigger"
    assert event["payload"]["severity"] == severity


@pytest.mark.parametrize("told", [made.wording(), made.baseline()], ids=["wording", "baseline"])
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
        ("drift", "warning", "fwtracker/action1/drift"),
    ],
)
def test_trouble_with_the_watch_is_an_incident_for_each_kind(server, kind, severity, key):
    pagerduty.send(settings(server), noticed.EVERY[kind])
    again = replace(noticed.EVERY[kind], number=8, at="2024-11-07T00:00:00Z", times=2)
    pagerduty.send(settings(server), again)
    assert posted(server) == [("/v2/enqueue", "trigger", key)] * 2
    assert server.bodies()[0]["payload"]["severity"] == severity


def test_its_end_resolves_all_that_is_over(server):
    receipt = pagerduty.send(settings(server), noticed.OVER)
    over = ["fwtracker/action1/failing", "fwtracker/action1/stale"]
    assert posted(server) == [
        *(("/v2/enqueue", "resolve", key) for key in over),
        ("/v2/change/enqueue", None, None),
    ]
    assert receipt == f"HTTP 202, as a change event, resolved {over[0]}, resolved {over[1]}"


def test_new_trouble_resolves_what_is_behind_it(server):
    pagerduty.send(settings(server), replace(noticed.HELD, ends=("failing",)))
    assert [key for *_, key in posted(server)] == [
        "fwtracker/action1/held",
        "fwtracker/action1/failing",
    ]


def test_an_end_that_could_not_be_told_is_owed(server):
    server.answers[:] = [ACCEPTED, Answer(503), ACCEPTED]
    with pytest.raises(DeliveryError) as caught:
        pagerduty.send(settings(server), noticed.OVER)
    assert caught.value.retriable


def test_the_alert_has_all_that_pagerduty_asks_for(server):
    pagerduty.send(settings(server), made.change())
    alert = server.bodies()[0]
    payload = alert["payload"]
    assert payload["summary"].endswith("(breaking)")
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
def test_it_stays_short_enough_for_a_phone(told):
    event = pagerduty.build_event(replace(told, source="x" * 500))
    assert len(event["payload"]["summary"]) <= 1024
    assert len(event["dedup_key"]) <= 255
    assert len(msgspec.json.encode(event)) < 30_000
    assert all(line.isprintable() for line in shown(event).split("\n"))


def test_a_resolve_that_fails_does_not_send_the_alert_again(monkeypatch, server):
    server.answers[:] = [ACCEPTED, Answer(503, f"busy {KEY}".encode())]
    receipt = pagerduty.send(settings(server), made.change())
    assert receipt.endswith('could not resolve fwtracker/action1/1: HTTP 503 "busy [redacted]"')


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
