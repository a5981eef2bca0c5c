"""`/v1/SOURCE/changes`: one answer leads from any version to the newest one."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import pytest

from tests.site.readings import entry, stored
from tests.site.web.conftest import FIRST, SECOND
from tests.site.web.rig import serving
from tests.site.web.test_api import assert_as_described
from tracker.diff.endpoint_changes import compare_endpoints
from tracker.model import Entry
from tracker.store.folder import Folder
from tracker.store.tree import Tree

PATH = "/v1/{source}/changes"
LISTS = ("endpoints_added", "endpoints_removed", "endpoints_changed")


def readings(count):
    """So many versions: an address moves on, one stays, what is said of it changes."""
    return [
        [
            entry(target=f"192.0.2.{number}"),
            entry(port=443, requirement="required" if number % 2 else "optional"),
        ]
        for number in range(1, count + 1)
    ]


def ask(server, **query):
    answer = server.get("/v1/action1/changes", params=query)
    assert answer.status_code == 200, answer.text
    assert_as_described(PATH, answer.json())
    return answer.json()


def ids(answer, name):
    return {end["id"] for end in answer[name]}


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A server with twelve versions, of whose change sets an answer has three at most."""
    folder = tmp_path_factory.mktemp("long")
    stored(folder, *readings(12))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.site.web.api.MOST_SETS", 3)
        with serving(folder, {"serve": {"rate": 0}}) as server:
            yield server


@pytest.mark.parametrize("since", range(13))
def test_the_lists_lead_to_the_newest_version_however_many_there_are(long, since):
    found = ask(long, since=since)
    versions = [msgspec.convert(each, list[Entry]) for each in [[], *readings(12)]]
    wanted = compare_endpoints(versions[since], versions[12])
    assert [found[name] for name in LISTS] == json.loads(msgspec.json.encode(wanted))
    assert found["latest"] == 12


def test_what_is_said_of_an_endpoint_that_stays_is_in_a_list_of_its_own(long):
    found = ask(long, since=11)
    (changed,) = found["endpoints_changed"]
    assert changed["id"] == "outbound tcp/443 3.74.63.86 Europe"
    assert changed["fields"] == [
        {"field": "requirement", "before": "required", "after": "optional"}
    ]


def test_the_details_come_in_parts_each_with_the_rest_of_the_way(long):
    """The loop of those who want the change sets, and of all who know the older answer."""
    since, more, sets = 2, True, []
    known = {"outbound tcp/22543 192.0.2.2 Europe"}
    while more:
        found = ask(long, since=since)
        known = (known | ids(found, "endpoints_added")) - ids(found, "endpoints_removed")
        assert known == {"outbound tcp/22543 192.0.2.12 Europe"}  # from the first answer on
        sets += found["changes"]
        since, more = found["upto"], found["more"]
    assert [each["to"] for each in sets] == [*range(3, 13)]
    assert all(before["to"] == after["from"] for before, after in pairwise(sets))
    assert since == 12


def test_the_lists_alone_need_no_loop(long):
    found = ask(long, since=2, details=0)
    assert (found["changes"], found["upto"], found["more"]) == ([], 12, False)
    assert ids(found, "endpoints_removed") == {"outbound tcp/22543 192.0.2.2 Europe"}
    assert ids(ask(long, since=2, details=2), "endpoints_removed") == ids(
        found, "endpoints_removed"
    )
    assert [each["to"] for each in ask(long, since=2, details=2)["changes"]] == [3, 4]


@pytest.mark.parametrize(
    ("time", "number"),
    [
        ("2026-02-28", 0),
        ("2026-03-01T11:59:59Z", 0),
        ("2026-03-01T12:00Z", 1),
        ("2026-03-01T12:00", 1),  # UTC, as everywhere
        ("2026-03-01T13:30Z", 2),
        ("2026-03-01T13:30+01:00", 1),
        ("2026-03-01", 0),  # a day begins a span: with all of it
        ("2026-03-02", 3),
        ("2099-01-01T00:00Z", 3),
    ],
)
def test_since_takes_a_time_and_means_the_version_in_force_then(server, time, number):
    assert ask(server, since=time) == ask(server, since=number)


def test_the_digest_that_the_client_saw_is_no_obstacle(server):
    for number in (1, 2, 3):
        seen = server.get(f"/v1/action1/versions/{number}").json()["digest"]
        assert ask(server, since=number, digest=seen) == ask(server, since=number)
    assert ask(server, since=1)["digest"] == server.get("/v1/action1/latest").json()["digest"]


def test_a_number_beyond_the_newest_says_what_to_do_after_a_restore(server):
    answer = server.get("/v1/action1/changes?since=4")
    assert answer.status_code == 400
    assert answer.json()["detail"] == (
        "since is 4, but the newest version is 3: the store was restored or replaced, or the"
        " number is of another source; start again with since=0 and put the list of that"
        " answer in the place of yours"
    )


def test_a_store_that_was_restored_and_went_on_is_found_by_the_digest(server, tmp_path):
    """The number is there again, and means something else."""
    seen = ask(server, since=0)
    stored(tmp_path, FIRST, SECOND, [*SECOND, entry(target="198.51.100.7")], FIRST)
    with serving(tmp_path) as other:
        query = {"since": seen["latest"], "digest": seen["digest"]}
        answer = other.get("/v1/action1/changes", params=query)
        assert answer.status_code == 409
        assert answer.json()["title"] == "Another store's version"
        assert answer.json()["detail"].startswith(
            "version 3 has another digest here: the store was restored or replaced"
        )
        assert "start again with since=0" in answer.json()["detail"]
        whole = ask(other, since=0)
        assert ids(whole, "endpoints_removed") == set()
        assert len(ids(whole, "endpoints_added")) == len(FIRST)


def test_a_store_that_was_restored_and_did_not_go_on_yet_too(server, tmp_path):
    seen = ask(server, since=0)
    stored(tmp_path, FIRST)
    with serving(tmp_path) as other:
        query = {"since": seen["latest"], "digest": seen["digest"]}
        answer = other.get("/v1/action1/changes", params=query)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("version 3 is not there: the store was restored")


def test_what_is_committed_and_not_published_yet_is_not_told(server, place):
    tree = Tree(Folder(str(place)), "action1")
    next_one = msgspec.structs.replace(tree.snapshot(1), version=4, previous=3)
    with tree.lock():
        tree.commit(next_one, {})
    found = ask(server, since=1)
    assert (found["latest"], [each["to"] for each in found["changes"]]) == (3, [2, 3])
    assert ask(server, since="2099-01-01")["since"] == 3
