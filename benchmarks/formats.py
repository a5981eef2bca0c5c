"""What each rule format costs at 100,000 endpoints: `make bench-formats`.

Each format in a process of its own: the processor time to render, and to read back and compare,
as every check does, and the peak of the whole process's memory over both.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time

from tracker import formats
from tracker.formats import RuleSet
from tracker.model import Entry, Service

ENDPOINTS = 100_000
SECONDS, MIB = 2.0, 200
_ENTRIES = 1_000
_PORTS = (443, 22543)


def rule_set(endpoints: int) -> RuleSet:
    """Four fifths IPv4, a tenth each IPv6 and host names, all on two ports."""
    targets = endpoints // _ENTRIES // len(_PORTS)
    entries = tuple(_entry(number, targets) for number in range(_ENTRIES))
    return RuleSet(
        source="action1",
        name="europe",
        version=2,
        digest="0" * 64,
        captured_at="2026-03-01T12:00:00Z",
        page_url="https://www.action1.com/documentation/firewall-configuration/",
        entries=entries,
    )


def _entry(number: int, targets: int) -> Entry:
    first = number * targets
    four = [
        f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(first, first + targets)
    ]
    tenth = targets // 10
    hosts = [f"host-{n}.example-{number}.com" for n in range(tenth)]
    six = [f"2001:db8:{number:x}::{n + 1:x}" for n in range(tenth)]
    return Entry(
        region="Europe",
        resource=f"Servers of kind {number}",
        hosts=tuple(hosts),
        addresses=(*four[: targets - 2 * tenth], *six),
        scope="internet",
        direction="outbound",
        services=tuple(Service("tcp", port, port) for port in _PORTS),
        requirement="required",
        only_for=None,
        components=("Agents",),
        purpose="Connection to the servers of this kind.",
    )


def measured(name: str, endpoints: int) -> dict[str, float]:
    """Seconds and MiB of one format; for a process that does nothing else."""
    form, of = formats.load(name), rule_set(endpoints)
    assert sum(len(entry.targets) * len(entry.services) for entry in of.entries) == endpoints
    gc.set_threshold(50_000, 20, 20)  # as the command does
    before = _peak()
    start = time.process_time()
    text = form.render(of).text
    rendered = time.process_time()
    proven = text is None or form.read_back(text) == form.expressed(of)
    end = time.process_time()
    assert proven
    return {
        "render_s": rendered - start,
        "proof_s": end - rendered,
        "peak_mib": _peak(),
        "before_mib": before,
        "file_mib": len(text or "") / 2**20,
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Print a line a format; 1 where one is over the bars."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", help="one format, measured here, as JSON")
    options.add_argument("--endpoints", type=int, default=ENDPOINTS)
    chosen = options.parse_args()
    if chosen.only:
        print(json.dumps(measured(chosen.only, chosen.endpoints)))
        return 0
    print(f"{chosen.endpoints:,} endpoints; bars: {SECONDS:.0f} s to render, {MIB} MiB in all")
    print(f"{'format':20}{'render s':>10}{'proof s':>10}{'peak MiB':>10}{'file MiB':>10}")
    over = [name for name in formats.names() if not _line(name, chosen.endpoints)]
    print(f"over the bars: {', '.join(over) or 'none'}")
    return 1 if over else 0


def _line(name: str, endpoints: int) -> bool:
    command = [sys.executable, __file__, "--only", name, "--endpoints", str(endpoints)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print(
        f"{name:20}{found['render_s']:>10.2f}{found['proof_s']:>10.2f}"
        f"{found['peak_mib']:>10.0f}{found['file_mib']:>10.1f}",
        flush=True,
    )
    return found["render_s"] <= SECONDS and found["peak_mib"] <= MIB


if __name__ == "__main__":
    sys.exit(main())
