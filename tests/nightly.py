"""All that the tests of every commit leave out, one after the other, and one table at the end.

`make nightly` runs it. What each target prints is kept in `build/nightly/`; the exit status is
1 when one of them failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TARGETS = ("long", "crash", "turns", "mutate", "rules-fuzz", "fuzz", "soak", "browser", "load")
LOGS = Path("build/nightly")
_LONGEST = 2 * 3600  # seconds, of one target


@dataclass(frozen=True)
class Result:
    """How a target ended: its exit status (None when it took too long), seconds, last line."""

    target: str
    status: int | None
    seconds: float
    last_line: str

    @property
    def verdict(self) -> str:
        if self.status is None:
            return "too long"
        return "passed" if self.status == 0 else f"failed ({self.status})"


def run(target: str) -> Result:
    """Run one target of the Makefile; its output goes to `build/nightly/TARGET.log`."""
    log, start = LOGS / f"{target}.log", time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["make", "--no-print-directory", target],
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status: int | None = process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # what make started ends with it
            process.wait()
            status = None
    lines = log.read_text("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return Result(target, status, time.monotonic() - start, last)


def table(results: list[Result]) -> str:
    """The results as a table of Markdown, which workflow summaries show as one."""
    rows = [("target", "result", "minutes", "last line"), ("---", "---", "---:", "---")]
    for result in results:
        minutes, last = f"{result.seconds / 60:.1f}", result.last_line[:100].replace("|", "/")
        rows.append((result.target, result.verdict, minutes, last))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(targets: list[str]) -> int:
    """Run the targets, print the table, and return the exit status."""
    LOGS.mkdir(parents=True, exist_ok=True)
    results = []
    for target in targets:
        results.append(run(target))
        (LOGS / "table.md").write_text(table(results) + "\n")
        print(f"{target}: {results[-1].verdict}", file=sys.stderr, flush=True)
    print(table(results))
    return int(any(result.status != 0 for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(TARGETS)))
