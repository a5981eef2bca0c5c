"""The registry: found by name, and loud about a module that breaks the protocol."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import msgspec
import pytest

import notifiers
from notifiers import pagerduty
from tracker.errors import UsageError


class Good(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    key: str = ""


class Lax(msgspec.Struct, frozen=True):
    key: str = ""


class Mutable(msgspec.Struct, forbid_unknown_fields=True):
    key: str = ""


def good_send(settings, message):
    return "sent"


def short_send(settings):
    return "sent"


def test_names_are_the_modules_that_are_no_helpers():
    names = notifiers.names()
    assert names == sorted(names)
    assert {"email", "slack"} <= set(names)
    assert "shared" not in names


@pytest.mark.parametrize(
    ("parts", "missing"),
    [
        ({}, "SETTINGS"),
        ({"SETTINGS": "text"}, "SETTINGS"),
        ({"SETTINGS": dict, "send": good_send}, "SETTINGS"),
        ({"SETTINGS": Lax, "send": good_send}, "forbid_unknown_fields"),
        ({"SETTINGS": Mutable, "send": good_send}, "frozen"),
        ({"SETTINGS": Good}, "send(settings, message)"),
        ({"SETTINGS": Good, "send": short_send}, "send(settings, message)"),
        ({"SETTINGS": Good, "send": good_send, "check": good_send}, "check(settings)"),
    ],
)
def test_a_broken_module_is_named_with_what_it_lacks(monkeypatch, parts, missing):
    _install(monkeypatch, parts)
    with pytest.raises(TypeError, match=r"notifiers\.pigeon") as caught:
        notifiers.load("pigeon")
    assert missing in str(caught.value)


def test_check_is_optional(monkeypatch):
    _install(monkeypatch, {"SETTINGS": Good, "send": good_send})
    pigeon = notifiers.load("pigeon")
    assert pigeon.check(Good()) is None
    assert pigeon.send(Good(), None) == "sent"


def test_what_a_type_can_do_besides_is_found():
    pager, slack, mail = map(notifiers.load, ("pagerduty", "slack", "email"))
    assert (pager.describe_attempt, slack.describe_attempt) == (
        pagerduty.describe_attempt,
        None,
    )
    assert (pager.page, slack.page) == (pagerduty.page, None)
    assert (pager.attaches, mail.attaches) == (False, True)


@pytest.mark.parametrize("name", ["pigeon", "shared", "__init__", "a.b", "", "../x"])
def test_an_unknown_type_is_a_usage_error_that_lists_the_known(name):
    with pytest.raises(UsageError, match=r"use one of: .*email.*slack"):
        notifiers.load(name)


def test_a_missing_library_of_a_module_is_not_taken_for_a_missing_module(monkeypatch):
    def fail(path):
        raise ModuleNotFoundError("No module named 'apprise'", name="apprise")

    monkeypatch.setattr(notifiers.importlib, "import_module", fail)
    with pytest.raises(ModuleNotFoundError, match="apprise"):
        notifiers.load("pigeon")


def test_loading_a_channel_imports_nothing_that_only_sending_needs():
    code = (
        "import sys, notifiers\n"
        f"for name in {notifiers.names()}: notifiers.load(name)\n"
        "heavy = {'httpx', 'smtplib', 'email', 'ssl', 'asyncio', 'html', 'pkgutil'}\n"
        "heavy |= {'apprise', 'hmac', 'requests', 'urllib3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _install(monkeypatch, parts) -> None:
    module = ModuleType("notifiers.pigeon")
    vars(module).update(parts)
    monkeypatch.setitem(sys.modules, module.__name__, module)
