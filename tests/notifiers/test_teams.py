"""Teams: a card that a workflow takes, within its size, and text that stays text."""

from __future__ import annotations

import re
from contextlib import contextmanager

import msgspec
import pytest
from msgspec.structs import replace

from notifiers import teams
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support import noticed
from tests.support.servers import Answer, HookServer
from tracker.change_set import Change, FieldChange
from tracker.errors import DeliveryError, UsageError

PATH = "/workflows/canary-7f/triggers/manual/paths/invoke?sp=run&sig=canary-sig-3b"
ACCEPTED = Answer(202, b"")
SETTINGS = teams.UrlSettings(url_env="HOOK")


@contextmanager
def rig(folder, trouble="fine"):
    """A workflow for the suite of all notifiers."""
    settings, environment = {"url_env": "RIG_TEAMS"}, {"RIG_TEAMS": f"HERE{PATH}"}
    with hook_rig(trouble, settings, environment, PATH, ACCEPTED) as (hook, made_rig):
        made_rig.received = lambda: [markdown(body) for body in hook.bodies()]
        made_rig.shown = lambda: ["\n".join(shown(body)) for body in hook.bodies()]
        yield made_rig


def card(payload):
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    return attachment["content"]


def shown(payload) -> list[str]:
    """The lines that a person reads."""
    blocks = card(payload)["body"]
    return ["".join(run["text"] for run in block["inlines"]) for block in blocks]


def markdown(payload) -> list[str]:
    """The texts in which Teams would look for Markdown: those of every TextBlock."""
    return [block["text"] for block in card(payload)["body"] if block["type"] == "TextBlock"]


@pytest.fixture
def workflow(monkeypatch):
    with HookServer(ACCEPTED) as server:
        monkeypatch.setenv("HOOK", server.url + PATH)
        yield server


def test_a_change_arrives_as_one_card(workflow):
    assert teams.send(SETTINGS, made.change()) == "HTTP 202"
    (payload,) = workflow.bodies()
    assert payload["type"] == "message"
    assert card(payload)["type"] == "AdaptiveCard"
    assert tuple(map(int, card(payload)["version"].split("."))) >= (1, 4)
    title, lead, heading, allow, note, *_ = shown(payload)
    assert title.startswith("BREAKING Action1 Europe: allow 13.41.182.195 tcp/443")
    assert lead.startswith("Action1 version 2: 6 endpoints to allow")
    assert heading == "Allow these: 6 endpoints, on the page since 2024-11-05"
    assert allow == (
        "13.41.182.195, 18.171.0.33, 35.179.20.122 tcp/443, tcp/22543 outbound, Europe"
    )
    assert note.startswith("Action1 Remote Desktop relay servers in Europe")


def test_a_button_opens_the_page():
    (action,) = card(teams.build_payload(made.change()))["actions"]
    assert (action["type"], action["url"]) == ("Action.OpenUrl", made.PAGE_URL)
    elsewhere = replace(made.change(), page_url="javascript:alert(1)")
    assert card(teams.build_payload(elsewhere))["actions"] == []


@pytest.mark.parametrize("text", [*made.HOSTILE, "[x](https://evil.example) {{DATE(1,LONG)}}"])
def test_no_text_is_where_markdown_is_read(text):
    payload = teams.build_payload(made.hostile(text))
    assert {block["type"] for block in card(payload)["body"]} == {"RichTextBlock"}
    runs = [run for block in card(payload)["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert all(run["text"].isprintable() and run["text"] for run in runs)


def all_at_once():
    """Every section full, in letters of four bytes."""
    odd = "\U0001f525" * 90
    rows = [made.entry(region=odd, resource=odd, purpose=odd) for _ in range(200)]
    kinds = ("changed", "relabelled", "reworded")
    fields = (FieldChange("purpose", before=odd, after=odd),)
    more = tuple(Change(kind, "info", odd, odd, e, e, fields) for kind in kinds for e in rows)
    told = made.many(500)
    both = (*told.change_set.changes, *more)
    whole = replace(
        told.change_set, changes=both, endpoints_removed=told.change_set.endpoints_added
    )
    files = tuple(f"rules/{number}-{odd}/ips.txt" for number in range(100))
    return replace(told, change_set=whole, rule_files=files, source=odd)


@pytest.mark.parametrize(
    "told",
    [
        made.many(10_000),
        made.baseline(),
        noticed.many(10_000),
        *noticed.EVERY.values(),
        *map(made.hostile, made.HOSTILE),
        *map(noticed.hostile, made.HOSTILE),
        noticed.hostile("\U0001f525" * 3000),
        made.hostile("\U0001f525" * 3000),  # four bytes each
        made.hostile('"\\' * 3000),  # two characters of JSON each
        replace(made.many(2000), page_url="https://a.example/" + "x" * 2000),
        all_at_once(),
    ],
)
def test_the_size_that_teams_takes(told):
    assert len(msgspec.json.encode(teams.build_payload(told))) <= 28_000


def test_a_long_change_says_how_much_is_left():
    lines = shown(teams.build_payload(made.many(10_000)))
    (left,) = [line for line in lines if line.startswith("...")]
    told = re.findall(r"100\.\d+\.\d+\.\d+", "\n".join(lines[2:]))
    left_over = f"{10_000 - len(told):,}"
    assert left == f"... and {left_over} more endpoints: {left_over} in Europe"
    assert len(told) > 30


@pytest.mark.parametrize("status", [200, 201])
def test_another_success_than_202_is_not_delivered(monkeypatch, status):
    with HookServer(Answer(status, b"<html>log in</html>")) as server:
        monkeypatch.setenv("HOOK", server.url)
        with pytest.raises(DeliveryError, match="not the 202 of a workflow") as caught:
            teams.send(SETTINGS, made.change())
    assert not caught.value.retriable


def test_the_token_in_the_query_is_not_quoted(monkeypatch):
    with HookServer(Answer(401, b"bad sig canary-sig-3b")) as server:
        monkeypatch.setenv("HOOK", server.url + PATH)
        with pytest.raises(DeliveryError, match=r"bad sig \[redacted\]"):
            teams.send(SETTINGS, made.change())


@pytest.mark.parametrize("places", [{}, {"url_env": "A", "url_file": "b"}])
def test_exactly_one_place_for_the_url(places):
    with pytest.raises(msgspec.ValidationError, match="exactly one of `url_env`"):
        msgspec.convert(places, teams.UrlSettings)


def test_what_is_no_url_is_found_before_sending(monkeypatch):
    monkeypatch.setenv("HOOK", "canary")
    with pytest.raises(UsageError, match="Teams workflow URL is not an http"):
        teams.check(SETTINGS)


def test_a_workflow_that_was_turned_off_is_told_with_what_to_do(monkeypatch):
    body = b'{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute"}}'
    with HookServer(Answer(400, body)) as server:
        monkeypatch.setenv("HOOK", server.url)
        with pytest.raises(DeliveryError) as caught:
            teams.send(SETTINGS, made.change())
    assert not caught.value.retriable
    assert "turn the flow on again" in str(caught.value)
