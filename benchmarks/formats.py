"""The cost of each rule format at 10,000 entries: `make bench-formats`.

For each format: the processor time of its file, read back and compared as in every check, and
that of its deltas in both directions; all in one process, as in a check.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from tracker import formats
from tracker.formats import Format, RuleSet
from tracker.model import Entry, Service

ENTRIES = 10_000
SECONDS, MIB = 15.0, 300
_CHANGED = 100  # one entry in so many is added, and one removed


def build_rule_set(first: int, entries: int, version: int) -> RuleSet:
    """Return `entries` entries: two thirds addresses, the rest hosts, a tenth wildcards."""
    return RuleSet(
        source="action1",
        name="europe",
        version=version,
        digest=f"{version:064}",
        captured_at="2026-03-01T12:00:00Z",
        page_url="https://www.action1.com/documentation/firewall-configuration/",
        entries=tuple(_entry(number) for number in range(first, first + entries)),
    )


def measure(form: Format, before: RuleSet, after: RuleSet) -> tuple[float, float]:
    """Return the seconds of a format's file and of its deltas. Raises ValueError."""
    start = time.process_time()
    text = form.render(after).text
    if text is not None and form.read_back(text) != form.expected_lines(after):
        raise ValueError(f"{form.file} does not say what it must")
    rendered = time.process_time()
    if form.delta:
        form.delta(before, after)
        form.delta(after, before)
    return rendered - start, time.process_time() - rendered


def main() -> int:
    """Print a line for each format and the sum; return 1 if it is over the limits."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=ENTRIES)
    entries = options.parse_args().entries
    before = build_rule_set(0, entries, 1)
    after = build_rule_set(entries // _CHANGED, entries, 2)
    print(f"{entries:,} entries; bars: {SECONDS:.0f} s and {MIB} MiB for all formats")
    print(f"{'format':20}{'file s':>10}{'deltas s':>10}")
    total = 0.0
    for name in formats.names():
        file, deltas = measure(formats.load(name), before, after)
        print(f"{name:20}{file:>10.2f}{deltas:>10.2f}", flush=True)
        total += file + deltas
        for each in (before, after):
            each.forget_format()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'all':20}{total:>10.2f} s, {peak:.0f} MiB at most")
    return 1 if total > SECONDS or peak > MIB else 0


def _entry(number: int) -> Entry:
    ports = (Service("tcp", 443, 443), Service("udp", 3478, 3481))
    return Entry(
        region="Europe",
        resource=f"Servers of kind {number % 500}",
        hosts=_hosts(number),
        addresses=_addresses(number),
        scope="internet",
        direction="outbound",
        services=ports[: 1 if number % 3 else 2],
        requirement="required",
        only_for=None,
        components=("Agents",),
        purpose="Connection to the servers of this kind.",
    )


def _hosts(number: int) -> tuple[str, ...]:
    match number % 10:
        case 7 | 8:
            return (f"host-{number}.example-{number % 97}.com",)
        case 9:
            return (f"*.zone-{number}.example-{number % 89}.com",)
    return ()


def _addresses(number: int) -> tuple[str, ...]:
    low = f"{number >> 8 & 255}.{number & 255}"
    match number % 10:
        case 0 | 1 | 2 | 3:
            return (f"10.{number >> 16 & 255}.{low}",)
        case 4 | 5:
            return (f"52.{low}.0/28",)
        case 6:
            return (f"2001:db8::{number:x}",)
    return ()


if __name__ == "__main__":
    sys.exit(main())
