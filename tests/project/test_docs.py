"""The examples of README and guides are run; each command and its options are documented."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from itertools import groupby
from pathlib import Path
from shutil import which
from typing import get_args

import msgspec
import pytest
import yaml

from tests.support import checkers, documented
from tests.support.reference import PAGE, reference
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tracker import cli, config
from tracker.demo.story import play
from tracker.sources.definition import (
    CellReading,
    ColumnRole,
    Defaults,
    Definition,
    Expect,
    ListRule,
    TableRule,
    ValueRules,
)
from tracker.sources.selectors import check_selectors

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# What is said of the commands beside the reference, which is made from their help.
EXPLAINED = "".join(path.read_text() for path in documented.documents() if path != PAGE)


def test_the_title_and_two_sentences_come_first_then_the_two_commands():
    title, what, commands = README.split("\n\n")[:3]
    assert title == "# fwtracker"
    assert len(re.findall(r"\.(?=\s|$)", what)) == 2
    assert [line.split()[:2] for line in commands.splitlines()] == [
        ["make", "demo"],
        ["make", "test"],
    ]


def test_the_readme_is_read_in_a_few_minutes():
    assert len(README.splitlines()) <= 150


def test_the_readme_shows_no_picture_twice():
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert len(pictures) == len(set(pictures)) > 0


def test_every_block_is_of_a_kind_that_is_proved():
    assert [str(block) for block in documented.ALL if block.kind not in documented.KINDS] == []


RUN = [
    block
    for block in documented.ALL
    if block.kind == "console" or block.note == "output" or block.option("file")
]
SESSIONS = {name: list(blocks) for name, blocks in groupby(RUN, lambda block: block.document)}
CONSOLES = {
    name: [command for block in blocks for command in block.commands]
    for name, blocks in SESSIONS.items()
}


@pytest.mark.parametrize("document", SESSIONS)
def test_every_line_of_a_console_runs(document, site, fwtracker, tmp_path, monkeypatch):
    """In order, in one folder: pages to read, a configuration, a channel that answers."""
    site.show_sample("2024-04/stacks.html")
    (tmp_path / "page.html").write_bytes((SAMPLES / "2024-04/bare.html").read_bytes())
    shutil.copytree(ROOT / "docs/guides/pages", tmp_path / "pages")
    (tmp_path / "config").mkdir()
    with HookServer() as hook:
        monkeypatch.setenv("FWTRACKER_SLACK_URL", hook.url)
        (tmp_path / "config/fwtracker.toml").write_text(
            f'[sources.action1]\nurl = "{site.url}"\n'
            '[[channels]]\nname="netops"\ntype="slack"\nurl_env="FWTRACKER_SLACK_URL"\n'
        )
        printed: list[str] = []
        for block in SESSIONS[document]:
            if block.note == "output":
                assert [one for one in block.text.splitlines() if one not in printed] == []
            if file := block.option("file"):
                (tmp_path / file).parent.mkdir(exist_ok=True)
                (tmp_path / file).write_text(block.text)
            for line in block.commands if block.kind == "console" else ():
                program, *args = shlex.split(line)
                assert program == "fwtracker"
                ran = fwtracker(*args)
                assert ran.status == int(block.option("status") or 0), (line, ran.err)
                assert ran.out, line
                printed = ran.out.splitlines()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with the store of the demonstration in `snapshots/`."""
    folder = tmp_path_factory.mktemp("scripts")
    play(folder / "snapshots", lambda _: None)
    return folder


@pytest.mark.parametrize("block", documented.of_kind("sh"), ids=str)
def test_every_script_runs(block, published):
    """Where a fence says what a script needs that no test has, it is only parsed."""
    missing = [name for name in ("jq", "sha256sum") if name in block.text and not which(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    options = ["-n"] if block.note.startswith("needs=") else ["-euo", "pipefail"]
    done = subprocess.run(
        ["bash", *options, "-c", block.text],
        cwd=published,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", documented.of_kind("toml"), ids=str)
def test_the_configuration_shown_is_valid(block):
    tables = tomllib.loads(block.text)
    if file := block.option("file"):
        tables = {"sources": {Path(file).stem: tables}}
    found = config.parse(tables)
    for source in found.sources.values():
        check_selectors(source.definition, str(block))


@pytest.mark.parametrize("block", documented.of_kind("json"), ids=str)
def test_the_json_shown_is_json(block):
    assert json.loads(block.text)


@pytest.mark.parametrize("block", documented.of_kind("yaml"), ids=str)
def test_the_yaml_shown_is_yaml(block):
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize("block", documented.of_kind("powershell"), ids=str)
def test_the_powershell_shown_has_a_grammar(block, tmp_path):
    assert checkers.powershell(block.text, tmp_path) == ""


@pytest.mark.parametrize("block", documented.of_kind("python"), ids=str)
def test_the_python_shown_compiles(block):
    compile(block.text, str(block), "exec")


def test_every_command_is_documented():
    for name in cli.COMMANDS:
        assert re.search(rf"fwtracker {name}\b|`{name}`|make {name}", EXPLAINED), name


@pytest.mark.parametrize(
    "table", [Definition, Defaults, ValueRules, Expect, TableRule, ListRule, CellReading]
)
def test_every_key_of_a_definition_is_documented(table):
    text = (ROOT / "docs/sources.md").read_text()
    names = [field.encode_name for field in msgspec.structs.fields(table)]
    assert len(names) > 1
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_role_of_a_column_is_documented():
    text = (ROOT / "docs/sources.md").read_text()
    assert [role for role in get_args(ColumnRole) if f"`{role}`" not in text] == []


def test_the_readme_has_the_examples_of_a_first_day():
    assert len(CONSOLES["README.md"]) >= 11


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:config|tracker|snapshots)/[\w./-]+)`", README)))
)
def test_every_file_named_is_there(path):
    assert (ROOT / path).exists()


def test_the_reference_of_commands_says_what_the_commands_say():
    assert PAGE.read_text() == reference(), "write it anew: python -m tests.support.reference"
