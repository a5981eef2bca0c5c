"""Change sets, in files and over /v1, lead from any version of a random history to the next."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.history.test_since_when import make_history, versions_of
from tests.site.readings import add
from tests.site.web.rig import serving
from tracker.store.folder import Folder
from tracker.store.tree import Tree

Json = dict[str, Any]
WHOLE = ("region", "direction", "target", "protocol", "from_port", "to_port")
SEEDS = (3, 7)


@pytest.fixture(scope="module", params=SEEDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published store with ten versions."""
    folder = tmp_path_factory.mktemp("replay")
    tree = Tree(Folder(str(folder)), "action1")
    for snapshot in versions_of(make_history(random.Random(request.param))):
        add(tree, snapshot)
    return folder


def list_endpoints(snapshot: Json) -> set[tuple[Any, ...]]:
    """Return the endpoints of a version as a script reads them, without our own types."""
    return {
        (entry["region"], entry["direction"], target, *port)
        for entry in snapshot["entries"]
        for target in (entry["hosts"] + entry["addresses"] or ["lan"])
        for each in entry["services"]
        for port in [(each["protocol"], each["from_port"], each["to_port"])]
    }


def apply(known: set[tuple[Any, ...]], changes: Json) -> set[tuple[Any, ...]]:
    """Return what is known after a change set, of which each row has to fit."""
    gone, came = _rows(changes["endpoints_removed"]), _rows(changes["endpoints_added"])
    assert gone <= known
    assert not came & known
    after = (known - gone) | came
    assert _rows(changes["endpoints_changed"]) <= known & after
    return after


def _rows(ends: Iterable[Json]) -> set[tuple[Any, ...]]:
    return {tuple(end[name] for name in WHOLE) for end in ends}


def load(place: Path, name: str) -> Json:
    found: Json = json.loads((place / "action1" / name).read_text())
    return found


def load_all(place: Path) -> dict[int, set[tuple[Any, ...]]]:
    versions = load(place, "index.json")["versions"]
    assert len(versions) == 10
    known = {each["version"]: list_endpoints(load(place, each["file"])) for each in versions}
    return {0: set(), **known}


def test_the_published_change_sets_give_each_version(place: Path) -> None:
    wanted = load_all(place)
    known = wanted[1]
    for number in range(2, 11):
        changes = load(place, f"changes/{number:06d}.json")
        assert (changes["from"], changes["to"]) == (number - 1, number)
        known = apply(known, changes)
        assert known == wanted[number]


def test_the_loop_over_details_gives_the_newest_version_from_each(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.site.web.api.MOST_SETS", 3)
    wanted = load_all(place)
    with serving(place, {"serve": {"rate": 0}}) as server:
        for since, known in wanted.items():
            at, more, parts = since, True, known
            while more:
                answer = server.get("/v1/action1/changes", params={"since": at}).json()
                net = (wanted[at] - _rows(answer["endpoints_removed"])) | _rows(
                    answer["endpoints_added"]
                )
                assert net == wanted[10]
                for changes in answer["changes"]:
                    parts = apply(parts, changes)
                    assert parts == wanted[changes["to"]]
                at, more = answer["upto"], answer["more"]
            assert (at, parts) == (10, wanted[10])
