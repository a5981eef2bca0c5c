"""The questions of docs/questions.md: all ways to ask one give the same, right answer."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.history.test_since_when import make_history, versions_of
from tests.site.readings import entry, stored
from tests.site.web.rig import serving
from tests.support import documented
from tests.support.checkers import need
from tests.support.question_store import BACK, MOVED, STRICTER, build_store
from tracker.diff.diff import diff
from tracker.history.archive import load_version
from tracker.history.export import export_versions
from tracker.model import Endpoint, endpoints_of
from tracker.store.folder import Folder
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc

PAGE = documented.ROOT / "docs/questions.md"
WAYS: dict[str, list[documented.Block]] = defaultdict(list)
for _block in documented.blocks(PAGE):
    WAYS[_block.option("question")].append(_block)
ONE_WAY = {"12-types"}
NO_SQL = {"9", "10", "11", "12-folders", "12-files", "12-types"}


class Rig:
    """The store, its export and its server; runs blocks of the page on them."""

    def __init__(self, folder: Path, tree: Tree, url: str) -> None:
        self.folder, self.tree, self.url = folder, tree, url
        self.export = folder / "action1.sqlite"

    def answer(self, block: documented.Block) -> list[str]:
        """Return the lines that a block gives."""
        if block.kind == "sql":
            with closing(sqlite3.connect(self.export)) as database:
                rows = database.execute(block.text).fetchall()
            return [
                "\t".join("" if cell is None else f"{cell}" for cell in row) for row in rows
            ]
        done = documented.run_script(block.text, self.folder, FWTRACKER=self.url)
        assert (done.returncode, done.stderr) == (0, ""), f"{block}\n{done.stdout}"
        return done.stdout.splitlines()

    def of(self, version: int) -> tuple[Endpoint, ...]:
        return endpoints_of(load_version(self.tree, version).entries)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    need("jq", "curl", "sha256sum", "ssh-keygen")
    folder = tmp_path_factory.mktemp("questions")
    tree = build_store(folder)
    with serving(folder / "snapshots", {"serve": {"rate": 0}}) as server:
        made = Rig(folder, tree, f"http://127.0.0.1:{server.port}")
        versions = (load_version(tree, number) for number in tree.versions())
        export_versions(versions, made.export)
        yield made


def test_each_question_has_all_ways_that_can_answer_it() -> None:
    assert [*dict.fromkeys(name.split("-")[0] for name in WAYS)] == [
        str(number) for number in range(1, 13)
    ]
    for name, blocks in WAYS.items():
        wanted = ["v1"] if name in ONE_WAY else ["tree", "v1"]
        wanted += [] if name in NO_SQL else ["sql"]
        assert [block.option("via") or block.kind for block in blocks] == wanted, name


def _internet(ends: tuple[Endpoint, ...]) -> dict[str, Endpoint]:
    return {end.id: end for end in ends if end.scope == "internet"}


def _of_europe(ends: tuple[Endpoint, ...]) -> set[str]:
    return {
        f"{end.target}\t{end.protocol}\t{end.from_port}\t{end.to_port}"
        for end in ends
        if (end.region, end.direction) == ("Europe", "outbound") and end.from_port
    }


def _to_open(rig: Rig) -> set[str]:
    """Return what the page asks for in Europe, but for what it has for the local network."""
    ends = _internet(rig.of(4)).values()
    assert {end.id for end in rig.of(4) if end.scope == "lan" and end.target != "lan"}
    return _of_europe(tuple(ends))


def _came(rig: Rig) -> set[str]:
    came = _internet(rig.of(4)).keys() - _internet(rig.of(1)).keys()
    assert not [each for each in came if BACK in each]  # it went, and is back
    assert any(MOVED["3.124.175.10"] in each for each in came)
    return came


def _went(rig: Rig) -> set[str]:
    leaves = parse_utc(load_version(rig.tree, 4).captured_at) + timedelta(days=7)
    went = {end.id for end in rig.of(1)} - {end.id for end in rig.of(4)}
    assert went
    assert all("3.124.175.10" in each for each in went)
    return {f"{each}\t{format_utc(leaves)}" for each in went}


def _asks_for_22543(rig: Rig) -> set[str]:
    return {
        f"{entry.region}\t{entry.resource}\t{str(entry.required).lower()}"
        for entry in load_version(rig.tree, 4).entries
        if any(service.from_port == 22543 for service in entry.services)
    }


def _became_required(_: Rig) -> set[str]:
    lan = ("inbound tcp/22551", "inbound udp/22551", "inbound udp/6771")
    return {f"outbound tcp/80 {STRICTER} Europe", *(f"{each} lan Europe" for each in lan)}


ANSWERS = {
    "1": lambda _: {"new: version 4"},
    "2": _to_open,
    "3": _came,
    "4": _went,
    "5": lambda rig: {f"Europe\t4\t{load_version(rig.tree, 4).captured_at}"},
    "6": lambda rig: _of_europe(rig.of(2)),
    "7": _asks_for_22543,
    "8": _became_required,
    "9": lambda _: {"version 4 is whole"},
    "12": lambda _: {"Australia", "Europe", "North America", "North America 2"},
}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_gives_the_same_answer(rig: Rig, name: str) -> None:
    answers = [rig.answer(block) for block in WAYS[name]]
    assert answers[0]
    assert all(answer == answers[0] for answer in answers), answers
    if name in ANSWERS:
        assert set(answers[0]) == ANSWERS[name](rig)
        assert len(answers[0]) == len(ANSWERS[name](rig))


@pytest.mark.parametrize("seed", range(4))
def test_what_went_and_came_back_is_not_new(tmp_path: Path, seed: int) -> None:
    """Net lists from change sets and from SQL, over random histories."""
    need("jq")
    versions = versions_of(make_history(random.Random(seed)))
    changes = tmp_path / "snapshots/action1/changes"
    changes.mkdir(parents=True)
    for before, after in pairwise(versions):
        file = changes / f"{after.version:06d}.json"
        file.write_bytes(msgspec.json.encode(diff(before, after)))
    export_versions(versions, tmp_path / "action1.sqlite")
    rig = Rig(tmp_path, Tree(Folder(str(tmp_path / "snapshots")), "action1"), "")
    first, last = (_internet(endpoints_of(versions[at].entries)).keys() for at in (0, -1))
    wanted = sorted(last - first)
    assert [rig.answer(block) for block in WAYS["3"] if block.option("via") != "v1"] == [
        wanted,
        wanted,
    ]


def test_where_checks_have_stopped_each_way_says_so(tmp_path: Path) -> None:
    need("jq", "curl")
    then = datetime.now(UTC) - timedelta(days=3)
    stored(tmp_path / "snapshots", [entry()], now=then)
    with serving(tmp_path / "snapshots") as server:
        rig = Rig(tmp_path, Tree(Folder(""), "action1"), f"http://127.0.0.1:{server.port}")
        answers = [rig.answer(block) for block in WAYS["10"]]
    assert answers == [[f"stale since {format_utc(then + timedelta(days=1))}"]] * 2


def _edit_rules(tree: Path) -> None:
    (tree / "rules/europe/ips.txt").write_text("192.0.2.66\n")


def _rewrite_history(tree: Path) -> None:
    """Change the newest version and the manifest, without the key."""
    latest = (tree / "latest.json").read_bytes().replace(b"198.51.100.7", b"192.0.2.66")
    (tree / "latest.json").write_bytes(latest)
    manifest = json.loads((tree / "manifest.json").read_bytes())
    digest = hashlib.sha256(latest).hexdigest()
    manifest["files"]["latest.json"] = {"sha256": digest, "size": len(latest)}
    (tree / "manifest.json").write_text(json.dumps(manifest))


def _take_signature_away(tree: Path) -> None:
    manifest = json.loads((tree / "manifest.json").read_bytes())
    del manifest["signature"]
    (tree / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("harm", [_edit_rules, _rewrite_history, _take_signature_away])
def test_what_is_not_whole_or_not_signed_stops_the_script(
    rig: Rig, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    shutil.copytree(rig.folder / "snapshots", tmp_path / "snapshots")
    shutil.copy(rig.folder / "allowed_signers", tmp_path)
    script = WAYS["9"][0].text
    done = documented.run_script(script, tmp_path)
    assert (done.returncode, done.stdout) == (0, "version 4 is whole\n")
    harm(tmp_path / "snapshots/action1")
    done = documented.run_script(script, tmp_path)
    assert done.returncode != 0
    assert "is whole" not in done.stdout
