"""`make rules-fuzz`: many rule sets against every format, and a table of what came of it.

Each rule set, in two versions, is one case for every format: rendered, read back, compared
with its endpoints one by one, and the delta applied and rolled back on the format's model.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings

from tests.contract.properties import models, prove, prove_delta
from tests.formats.samples import any_pairs
from tracker.formats import Format, load, names
from tracker.model import endpoints_of

TOTAL = int(os.environ.get("CASES", "100000"))


@dataclass
class Row:
    """What came of one format."""

    name: str
    cases: int = 0
    endpoints: int = 0
    files: int = 0
    deltas: int = 0
    seconds: float = 0.0
    failure: str = ""


def fuzzed(name: str, cases: int) -> Row:
    """Ask one format. The first failure ends it, as small as it can be made."""
    fmt, row = load(name), Row(name)
    start = time.perf_counter()
    try:
        _ask(fmt, row, cases)
    except Exception as error:  # noqa: BLE001  whatever a format or its model throws
        row.failure = f"{type(error).__name__}: {error}"
    row.seconds = time.perf_counter() - start
    return row


def _ask(fmt: Format, row: Row, cases: int) -> None:
    model = models().get(fmt.name)

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(pair=any_pairs)
    def asked(pair) -> None:
        before, after = pair
        prove(fmt, after)
        prove_delta(fmt, before, after, model)
        row.cases += 1
        row.endpoints += len(endpoints_of(after.entries))
        row.files += fmt.render(after).text is not None
        row.deltas += bool(fmt.delta and fmt.delta(before, after))

    asked()


def main() -> int:
    """Fuzz all formats, print the table; 1 where a promise was broken."""
    each = -(-TOTAL // len(names()))
    rows = []
    print(f"{'format':20}{'cases':>9}{'endpoints':>11}{'files':>8}{'deltas':>8}{'seconds':>9}")
    with ProcessPoolExecutor(2) as pool:
        for row in pool.map(fuzzed, names(), [each] * len(names())):
            rows.append(row)
            print(
                f"{row.name:20}{row.cases:>9,}{row.endpoints:>11,}{row.files:>8,}"
                f"{row.deltas:>8,}{row.seconds:>9.1f}  {row.failure}",
                flush=True,
            )
    failed = [row.name for row in rows if row.failure]
    print(f"{sum(row.cases for row in rows):,} cases; broken: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
