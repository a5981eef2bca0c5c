"""The long form: `python -m tests.crash`. One table; ends with 1 where a count is wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator

from tests.crash.deliveries import deliveries
from tests.crash.faults import faults
from tests.crash.figures import Figures, table
from tests.crash.kills import kills
from tests.crash.order import order
from tests.crash.power import power, still
from tests.crash.races import races
from tests.crash.reader import reader
from tests.crash.restores import restores
from tests.crash.stage import Stage
from tests.crash.twins import twins

Options = argparse.Namespace
PARTS: dict[str, Callable[[Stage, Options], Figures]] = {
    "kills": lambda stage, options: kills(stage, options.kills, options.seed),
    "deliveries": lambda stage, options: deliveries(stage, options.deliveries, options.seed),
    "restores": lambda stage, options: restores(stage, options.restores, options.seed),
    "faults": lambda stage, options: faults(stage, options.faults, options.seed),
    "order": lambda stage, _: order(stage),
    "power": lambda stage, options: power(stage, options.states, 16, 100, options.seed),
    "still": lambda stage, options: still(stage, options.seed),
    "races": lambda _, options: races(8, options.commits),
    "reader": lambda stage, options: reader(stage, options.publishes),
    "twins": lambda *_: twins(),
}


def main() -> int:
    """Run all parts, or those named."""
    options = _options()
    if shutil.which("strace") is None:
        _say("strace is not installed; on Debian: apt-get install strace")
        return 2
    found: list[Figures] = []
    try:
        with Stage() as stage:
            found.extend(_run(stage, options))
    finally:
        print(table(found))
    good = all(figures.good for figures in found)
    print(f"\nseed {options.seed}: {'all is well' if good else 'NOT well'}")
    return 0 if good else 1


def _run(stage: Stage, options: Options) -> Iterator[Figures]:
    for name in options.parts or PARTS:
        started = time.monotonic()
        figures = PARTS[name](stage, options)
        _say(f"{name}: {time.monotonic() - started:.0f} s")
        yield figures


def _say(line: str) -> None:
    """What may be read while it runs; the table comes at the end."""
    print(line, file=sys.stderr, flush=True)


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    names = ", ".join(PARTS)
    parser.add_argument("parts", nargs="*", type=_part, metavar="PART", help=names)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--deliveries", type=int, default=300, help="kills across these")
    parser.add_argument("--restores", type=int, default=300, help="kills after these")
    parser.add_argument("--faults", type=int, help="so many at random; default: every one")
    parser.add_argument("--states", type=int, default=2000, help="after power cuts")
    parser.add_argument("--commits", type=int, default=50, help="of each of 8 processes")
    parser.add_argument("--publishes", type=int, default=1000, help="before a reader's eyes")
    return parser.parse_args()


def _part(name: str) -> str:
    """`choices` of argparse refuses no name at all where several are allowed."""
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f'no part is called "{name}"')
    return name


if __name__ == "__main__":
    sys.exit(main())
