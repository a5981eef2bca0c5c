"""`/v1/sources` and `/v1/SOURCE/status`: what is published where, and how the checks do."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tests.site.readings import stored
from tests.site.web.conftest import FIRST, SECOND, THIRD
from tests.site.web.rig import serving
from tests.site.web.test_api import assert_as_described
from tests.support.site import MAIN, Reply
from tracker import formats
from tracker.alerts import outbox
from tracker.config import parse
from tracker.model import Entry, Finding, digest
from tracker.scheduler.status import CheckReport
from tracker.store.blobs import media_type
from tracker.store.folder import Folder
from tracker.store.records import Health, Held, Receipt
from tracker.store.tree import Tree

GONE = Reply(status=404)
NOON = "2026-03-02T12:00:00Z"


def ask(server, path="status"):
    answer = server.get(f"/v1/action1/{path}").json()
    assert_as_described("/v1/{source}/status", answer)
    return answer


def ask_sources(server):
    answer = server.get("/v1/sources").json()
    assert_as_described("/v1/sources", answer)
    return answer


def hold(tree):
    """A candidate that waits, and one that was rejected."""
    entries = msgspec.convert(FIRST[:1], tuple[Entry, ...])
    finding = Finding("mass-removal", "hold", "2 of 3 gone", "Oceania")
    candidate = msgspec.structs.replace(
        tree.snapshot(2), entries=entries, digest=digest(entries), findings=(finding,)
    )
    tree.remember(f"held/{candidate.digest}", Held(candidate, NOON))
    tree.remember(f"held/{'0' * 64}", Held(candidate, NOON, rejected=True))
    return candidate.digest


def test_each_region_with_its_folder_and_the_files_in_it(server, place):
    (source,) = ask_sources(server)
    *of_regions, of_all = sorted(source["folders"], key=lambda each: each["kind"] == "all")
    assert (of_all["path"], of_all["kind"], of_all["region"]) == ("rules/all", "all", None)
    found = {each["region"]: each for each in of_regions}
    assert [(name, each["path"]) for name, each in found.items()] == [
        ("Europe", "rules/europe"),
        ("Oceania", "rules/oceania"),
    ]
    for each in of_regions:
        there = sorted(path.name for path in (place / "action1" / each["path"]).iterdir())
        assert (each["kind"], each["files"]) == ("region", there)
        assert server.get(f"/action1/{each['path']}/endpoints.json").status_code == 200
    assert ask(server)["folders"] == source["folders"]


def test_folders_of_tables_and_of_regions_that_left(tmp_path):
    raw = {"rules": [{"name": "relays", "components": ["Relay"]}]}
    config = parse(raw)
    stored(
        tmp_path, SECOND, [each for each in SECOND if each["region"] == "Europe"], config=config
    )
    with serving(tmp_path, raw) as server:
        (source,) = ask_sources(server)
    found = {each["path"]: (each["kind"], each["region"]) for each in source["folders"]}
    assert found == {
        "rules/all": ("all", None),
        "rules/europe": ("region", "Europe"),
        "rules/oceania": ("earlier", None),
        "rules/relays": ("table", None),
    }


def test_a_page_without_regions_has_one_folder(tmp_path):
    stored(tmp_path, [{**FIRST[0], "region": None}])
    with serving(tmp_path) as server:
        ((folder,),) = (each["folders"] for each in ask_sources(server))
    assert (folder["path"], folder["kind"], folder["region"]) == ("rules/all", "region", None)


def test_the_formats_with_the_name_and_the_type_of_their_files(server):
    found = ask(server)["formats"]
    assert [each["name"] for each in found] == formats.names()
    by_file = {each["file"]: each["content_type"] for each in found}
    (source,) = ask_sources(server)
    for folder in source["folders"]:
        for file in folder["files"]:
            answer = server.get(f"/action1/{folder['path']}/{file}")
            assert (
                answer.headers["content-type"] == by_file[file] == media_type(f"rules/{file}")
            )


def test_only_formats_that_are_written_are_listed(place):
    table = {"name": "lists", "format": "rpz"}
    with serving(place, {"fwtracker": {"formats": ["ips"]}, "rules": [table]}) as server:
        assert [each["file"] for each in ask(server)["formats"]] == ["ips.txt", "rpz.zone"]


def test_while_all_is_well(server, place):
    found = ask(server)
    manifest = server.get("/v1/action1/manifest").json()
    for name in ("version", "checked_at", "expires"):
        assert found[name] == manifest[name]
    assert (found["outcome"], found["problem"], found["failing_since"]) == ("good", None, None)
    assert (found["failed_checks"], found["held"], found["owed"]) == (0, [], 0)
    (source,) = ask_sources(server)
    assert (source["held"], source["problem"], source["failing_since"]) == (0, None, None)


def test_that_no_check_was_good_for_too_long(server, monkeypatch):
    moments = {"2026-03-01T15:00:00+00:00": False, "2026-03-03T15:00:00+00:00": True}
    for moment, stale in moments.items():
        when = datetime.fromisoformat(moment)
        monkeypatch.setattr(type(server.state), "now", staticmethod(lambda when=when: when))
        assert ask(server)["stale"] is stale


@pytest.mark.parametrize(
    ("problem", "outcome"), [("failing", "failed"), ("layout", "failed"), ("held", "held")]
)
def test_what_the_last_check_had_and_since_when_by_any_process(place, problem, outcome):
    """Cron checks here; this process only answers."""
    tree = Tree(Folder(str(place)), "action1")
    tree.remember("health", Health(current_problem=problem, since=NOON, count=3))
    with serving(place) as server:
        found, (source,) = ask(server), ask_sources(server)
    assert (found["outcome"], found["problem"]) == (outcome, problem)
    assert (found["failing_since"], found["failed_checks"]) == (NOON, 3)
    assert (source["problem"], source["failing_since"]) == (problem, NOON)
    assert (found["last_check"], found["last_check_at"], found["next_check"]) == (None,) * 3


def test_checks_of_cron_are_seen_by_a_process_that_only_answers(site, fwtracker, tmp_path):
    """Without any channel too, to which nothing would be sent."""
    site.show_sample("2024-04/table-spans.html")
    page, store = site.pages[MAIN], tmp_path / "snapshots"
    command = ("run", "action1", "--url", site.url)
    seen = []
    for status, reply in ((0, page), (1, GONE), (1, GONE), (0, page)):
        site.pages[MAIN] = reply
        assert fwtracker(*command).status == status
        with serving(store) as server:
            found = ask(server)
        seen.append((found["outcome"], found["problem"], found["failed_checks"]))
        assert (found["failing_since"] is not None) is (status == 1)
        assert found["version"] == 1
    well = ("good", None, 0)
    assert seen == [well, ("failed", "failing", 1), ("failed", "failing", 2), well]
    assert not (store / ".state/action1/health.json").exists()


def test_what_is_held_by_its_digest(place):
    held = hold(Tree(Folder(str(place)), "action1"))
    with serving(place) as server:
        found, (source,) = ask(server), ask_sources(server)
    assert found["held"] == [{"digest": held, "first_seen": NOON}]
    assert source["held"] == 1


def test_what_channels_are_owed_and_which_take_nothing(place):
    channel = {"name": "ops", "type": "slack", "url_env": "NOWHERE"}
    (ops,) = parse({"channels": [channel]}).channels
    tree = Tree(Folder(str(place)), "action1")
    tree.remember("channels/ops", {"since": 0, "notices": 0})
    tree.remember(outbox.notice_name(1), {})
    outbox.record_receipt(tree, ops, Receipt(1, NOON, "ok"))
    tree.remember("health", Health(failing_channels={"ops": NOON}))
    with serving(place, {"channels": [channel]}) as server:
        found = ask(server)
    assert (found["owed"], found["failing_channels"]) == (3, {"ops": NOON})
    assert found["outcome"] == "good"


def test_what_only_the_process_that_checks_knows(server):
    checks = server.state.status.checks_of("action1")
    checks.record(CheckReport("action1", "unchanged", 3), 0.5)
    checks.ended, checks.running = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp(), True
    server.state.next_check = lambda source: datetime(2026, 3, 2, 13, tzinfo=UTC)
    found = ask(server)
    assert (found["last_check"]["outcome"], found["last_check_at"]) == ("unchanged", NOON)
    assert (found["next_check"], found["checking"]) == ("2026-03-02T13:00:00Z", True)


def test_damage_of_one_source_keeps_the_list_of_all(place):
    state = place / ".state/action1/held"
    state.mkdir(parents=True)
    (state / f"{'0' * 64}.json").write_text("{")
    with serving(place) as server:
        (source,) = ask_sources(server)
        assert (source["version"], source["held"]) == (3, None)
        assert len(source["folders"]) == 3
        (place / "action1/versions/000003.json").write_text("{")
        (source,) = ask_sources(server)
        assert (source["version"], source["folders"]) == (3, [])


def test_before_the_first_version(tmp_path):
    with serving(tmp_path / "none") as server:
        found, (source,) = ask(server), ask_sources(server)
    assert (found["version"], found["outcome"], found["stale"]) == (None, None, True)
    assert (source["version"], source["folders"], source["held"]) == (None, [], 0)


def test_the_files_of_the_newest_version_are_named(server):
    assert THIRD  # three versions are published
    (source,) = ask_sources(server)
    manifest = server.get("/v1/action1/manifest").json()
    named = {f"{each['path']}/{file}" for each in source["folders"] for file in each["files"]}
    assert named == {name for name in manifest["files"] if name.startswith("rules/")}
