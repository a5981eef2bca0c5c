"""The memory of a process and its children, with shared memory counted once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def memory(pid: int) -> float:
    """Return the PSS of all of them in MiB, without those that have ended."""
    return sum(map(_share, _tree(pid))) / 1024


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in _PROC.glob(f"{pid}/task/*/children"):
        for child in _read(task).split():
            yield from _tree(int(child))


def _share(pid: int) -> int:
    for line in _read(_PROC / f"{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
