"""Rule files in another form, by a newer program: one notice, before they are made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured
from tracker.publish import publish as publishing
from tracker.publish.freshness import FORM_CHANGED, RULE_FORM
from tracker.publish.publish import rebuild

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()


class Killed(BaseException):
    """As a kill: nothing catches it."""


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("URL_OPS", server.url)
        yield server


@pytest.fixture
def watched(site, tmp_path, hook, first_checks):
    """A store with one version, as the program before left it: its manifest counts no form."""
    config = configured({"name": "ops", "type": "webhook"}, fwtracker={"formats": ["ips"]})
    made = Watched(site, config, str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD)
    manifest = Path(made.place, "action1/manifest.json")
    before = json.loads(manifest.read_text())
    assert before.pop("rule_form") == RULE_FORM
    manifest.write_text(json.dumps(before))
    return made


def notices(hook: HookServer) -> list[dict]:
    return [body for body in hook.bodies() if body.get("kind") == "upgrade"]


def test_it_is_said_once_with_what_to_read(watched, hook):
    outcome = watched.check()
    assert [each.name for each in outcome.findings] == [FORM_CHANGED]
    assert outcome.outcome == "unchanged"
    assert watched.check(2).findings == ()
    [body] = notices(hook)
    assert "docs/upgrade.md" in body["text"]
    assert "services of the LAN stand in chains" in body["text"]
    assert watched.tree.manifest().rule_form == RULE_FORM


def test_a_kill_before_the_files_are_written_loses_and_repeats_none(watched, hook, monkeypatch):
    def die(*_args, **_options):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_write", die)
        with pytest.raises(Killed):
            watched.check()
    watched.check(2)
    assert len(notices(hook)) == 1


def test_a_rebuild_by_hand_leaves_it_to_the_next_check(watched, hook):
    rebuild(watched.tree, watched.config, watched.now)
    assert [each.name for each in watched.check().findings] == [FORM_CHANGED]
    assert len(notices(hook)) == 1


def test_a_new_store_says_nothing(site, tmp_path, hook):
    site.show(GOOD)
    config = configured({"name": "ops", "type": "webhook"}, fwtracker={"formats": ["ips"]})
    fresh = Watched(site, config, str(tmp_path / "fresh"))
    assert fresh.check().findings == fresh.check().findings == ()
    assert notices(hook) == []
