"""The examples of README and guides are run; each command and its options are documented."""

from __future__ import annotations

import json
import os
import re
import shlex
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
from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tracker import cli, config
from tracker.demo.story import play
from tracker.parse.pages.selectors import check_selectors
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
from tracker.store import open_store

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
    if block.document != "docs/guides/format.md"  # in a copy: test_one_file_each.py
    and (block.kind in {"console", "crontab"} or block.note == "output" or block.option("file"))
]
SESSIONS = {name: list(blocks) for name, blocks in groupby(RUN, lambda block: block.document)}
CONSOLES = {
    name: [command for block in blocks for command in block.commands]
    for name, blocks in SESSIONS.items()
}
CONFIG = "config/fwtracker.toml"
PROGRAM = Path(sys.executable).with_name("fwtracker")


class Session:
    """One who follows a document: in an empty folder, with a page and a channel that answers.

    The folder, page, bucket and webhook that the document names are those of the test.
    """

    def __init__(self, folder: Path, fwtracker, page: str, own: dict[str, str]) -> None:
        self.folder, self.fwtracker, self.page, self.own = folder, fwtracker, page, own
        self.printed: list[str] = []

    def as_mine(self, text: str) -> str:
        """Return a text with the test's own places in it."""
        for shown, mine in self.own.items():
            text = text.replace(shown, mine)
        return text

    def follow(self, block: documented.Block) -> None:
        """Do what a block shows."""
        if block.note == "output":
            assert [one for one in block.text.splitlines() if one not in self.printed] == []
        if file := block.option("file"):
            (self.folder / file).parent.mkdir(exist_ok=True)
            (self.folder / file).write_text(self.as_mine(block.text))
            self.read_my_page()
        if block.kind == "crontab":
            for command in documented.cron_commands(self.as_mine(block.text)):
                ran = documented.run_as_cron(command, self.folder)
                # What a job prints, cron mails.
                assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ""), command
        for line in block.commands if block.kind == "console" else ():
            self.run(self.as_mine(line), int(block.option("status") or 0))

    def run(self, line: str, status: int) -> None:
        """Run a line of a console, which has to end with this status."""
        program, *args = shlex.split(line)
        if program != "fwtracker":
            ran = documented.run_script(line, self.folder)
            assert ran.returncode == status, (line, ran.stderr)
            return
        if args[0] == "init" and "--config" not in args:
            (self.folder / CONFIG).unlink()
        ran = self.fwtracker(*args)
        assert ran.status == status, (line, ran.out, ran.err)
        assert ran.out, line
        self.printed = ran.out.splitlines()
        self.read_my_page()

    def read_my_page(self) -> None:
        """Have the configuration name the page of the test, where it names none."""
        file = self.folder / CONFIG
        text = file.read_text() if file.exists() else ""
        table = "[sources.action1]"
        if "url" not in tomllib.loads(text).get("sources", {}).get("action1", {}):
            head, _, rest = text.partition(f"{table}\n")
            file.parent.mkdir(exist_ok=True)
            file.write_text(f'{head}\n{table}\nurl = "{self.page}"\n{rest}')


@pytest.mark.parametrize("document", SESSIONS)
def test_every_line_of_a_console_runs(document, site, fwtracker, tmp_path, monkeypatch, bucket):
    """In order, in one folder: pages to read, a configuration, a channel that answers."""
    site.show_sample("2024-04/stacks.html")
    (tmp_path / "page.html").write_bytes((SAMPLES / "2024-04/bare.html").read_bytes())
    (tmp_path / "config/container").mkdir(parents=True)
    with HookServer() as hook, HookServer(Answer(202)) as accepting:
        monkeypatch.setenv("FWTRACKER_SLACK_URL", hook.url)
        (tmp_path / CONFIG).write_text(
            f'[sources.action1]\nurl = "{site.url}"\n'
            '[[channels]]\nname="netops"\ntype="slack"\nurl_env="FWTRACKER_SLACK_URL"\n'
        )
        own = {
            "/srv/fwtracker": str(tmp_path),
            "/usr/local/src/fwtracker": str(ROOT),
            "/usr/local/bin/fwtracker": str(PROGRAM),
            "https://hooks.slack.com/services/T000/B000/XXXX": hook.url,
            "https://example.webhook.office.com/workflows/0000": accepting.url,
            'type = "pagerduty"': f'type = "pagerduty"\nserver = "{accepting.url}"',
            "s3://firewall/vendors": bucket,
            "AWS_REGION=eu-central-1": " ".join(
                f"{name}={os.environ[name]}"
                for name in ("AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP")
            ),
        }
        session = Session(tmp_path, fwtracker, site.url, own)
        for block in SESSIONS[document]:
            session.follow(block)
    places = {
        "https://fwtracker.example.com/": tmp_path / "snapshots",
        "https://firewall.s3.eu-central-1.amazonaws.com/vendors/": bucket,
    }
    for site_url, place in places.items():
        for path in re.findall(
            rf"{re.escape(site_url)}([^\s\"`]+)", (ROOT / document).read_text()
        ):
            assert open_store(str(place)).read(path), path


def test_the_lines_for_a_bucket_run_on_a_server_of_s3(site, bucket, tmp_path):
    """Those for AWS make version 1, which those for MinIO find in the same bucket."""
    site.show_sample("2024-04/stacks.html")
    server = os.environ["AWS_ENDPOINT_URL"]
    own = {"s3://firewall/vendors": bucket, "http://minio.example.com:9000": server}
    session = Session(tmp_path, None, site.url, own)
    session.read_my_page()
    scripts = [block.text for block in documented.of_kind("sh") if block.note == "needs=bucket"]
    printed = []
    for script, beside in zip(
        scripts, ({"AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true"}, {}), strict=True
    ):
        ran = documented.run_script(session.as_mine(script), tmp_path, **beside)
        assert (ran.returncode, ran.stderr) == (0, ""), script
        printed.append(ran.stdout)
    assert "published version 1" in printed[0]
    assert "unchanged" in printed[1]
    assert "\n1 " in printed[1]


def test_the_crontab_runs_as_it_is_shipped(site, tmp_path):
    """Its first run says that there is a version, and the next one nothing."""
    site.show_sample("2024-04/stacks.html")
    session = Session(
        tmp_path,
        None,
        site.url,
        {"/srv/fwtracker": str(tmp_path), "/usr/local/bin/fwtracker": str(PROGRAM)},
    )
    session.read_my_page()
    crontab = session.as_mine((ROOT / "config/crontab").read_text())
    (command,) = documented.cron_commands(crontab)
    first, second = (documented.run_as_cron(command, tmp_path) for _ in range(2))
    assert "published version 1" in first.stdout
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


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
    file = block.option("file")
    if file.startswith("config/sources/"):
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
def test_every_file_named_is_there(path, published):
    assert any((folder / path).exists() for folder in (ROOT, published))


def test_the_reference_of_commands_says_what_the_commands_say():
    assert PAGE.read_text() == reference(), "write it anew: python -m tests.support.reference"
