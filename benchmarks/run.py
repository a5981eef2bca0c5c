"""Speed and scale next to other tools: `make bench`, or one part by `make bench ONLY=growth`.

Each tool is installed into a separate environment below `.venv-bench/`. The commands to compare
run in turn, so that a busy moment of the machine affects all of them. Prints figures and
targets without a verdict; a part fails only if a run did not do the work to be measured, or a
tool could not be installed, and the other parts are still measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import environments
from case import NotAsPlanned
from figures import Row, table
from page_server import PAGES

PARTS = ("check", "changed", "many", "serve", "growth", "size")
ROUNDS = 15


def main() -> int:
    """Measure each part and print it; return 1 if one could not be measured."""
    options = _options()
    found: dict[str, list[Row] | None] = {}
    if not options.json:
        print(_setting(options.rounds))
    for name in options.only or PARTS:
        found[name] = _part(name, options.rounds, quiet=options.json)
    if options.json:
        print(json.dumps({"setting": _setting(options.rounds), **_plain(found)}, indent=2))
    return 1 if None in found.values() else 0


def _part(name: str, rounds: int, *, quiet: bool) -> list[Row] | None:
    """Print and return the figures of one part; None if it could not be measured."""
    part = importlib.import_module(f"parts.{name}")
    began = time.monotonic()
    print(f"{name}: takes {part.TAKES} ...", file=sys.stderr)
    environments.PLACE.mkdir(exist_ok=True)
    # Next to the environments: the system's folder may be in memory, where fsync is free.
    with tempfile.TemporaryDirectory(dir=environments.PLACE, prefix="work-") as work:
        try:
            rows = list(part.measure(Path(work), rounds))
        except (NotAsPlanned, environments.NotInstalled) as error:
            print(f"{name}: not measured: {error}", file=sys.stderr)
            return None
    if not quiet:
        took = time.monotonic() - began
        print(f"\n{name}: {part.TITLE}\n({part.NOTE}; took {took:.0f} s)\n{table(rows)}")
    return rows


def _plain(found: dict[str, list[Row] | None]) -> dict[str, Any]:
    return {name: rows and [asdict(row) for row in rows] for name, rows in found.items()}


def _setting(rounds: int) -> str:
    peers = ", ".join(f"{name} {version}" for name, version in environments.PEERS.items())
    return (
        f"{peers}; Python {platform.python_version()}, {os.cpu_count()} cores; {rounds} runs of"
        f" each command, in turn; a page of {len(PAGES[0]):,} bytes on loopback"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("only", nargs="*", choices=[[], *PARTS], help="parts; all by default")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each command")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
