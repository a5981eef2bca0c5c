"""`make mutate`: 10,000 damaged pages and 1,000 harmless edits, as a table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from tests.mutate.run import HARMLESS, SEED, Result, Tally, jobs, lines, made, tallied

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
        _examples("WRONG", tally.wrong[: args.examples])
        _examples("WRONG as a first version", tally.at_first[: args.first])
        _examples("stopped needlessly", tally.needless[: args.needless])
    harmless = tallies.get(HARMLESS, Tally())
    stopped = harmless.kinds["refused"] + harmless.kinds["held"]
    share = stopped / max(harmless.pages, 1)
    print(
        f"\nseed {SEED}: {wrong} wrong;"
        f" {stopped} of {harmless.pages} harmless edits refused or held ({share:.1%});"
        f" {sum(len(t.at_first) for t in tallies.values())} held, but wrong as a first version;"
        f" {seconds:.0f} s"
    )
    return int(wrong > 0 or share > _MOST_HELD)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--harmless", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--examples", type=int, default=3, help="wrong ones shown, a family")
    parser.add_argument("--first", type=int, default=0, help="first versions shown, a family")
    parser.add_argument("--needless", type=int, default=0, help="needless ones shown, a family")
    parser.add_argument("--show", nargs=2, metavar=("FAMILY", "NUMBER"), help="print one page")
    return parser.parse_args()


def _examples(kind: str, results: Sequence[Result]) -> None:
    for result in results:
        case, found = result.case, result.verdict
        print(
            f"\n{kind}: {case.family} {case.number} ({case.page}, {case.mutation}): {case.what}"
        )
        print(f"  {found.kind}: {found.words or 'without a word'}")
        for name, entries in (("missing", result.missing), ("nobody reads", result.extra)):
            for entry in entries[:2]:
                print(f"  {name}: {entry[:400]}")


def _show(family: str, number: str) -> int:
    facts, mutation, mutated = made(family, int(number))
    page = mutated.page
    print(f"{facts.name}, {mutation.__name__}: {mutated.what}", file=sys.stderr)
    print(page if isinstance(page, str) else page.decode(errors="replace"))
    return 0


def _dots(number: int) -> None:
    if number % 500 == 0:
        print(number, end=" ", flush=True, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
