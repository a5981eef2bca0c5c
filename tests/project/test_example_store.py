"""The store that the repository ships: a sample, which says so, and which nothing reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.example_store import FOLDER, URL, write_example


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The same store, written now."""
    folder = tmp_path_factory.mktemp("example")
    write_example(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_it_is_what_the_program_writes(made):
    shipped, written = files(FOLDER), files(made)
    assert sorted(shipped) == sorted(written), "run: python -m tests.support.example_store"
    different = [name for name in shipped if shipped[name] != written[name]]
    assert different == [], "run: python -m tests.support.example_store"


def test_every_file_that_can_say_so_says_that_it_is_a_sample():
    names = ("**/*.nft", "**/fortios.conf", "**/index.html", "**/feed.*", "**/versions/*")
    found = [path for name in names for path in FOLDER.glob(name)]
    assert len(found) > 10
    assert [path for path in found if "sample" not in path.read_text()] == []
    latest = json.loads((FOLDER / "action1/latest.json").read_bytes())
    assert {page["url"] for page in latest["pages"]} == {URL}
    assert "not what a vendor says" in (FOLDER / "README.md").read_text().splitlines()[0]


def test_no_default_reads_it(fwtracker, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "snapshots" / "example")
    ran = fwtracker("show")
    assert (ran.status, "no version of action1 is stored here yet" in ran.err) == (2, True)
    assert fwtracker("show", "--snapshots", "snapshots/example").status == 0
    assert fwtracker("store", "verify", "--snapshots", "snapshots/example").status == 0


def test_nothing_else_is_shipped_in_snapshots():
    assert sorted(path.name for path in FOLDER.parent.iterdir() if path.name[0] != ".") == [
        "README.md",
        "example",
    ]
