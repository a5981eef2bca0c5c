"""A source, a format, a channel type and a store are one new file and one new test each.

One of each is put into a copy of the project: the format that its guide writes, the others of
`added/`. Nothing else is changed there, and all suites of their kind hold for them. The lines
of the guide are run in the copy, as they stand there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import documented

ROOT = Path(__file__).parents[2]
GUIDE = list(documented.blocks(ROOT / "docs/guides/format.md"))
FORMAT = "tracker/formats/host_ports.py"
ADDED = Path(__file__).parent / "added"
SUITES = {
    "sources": ("tests/contract/test_sources.py", 6),
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
    parts = [block.text for block in GUIDE if block.option("file") == FORMAT]
    (place / FORMAT).write_text("".join(parts))
    (place / ".venv").symlink_to(sys.prefix)
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
    # A source has a sample as well; a format's file is in its guide, and tests are its suite's.
    assert len(files) == 3 + 1 + 3
    assert [file for file in (*files, FORMAT) if (ROOT / file).exists()] == []


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
    assert " baseline " in python(copy, "tracker", "history", "--snapshots", store)


def test_the_guide_of_a_format_works_when_it_is_followed(copy: Path, tmp_path: Path) -> None:
    """What it writes passes its suite and ruff; each line ends well and prints what it says."""
    printed: dict[str, str] = {}
    for block in GUIDE:
        if block.note == "output":
            assert set(block.text.splitlines()) <= set("".join(printed.values()).splitlines())
        for line in block.commands:
            done = documented.run_script(
                line.replace("/tmp/shown", str(tmp_path / "shown")),
                copy,
                PYTEST_ADDOPTS="-v -p no:xdist -p no:cacheprovider",
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            printed[line] = done.stdout
    assert len(printed) == len(set(printed.values())) == 7
    suite = next(text for line, text in printed.items() if "test_formats.py" in line)
    assert int(suite.rpartition(" passed")[0].split()[-1]) >= 30
