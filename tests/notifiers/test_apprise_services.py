"""What services get through Apprise: no mention, within their limits, as urgent as it is.

Discord and Slack have fixed hosts: their plug-ins are pointed to a server on loopback.
"""

from __future__ import annotations

import json

import apprise as library
import pytest
from msgspec.structs import replace

from notifiers import apprise
from notifiers.shared.message_text import compose_text
from tests.notifiers.test_room import work
from tests.support import announcements as made
from tests.support import noticed
from tests.support.servers import HookServer
from tracker.change_set import Change
from tracker.model import flatten

SETTINGS = apprise.AppriseSettings(urls_env="URLS")
MENTIONS = (
    "@everyone",
    "@here",
    "@channel",
    "@all",
    "<!channel>",
    "<!here>",
    "<@&1>",
    "<@U123>",
)
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV-js"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
HOSTED = {
    "json": "json://HERE/x",
    "mattermost": "mmost://HERE/abcdefghijklmnop",
    "rocket": "rocket://tokenaaaaa/tokenbbbbb@HERE/#general",
    "ntfy": "ntfy://HERE/topic",
    "gotify": "gotify://HERE/abcdefghijklmno",
    "discord": DISCORD,
    "slack": SLACK,
}


@pytest.fixture
def post(monkeypatch):
    """Return a function that sends a message to a kind of service, and returns the requests."""

    def send(kind: str, message, query: str = ""):
        with HookServer() as hook:
            here = f"127.0.0.1:{hook.port}"
            monkeypatch.setenv("URLS", HOSTED[kind].replace("HERE", here) + query)
            for url, name in ((DISCORD, "notify_url"), (SLACK, "webhook_url")):
                with apprise.capture_log():
                    plugin = type(library.Apprise.instantiate(url))
                monkeypatch.setattr(plugin, name, f"http://{here}/fixed")
            assert apprise.send(SETTINGS, message) == "taken by 1 of 1"
            return hook.requests

    return send


def loud(mention: str):
    """A version and a notice with a mention wherever the page has free text."""
    text = f"x {mention} y"
    row = made.entry(
        region=text, resource=text, only_for=text, purpose=text, components=(text,)
    )
    told = made.announce(Change("added", "breaking", text, text, after=row))
    told = replace(
        told, change_set=replace(told.change_set, endpoints_added=tuple(flatten(row)))
    )
    return told, noticed.hostile(text)


@pytest.mark.parametrize("kind", HOSTED)
@pytest.mark.parametrize("mention", MENTIONS)
def test_nothing_on_the_page_mentions_anybody(post, kind: str, mention: str) -> None:
    for message in loud(mention):
        (request, *_) = post(kind, message)
        body = request.body.decode()
        body = json.dumps(json.loads(body), ensure_ascii=False) if body[:1] == "{" else body
        for form in (mention, mention.replace("<", "&lt;").replace(">", "&gt;")):
            assert form not in body
        assert "@everyone" not in body.replace("&#64;", "@")
        if kind == "discord":
            assert json.loads(request.body).get("allow_mentions") in (None, {"parse": []})


@pytest.mark.parametrize(
    ("kind", "limit"), [("mattermost", 4000), ("rocket", 1000), ("discord", 2000)]
)
@pytest.mark.parametrize(
    "told", [work(), made.change(), noticed.many(2000)], ids=["work", "change", "notice"]
)
def test_a_service_gets_one_message_within_its_own_limit(post, kind, limit, told) -> None:
    (request,) = post(kind, told)
    assert len(longest(json.loads(request.body))) <= limit


def longest(value) -> str:
    """Return the longest text in what was posted."""
    if isinstance(value, dict):
        return max(map(longest, value.values()), key=len, default="")
    if isinstance(value, list):
        return max(map(longest, value), key=len, default="")
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
@pytest.mark.parametrize(
    "text", [*made.HOSTILE, "1. a_b *c* <d> & e; f\n- g\tü (h) [i] `j` #k"]
)
def test_text_is_counted_as_apprise_sends_it(form: str, text: str) -> None:
    said = apprise.defuse(text)
    with HookServer() as hook, apprise.capture_log():
        plugin = library.Apprise.instantiate(f"json://127.0.0.1:{hook.port}/x?format={form}")
        sender = library.Apprise()
        sender.add(plugin)
        assert sender.notify(body=f"a{said}z", body_format="text")
    (body,) = hook.bodies()
    sent, counted = len(body["message"]), len(apprise._escape(plugin, f"a{said}z"))
    assert sent <= counted <= sent + said.count("&")


def test_ntfy_counts_bytes_so_that_umlauts_make_no_attachment(post) -> None:
    row = made.entry(purpose="Ä" * 130, resource="Ü" * 90, hosts=(), region="Österreich")
    rows = [
        replace(row, addresses=(f"100.64.0.{n}",), resource=f"Ü{n}" * 20) for n in range(60)
    ]
    changes = [Change("added", "breaking", e.region, e.resource, after=e) for e in rows]
    told = made.announce(*changes)
    ends = tuple(end for each in rows for end in flatten(each))
    (request,) = post(
        "ntfy", replace(told, change_set=replace(told.change_set, endpoints_added=ends))
    )
    body = request.body  # JSON, or where it is long the message alone
    said = json.loads(body)["message"].encode() if body[:1] == b"{" else body
    assert 2500 < len(said) <= 4096


def test_pushover_gets_its_1024_characters() -> None:
    url = apprise.Secret(f"pover://u{'a' * 29}@t{'b' * 29}")
    with apprise.capture_log():
        service = apprise.AppriseService(url, library.Apprise.instantiate(url.reveal()))
    limit, size = apprise._find_limit(service)
    title, body = apprise.fit_message(compose_text(work()), limit, size)
    assert limit == 1024
    assert 700 < size(title + body) <= 1024


@pytest.mark.parametrize(
    ("told", "ntfy", "gotify"),
    [(made.change(), "high", 8), (noticed.HELD, None, 5), (made.wording(), "low", 3)],
    ids=["breaking", "action", "info"],
)
def test_urgency_reaches_services_that_have_one(post, told, ntfy, gotify) -> None:
    (request,) = post("ntfy", told)
    assert request.headers.get("X-Priority") == ntfy
    (request,) = post("gotify", told)
    assert json.loads(request.body)["priority"] == gotify


@pytest.mark.parametrize("url", [f"pover://u{'a' * 29}@t{'b' * 29}", f"prowl://{'a' * 40}"])
@pytest.mark.parametrize(("impact", "priority"), [("breaking", 1), ("action", 0), ("info", -1)])
def test_pushover_and_prowl_get_a_high_and_a_quiet_priority(url, impact, priority) -> None:
    with apprise.capture_log():
        service = apprise.AppriseService(apprise.Secret(url), library.Apprise.instantiate(url))
        assert int(apprise._set_urgency(service, impact).priority) == priority


def test_a_priority_in_the_url_stays(post) -> None:
    (request,) = post("gotify", made.change(), "?priority=low")
    assert json.loads(request.body)["priority"] == 0
