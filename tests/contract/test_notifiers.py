"""What every notifier promises. A new one joins by its name.

It needs a test module `tests/notifiers/test_NAME.py` with a context manager
`rig(folder, trouble)` that gives a `Rig`: settings, secrets, and a real server on
loopback that is "fine", "busy" (may pass), "refused" (will not), "silent" or "absent".
"""

from __future__ import annotations

import importlib
import logging
import re
import traceback

import msgspec
import pytest

import notifiers
from notifiers.shared import smtp
from notifiers.shared.message_text import compose_text
from tests.support import announcements as made
from tests.support import noticed
from tracker.config.tables import Channel
from tracker.errors import DeliveryError, UsageError

NAMES = notifiers.names()
COMMON_KEYS = {field.name for field in msgspec.structs.fields(Channel)} - {"settings"}
every = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def play(tmp_path, monkeypatch):
    """Send one announcement through the notifier in that trouble; rig and outcome."""

    def play_it(name, announcement, trouble="fine"):
        notifier = notifiers.load(name)
        test_module = importlib.import_module(f"tests.notifiers.test_{name}")
        # A test does not wait half a minute.
        monkeypatch.setattr(smtp, "LIMIT_SECONDS", 0.4 if trouble == "silent" else 30)
        with test_module.rig(tmp_path, trouble) as rig:
            for variable, value in rig.environment.items():
                monkeypatch.setenv(variable, value)
            settings = msgspec.convert(rig.settings, notifier.settings_type)
            try:
                outcome = notifier.send(settings, announcement)
            except DeliveryError as error:
                outcome = error
            return rig, rig.received(), rig.shown(), outcome

    return play_it


def test_there_are_notifiers():
    assert {"apprise", "email", "pagerduty", "slack", "teams", "webhook"} <= set(NAMES)


@every
def test_settings_are_closed_and_leave_the_common_keys_to_the_tracker(name):
    notifier = notifiers.load(name)
    fields = {field.name for field in msgspec.structs.fields(notifier.settings_type)}
    assert not fields & COMMON_KEYS
    # No field can hold a secret itself: only the place of one.
    secret = re.compile(r"(url|user|password|token|key|secret)$")
    assert not [field for field in fields if secret.search(field)]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"no_such_key": 1}, notifier.settings_type)


@every
def test_the_baseline_is_announced_as_one(play, name):
    _, received, (shown,), outcome = play(name, made.baseline())
    assert len(received) == 1
    assert "watching 40 entries in 2 regions (baseline)" in shown
    assert "llow" not in shown
    assert isinstance(outcome, str)
    assert outcome.isprintable()
    assert 0 < len(outcome) < 200


@every
def test_a_change_is_told_in_full(play, name):
    _, received, (shown,), outcome = play(name, made.change())
    assert isinstance(outcome, str)
    assert len(received) == 1
    wanted = (
        *made.NEW_RELAYS,
        "6 endpoints to allow",
        "tcp/443, tcp/22543 outbound, Europe",
        "Remote desktop sessions",
        "*.legacy.action1.com",
        "Action1 servers (Remote Desktop)",
        "Windows and Office updates",
        "rules/europe/",
        "fwtracker diff 1 2",
        "Version 2",
        "0b7e6f5a4d3c",
        made.PAGE_URL,
    )
    assert [text for text in wanted if text not in shown] == []
    assert shown.index("Allow these") < shown.index("No longer listed") < shown.index("Changed")


@every
@pytest.mark.parametrize(
    ("cause", "by", "why"),
    [
        ("definition", "an edited definition", "its definition was edited"),
        ("reader", "a newer reader", "the reader of fwtracker is newer"),
    ],
)
def test_what_the_vendor_did_not_change_is_told_as_such(play, name, cause, by, why):
    _, received, (shown,), _ = play(name, made.edited(cause))
    assert len(received) == 1
    wanted = (
        "BREAKING Action1 Europe: allow 13.41.182.195 tcp/443 (+5)",
        f"2 no longer listed (by {by})",
        f"The same page is read differently, because {why}; the vendor changed nothing.",
        *made.NEW_RELAYS,
        "Allow these",
        "read since 2024-11-05",
    )
    # Mail folds a long subject; other lines stay as they are.
    plain = " ".join(shown.split())
    assert [text for text in wanted if text not in plain] == []
    assert "on the page" not in plain
    _, _, (shown,), _ = play(name, made.edited(cause, "cause-unclear"))
    plain = " ".join(shown.split())
    assert f"The page has changed, and {why}: the two cannot be separated." in plain
    assert f"2 no longer listed (the page changed, and {why})" in plain
    assert "the vendor changed nothing" not in plain


