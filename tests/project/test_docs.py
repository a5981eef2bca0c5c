"""The examples of README and guides are run; each command and its options are documented."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.support.reference import PAGE, reference
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tracker import cli, config

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
GUIDES = {path.stem: path.read_text() for path in (ROOT / "docs").rglob("*.md")}
TEXTS = {"README": README, **GUIDES}


def examples(text: str) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [
        line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


def test_the_first_two_lines_are_the_two_commands():
    first, second = README.splitlines()[:2]
    assert first.split()[:2] == ["make", "demo"]
    assert second.split()[:2] == ["make", "test"]


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if examples(text)])
def test_every_example_runs(name, site, fwtracker, tmp_path, monkeypatch):
    site.show_sample("2024-04/stacks.html")
    (tmp_path / "page.html").write_bytes((SAMPLES / "2024-04/bare.html").read_bytes())
    (tmp_path / "config").mkdir()
    with HookServer() as hook:
        monkeypatch.setenv("FWTRACKER_SLACK_URL", hook.url)
        (tmp_path / "config/fwtracker.toml").write_text(
            f'[sources.action1]\nurl = "{site.url}"\n'
            '[[channels]]\nname="netops"\ntype="slack"\nurl_env="FWTRACKER_SLACK_URL"\n'
        )
        for example in examples(TEXTS[name]):
            program, *args = shlex.split(example)
            assert program == "fwtracker"
            ran = fwtracker(*args)
            assert ran.status == 0, (example, ran.err)
            assert ran.out, example


def test_every_command_is_documented():
    for name in cli.COMMANDS:
        assert re.search(rf"fwtracker {name}\b|`{name}`|make {name}", README), name


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "```toml" in text])
def test_the_configuration_shown_is_valid(name):
    for shown in re.findall(r"```toml\n(.*?)```", TEXTS[name], re.DOTALL):
        config.parse(tomllib.loads(shown))


def test_the_readme_has_the_examples_of_a_first_day():
    assert len(examples(README)) >= 14


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:config|tracker|snapshots)/[\w./-]+)`", README)))
)
def test_every_file_named_is_there(path):
    assert (ROOT / path).exists()


def test_the_reference_of_commands_says_what_the_commands_say():
    assert PAGE.read_text() == reference(), "write it anew: python -m tests.support.reference"
