"""The serial of rpz.zone: the moment from which its content holds, and it never falls."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.site.readings import START, add, entry
from tests.support.site import SAMPLES
from tests.support.versions import snapshots_of
from tests.support.watched import Watched, configured
from tracker.config import parse
from tracker.publish.publish import publish, rebuild
from tracker.store import open_store
from tracker.store.records import ZoneSerial
from tracker.store.tree import Tree

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PATH = "rules/europe/rpz.zone"
A, B, C = (entry("Europe", f"{letter}.example.com") for letter in "abc")
RPZ = {"formats": ["rpz"], "grace_days": 2}
CONFIG = parse({"fwtracker": RPZ})


def second(after: timedelta) -> int:
    """A moment after the start, in seconds since 1970."""
    return int((START + after).timestamp())


def serial(tree: Tree, path: str = PATH) -> int:
    data = tree.read(path)
    assert data is not None
    [found] = re.findall(rb"^@ SOA .* ([0-9]+) 3600 600 86400 300$", data, re.MULTILINE)
    known = tree.manifest().serials[path]
    assert known.serial == int(found)
    return known.serial


def store(place: Path, *readings, config=CONFIG) -> Tree:
    """Versions a day apart, each published when it came."""
    tree = Tree(open_store(str(place)), "action1")
    for number, snapshot in enumerate(snapshots_of(readings, START, DAY)):
        add(tree, snapshot, config, START + number * DAY)
    return tree


def test_it_is_the_second_in_which_the_version_came(tmp_path) -> None:
    assert serial(store(tmp_path, [A])) == second(0 * DAY)
    assert serial(store(tmp_path / "b", [A], [A, B])) == second(DAY)


def test_it_stays_while_the_content_does(tmp_path) -> None:
    more = entry("Europe", "192.0.2.1")
    tree = store(tmp_path, [A], [A, more])
    assert serial(tree) == second(0 * DAY)
    assert b"version 2" in tree.read(PATH)


def test_the_end_of_a_grace_period_is_such_a_moment(tmp_path) -> None:
    tree = store(tmp_path, [A, B], [A, C])
    assert serial(tree) == second(DAY)
    publish(tree, CONFIG, START + 3 * DAY + HOUR)
    assert b"b.example.com" not in tree.read(PATH)
    assert serial(tree) == second(3 * DAY)
    publish(tree, CONFIG, START + 9 * DAY)
    assert serial(tree) == second(3 * DAY)


def test_content_of_a_version_before_has_a_serial_of_its_own(tmp_path) -> None:
    tree = store(tmp_path, [A], [B], [A], config=parse({"fwtracker": RPZ | {"grace_days": 0}}))
    assert serial(tree) == second(2 * DAY)


def test_a_change_of_the_configuration_raises_it_by_one(tmp_path) -> None:
    tree = store(tmp_path, [A, B], [A, C])
    without = parse({"fwtracker": RPZ | {"grace_days": 0}})
    for number, config in enumerate((without, CONFIG, without), 1):
        publish(tree, config, START + DAY + HOUR)
        assert serial(tree) == second(DAY) + number


def test_a_new_rule_set_starts_above_all_others(tmp_path) -> None:
    tree = store(tmp_path, [A, B], [A, C])
    publish(tree, parse({"fwtracker": RPZ | {"grace_days": 0}}), START + DAY + HOUR)
    tables = {"rules": [{"name": "branch", "format": "rpz"}]}
    publish(tree, parse({"fwtracker": RPZ | {"grace_days": 0}} | tables), START + DAY + HOUR)
    assert serial(tree, "rules/branch/rpz.zone") == second(DAY) + 2


def test_one_that_was_withdrawn_goes_on_where_it_was(tmp_path) -> None:
    tree = store(tmp_path, [A])
    publish(tree, parse({"fwtracker": {"formats": []}}), START + HOUR)
    assert tree.read(PATH) is None
    publish(tree, CONFIG, START + 2 * HOUR)
    assert serial(tree) == second(0 * DAY)


@pytest.mark.parametrize("is_upgrade", [True, False])
def test_a_rebuild_keeps_it(tmp_path, is_upgrade: bool) -> None:
    tree = store(tmp_path, [A, B], [A, C])
    publish(tree, parse({"fwtracker": RPZ | {"grace_days": 0}}), START + DAY + HOUR)
    before = tree.read(PATH)
    tree.withdraw([PATH])
    without = parse({"fwtracker": RPZ | {"grace_days": 0}})
    rebuild(tree, without, START + 2 * DAY, is_upgrade=is_upgrade)
    assert tree.read(PATH) == before


def test_where_the_manifest_is_lost_the_file_says_it(tmp_path) -> None:
    without = parse({"fwtracker": RPZ | {"grace_days": 0}})
    tree = store(tmp_path, [A, B], [A, C])
    publish(tree, without, START + DAY + HOUR)
    tree.withdraw(["manifest.json"])
    publish(tree, without, START + 2 * DAY)
    assert serial(tree) == second(DAY) + 1
    tree.withdraw(["manifest.json"])
    publish(tree, CONFIG, START + DAY + 2 * HOUR)
    assert serial(tree) == second(DAY) + 2


def test_a_clone_without_derived_files_begins_with_the_moment(tmp_path) -> None:
    tree = store(tmp_path, [A, B], [A, C])
    tree.withdraw([name for name in tree.walk() if not name.startswith(("versions", "pages"))])
    publish(tree, CONFIG, START + DAY + HOUR)
    assert serial(tree) == second(DAY)


def test_what_a_killed_run_wrote_counts_as_published(tmp_path) -> None:
    tree = store(tmp_path, [A])
    old = tree.read("manifest.json")
    publish(tree, parse({"fwtracker": RPZ, "rules": []}), START + HOUR)
    add(tree, snapshots_of([[A], [B]], START, DAY)[1], CONFIG, START + DAY)
    wrote = serial(tree)
    tree.publish({"manifest.json": old})
    publish(tree, CONFIG, START + DAY)
    assert serial(tree) == wrote == second(DAY)
    tree.publish({"manifest.json": old})
    publish(tree, parse({"fwtracker": RPZ | {"grace_days": 0}}), START + DAY)
    assert serial(tree) == wrote + 1


@pytest.mark.parametrize("number", [b"4294967295", b"4294967294", b"9999999999", b"x"])
def test_a_number_that_no_run_gave_does_not_count(tmp_path, number: bytes) -> None:
    tree = store(tmp_path, [A])
    was = tree.read(PATH)
    edited = was.replace(b"%d" % second(0 * DAY), number)
    assert edited != was
    tree.publish({PATH: edited})
    publish(tree, CONFIG, START + HOUR)
    assert tree.read(PATH) == was


def test_the_zone_of_an_older_program_keeps_its_number_until_it_changes(tmp_path) -> None:
    """Its serial was the version, and its manifest has no serials."""
    tree = store(tmp_path, [A])
    old = tree.read(PATH).replace(b"%d" % second(0 * DAY), b"1")
    manifest = msgspec.json.decode(tree.read("manifest.json"))
    del manifest["serials"]
    tree.publish({PATH: old, "manifest.json": msgspec.json.encode(manifest)})
    publish(tree, CONFIG, START + HOUR)
    assert serial(tree) == 1
    add(tree, snapshots_of([[A], [A, B]], START, DAY)[1], CONFIG, START + DAY)
    assert serial(tree) == second(DAY)
    assert 0 < second(DAY) - 1 < 2**31  # RFC 1982: still an increase


def test_a_store_that_was_put_back_numbers_above_what_came_after(site, tmp_path) -> None:
    page = (SAMPLES / "2024-04/stacks.html").read_bytes()
    config = configured(fwtracker={"formats": ["rpz"]})
    watched = Watched(site, config, str(tmp_path / "snapshots"))
    site.show(page)
    watched.check()
    shutil.copytree(Path(watched.place) / "action1", tmp_path / "copy")
    site.show(page.replace(b"server.eu.action1.com", b"other.eu.action1.com"))
    assert watched.check().outcome == "published"
    later = serial(watched.tree)
    shutil.rmtree(Path(watched.place) / "action1")
    shutil.copytree(tmp_path / "copy", Path(watched.place) / "action1")
    assert serial(watched.tree) < later
    site.show(page)
    outcome = watched.check()
    assert "store-went-back" in {each.name for each in outcome.findings}
    assert watched.tree.latest().version == 1
    assert serial(watched.tree) > later
    put_back = serial(watched.tree)
    assert watched.check().outcome == "unchanged"
    assert serial(watched.tree) == put_back


def test_the_manifest_has_the_serial_and_a_hash_of_the_rest(tmp_path) -> None:
    tree = store(tmp_path, [A])
    found = tree.manifest().serials
    assert sorted(found) == ["rules/all/rpz.zone", PATH]
    assert isinstance(found[PATH], ZoneSerial)
    assert re.fullmatch("[0-9a-f]{64}", found[PATH].content)
