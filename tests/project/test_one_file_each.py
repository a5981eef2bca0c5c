"""A source, a format, a channel type and a store are one new file and one new test each.

One of each, in `added/`, is put into a copy of the project. Nothing else is changed there, and
all suites of their kind hold for them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDED = Path(__file__).parent / "added"
SUITES = {
    "sources": ("tests/contract/test_sources.py", 6),
    "formats": ("tests/contract/test_formats.py", 12),
    "notifiers": ("tests/contract/test_notifiers.py", 20),
    "stores": ("tests/store/test_example.py", 10),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "golden", "added")
    for name in ("tracker", "notifiers", "tests", "config", "docs"):
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "SECURITY.md"):
        shutil.copy(ROOT / name, place)
    (place / "snapshots").mkdir()
    shutil.copy(ROOT / "snapshots/README.md", place / "snapshots")
    shutil.copytree(ADDED, place, dirs_exist_ok=True)
    return place


def python(copy: Path, *arguments: str) -> str:
    """What Python says when run in the copy, which must end well."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(
        command, cwd=copy, capture_output=True, check=False, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_that_is_there_is_replaced() -> None:
    files = [file.relative_to(ADDED) for file in ADDED.rglob("*.*") if file.is_file()]
    files = [file for file in files if file.suffix != ".pyc"]
    # A source has a sample as well; a format's test is its golden file, written for it.
    assert len(files) == 4 + 1 + 3
    assert [file for file in files if (ROOT / file).exists()] == []


def test_what_is_added_keeps_the_promises_of_its_kind(copy: Path) -> None:
    plain = ("-p", "no:xdist", "-p", "no:cacheprovider")
    suites = [suite for suite, _ in SUITES.values()]
    said = python(copy, "pytest", *suites, "-k", "example", "-vv", *plain)
    for suite, least in SUITES.values():
        passed = re.findall(rf"^{suite}::.* PASSED", said, re.MULTILINE)
        assert len(passed) >= least, said


def test_what_is_added_is_there_for_users(copy: Path) -> None:
    python(copy, "tracker", "demo", "--out", "shown")
    store = "example://" + str(copy / "shown")
    shown = ("--format", "example", "--region", "Europe", "--snapshots", store)
    assert ".action1.com:443\n" in python(
        copy, "tracker", "rules", "--source", "action1", *shown
    )
