"""Slack: what arrives, within Slack's limits, and what counts as delivered."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import msgspec
import pytest

from notifiers import slack
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support import noticed
from tests.support.servers import Answer, HookServer
from tracker.errors import DeliveryError, UsageError

HOOK = "/services/T0CANARY/B0CANARY/canary-3f9a"


@contextmanager
def rig(folder, trouble="fine"):
    """A webhook for the suite of all notifiers."""
    settings, environment = {"url_env": "RIG_SLACK_URL"}, {"RIG_SLACK_URL": f"HERE{HOOK}"}
    with hook_rig(trouble, settings, environment, HOOK) as (hook, made_rig):
        made_rig.received = lambda: [[*texts(body), body["text"]] for body in hook.bodies()]
        made_rig.shown = lambda: ["\n".join(parts) for parts in made_rig.received()]
        yield made_rig


def texts(payload) -> list[str]:
    return [block["text"]["text"] for block in payload["blocks"]]


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("HOOK", server.url + HOOK)
        yield server


NOTE = (
    "Action1 Remote Desktop relay servers in Europe: "
    "Remote desktop sessions (required, only for Europe)"
)
SETTINGS = slack.UrlSettings(url_env="HOOK")


def test_a_change_arrives_with_what_to_do_first(hook):
    assert slack.send(SETTINGS, made.change()) == "HTTP 200"
    (request,) = hook.requests
    payload = json.loads(request.body)
    assert payload["unfurl_links"] is payload["unfurl_media"] is False
    assert payload["text"].startswith("BREAKING Action1 Europe: allow 13.41.182.195 tcp/443")
    header, lead, allow, *_, facts = payload["blocks"]
    assert header["type"] == "header"
    assert header["text"]["type"] == "plain_text"
    assert lead["text"]["text"].startswith("Action1 version 2: 6 endpoints to allow")
    assert allow["text"]["text"].splitlines() == [
        "*Allow these: 6 endpoints, on the page since 2024-11-05*",
        "• `13.41.182.195`, `18.171.0.33`, `35.179.20.122`",
        "    tcp/443, tcp/22543 outbound, Europe",
        f"    {NOTE}",
    ]
    assert f"• Page: <{made.PAGE_URL}>" in facts["text"]["text"]


def test_a_wildcard_keeps_its_star_as_code():
    go = slack.build_payload(made.change())["blocks"][3]["text"]["text"]
    assert "`*.legacy.action1.com`" in go


def test_the_url_may_stand_in_a_file(hook, tmp_path, monkeypatch):
    file = tmp_path / "hook"
    file.write_text(f"{hook.url}{HOOK}\n")
    settings = slack.UrlSettings(url_file=str(file))
    slack.check(settings)
    assert slack.send(settings, made.baseline()) == "HTTP 200"


@pytest.mark.parametrize("places", [{}, {"url_env": "A", "url_file": "b"}])
def test_exactly_one_place_for_the_url(places):
    with pytest.raises(msgspec.ValidationError, match="exactly one of `url_env`"):
        msgspec.convert(places, slack.UrlSettings)


def test_what_is_no_url_is_found_before_sending(monkeypatch):
    monkeypatch.setenv("HOOK", "canary")
    with pytest.raises(UsageError, match="Slack webhook URL is not an http") as caught:
        slack.check(SETTINGS)
    assert "canary" not in str(caught.value)


def test_another_answer_than_ok_is_not_delivered(monkeypatch):
    with HookServer(Answer(200, b"<html>log in</html>")) as server:
        monkeypatch.setenv("HOOK", server.url)
        with pytest.raises(DeliveryError, match=re.escape("<html>log in")) as caught:
            slack.send(SETTINGS, made.change())
    assert not caught.value.retriable


@pytest.mark.parametrize(
    "announcement",
    [
        *(made.many(10_000), noticed.many(10_000), made.baseline(), *noticed.EVERY.values()),
        *map(made.hostile, made.HOSTILE),
        *map(noticed.hostile, made.HOSTILE),
    ],
    ids=lambda told: type(told).__name__,
)
def test_slacks_limits_hold(announcement):
    payload = slack.build_payload(announcement)
    assert len(payload["blocks"]) <= 50
    assert len(payload["text"]) <= 3000
    assert len(texts(payload)[0]) <= 150
    assert all(0 < len(text) <= 3000 for text in texts(payload))
    assert sum(map(len, texts(payload))) <= 13_000


def test_a_long_change_says_how_much_is_left():
    blocks = texts(slack.build_payload(made.many(10_000)))[2:-1]
    left = f"{10_000 - sum(block.count('•') for block in blocks):,}"
    assert blocks[-1].endswith(f"... and {left} more endpoints: {left} in Europe")


@pytest.mark.parametrize("text", made.HOSTILE)
def test_nothing_of_the_page_becomes_a_mention_link_or_line(text):
    payload = slack.build_payload(made.hostile(text))
    shown = "\n".join((*texts(payload), payload["text"]))
    assert re.findall(r"<[^>]*>?|>", shown) == [f"<{made.PAGE_URL}>"]
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert all(block["text"].get("verbatim", True) for block in payload["blocks"])


def test_an_entity_is_never_cut():
    assert slack.escape("&&&", 12) == "&amp;&amp;"


def test_a_page_url_that_could_end_a_link_is_code():
    assert slack._render_value("https://a/|<b>") == "`https://a/|&lt;b&gt;`"


@pytest.mark.parametrize(
    ("url", "product"),
    [
        ("https://hooks.slack.com/services/T0/B0/canary", ""),
        ("https://chat.example.com/hooks/canary1abc", "Mattermost"),
        ("https://chat.example.com/hooks/canary1/canary2", "Rocket.Chat"),
    ],
)
def test_a_url_of_another_product_is_noticed_without_being_shown(url, product, monkeypatch):
    monkeypatch.setenv("HOOK", url)
    said = slack.doubt(slack.SETTINGS(url_env="HOOK"))
    assert product in said
    assert bool(said) == bool(product)
    assert "canary" not in said


def test_doctor_and_a_test_message_say_so(fwtracker, tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        '[[channels]]\nname = "chat"\ntype = "slack"\nurl_env = "HOOK"\n'
    )
    with HookServer() as server:
        monkeypatch.setenv("HOOK", f"{server.url}/hooks/canary1abc")
        assert "a URL of Mattermost" in fwtracker("doctor").out
        ran = fwtracker("notify", "test")
    assert (ran.status, "a URL of Mattermost" in ran.err) == (0, True)
