"""The size on disk after `pip install`, next to the peers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import environments
from figures import Row

TITLE = "installed size: all of site-packages but pip and setuptools"
TAKES = "a second, once the environments are there"
NOTE = "base dependencies only, bytecode included"
_NOT_COUNTED = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
TARGET = 45


def measure(_work: Path, _rounds: int) -> Iterator[Row]:
    """Yield the megabytes, next to each peer's."""
    ours = _megabytes(environments.fwtracker())
    for name in environments.PEERS:
        theirs = _megabytes(environments.peer(name))
        yield Row("installed", "MB", ours, theirs, name, ours / theirs)
    yield Row("installed", "MB", ours, None, "", ours, TARGET, "MB")


def _megabytes(environment: Path) -> float:
    packages = environments.site_packages(environment)
    counted = (each for each in packages.iterdir() if not each.name.startswith(_NOT_COUNTED))
    return sum(_size(each) for each in counted) / 1e6


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
