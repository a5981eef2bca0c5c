"""What a fuzzing run found: its notes, and its worst inputs again without instruments."""  # noqa: INP001

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from pathlib import Path

from tracker.errors import FwtrackerError
from tracker.fetch.decode import decode
from tracker.parse.read import parse_page, read_pages
from tracker.sources import load_source

NOTES = Path("build/fuzz")
MILLISECONDS, MEBIBYTES = 250, 64  # of a page of up to 100 KB
URL = "https://www.example.org/documentation/firewall-configuration/"


def outcome(data: bytes) -> str:
    """Entries, or the name of the refusal."""
    try:
        found = read_pages([parse_page(URL, decode(data, None, URL))], load_source("action1"))
    except FwtrackerError as error:
        return error.name
    return f"{len(found.entries)} entries"


def main() -> int:
    """Print the notes; 1 where a bar is passed, or an input stopped the run."""
    notes = json.loads((NOTES / "notes.json").read_text())
    say = f"{notes['inputs']} inputs, the process at most {notes['peak_mebibytes']:.0f} MiB"
    sys.stdout.write(f"{say} with all that the fuzzer keeps\n")
    outcome(b"<html><table></table></html>")  # what is loaded once is of no page
    worst = [_told(path) for path in sorted(NOTES.glob("most-*"))]
    stopped = sorted(NOTES.glob("found-*"))
    for path in stopped:
        sys.stdout.write(f"{path}: stopped the run\n")
    return int(bool(stopped) or not all(worst))


def _told(path: Path) -> bool:
    """One of the worst inputs, and whether it keeps within the bars."""
    data = path.read_bytes()
    start = time.process_time()
    found = outcome(data)
    took = (time.process_time() - start) * 1000
    tracemalloc.start()
    outcome(data)
    most = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    size = len(data) / 1024
    sys.stdout.write(f"{path}: {size:.0f} KiB, {took:.0f} ms, {most:.1f} MiB, {found}\n")
    return took <= MILLISECONDS and most <= MEBIBYTES


if __name__ == "__main__":
    sys.exit(main())
