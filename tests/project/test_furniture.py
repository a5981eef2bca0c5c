"""Lock, workflows and the nightly run: what they name is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import nightly

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-dev.txt").read_text("utf-8")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def requirements() -> list[Requirement]:
    """What the program and its tests ask for, extras of our own included."""
    extras, names, found = PROJECT["optional-dependencies"], ["dev"], PROJECT["dependencies"]
    while names:
        for text in extras[names.pop()]:
            asked = Requirement(text)
            if asked.name == "fwtracker":
                names += asked.extras
            else:
                found = [*found, text]
    return [Requirement(text) for text in found]


@pytest.mark.parametrize("asked", requirements(), ids=str)
def test_the_lock_has_a_version_that_the_project_accepts(asked):
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE))
    versions = {canonicalize_name(name): version for name, version in locked.items()}
    assert asked.specifier.contains(versions[canonicalize_name(asked.name)]), "run: make lock"


def test_the_lock_pins_every_file_by_its_hash():
    pinned = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(pinned) > 50
    assert [part.split()[0] for part in pinned if "--hash=sha256:" not in part] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_valid_and_calls_targets_that_are_there(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    subprocess.run([*command, "vendor.github-workflows", str(path)], check=True, timeout=60)
    text = path.read_text("utf-8")
    assert set(re.findall(r"run: make ([\w-]+)", text)) <= targets()


def test_dependabot_looks_after_all_that_is_pinned():
    path = ROOT / ".github/dependabot.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    subprocess.run([*command, "vendor.dependabot", str(path)], check=True, timeout=60)
    watched = {
        (each["package-ecosystem"], each["directory"])
        for each in yaml.safe_load(path.read_text("utf-8"))["updates"]
    }
    assert watched == {("pip", "/"), ("github-actions", "/"), ("docker", "/config/container")}


def test_the_workflows_run_on_every_python_that_is_supported():
    (job,) = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"].values()
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert job["strategy"]["matrix"]["python"] == [lowest, "3.12", "3.13"]


def targets() -> set[str]:
    return set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_nightly_run_makes_targets_that_are_there():
    assert set(nightly.TARGETS) <= targets()


def test_the_nightly_table_says_what_failed(tmp_path, monkeypatch, capsys):
    (tmp_path / "Makefile").write_text("good:\n\t@echo 12 pages\nbad:\n\t@echo a|b; exit 3\n")
    monkeypatch.chdir(tmp_path)
    assert nightly.main(["good", "bad"]) == 1
    table = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\| good \| passed \| 0\.\d \| 12 pages \|", table[2])
    assert table[3].startswith("| bad | failed (2) |")
    assert nightly.main(["good"]) == 0
