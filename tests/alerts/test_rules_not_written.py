"""An alert of a version whose rule files could not be written says so, and is sent once."""

from __future__ import annotations

import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured
from tracker.errors import StoreError
from tracker.publish import publish as publishing

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
MORE = b"<li>54.79.23.166</li><li>3.104.236.1</li>"
NEXT = GOOD.replace(b"<li>54.79.23.166</li>", MORE)
SAID = "Its rule files could not be written: they "


class Killed(BaseException):
    """Not caught by any handler, like a kill."""


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("URL_OPS", server.url)
        yield server


@pytest.fixture
def watched(site, tmp_path, hook):
    site.show(GOOD)
    config = configured({"name": "ops", "type": "webhook"})
    return Watched(site, config, str(tmp_path / "snapshots"))


def broken(monkeypatch, watched: Watched, error: type[BaseException]):
    """One check in which nothing derived can be written."""

    def fail(*_args, **_options):
        raise error("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_write", fail)
        return watched.check()


def test_the_alert_says_of_which_version_the_rule_files_still_are(
    watched, site, hook, monkeypatch
):
    watched.check()
    site.show(NEXT)
    assert broken(monkeypatch, watched, StoreError).outcome == "failed"
    *_, body = hook.bodies()
    assert (body["version"], body["rule_files_of"]) == (2, 1)
    assert (body["rule_files"], body["delta_files"]) == ([], [])
    assert f"{SAID}are still those of version 1." in body["text"]
    count = len(hook.requests)
    assert watched.check().outcome == "published"  # and the same version is not told twice
    assert len(hook.requests) == count


def test_so_does_that_of_the_first_version(watched, hook, monkeypatch):
    assert broken(monkeypatch, watched, StoreError).outcome == "failed"
    (body,) = hook.bodies()
    assert (body["version"], body["rule_files_of"]) == (1, None)
    assert f"{SAID}do not exist yet." in body["text"]


def test_an_alert_that_follows_the_publication_names_the_files(
    watched, site, hook, monkeypatch
):
    watched.check()
    site.show(NEXT)
    with pytest.raises(Killed):
        broken(monkeypatch, watched, Killed)
    assert len(hook.requests) == 1
    assert watched.check().outcome == "published"
    *_, body = hook.bodies()
    assert body["version"] == 2
    assert "rule_files_of" not in body
    assert "action1/rules/north-america/ips.txt" in body["rule_files"]
    assert SAID not in body["text"]
