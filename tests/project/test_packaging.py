"""The wheel: what a user gets by `pip install`, away from this folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = "tracker/sources/shipped"
HERE = ("--no-build-isolation", "--disable-pip-version-check")  # hatchling is installed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *HERE, "-w", out, ROOT],
        check=True,
        timeout=300,
        capture_output=True,
    )
    (made,) = out.glob("fwtracker-*.whl")
    return made


def test_the_wheel_brings_samples_and_schemas(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "tracker").rglob("*"):
        if path.suffix in {".py", ".html", ".xml", ".css", ".js", ".txt", ".json", ".toml"}:
            assert str(path.relative_to(ROOT)) in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_installed_command_runs_without_this_folder(wheel, tmp_path):
    venv.create(tmp_path / "v", system_site_packages=False, with_pip=False)
    python = tmp_path / "v/bin/python"
    subprocess.run(
        [sys.executable, "-m", "pip", f"--python={python}", "install", "-q", wheel],
        check=True,
        timeout=300,
        capture_output=True,
    )
    for command in (
        [tmp_path / "v/bin/fwtracker", "demo"],
        [python, "-m", "tracker", "--version"],
    ):
        done = subprocess.run(
            command, cwd=tmp_path, check=False, timeout=60, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "demo/action1/versions/000003.json").is_file()


def test_it_brings_all_definitions_that_ship(wheel):
    """What `use` may name, and `source list` shows."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(SHIPPED)}
    assert names == {f"{SHIPPED}/{file.name}" for file in (ROOT / SHIPPED).iterdir()}
    assert f"{SHIPPED}/action1.toml" in names
