"""`make mutate`: 10,000 damaged pages and 200 harmless edits, as a table."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.mutate.facts import Facts
from tests.mutate.run import HARMLESS, SEED, Tally, jobs, lines, made, tallied

_MOST_HELD = 0.02  # of the harmless edits


def main() -> int:
    """Judge them all; 0 where nothing wrong was published, and little was held in vain."""
    args = _arguments()
    if args.show:
        return _show(*args.show)
    start = time.monotonic()
    tallies = tallied(jobs(args.pages, args.harmless), args.processes, _dots)
    seconds = time.monotonic() - start
    print("\n" + "\n".join(lines(tallies.items())))
    wrong = sum(len(tally.wrong) for tally in tallies.values())
    for tally in tallies.values():
        _examples(tally, args.examples)
    harmless = tallies.get(HARMLESS, Tally())
    stopped = harmless.kinds["refused"] + harmless.kinds["held"]
    share = stopped / max(harmless.pages, 1)
    print(
        f"\nseed {SEED}: {wrong} wrong;"
        f" {stopped} of {harmless.pages} harmless edits refused or held ({share:.1%});"
        f" {sum(t.misread for t in tallies.values())} held that were also misread;"
        f" {seconds:.0f} s"
    )
    return int(wrong > 0 or share > _MOST_HELD)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--harmless", type=int, default=200)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--examples", type=int, default=3, help="wrong ones told, a family")
    parser.add_argument("--show", nargs=2, metavar=("FAMILY", "NUMBER"), help="print one page")
    return parser.parse_args()


def _examples(tally: Tally, most: int) -> None:
    for result in tally.wrong[:most]:
        case, found = result.case, result.verdict
        print(f"\nWRONG {case.family} {case.number} ({case.page}, {case.mutation}): {case.what}")
        print(f"  {found.kind}: {found.words or 'without a word'}")
        for name, entries in (("missing", result.missing), ("nobody reads", result.extra)):
            for entry in entries[:2]:
                print(f"  {name}: {entry[:400]}")


def _show(family: str, number: str) -> int:
    facts, mutation, mutated = made(family, int(number))
    page: Facts | str | bytes = mutated.page
    print(f"{facts.name}, {mutation.__name__}: {mutated.what}", file=sys.stderr)
    print(page if isinstance(page, str) else page.decode(errors="replace"))
    return 0


def _dots(number: int) -> None:
    if number % 500 == 0:
        print(number, end=" ", flush=True, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
