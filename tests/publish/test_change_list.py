"""`changes.csv`: all changes of endpoints, as the change sets say them, newest last."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.site.readings import START, add, entry, stored
from tests.support.site import SAMPLES
from tests.support.versions import snapshots_of
from tracker.config import Config
from tracker.publish import index, publish
from tracker.publish.index import CHANGES_CSV, COLUMNS
from tracker.publish.publish import rebuild
from tracker.text import unescape_csv

TREE = Path("snapshots/action1")
LISTS = {
    "removed": "endpoints_removed",
    "added": "endpoints_added",
    "changed": "endpoints_changed",
}


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def cell(value) -> str:
    return "" if value is None else str(value)


def expected(change_sets) -> list[dict[str, str]]:
    return [
        {
            "version": str(one["to"]),
            "detected_at": one["detected_at"],
            "change": change,
            **{name: cell(each[name]) for name in COLUMNS[3:]},
        }
        for one in change_sets
        for change, name in LISTS.items()
        for each in one[name]
    ]


def test_it_has_each_row_of_the_change_sets_newest_last(site, fwtracker):
    for sample in ("2024-04/stacks.html", "2024-11/stacks.html", "2026-02"):
        site.show_sample(sample)
        assert fwtracker("run", "--url", site.url).status == 0
    data = (TREE / CHANGES_CSV).read_bytes()
    found = [{k: unescape_csv(v) for k, v in row.items()} for row in rows_of(data)]
    changes = [json.loads(path.read_bytes()) for path in sorted(TREE.glob("changes/*.json"))]
    assert found == expected(changes)
    assert [row["version"] for row in found] == sorted(row["version"] for row in found)
    assert CHANGES_CSV in json.loads((TREE / "manifest.json").read_bytes())["files"]
    assert fwtracker("store", "verify").status == 0
    assert fwtracker("store", "rebuild").status == 0
    assert (TREE / CHANGES_CSV).read_bytes() == data


def test_a_first_version_has_the_names_of_the_columns_only(site, fwtracker):
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    fwtracker("run", "--url", site.url)
    assert (TREE / CHANGES_CSV).read_text() == ",".join(COLUMNS) + "\n"
    assert COLUMNS[:3] == ("version", "detected_at", "change")
    assert COLUMNS[-2:] == ("scope", "id")


@pytest.mark.parametrize("region", ['=1+1|"x"', "-2;=A1", "+a\tb", "@c\nd", "Ä, ö"])
def test_no_text_is_a_formula(tmp_path, region):
    tree = stored(tmp_path, [entry()], [entry(), entry(region)])
    data = tree.read(CHANGES_CSV)
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator):
            assert not any(each.startswith(("=", "+", "-", "@")) for each in row)
    (row,) = rows_of(data)
    assert unescape_csv(row["region"]) == " ".join(region.split())
    assert data.count(b"\n") == 2


def test_what_changed_on_an_endpoint_is_a_row(tmp_path):
    readings = [[entry(requirement=name)] for name in ("recommended", "required")]
    (row,) = rows_of(stored(tmp_path, *readings).read(CHANGES_CSV))
    assert (row["version"], row["change"], row["target"]) == ("2", "changed", "3.74.63.86")


def add_after(tree, port: int) -> None:
    """Publish another version: one endpoint of that port."""
    readings = [[entry(port=number)] for number in range(1, tree.versions()[-1] + 1)]
    *_, newest = snapshots_of([*readings, [entry(port=port)]], START, timedelta(hours=1))
    add(tree, newest)


@pytest.fixture
def tree(tmp_path):
    return stored(tmp_path, *([entry(port=port)] for port in (1, 2, 3, 4)))


def test_a_new_version_reads_no_older_change_set(tree, monkeypatch):
    read = []
    load = index.load_change_set

    def counting(tree, version, files=None):
        read.append(version)
        return load(tree, version, files=files)

    monkeypatch.setattr(publish, "load_change_set", counting)
    monkeypatch.setattr(publish.static, "render_files", lambda known: {})
    before = tree.read(CHANGES_CSV)
    add_after(tree, 5)
    after = tree.read(CHANGES_CSV)
    assert after.startswith(before)
    assert [row["version"] for row in rows_of(after)][-2:] == ["5", "5"]
    assert set(read) == {5}


@pytest.mark.parametrize("harm", ["edit", "remove", "manifest"])
def test_one_that_is_not_whole_is_made_again_from_all_versions(tree, harm):
    whole = tree.read(CHANGES_CSV)
    if harm == "edit":
        tree.publish({CHANGES_CSV: whole.replace(b"added", b"ADDED", 1)})
    elif harm == "remove":
        tree.withdraw([CHANGES_CSV])
    else:
        tree.withdraw(["manifest.json"])
    publish.publish(tree, Config(), START + timedelta(hours=9))
    assert tree.read(CHANGES_CSV) == whole


def test_after_a_rewind_it_tells_of_the_versions_that_are_there(tree):
    tree.withdraw(["versions/000003.json", "versions/000004.json"])
    tree.withdraw(["changes/000003.json", "changes/000004.json"])
    add_after(tree, 9)
    rows = rows_of(tree.read(CHANGES_CSV))
    assert [(row["version"], row["from_port"]) for row in rows] == [
        *(("2", "1"), ("2", "2")),
        *(("3", "2"), ("3", "9")),
    ]
    found = tree.read(CHANGES_CSV)
    rebuild(tree, Config(), START)
    assert tree.read(CHANGES_CSV) == found
