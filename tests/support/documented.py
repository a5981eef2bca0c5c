"""The code blocks of README, docs and guides, and one way to run all of them.

A fenced block has one of these kinds, and each is tested in its own way:

    console    lines after `$ ` are run, in order, in one folder; `console status=3` gives the
               exit status if it is not 0
    crontab    its lines are run as cron runs them: by sh, and without your environment
    sh         a script, run by bash; if it needs more than a store, as in `sh needs=aws`, it
               is only parsed, and run by the test of its subject
    toml       a configuration, which has to be valid; with `toml file=config/fwtracker.toml` it
               is written there before the lines below it are run, as is a source's definition
               with `toml file=config/sources/NAME.toml`
    json       must be JSON
    yaml       has to be YAML
    sql        runs on an export of versions, in the test of its document
    python     must compile; a test of its subject runs it
    text       is not tested; `text output` is the output of the console before it, or a part
    powershell must match the grammar; it is not run
    hcl and blocks without a word: tests of their subjects, or no code
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = frozenset(
    "console crontab sh toml json yaml sql python hcl powershell text".split()
) | {""}
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its document below the root, line, kind, the rest of the fence, text."""

    document: str
    line: int
    kind: str
    note: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    def option(self, name: str) -> str:
        """Return the value after `name=` in the fence; "" if there is none."""
        given = (word.partition("=") for word in self.note.split())
        return next((value for key, _, value in given if key == name), "")

    @property
    def commands(self) -> list[str]:
        """Return the lines after the prompt of a console."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def documents() -> list[Path]:
    """Return all documents with code blocks for users and maintainers."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [*top, ROOT / "snapshots/README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a document, in order."""
    text = path.read_text("utf-8")
    name = path.relative_to(ROOT).as_posix()
    for found in _FENCE.finditer(text):
        kind, _, note = found[1].strip().partition(" ")
        line = text.count("\n", 0, found.start()) + 1
        yield Block(name, line, kind, note, found[2])


ALL = [block for path in documents() for block in blocks(path)]


def of_kind(kind: str) -> list[Block]:
    """Return all blocks of one kind."""
    return [block for block in ALL if block.kind == kind]


def cron_commands(crontab: str) -> list[str]:
    """Return the commands of a crontab, without the five fields of the time."""
    lines = [line for line in crontab.splitlines() if line and not line.startswith("#")]
    return [line.split(maxsplit=5)[5] for line in lines]


def run_as_cron(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as cron does: in the home folder, with next to no environment."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd="/",
        env={"HOME": str(folder), "LOGNAME": "nobody", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_script(text: str, folder: Path, **values: str) -> subprocess.CompletedProcess[str]:
    """Run the lines of a block in `folder`, up to the first that fails."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "no_proxy": "127.0.0.1", **values},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
