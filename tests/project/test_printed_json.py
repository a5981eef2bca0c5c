"""What each command prints with --json, and what a webhook is sent, against their schemas.

`Ran.json` of the tests' command line validates wherever a test reads what was printed; here
each command is run at least once, and hostile values are refused.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import get_args

import pytest

from notifiers.webhook import build_payload
from tests.audit.samples import snapshot
from tests.drift.names import NameServer
from tests.formats.samples import entry
from tests.support import announcements, noticed
from tests.support.schemas import assert_valid, name_schema, validator
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tracker.notifications import Announcement, Notice, NoticeKind
from tracker.schema import PRINTED
from tracker.store import open_store
from tracker.store.tree import Tree

COMMANDS = Path("tracker/commands")
PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
STRAY = PAGE.replace("</body>", "<p>198.41.0.4</p></body>")


@pytest.fixture
def checked(site, fwtracker, tmp_path):
    """Two versions of the sample, a held page, and a channel that refuses."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        f'[sources.action1]\nurl = "{site.url}"\n'
        '[[channels]]\nname = "ops"\ntype = "webhook"\nurl_env = "HOOK"\n'
    )
    for sample in ("2024-04/stacks.html", "2024-11/stacks.html"):
        site.show_sample(sample)
        fwtracker("run", "--no-notify")
    return fwtracker


def test_every_command_that_prints_json_has_a_schema():
    """`audit --sarif` and `--log-format json` have forms of their own."""
    root = Path(__file__).parents[2]
    printing = {
        path.stem
        for path in (root / COMMANDS).glob("*.py")
        if '"--json"' in path.read_text("utf-8")
    }
    known = {name.partition("-")[0] for name in PRINTED}
    held_elsewhere = {"history", "review", "store"}  # files with several commands
    assert printing - held_elsewhere <= known
    assert {"blame", "history", "held", "store"} <= known


def test_what_each_command_prints_is_valid(checked, site, tmp_path, monkeypatch):
    rules = tmp_path / "snapshots/action1/rules/europe/ips.txt"
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    (tmp_path / "fw.txt").write_text(
        rules.read_text().replace("3.74.63.86", "198.51.100.7") + "no address\n"
    )
    seen = set()
    for command in (
        *(("run",), ("parse", page), ("history",), ("show",), ("diff",), ("show", "1")),
        *(("as-of", "2100-01-01"), ("blame", "443"), ("blame", "3.74.63.86"), ("held",)),
        *(("audit", "fw.txt", "--region", "Europe"), ("drift",), ("doctor", "--offline")),
        *(
            ("replay",),
            ("notify", "status"),
            ("source", "list"),
            ("source", "check", "action1"),
        ),
        ("store", "verify"),
    ):
        ran = checked(*command, "--json")
        name = name_schema(ran.args)
        assert_valid(name, json.loads(ran.out))
        seen.add(name)
    assert seen == {*PRINTED, "snapshot", "changeset"} - {"verify"}


def test_what_is_held_damaged_failed_or_dead_is_valid(checked, site, tmp_path, monkeypatch):
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        site.show(STRAY)
        assert checked("run", "--json").json[0]["outcome"] == "held"
        assert checked("held", "--json").json[0]["excerpts"]
        assert checked("source", "check", "action1", "--json").json["outcome"] == "held"
        site.show("<p>gone</p>")
        assert checked("run", "--json").json[0]["error"]
        assert checked("source", "check", "action1", "--json").json["error"]
        for body in hook.bodies():
            assert_valid("webhook", body)
        assert {body["type"] for body in hook.bodies()} == {"notice", "version"}
    (tmp_path / "snapshots/action1/versions/000001.json").write_text("{")
    assert checked("store", "verify", "--json").json[0]["file"] == "versions/000001.json"


def test_what_verify_and_drift_print_is_valid(fwtracker, tmp_path):
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")
    made = entry("a.example.com", "192.0.2.1", direction="inbound")
    tree.commit(snapshot(made, version=1), {})
    assert fwtracker("verify", "--json").json["results"]
    (tmp_path / "config").mkdir()
    with NameServer() as names:
        config = f'[drift]\nresolvers = ["{names.address}"]\ntimeout = 2.0\n'
        (tmp_path / "config/fwtracker.toml").write_text(config)
        assert fwtracker("drift", "--now", "--json").json["sightings"]


def messages() -> list[Announcement | Notice]:
    """One of each kind, and those of the message tests."""
    made = [each for each in vars(noticed).values() if isinstance(each, Notice)]
    names = ("baseline", "change", "edited", "digest", "published", "wording")
    return [*made, *(getattr(announcements, name)() for name in names)]


def test_every_body_of_a_webhook_is_valid():
    bodies = [json.loads(build_payload(each)) for each in messages()]
    for body in bodies:
        assert_valid("webhook", body)
    kinds = {body["kind"] for body in bodies if body["type"] == "notice"}
    assert kinds >= set(get_args(NoticeKind)) - {"scope", "filter"}


def test_a_body_without_its_long_change_set_is_valid(monkeypatch):
    monkeypatch.setattr("notifiers.webhook.BODY_LIMIT", 10)
    for each in (announcements.change(), noticed.hostile("x")):
        body = json.loads(build_payload(each))
        assert body["change_set"] is None
        assert_valid("webhook", body)


HOSTILE = [
    (("schema",), 2),
    (("type",), "other"),
    (("digest",), "0" * 63),
    (("delivery",), "x"),
    (("version",), -1),
    (("captured_at",), "soon"),
    (("change_set", "endpoints_added", 0, "from_port"), 0),
    (("change_set", "endpoints_added", 0, "to_port"), 70000),
    (("change_set", "endpoints_added", 0, "direction"), "sideways"),
    (("change_set", "endpoints_added", 0, "since"), "soon"),
    (("change_set", "endpoints_removed", 0, "until"), "soon"),
]


@pytest.mark.parametrize(("path", "value"), HOSTILE)
def test_hostile_values_of_a_body_are_refused(path, value):
    body = json.loads(build_payload(announcements.change()))
    assert_valid("webhook", body)
    inner = changed = copy.deepcopy(body)
    *way, last = path
    for step in way:
        inner = inner[step]
    inner[last] = value
    assert not validator("webhook").is_valid(changed)


def test_a_new_kind_of_notice_is_valid_already():
    body = json.loads(build_payload(noticed.hostile("x")))
    assert_valid("webhook", body | {"kind": "never-seen", "new": 1})
