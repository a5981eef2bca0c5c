"""`make rules-fuzz`: 100,000 hostile rule sets against every format, and what came of it.

Each case is rendered by each format, read back, compared with its endpoints one by one, and the
delta applied and rolled back on the format's model. `CASES` says how many, `FIRST` from which
seed on, `FORMATS` of which formats, `JOBS` in how many processes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.contract.asking import Broken, asked
from tests.contract.cases import case
from tracker.formats import load, names

FIRST = int(os.environ.get("FIRST", "0"))
CASES = int(os.environ.get("CASES", "100000"))
JOBS = int(os.environ.get("JOBS", "0")) or os.cpu_count()
CHUNK = 250  # cases that one process is given at a time
SAY = 5000  # cases from one line of progress to the next


def fuzzed(seeds: range, formats: list[str]) -> list[Broken]:
    """The first failure of each format in these cases."""
    left, found = [load(name) for name in formats], []
    for seed in seeds:
        of = case(seed)
        broken = [each for each in (asked(fmt, of) for fmt in left) if each]
        found += broken
        left = [fmt for fmt in left if fmt.name not in {each.name for each in broken}]
    return found


def chunks() -> Iterator[range]:
    """All seeds, in order."""
    end = FIRST + CASES
    for start in range(FIRST, end, CHUNK):
        yield range(start, min(start + CHUNK, end))


def main() -> int:
    """Fuzz the formats; 1 where a promise was broken. A format's first failure is shown."""
    formats = os.environ.get("FORMATS", " ".join(names())).split()
    start, failed, done = time.monotonic(), dict[str, int](), 0
    with ProcessPoolExecutor(JOBS) as pool:
        parts = list(chunks())
        for seeds, found in zip(
            parts, pool.map(partial(fuzzed, formats=formats), parts), strict=True
        ):
            done += len(seeds)
            for broken in found:
                if broken.name not in failed:
                    print(broken, flush=True)
                failed[broken.name] = failed.get(broken.name, 0) + 1
            if done % SAY == 0 or done == CASES:
                seconds = time.monotonic() - start
                print(f"{done:,} cases of each format in {seconds:,.0f} s", flush=True)
    print(f"{len(formats)} formats; broken: {', '.join(sorted(failed)) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
