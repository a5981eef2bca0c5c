"""What one check costs, beside the same page watched by urlwatch: `make bench`.

Each tool is installed into an environment of its own below `.venv-bench/`, and runs as a cold
process against a page on loopback, in turn, so that a busy moment of the machine falls on all
of them. Prints figures and the targets, and judges nothing. It ends with an error only where
a run did not do what it is measured at.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import environments
from cases import Case, NotAsPlanned, cases
from page_server import PAGES, serving
from report import figures, table

ROUNDS = 15


def main() -> int:
    """Install, measure, print."""
    options = _options()
    print("preparing the two environments in .venv-bench/ ...", file=sys.stderr)
    try:
        ours, theirs = environments.fwtracker(), environments.urlwatch()
    except subprocess.CalledProcessError:
        print("not measured: pip could not install what to measure, see above", file=sys.stderr)
        return 1
    # Beside the environments: a folder of the system's may be in memory, where fsync is free.
    with tempfile.TemporaryDirectory(dir=environments.PLACE, prefix="work-") as work:
        try:
            measured = measure(ours, theirs, Path(work), options.rounds)
        except NotAsPlanned as error:
            print(f"not measured: {error}", file=sys.stderr)
            return 1
    found = {"setting": _setting(ours, theirs, options.rounds), **figures(measured)}
    print(json.dumps(found, indent=2) if options.json else _text(found))
    return 0


def measure(ours: Path, theirs: Path, work: Path, rounds: int) -> list[Case]:
    """All cases, run in turn `rounds` times. Raises NotAsPlanned."""
    with serving() as site:
        found = cases(site, ours, theirs, work)
        for case in found:
            case.prepare(site)
        print(f"{rounds} rounds ...", file=sys.stderr)
        for _ in range(rounds):
            for case in found:
                case.once(site)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each case")
    return parser.parse_args()


def _setting(ours: Path, theirs: Path, rounds: int) -> dict[str, str | int]:
    return {
        "fwtracker": environments.version(ours, "fwtracker"),
        "urlwatch": environments.version(theirs, "urlwatch"),
        "python": platform.python_version(),
        "cores": os.cpu_count() or 0,
        "rounds": rounds,
        "page_bytes": len(PAGES[0]),
    }


def _text(found: dict[str, dict[str, str | int]]) -> str:
    setting = found["setting"]
    return (
        f"fwtracker {setting['fwtracker']} and urlwatch {setting['urlwatch']}, Python"
        f" {setting['python']}, {setting['cores']} cores; {setting['rounds']} runs each, in"
        f" turn; a page of {setting['page_bytes']:,} bytes on loopback\n\n{table(found)}"
    )


if __name__ == "__main__":
    sys.exit(main())
