"""The long form: `python -m tests.crash`. One table; ends with 1 where a count is wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Callable

from tests.crash.deliveries import deliveries
from tests.crash.faults import faults
from tests.crash.figures import Figures, table
from tests.crash.kills import kills
from tests.crash.order import order
from tests.crash.power import power
from tests.crash.races import races
from tests.crash.reader import reader
from tests.crash.stage import Stage
from tests.crash.twins import twins

NOTES = 20  # of what went wrong, for each part


def main() -> int:
    """Run all parts, or those named."""
    options = _options()
    if shutil.which("strace") is None:
        print("strace is not installed; on Debian: apt-get install strace", file=sys.stderr)
        return 2
    found: list[Figures] = []
    with Stage() as stage:
        parts = _parts(stage, options)
        for name in options.parts or parts:
            started = time.monotonic()
            found.append(parts[name]())
            _say(f"{name}: {time.monotonic() - started:.0f} s")
            for note in found[-1].notes[:NOTES]:
                _say(note)
    good = all(figures.good for figures in found)
    print(table(found))
    print(f"\nseed {options.seed}: {'all is well' if good else 'NOT well'}")
    return 0 if good else 1


def _say(line: str) -> None:
    """What may be read while it runs; the table comes at the end."""
    print(line, file=sys.stderr, flush=True)


def _parts(stage: Stage, options: argparse.Namespace) -> dict[str, Callable[[], Figures]]:
    seed = options.seed
    return {
        "kills": lambda: kills(stage, options.kills, seed),
        "deliveries": lambda: deliveries(stage, options.deliveries, seed),
        "faults": lambda: faults(stage, options.faults, seed),
        "order": lambda: order(stage),
        "power": lambda: power(stage, options.states, 16, 100, seed),
        "races": lambda: races(8, 50),
        "twins": twins,
        "reader": lambda: reader(stage, options.publishes),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help="kills, deliveries, faults, order, power, races, reader, twins",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--deliveries", type=int, default=300, help="kills across these")
    parser.add_argument("--faults", type=int, help="so many at random; default: every one")
    parser.add_argument("--states", type=int, default=2000)
    parser.add_argument("--publishes", type=int, default=1000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