@every
def test_findings_of_a_version_are_told_by_name_and_count(play, name):
    names = ["cell-read-as"] * 12 + ["table-ignored", "values-taken-away", "struck-out", "one"]
    _, _, (shown,), _ = play(name, made.edited("page", *names))
    wanted = (
        "16 findings of this version",
        "cell-read-as (12): what cell-read-as says",
        "table-ignored: what table-ignored says",
        "values-taken-away: what values-taken-away says",
        "2 more kinds: ",
        "fwtracker show 2",
    )
    assert [text for text in wanted if text not in " ".join(shown.split())] == []
    assert "struck-out" not in shown


@every
@pytest.mark.parametrize("kind", noticed.EVERY)
def test_a_notice_is_told_in_full(play, name, kind):
    notice = noticed.EVERY[kind]
    _, received, (shown,), outcome = play(name, notice)
    assert isinstance(outcome, str)
    assert len(received) == 1
    words = compose_text(notice)
    wanted = (words.subject, words.lead, *(section.heading for section in words.sections))
    values = (value for s in words.sections for line in s.lines for value in line.values)
    facts = (value for line in words.facts for value in line.values)
    assert [text for text in (*wanted, *values, *facts) if text not in shown] == []


@every
@pytest.mark.parametrize("text", made.HOSTILE)
@pytest.mark.parametrize("told", [made.hostile, noticed.hostile], ids=["version", "notice"])
def test_hostile_text_is_inert(play, name, text, told):
    _, (markup,), (shown,), _ = play(name, told(text))
    live = ("<!channel>", "<@U123>", "<script", "<img", "<https://evil.example")
    assert [sign for sign in live if any(sign in part for part in markup)] == []
    lines = shown.replace("\u200b", "").splitlines()  # with which Apprise breaks mentions
    assert all(line.isprintable() for line in lines)
    assert not re.search(r"^(Bcc|forged)", shown, re.MULTILINE)


@every
@pytest.mark.parametrize("told", [made.many, noticed.many], ids=["version", "notice"])
def test_a_very_large_change_is_one_message(play, name, told):
    _, received, (shown,), outcome = play(name, told(10_000))
    assert isinstance(outcome, str)
    assert len(received) == 1
    assert re.search(r"\.\.\. and [0-9,]+ more", shown)


@every
@pytest.mark.parametrize(
    ("trouble", "retriable"),
    [("busy", True), ("refused", False), ("silent", True), ("absent", True)],
)
def test_an_error_says_whether_to_try_again_and_no_secret(
    play, name, trouble, retriable, caplog
):
    caplog.set_level(logging.DEBUG)
    rig, _, _, error = play(name, made.change(), trouble)
    assert isinstance(error, DeliveryError)
    assert error.retriable is retriable
    assert str(error).isprintable()
    assert len(str(error)) < 300
    said = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    assert _secrets_in(said, rig) == []
    assert error.__context__ is None


@every
def test_a_success_tells_no_secret(play, name, caplog):
    caplog.set_level(logging.DEBUG)
    rig, received, _, outcome = play(name, made.change())
    assert _secrets_in(f"{outcome} {received} {caplog.text}", rig) == []


@every
def test_check_names_what_is_missing_without_sending(play, name, tmp_path, monkeypatch):
    notifier = notifiers.load(name)
    rig, *_ = play(name, made.baseline())
    settings = msgspec.convert(rig.settings, notifier.settings_type)
    notifier.check(settings)
    for variable in rig.environment:
        monkeypatch.delenv(variable)
        for use in (notifier.check, lambda s: notifier.send(s, made.baseline())):
            with pytest.raises(UsageError, match=variable):
                use(settings)
        monkeypatch.setenv(variable, rig.environment[variable])


def _secrets_in(text: str, rig) -> list[str]:
    whole = rig.environment.values()
    parts = {part for value in whole for part in re.split(r"[/:]+", value)}
    return [part for part in parts if "canary" in part.lower() and part in text]
