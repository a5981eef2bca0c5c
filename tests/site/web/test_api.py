"""`/v1`: what programs ask, answered from the version in force."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from tests.site.web.conftest import FIRST, SECOND, THIRD
from tests.site.web.rig import serving
from tracker import formats
from tracker.alerts import outbox
from tracker.change_set import ChangeSet
from tracker.config import parse
from tracker.model import Entry, Finding, Snapshot, VersionProbe, digest, endpoints_of
from tracker.publish.index import Index
from tracker.site.web.openapi import build_openapi, list_query_parameters
from tracker.site.web.schemas import Changes, HeldPage
from tracker.store.folder import Folder
from tracker.store.records import Held, Receipt
from tracker.store.tree import Tree

ENDPOINTS = "/v1/{source}/endpoints"
NAMES = ("latest", "manifest")
NEEDED = {"blame": {"value": "443"}}  # what some addresses have no answer without


def targets(reading):
    return {end.target for end in endpoints_of(msgspec.convert(reading, tuple[Entry, ...]))}


def test_the_sources(server):
    (source,) = server.get("/v1/sources").json()
    assert (source["name"], source["title"], source["version"]) == ("action1", "Action1", 3)


def test_the_probe_is_a_few_bytes_and_has_a_tag(server):
    answer = server.get("/v1/action1/version")
    found = msgspec.json.decode(answer.content, type=VersionProbe)
    latest, manifest = (server.get(f"/v1/action1/{name}").json() for name in NAMES)
    assert (found.version, found.digest) == (3, latest["digest"])
    assert (found.checked_at, found.expires) == (manifest["checked_at"], manifest["expires"])
    assert len(answer.content) < 300
    again = server.get("/v1/action1/version", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_versions_are_the_files(server, place):
    folder = place / "action1"
    for path, name in [
        ("latest", "latest.json"),
        ("versions", "index.json"),
        ("versions/2", "versions/000002.json"),
        ("manifest", "manifest.json"),
    ]:
        assert server.get(f"/v1/action1/{path}").content == (folder / name).read_bytes()
    msgspec.json.decode(server.get("/v1/action1/latest").content, type=Snapshot)
    msgspec.json.decode(server.get("/v1/action1/versions").content, type=Index)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/action1/versions/9", 404),
        ("/v1/action1/versions/x", 404),
        ("/v1/other/latest", 404),
        ("/v1/other/version", 404),
        ("/v1/action1/changes?since=x", 400),
        ("/v1/action1/changes?since=-1", 400),
        ("/v1/action1/changes?since=4", 400),
        ("/v1/action1/changes?since=99", 400),
        ("/v1/action1/changes?since=1&since=2", 400),
        ("/v1/action1/changes?since=1&details=201", 400),
        ("/v1/action1/changes?since=1&details=x", 400),
        ("/v1/action1/changes?since=yesterday", 400),
        ("/v1/action1/changes?since=0&digest=" + "0" * 64, 400),
        ("/v1/action1/changes?since=2026-03-01&digest=" + "0" * 64, 400),
        ("/v1/action1/changes?since=2&digest=" + "0" * 64, 409),
        ("/v1/action1/changes?since=9&digest=" + "0" * 64, 409),
        ("/v1/action1/blame", 400),
        ("/v1/action1/blame?value=no%20such", 400),
        ("/v1/other/blame?value=443", 404),
        ("/v1/other/status", 404),
        ("/v1/action1/endpoints?format=no", 400),
        ("/v1/action1/endpoints?region=Atlantis", 400),
        ("/v1/action1/endpoints?requirement=maybe", 400),
        ("/v1/action1/endpoints?version=9", 400),
        ("/v1/action1/endpoints?as_of=never", 400),
        ("/v1/action1/endpoints?as_of=1999-01-01", 400),
        ("/v1/action1/endpoints?version=1&as_of=2026-03-01", 400),
    ],
)
def test_what_cannot_be_answered_says_why(server, path, status):
    answer = server.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "near"),
    [
        (
            "endpoints?regions=Europe",
            'called "regions"; did you mean "region"?',
        ),
        ("endpoints?region=Europe&Format=ips", 'did you mean "format"?'),
        ("endpoints?componet=Agents", 'did you mean "component"?'),
        ("endpoints?zzz", "there are: format, region, component, requirement, only_for, "),
        ("endpoints?=1", 'no parameter is called ""; there are: format'),
        ("changes?sinc=1", 'did you mean "since"?'),
        ("latest?version=2", 'no parameter is called "version"; this address has none'),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_known_name(server, query, near):
    answer = server.get(f"/v1/action1/{query}")
    assert (answer.status_code, near in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("path", sorted(build_openapi()["paths"]))
def test_no_address_takes_a_parameter_that_it_does_not_have(server, path):
    there = path.format(source="action1", number=1, name="snapshot")
    needed = NEEDED.get(path.split("/")[-1], {})
    assert server.get(there, params=needed).status_code == 200
    assert server.get(there, params={**needed, "_": "1"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "name"),
    [(path, name) for path in build_openapi()["paths"] for name in list_query_parameters(path)],
)
def test_no_parameter_may_be_empty(server, path, name):
    answer = server.get(f"{path.format(source='action1')}?{name}=")
    assert (answer.status_code, f"{name} is empty" in answer.text) == (400, True)


def test_an_empty_one_in_a_list_is_refused_too(server):
    assert server.get("/v1/action1/endpoints?region=Europe&region=").status_code == 400


@pytest.mark.parametrize("name", ["format", "version", "as_of"])
def test_a_parameter_of_one_value_is_refused_twice(server, name):
    answer = server.get(f"/v1/action1/endpoints?{name}=1&{name}=1")
    assert (answer.status_code, "may be given once" in answer.text) == (400, True)


def test_the_parameters_that_are_documented_as_lists_stay_lists(server):
    assert [name for name, many in list_query_parameters(ENDPOINTS).items() if many] == [
        "region",
        "component",
        "requirement",
        "only_for",
    ]
    answer = server.get(
        "/v1/action1/endpoints?region=Europe&region=Oceania"
        "&component=Relay&component=Agents&requirement=required&requirement=optional"
    )
    assert answer.status_code == 200


def test_since_the_newest_version_there_is_nothing_and_beyond_it_a_refusal(server):
    assert server.get("/v1/action1/changes?since=3").json()["changes"] == []
    detail = server.get("/v1/action1/changes?since=4").json()["detail"]
    assert "since is 4, but the newest version is 3" in detail
    assert "start again with since=0" in detail


def test_published_files_are_given_whatever_the_query(server):
    assert server.get("/action1/rules/europe/ips.txt?_=1&_=&x").status_code == 200


def test_all_changes_after_a_version_in_one_answer(server):
    for since, wanted in [(0, [1, 2, 3]), (1, [2, 3]), (2, [3]), (3, [])]:
        found = msgspec.json.decode(
            server.get(f"/v1/action1/changes?since={since}").content, type=Changes
        )
        assert [each.to for each in found.changes] == wanted
        assert (found.latest, found.upto, found.more) == (3, 3, False)
    assert server.get("/v1/action1/changes").json()["since"] == 0


def test_what_the_changes_come_to(server):
    found = server.get("/v1/action1/changes?since=1").json()
    added = {(end["target"], end["from_port"]) for end in found["endpoints_added"]}
    removed = {(end["target"], end["from_port"]) for end in found["endpoints_removed"]}
    assert added == {("203.0.114.9", 443), ("3.74.63.86", 443)}
    assert removed == {("3.74.63.86", 22543)}


def test_the_change_sets_are_those_stored(server, place):
    found = server.get("/v1/action1/changes?since=1").json()["changes"]
    stored = [
        msgspec.json.decode((place / f"action1/changes/00000{number}.json").read_bytes())
        for number in (2, 3)
    ]
    assert found == stored
    msgspec.convert(found, list[ChangeSet])


def test_many_change_sets_come_in_parts(server, monkeypatch):
    monkeypatch.setattr("tracker.site.web.api.MOST_SETS", 2)
    first = server.get("/v1/action1/changes?since=0").json()
    assert ([each["to"] for each in first["changes"]], first["more"], first["upto"]) == (
        [1, 2],
        True,
        2,
    )
    rest = server.get(f"/v1/action1/changes?since={first['upto']}").json()
    assert ([each["to"] for each in rest["changes"]], rest["more"]) == ([3], False)


def test_endpoints_of_a_region_are_its_rule_file(server, place):
    for name in formats.names():
        file = formats.load(name).file
        path = place / "action1/rules/oceania" / file
        answer = server.get(f"/v1/action1/endpoints?format={name}&region=Oceania")
        assert answer.status_code == (200 if path.exists() else 404), name
        if name in {"ips", "domains"}:  # the others also name their rule set
            assert answer.content == path.read_bytes()


def test_endpoints_by_component_version_and_time(server):
    def found(query):
        return {
            item["target"]
            for item in server.get(f"/v1/action1/endpoints?{query}").json()["endpoints"]
        }

    assert found("component=Relay") == {"203.0.114.9"}
    assert found("component=Relay&component=Agents") == targets(THIRD)
    assert found("version=1") == targets(FIRST)
    assert found("as_of=2026-03-01T13:30Z") == targets(SECOND)
    assert found("region=Europe&region=Oceania&requirement=required") == targets(THIRD)


def test_an_empty_list_is_never_sent(server):
    answer = server.get("/v1/action1/endpoints?format=ips&version=1&region=Oceania")
    assert (answer.status_code, "never sent" in answer.text) == (404, True)


def test_before_the_first_version_everything_says_so(tmp_path):
    with serving(tmp_path / "none") as server:
        for path in ("version", "changes", "endpoints", "blame?value=443"):
            answer = server.get(f"/v1/action1/{path}")
            assert (answer.status_code, "no version" in answer.text) == (503, True)
        assert server.get("/v1/sources").json()[0]["version"] is None


def test_what_is_held_and_what_it_would_change(place):
    tree = Tree(Folder(str(place)), "action1")
    finding = Finding("mass-removal", "hold", "2 of 3 gone", "Oceania")
    entries = msgspec.convert(FIRST[:1], tuple[Entry, ...])
    candidate = msgspec.structs.replace(
        tree.snapshot(2), entries=entries, digest=digest(entries), findings=(finding,)
    )
    tree.remember(f"held/{candidate.digest}", Held(candidate, "2026-03-02T12:00:00Z"))
    rejected = Held(candidate, "2026-03-02T12:00:00Z", rejected=True)
    tree.remember(f"held/{'0' * 64}", rejected)
    with serving(place) as server:
        answer = server.get("/v1/action1/held")
    (found,) = msgspec.json.decode(answer.content, type=list[HeldPage])
    assert found.digest == candidate.digest
    assert (found.source, found.first_seen) == ("action1", "2026-03-02T12:00:00Z")
    assert found.findings == (finding,)
    assert (found.change.from_, found.change.to) == (3, 4)
    assert {end.target for end in found.change.endpoints_removed} >= {"203.0.114.9"}
    assert_as_described("/v1/{source}/held", answer.json())


def test_what_channels_received_are_owed_and_refused(place, fwtracker):
    channel = {"name": "ops", "type": "slack", "url_env": "NOWHERE"}
    (ops,) = parse({"channels": [channel]}).channels
    tree = Tree(Folder(str(place)), "action1")
    tree.remember("channels/ops", {"since": 0, "notices": 0})
    for number in (1, 2):
        tree.remember(outbox.notice_name(number), {})
    when = "2026-03-01T12:00:00Z"
    outbox.record_receipt(tree, ops, Receipt(1, when, "ok"))
    outbox.record_dead_letter(tree, ops, Receipt(2, when, "HTTP 404"))
    outbox.record_dead_letter(tree, ops, Receipt(1, when, "HTTP 410"), outbox.NOTICES)
    with serving(place, {"channels": [channel]}) as server:
        found = server.get("/v1/action1/deliveries").json()
    (place.parent / "c.toml").write_text(
        '[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "NOWHERE"\n'
    )
    options = ("--config", place.parent / "c.toml", "--snapshots", place)
    printed = fwtracker("notify", "status", "--json", *options)
    assert found == json.loads(printed.out)
    (only,) = found
    assert (only["channel"], only["delivered"], only["owed"]) == ("ops", [1], [3])
    assert only["dead"] == {"2": "HTTP 404"}
    assert (only["notices_owed"], only["notices_dead"]) == ([2], {"1": "HTTP 410"})
    assert_as_described("/v1/{source}/deliveries", found)


def test_a_value_is_found_as_the_command_prints_it(server, place, fwtracker):
    for value in ("203.0.114.9", "a.example.com", "443", "tcp/22543", "192.0.2.1"):
        found = server.get("/v1/action1/blame", params={"value": value})
        printed = fwtracker("blame", value, "--json", "--snapshots", place)
        assert found.json() == json.loads(printed.out)
        assert_as_described("/v1/{source}/blame", found.json())
    refused = fwtracker("blame", "a b", "--json", "--snapshots", place)
    detail = server.get("/v1/action1/blame", params={"value": "a b"}).json()["detail"]
    assert (refused.status, detail in refused.err) == (2, True)


def test_a_value_has_to_be_given(server):
    detail = server.get("/v1/action1/blame").json()["detail"]
    assert detail == "value is missing; this address has no answer without it"


def assert_as_described(path, answer):
    """Hold an answer against the schema that the OpenAPI document has for it."""
    document = build_openapi()
    described = document["paths"][path]["get"]["responses"]["200"]["content"]
    schema = described["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)
