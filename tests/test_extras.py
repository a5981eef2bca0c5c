"""The command that installs an extra, for each way in which the program can be installed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tracker import plugins

ROOT = Path(__file__).parents[1]
TEXTS = {".md", ".toml", ".yaml", ".yml", ".service", ".py"}
METADATA = "Metadata-Version: 2.1\nName: fwtracker\nVersion: 9\n"


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What is said where `direct_url.json` of the installed program has this content."""

    def say(origin: object | None, prefix: str = "/opt/fwtracker") -> str:
        folder = tmp_path / "site" / "fwtracker-9.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(METADATA)
        if origin is not None:
            (folder / "direct_url.json").write_text(json.dumps(origin))
        monkeypatch.setattr(sys, "path", [str(folder.parent), *sys.path])
        monkeypatch.setattr(sys, "prefix", prefix)
        return plugins.build_command("serve")

    return say


def test_a_folder_is_named_with_the_pip_of_this_environment(said, tmp_path):
    source = tmp_path / "the source"
    source.mkdir()
    command = said({"url": source.as_uri(), "dir_info": {"editable": True}})
    assert shlex.split(command) == [
        sys.executable,
        *"-m pip install".split(),
        f"{source}[serve]",
    ]


@pytest.mark.parametrize(
    ("prefix", "start"),
    [
        ("/root/.local/share/pipx/venvs/fwtracker", "pipx install --force "),
        ("/root/.local/share/uv/tools/fwtracker", "uv tool install --force "),
    ],
)
def test_a_tool_that_keeps_programs_apart_is_named(said, tmp_path, prefix, start):
    command = said({"url": tmp_path.as_uri(), "dir_info": {}}, prefix)
    assert command == f"{start}'{tmp_path}[serve]'"


def test_a_revision_of_a_repository_is_named(said):
    vcs = {"vcs": "git", "commit_id": "0123abc", "requested_revision": "main"}
    command = said({"url": "https://git.example.com/fw.git", "vcs_info": vcs})
    assert command.endswith("'fwtracker[serve] @ git+https://git.example.com/fw.git@0123abc'")


def test_a_wheel_is_named(said):
    command = said({"url": "file:///srv/fwtracker-9-py3-none-any.whl", "archive_info": {}})
    assert command.endswith("'fwtracker[serve] @ file:///srv/fwtracker-9-py3-none-any.whl'")


def test_an_unknown_origin_names_no_package_of_an_index(said):
    assert said(None) == "pip install '.[serve]' in the folder of fwtracker's source"


def test_no_document_names_a_package_of_an_index():
    """The name is on none, so a package of anyone who registers it would be installed."""
    named = re.compile(r"""(install|extra) ['"`]*fwtracker\[""")
    texts = [ROOT / "README.md"]
    for folder in ("docs", "config", "tracker", "notifiers"):
        texts += (path for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS)
    assert [path.name for path in texts if named.search(path.read_text("utf-8"))] == []
