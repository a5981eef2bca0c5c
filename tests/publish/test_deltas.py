"""Deltas: one folder a step, each starting where the last one ended; written once, provable."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.samples import entry
from tests.support.examples import examples
from tests.support.versions import snapshots_of
from tracker.config import Config, parse
from tracker.formats import load
from tracker.history.integrity import verify_tree
from tracker.publish.deltas import RuleHistory, render_step
from tracker.publish.publish import publish, rebuild
from tracker.publish.rule_state import render_rule_files
from tracker.store import open_store
from tracker.store.tree import Tree

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def plain(*targets: str, **changes) -> dict:
    return msgspec.to_builtins(entry(*targets, **changes))


def store(folder, readings, step=DAY, config: Config | None = None) -> Tree:
    """A store that published each reading a day after the previous one."""
    tree = Tree(open_store(str(folder)), "action1")
    for snapshot in snapshots_of(readings, START, step):
        bare = msgspec.structs.replace(snapshot, pages=())
        tree.commit(bare, {})
        publish(tree, config or parse({}), START + (snapshot.version - 1) * step)
    return tree


def text(tree: Tree, name: str) -> str | None:
    data = tree.read(name)
    return None if data is None else data.decode()


def folders(tree: Tree) -> list[str]:
    return sorted({name.split("/")[1] for name in tree.walk() if name.startswith("deltas/")})


ONE, TWO = "192.0.2.1", "192.0.2.2"


def test_a_new_version_has_lists_of_what_comes_and_the_way_back(tmp_path) -> None:
    tree = store(tmp_path, [[plain(ONE)], [plain(ONE, TWO, "a.example")]])
    assert folders(tree) == ["000002"]
    assert text(tree, "deltas/000002/europe/ips-apply.txt") == f"+ {TWO}\n"
    assert text(tree, "deltas/000002/europe/ips-rollback.txt") == f"- {TWO}\n"
    assert text(tree, "deltas/000002/europe/domains-apply.txt") == "+ a.example\n"
    listed = json.loads(text(tree, "deltas/000002/manifest.json") or "")
    assert (listed["from"], listed["to"], listed["at"]) == (1, 2, "2026-03-02T12:00:00Z")
    published = json.loads(text(tree, "manifest.json") or "")["files"]
    assert "deltas/000002/manifest.json" in published
    assert {name: published[name] for name in listed["files"]} == listed["files"]


def test_what_leaves_the_page_goes_in_a_step_of_its_own(tmp_path) -> None:
    tree = store(tmp_path, [[plain(ONE, TWO)], [plain(ONE)]])
    assert text(tree, "deltas/000002/europe/ips-apply.txt") is None
    over = START + DAY + timedelta(days=7)
    publish(tree, parse({}), over - timedelta(seconds=1))
    assert folders(tree) == ["000002"]
    publish(tree, parse({}), over)
    assert folders(tree) == ["000002", "000002-20260309T120000Z"]
    assert text(tree, "deltas/000002-20260309T120000Z/europe/ips-apply.txt") == f"- {TWO}\n"
    assert text(tree, "deltas/000002-20260309T120000Z/europe/ips-rollback.txt") == f"+ {TWO}\n"
    listed = json.loads(text(tree, "deltas/000002-20260309T120000Z/manifest.json") or "")
    assert (listed["from"], listed["to"], listed["at"]) == (2, 2, "2026-03-09T12:00:00Z")


def test_deltas_say_that_there_is_nothing_to_paste_while_what_left_the_page_stays(
    tmp_path,
) -> None:
    south = plain("198.51.100.1", region="South")
    tree = store(tmp_path, [[plain(ONE, TWO), south], [plain(ONE), south]])
    listed = json.loads(text(tree, "deltas/000002/manifest.json") or "")
    end = "2026-03-09T12:00:00Z"
    said = (
        f"nothing to paste: what left the page stays in rule files until {end}, "
        "and goes with deltas/000002-20260309T120000Z"
    )
    assert (listed["files"], listed["notes"]["europe"]) == ({}, said)
    assert "south" not in listed["notes"]
    publish(tree, parse({}), START + DAY + timedelta(days=7))
    listed = json.loads(text(tree, "deltas/000002-20260309T120000Z/manifest.json") or "")
    assert "notes" not in listed
    assert "deltas/000002-20260309T120000Z/europe/nftables-apply.nft" in listed["files"]


def test_a_delta_says_what_it_leaves_for_the_end_of_the_grace(tmp_path) -> None:
    tree = store(tmp_path, [[plain(ONE, TWO)], [plain(ONE, "192.0.2.3")]])
    made = text(tree, "deltas/000002/europe/nftables-apply.nft") or ""
    assert "# stays:       what left the page, until 2026-03-09T12:00:00Z\n" in made
    assert "notes" not in json.loads(text(tree, "deltas/000002/manifest.json") or "")
    assert "stays:" not in (text(tree, "deltas/000002/europe/nftables-rollback.nft") or "")


def test_a_grace_that_ends_unseen_has_its_step_when_the_next_version_comes(tmp_path) -> None:
    readings = [[plain(ONE, TWO)], [plain(ONE)], [plain(ONE, "192.0.2.3")]]
    tree = store(tmp_path, readings, step=10 * DAY)
    assert folders(tree) == ["000002", "000002-20260318T120000Z", "000003"]
    assert text(tree, "deltas/000002-20260318T120000Z/europe/ips-apply.txt") == f"- {TWO}\n"
    assert text(tree, "deltas/000003/europe/ips-apply.txt") == "+ 192.0.2.3\n"


def test_a_region_that_comes_is_all_new_and_one_that_goes_is_taken_away(tmp_path) -> None:
    south = plain("198.51.100.1", region="South")
    tree = store(
        tmp_path,
        [[plain(ONE)], [plain(ONE), south], [plain(ONE)]],
        config=parse({"fwtracker": {"grace_days": 0}}),
    )
    assert text(tree, "deltas/000002/south/ips-apply.txt") == "+ 198.51.100.1\n"
    assert text(tree, "deltas/000003/south/ips-apply.txt") == "- 198.51.100.1\n"
    assert text(tree, "deltas/000003/europe/ips-apply.txt") is None


def test_other_words_of_the_same_endpoints_are_no_delta(tmp_path) -> None:
    tree = store(tmp_path, [[plain(ONE)], [plain(ONE, purpose="Other.", resource="New")]])
    assert json.loads(text(tree, "deltas/000002/manifest.json") or "")["files"] == {}


def test_an_extra_rule_set_has_deltas_and_its_table_may_name_what_is_new(tmp_path) -> None:
    config = parse({"rules": [{"name": "x", "format": "ips", "regions": ["South"]}]})
    tree = store(tmp_path, [[plain(ONE)]])
    south = plain("198.51.100.1", region="South")
    after = snapshots_of([[plain(ONE)], [south]], START, DAY)[1]
    tree.commit(msgspec.structs.replace(after, pages=()), {})
    publish(tree, config, START + DAY)
    assert text(tree, "deltas/000002/x/ips-apply.txt") == "+ 198.51.100.1\n"
    publish(tree, parse({}), START + DAY)
    assert text(tree, "deltas/000002/x/ips-apply.txt") is None
    assert list(verify_tree(tree)) == []


def test_a_store_from_before_there_were_deltas_gets_no_old_ones(tmp_path) -> None:
    tree = store(tmp_path, [[plain(ONE)], [plain(TWO)], [plain(ONE, TWO)]])
    tree.withdraw([name for name in tree.walk() if name.startswith("deltas/")])
    publish(tree, parse({}), START + 2 * DAY)
    assert folders(tree) == ["000003"]


def test_rebuild_makes_all_of_them_again_byte_for_byte(tmp_path) -> None:
    readings = [[plain(ONE, TWO)], [plain(ONE)], [plain(ONE, "192.0.2.3", "b.example")]]
    tree = store(tmp_path, readings, step=10 * DAY)
    before = {name: tree.read(name) for name in tree.walk()}
    tree.withdraw([name for name in tree.walk() if name.startswith("deltas/")])
    tree.publish({"deltas/000002/europe/stray-apply.txt": b"+ x\n"})
    rebuild(tree, parse({}), START + 99 * DAY)
    assert {name: tree.read(name) for name in tree.walk()} == before


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("deltas/000002/europe/ips-apply.txt", b"+ 6.6.6.6\n", "does not have the hash"),
        ("deltas/000002/europe/ips-apply.txt", None, "missing"),
        ("deltas/000002/manifest.json", b"{}", "damaged"),
        ("deltas/000002/europe/more.txt", b"+ 6.6.6.6\n", "in no list of deltas"),
        ("deltas/000002/manifest.json", None, "in no list of deltas"),
    ],
)
def test_verify_sees_damage_to_old_deltas_too(tmp_path, name, data, what) -> None:
    readings = [[plain(ONE)], [plain(ONE, TWO)], [plain(ONE, TWO, "192.0.2.3")]]
    tree = store(tmp_path, readings)
    assert list(verify_tree(tree)) == []
    tree.withdraw([name])
    if data is not None:
        tree.publish({name: data})
    found = list(verify_tree(tree))
    assert found
    assert all(fault.derived for fault in found)
    assert any(what in fault.what for fault in found), found


targets = st.lists(st.sampled_from([ONE, TWO, "192.0.2.0/30", "a.example"]), unique=True)
pages = st.lists(st.lists(targets, min_size=1, max_size=2), min_size=2, max_size=5)


@examples(100)
@given(pages, st.integers(0, 3), st.integers(0, 5))
def test_all_steps_in_turn_lead_to_the_rule_files_and_back(pages, grace, more) -> None:
    readings = [
        [plain("198.51.100.9")]
        + [plain(*each, region=region) for each, region in zip(page, ("A", "B"), strict=False)]
        for page in pages
    ]
    versions = {each.version: each for each in snapshots_of(readings, START, DAY)}
    # The other formats have their deltas proved in the contract.
    config = parse({"fwtracker": {"grace_days": grace, "formats": ["domains", "ips"]}})
    history = RuleHistory(sorted(versions), versions.__getitem__, config)
    now = START + (len(pages) - 1 + more) * DAY
    held = rules_at(history, 1, START)
    steps = [step for number in versions for step in history.steps(number, f"{now:%FT%TZ}")]
    assert [step.folder for step in steps] == sorted(step.folder for step in steps)
    for step in steps:
        texts = render_step(step)
        before, held = held, applied(held, step.folder, texts, "apply")
        assert applied(held, step.folder, texts, "rollback") == before
    assert held == rules_at(history, max(versions), now)


def test_one_state_holds_from_a_version_or_an_end_of_grace_until_the_next() -> None:
    readings = [[plain(ONE, TWO)], [plain(ONE)]]
    versions = {each.version: each for each in snapshots_of(readings, START, DAY)}
    config = parse({"fwtracker": {"grace_days": 2}})
    history = RuleHistory([1, 2], versions.__getitem__, config)
    came, second = START + DAY, timedelta(seconds=1)
    first, *others = (
        history.state(2, f"{when:%FT%TZ}")
        for when in (came, came + second, came + 2 * DAY - second)
    )
    assert all(each is first for each in others)
    assert first.pending.entries
    over = history.state(2, f"{came + 2 * DAY:%FT%TZ}")
    assert not over.pending.entries
    assert history.state(2, f"{came + 9 * DAY:%FT%TZ}") is over


def rules_at(history: RuleHistory, number: int, now) -> dict[str, set[str]]:
    """The lines of each list that a firewall holds, by its path below rules/."""
    state = history.state(number, f"{now:%FT%TZ}")
    made = render_rule_files(state)
    lists = {file.path[6:]: set((file.rendered.text or "").splitlines()) for file in made}
    ours = (load("ips").file, load("domains").file)
    return {path: lines for path, lines in lists.items() if lines and path.endswith(ours)}


def applied(held, folder: str, texts, way: str) -> dict[str, set[str]]:
    """What a firewall holds that did what the lists of a folder say."""
    after = {path: set(lines) for path, lines in held.items()}
    for name, data in texts.items():
        if not name.endswith((f"/ips-{way}.txt", f"/domains-{way}.txt")):
            continue
        path = name.removeprefix(f"{folder}/").replace(f"-{way}", "")
        for line in data.decode().splitlines():
            lines = after.setdefault(path, set())
            assert (line[2:] in lines) is (line[0] == "-")
            (lines.add if line[0] == "+" else lines.remove)(line[2:])
    return {path: lines for path, lines in after.items() if lines}
