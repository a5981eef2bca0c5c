"""Make docs/commands.md from the commands: `python -m tests.support.reference` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from tracker.cli import COMMANDS, cli

PAGE = Path(__file__).parents[2] / "docs/commands.md"
_WIDTH = 88
INTRO = """\
# Commands

Written from the commands' own help by `python -m tests.support.reference`; a test compares.

| exit status | means |
|---|---|
| 0 | done, whether or not something changed |
| 1 | failed; the last good version stays. Or: an alert is owed, `--fail-on` found something |
| 2 | the command line or the configuration is wrong |
| 3 | held for review |
| 10 | with `run --exit-code`: a new version was published |
| 130 | stopped by Ctrl-C |

An error is one line on stderr: what, where, what to do.

A shell completes commands, options, sources, regions, formats and channels once its start-up
file has one of:

    eval "$(_FWTRACKER_COMPLETE=bash_source fwtracker)"     # ~/.bashrc
    eval "$(_FWTRACKER_COMPLETE=zsh_source fwtracker)"      # ~/.zshrc
    _FWTRACKER_COMPLETE=fish_source fwtracker | source      # ~/.config/fish/config.fish
"""


def reference() -> str:
    """Return the whole page."""
    return "\n".join([INTRO, *_sections()])


def _sections() -> Iterator[str]:
    top = click.Context(cli, info_name="fwtracker", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(top, name)
        assert command is not None
        context = click.Context(command, parent=top, info_name=name, terminal_width=_WIDTH)
        yield f"## {name}\n\n```\n{command.get_help(context)}\n```\n"
        if isinstance(command, click.Group):
            for below, each in sorted(command.commands.items()):
                inner = click.Context(
                    each, parent=context, info_name=below, terminal_width=_WIDTH
                )
                yield f"### {name} {below}\n\n```\n{each.get_help(inner)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference())
