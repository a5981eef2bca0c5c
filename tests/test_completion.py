"""What a shell is offered where a command line is completed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.site import SAMPLES
from tracker import cli
from tracker.plugins import list_formats

PROGRAM = Path(sys.executable).parent / "fwtracker"
CONFIG = """
[sources.other]
url = "https://example.com/"
enabled = false
[[channels]]
name = "netops"
type = "slack"
url_env = "X"
"""


def offers(folder: Path, *words: str) -> list[str]:
    """What bash is offered for the last of these words."""
    line = ["fwtracker", *words]
    asked = {
        "_FWTRACKER_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(f"'{word}'" if " " in word else word for word in line),
        "COMP_CWORD": str(len(line) - 1),
    }
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, **asked},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [each.split(",", 1)[1] for each in done.stdout.splitlines() if each]


@pytest.fixture
def folder(site, fwtracker, tmp_path):
    """A configuration with a channel, and a version with regions."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(CONFIG)
    site.show((SAMPLES / "2024-04/stacks.html").read_text())
    assert fwtracker("run", "--url", site.url, "--no-notify").status == 0
    return tmp_path


def test_sources_regions_formats_and_channels_are_offered(folder):
    assert offers(folder, "run", "") == ["action1"]
    assert offers(folder, "rules", "--region", "") == ["Europe", "North America"]
    assert offers(folder, "rules", "--region", "eu") == ["Europe"]
    assert offers(folder, "rules", "--format", "") == list_formats()
    assert offers(folder, "notify", "test", "") == ["netops"]
    assert set(offers(folder, "")) == {*cli.COMMANDS}


def test_without_store_or_configuration_nothing_is_offered_and_nothing_said(tmp_path):
    assert offers(tmp_path, "rules", "--region", "") == []
    (tmp_path / "broken.toml").write_text("[")
    assert offers(tmp_path, "notify", "test", "--config", "broken.toml", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_is_printed(shell, tmp_path):
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, "_FWTRACKER_COMPLETE": f"{shell}_source"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_FWTRACKER_COMPLETE" in done.stdout, done


@pytest.mark.parametrize("command", [(), ("notify",), ("store",), ("source",)])
def test_each_summary_is_whole_in_80_columns(command, fwtracker, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = fwtracker(*command, "--help").out.partition("Commands:\n")[2].splitlines()
    assert len(listed) >= 3
    assert [line for line in listed if len(line) > 80 or not line.endswith(".")] == []
    assert [line for line in listed if line.endswith("...") or not line.startswith("  ")] == []


def list_commands(command, path):
    """Yield each command below one, with its name."""
    yield path, command
    context = click.Context(command, **command.context_settings)
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        yield from list_commands(command.get_command(context, name), f"{path} {name}")


def test_each_option_says_what_it_does_within_80_columns():
    found = dict(list_commands(cli.cli, "fwtracker"))
    assert {"fwtracker run", "fwtracker store export"} <= found.keys()
    silent, wide = [], []
    for path, command in found.items():
        options = [each for each in command.params if isinstance(each, click.Option)]
        silent += [(path, each.name) for each in options if not (each.help or each.hidden)]
        # A command keeps the help option of the first context that it is asked in.
        asked = click.Context(
            command, info_name=path, terminal_width=80, **command.context_settings
        )
        text = command.get_help(asked)
        wide += [(path, line) for line in text.splitlines() if len(line) > 80]
    assert (silent, wide) == ([], [])
