"""The generic webhook: what arrives, its signature, and the receiver's side of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
import typing
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from notifiers import webhook
from notifiers.shared.secrets import Secret
from tests.notifiers.rigs import hook_rig
from tests.support import announcements as made
from tests.support import noticed
from tests.support.checkers import need
from tests.support.documented import run_script
from tests.support.servers import Answer, HookServer
from tracker.change_set import ChangeSet
from tracker.errors import DeliveryError, UsageError
from tracker.model import Endpoint
from tracker.notifications import Notice, NoticeKind

PATH = "/in/canary-7d20"
SECRET = "canary-secret-51"
DOCS = Path(__file__).parents[2] / "docs" / "webhook.md"


@contextmanager
def rig(folder, trouble="fine"):
    """A receiver for the suite of all notifiers."""
    settings = {"url_env": "RIG_HOOK", "secret_env": "RIG_HOOK_SECRET"}
    environment = {"RIG_HOOK": f"HERE{PATH}", "RIG_HOOK_SECRET": SECRET}
    with hook_rig(trouble, settings, environment, f"{PATH} {SECRET}") as (hook, made_rig):
        # JSON has no markup: `text` is what a receiver would show.
        made_rig.received = lambda: [[] for _ in hook.requests]
        made_rig.shown = lambda: [
            f"{body['subject']}\n{body['text']}" for body in hook.bodies()
        ]
        yield made_rig


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("HOOK", server.url + PATH)
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        yield server


SIGNED = webhook.WebhookSettings(url_env="HOOK", secret_env="HOOK_SECRET")


def documented(name):
    """A function that the docs give to receivers in Python."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    return names[name]


def verify():
    return documented("verify")


def in_a_shell(line, request, folder, secret=SECRET):
    """A line with the functions that the docs give to receivers in a shell."""
    need("openssl", "jq", "awk")
    (code,) = re.findall(r"```sh\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    headers = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    (folder / "headers").write_bytes(headers.encode())
    (folder / "body").write_bytes(request.body)
    return run_script(f"{code}\n{line}", folder, FWTRACKER_WEBHOOK_SECRET=secret)


def test_the_change_set_arrives_whole(hook):
    told = made.change()
    assert webhook.send(SIGNED, told) == "HTTP 200"
    (body,) = hook.bodies()
    assert msgspec.convert(body["change_set"], ChangeSet) == told.change_set
    assert body["change_set_files"] == ["changes/000002.json"]
    assert (body["source"], body["version"], body["digest"]) == ("action1", 2, told.digest)
    assert (body["page_url"], body["baseline"]) == (made.PAGE_URL, False)
    assert body["subject"].startswith("BREAKING Action1 Europe: allow ")
    assert "* 13.41.182.195, 18.171.0.33" in body["text"]


def test_a_notice_has_its_own_type_and_the_facts_of_the_trouble(hook):
    webhook.send(SIGNED, noticed.HELD)
    (body,) = hook.bodies()
    assert (body["type"], body["notice"], body["kind"]) == ("notice", 7, "held")
    assert body["digest"] == noticed.DIGEST
    assert [finding["name"] for finding in body["findings"]] == ["mass-removal", "typing-error"]
    assert msgspec.convert(body["change_set"], ChangeSet) == noticed.HELD.change_set
    assert "fwtracker approve 9f8e7d6c5b4a" in body["text"]


def test_every_kind_of_notice_is_documented():
    _, _, table = DOCS.read_text("utf-8").partition("| `kind` | meaning |\n")
    kinds = re.findall(r"^\| `(\w+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    assert set(kinds) == set(typing.get_args(NoticeKind))


def test_a_baseline_is_marked_and_holds_all_that_there_is(hook):
    webhook.send(SIGNED, made.baseline())
    (body,) = hook.bodies()
    assert body["baseline"] is True
    assert body["change_set"]["from"] is None
    assert body["change_set_files"] == []


def test_the_signature_is_of_time_and_body(hook):
    webhook.send(SIGNED, made.change())
    (request,) = hook.requests
    stamp = request.headers["X-Fwtracker-Timestamp"]
    assert abs(int(stamp) - time.time()) < 60
    signed = f"{stamp}.".encode() + request.body
    wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Fwtracker-Signature"] == f"sha256={wanted}"


def test_the_documented_receiver_takes_what_we_send_and_nothing_else(hook):
    webhook.send(SIGNED, made.change())
    (request,) = hook.requests
    headers, body, check = request.headers, request.body, verify()
    now = int(headers["X-Fwtracker-Timestamp"])
    assert check(headers, body, SECRET, now)
    assert check(headers, body, SECRET, now + 299)
    assert not check(headers, body, SECRET, now + 301)  # recorded, and played again
    assert not check(headers, body, "another", now)
    assert not check(headers, body + b" ", SECRET, now)
    later = {**headers, "X-Fwtracker-Timestamp": str(now + 1)}
    assert not check(later, body, SECRET, now)
    for wrong in ({}, {**headers, "X-Fwtracker-Timestamp": "soon"}):
        assert not check(wrong, body, SECRET, now)
    unsigned = {key: value for key, value in headers.items() if "Signature" not in key}
    assert not check(unsigned, body, SECRET, now)


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_the_documented_receivers_do_not_mind_the_case_of_headers(hook, tmp_path, spell):
    webhook.send(SIGNED, made.change())
    (request,) = hook.requests
    request.headers = {spell(name): value for name, value in request.headers.items()}
    assert verify()(request.headers, request.body, SECRET)
    done = in_a_shell("verify headers body", request, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "harm",
    [
        lambda request: replace_header(request, "X-Fwtracker-Timestamp", "soon"),
        lambda request: replace_header(request, "X-Fwtracker-Timestamp", "9" * 30),
        lambda request: replace_header(request, "X-Fwtracker-Timestamp", "1767225600"),
        lambda request: replace_header(request, "X-Fwtracker-Signature", ""),
        lambda request: request.headers.clear(),
        lambda request: setattr(request, "body", request.body + b" "),
    ],
    ids=["time", "long", "old", "unsigned", "none", "body"],
)
def test_the_documented_receiver_in_a_shell_takes_nothing_else(hook, tmp_path, harm):
    webhook.send(SIGNED, made.change())
    (request,) = hook.requests
    harm(request)
    done = in_a_shell("verify headers body", request, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert not verify()(request.headers, request.body, SECRET)


def replace_header(request, name, value):
    assert name in request.headers
    request.headers[name] = value


def test_another_secret_is_refused_in_a_shell(hook, tmp_path):
    webhook.send(SIGNED, made.change())
    done = in_a_shell("verify headers body", hook.requests[0], tmp_path, secret="another")
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("message", [made.change(), made.many(40), noticed.HELD])
def test_the_documented_receivers_open_nothing_of_the_local_network(hook, tmp_path, message):
    """Ports of Windows services stand beside public addresses on the page."""
    changes = getattr(message, "change_set", None)
    if changes and not isinstance(message, Notice):
        smb = Endpoint("Europe", "outbound", "3.74.63.86", "tcp", 445, 445)
        added = (*changes.endpoints_added, smb)
        message = replace(message, change_set=replace(changes, endpoints_added=added))
        wanted = [end.id for end in changes.endpoints_added if end.scope == "internet"]
    else:
        wanted = []
    webhook.send(SIGNED, message)
    (request,) = hook.requests
    assert documented("list_to_open")(request.body) == wanted
    done = in_a_shell("list_to_open body", request, tmp_path)
    assert (done.returncode, done.stdout.split("\n")) == (0, [*wanted, ""])


def test_without_a_secret_nothing_is_signed(hook):
    webhook.send(webhook.WebhookSettings(url_env="HOOK"), made.change())
    (request,) = hook.requests
    assert not {"X-Fwtracker-Signature", "X-Fwtracker-Timestamp"} & set(request.headers)
    assert request.headers["X-Fwtracker-Delivery"]


def test_a_repeat_has_the_same_delivery_and_nothing_else_has(hook):
    part = replace(made.change(), change_set=made.wording().change_set)
    for told in (made.change(), made.change(), made.baseline(), part):
        webhook.send(SIGNED, told)
    ids = [request.headers["X-Fwtracker-Delivery"] for request in hook.requests]
    assert ids == [body["delivery"] for body in hook.bodies()]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_change_set_beyond_the_limit_is_named_and_not_cut():
    body = json.loads(webhook.build_payload(made.many(10_000)))
    assert body["change_set"] is None
    assert body["change_set_files"] == ["changes/000002.json"]
    assert len(webhook.build_payload(made.many(10_000))) < webhook.BODY_LIMIT
    assert json.loads(webhook.build_payload(made.many(500)))["change_set"] is not None


def test_the_lists_of_endpoints_stay_longer_than_the_details(monkeypatch):
    whole = json.loads(webhook.build_payload(made.many(50)))
    lists = replace(made.many(50).change_set, changes=())
    limit = len(webhook.build_payload(made.many(50))) - 100
    monkeypatch.setattr(webhook, "BODY_LIMIT", limit)
    body = json.loads(webhook.build_payload(made.many(50)))
    assert body["change_set"]["changes"] == []
    assert body["change_set"]["endpoints_added"] == whole["change_set"]["endpoints_added"]
    assert len(body["change_set"]["endpoints_added"]) == len(lists.endpoints_added) == 50
    monkeypatch.setattr(webhook, "BODY_LIMIT", 100)
    body = json.loads(webhook.build_payload(made.many(50)))
    assert body["change_set"] is None
    assert (body["impact"], body["from"], body["summary"]["endpoints_added"]) == (
        "breaking",
        1,
        whole["summary"]["endpoints_added"],
    )


@pytest.mark.parametrize("told", [made.published(), noticed.HELD], ids=["version", "notice"])
def test_source_impact_and_subject_stand_at_the_top(told):
    body = json.loads(webhook.build_payload(told))
    top = ["schema", "type", "delivery", "source", "title", "impact", "page_url", "subject"]
    assert list(body)[:12] == [*top, "from", "summary", "base_url", "web_page"]
    assert body["title"] == "Action1"
    assert body["subject"].startswith(("BREAKING Action1", "HELD Action1"))


@pytest.mark.parametrize("told", [made.published(), noticed.HELD], ids=["version", "notice"])
def test_urls_can_be_made_of_every_path(told):
    body = json.loads(webhook.build_payload(told))
    assert body["base_url"] == "https://firewall.example.com/"
    assert body["web_page"] == "https://firewall.example.com/action1/index.html"
    body = json.loads(webhook.build_payload(replace(told, web_page="")))
    assert (body["base_url"], body["web_page"]) == (None, None)


def test_a_notice_has_counts_where_it_has_changes(monkeypatch):
    body = json.loads(webhook.build_payload(noticed.HELD))
    assert (body["from"], body["impact"]) == (1, "action")
    assert body["summary"] == msgspec.to_builtins(noticed.HELD.change_set.summary)
    monkeypatch.setattr(webhook, "BODY_LIMIT", 100)
    body = json.loads(webhook.build_payload(noticed.HELD))
    assert (body["change_set"], body["from"]) == (None, 1)
    assert body["summary"]["endpoints_added"] > 0
    body = json.loads(webhook.build_payload(noticed.STALE))
    assert (body["from"], body["summary"], body["impact"]) == (None, None, "breaking")


def test_a_digest_of_versions_names_the_file_of_each_step():
    told = made.change()
    digest = replace(told, version=4, change_set=replace(told.change_set, from_=1, to=4))
    files = json.loads(webhook.build_payload(digest))["change_set_files"]
    assert files == [f"changes/00000{version}.json" for version in (2, 3, 4)]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_each_success_is_one(monkeypatch, status):
    with HookServer(Answer(status, b"")) as server:
        monkeypatch.setenv("HOOK", server.url)
        assert (
            webhook.send(webhook.WebhookSettings(url_env="HOOK"), made.change())
            == f"HTTP {status}"
        )


def test_a_signing_secret_that_comes_back_is_not_quoted(monkeypatch, hook):
    with HookServer(Answer(403, f"not {SECRET}".encode())) as server:
        monkeypatch.setenv("HOOK", server.url)
        with pytest.raises(DeliveryError, match=r"not \[redacted\]"):
            webhook.send(SIGNED, made.change())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "exactly one of `url_env`"),
        ({"url_env": "A", "url_file": "b"}, "exactly one of `url_env`"),
        (
            {"url_env": "A", "secret_env": "B", "secret_file": "c"},
            "at most one of `secret_env`",
        ),
    ],
)
def test_each_secret_has_one_place(keys, message):
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(keys, webhook.WebhookSettings)


def test_check_finds_a_missing_secret(monkeypatch, hook):
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(UsageError, match="signing secret: the environment variable"):
        webhook.check(SIGNED)


@pytest.mark.parametrize("told", [made.change(), noticed.HELD], ids=["version", "notice"])
def test_the_docs_name_every_field_and_header(hook, told):
    webhook.send(SIGNED, told)
    named = set(re.findall(r"`([\w-]+)`", DOCS.read_text("utf-8")))
    headers = {name for name in hook.requests[0].headers if name.startswith("X-")}
    assert headers | set(hook.bodies()[0]) <= named


def test_a_signature_is_a_function_of_secret_time_and_body():
    signature = webhook.sign(Secret("k"), "1", b"{}")
    assert re.fullmatch("sha256=[0-9a-f]{64}", signature)
    assert signature != webhook.sign(Secret("k"), "2", b"{}")
