"""System calls of a run, read from strace's log (with -y, and -xx: every string in hex)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What a run does to its store and to sockets. Machines differ in which of each pair they have.
NAMES = (
    *("openat", "read", "pread64", "write", "pwrite64", "fsync", "ftruncate", "close"),
    *("link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "flock", "newfstatat", "statx", "getdents64", "lseek", "sendto"),
)
TRACE = "trace=" + ",".join(f"?{name}" for name in NAMES)

_CALL = re.compile(r"^\d+\s+(\w+)\((.*)$")
_STRING = re.compile(r'["<]((?:\\x[0-9a-f]{2})*)[">]')
_RESULT = re.compile(r"\)\s+= (-?\d+)")


@dataclass(frozen=True)
class Call:
    """One call. `number` counts those of its name from 1, as strace's `when=` does."""

    name: str
    number: int
    text: str

    @cached_property
    def strings(self) -> tuple[bytes, ...]:
        """Arguments in quotes and the paths of descriptors, in the order of the line."""
        return tuple(
            bytes.fromhex(found.replace("\\x", "")) for found in _STRING.findall(self.text)
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """What is an absolute path among the strings; a name below a folder is joined."""
        found = [string.decode() for string in self.strings[:4] if string[:1] == b"/"]
        return tuple(found)

    @property
    def done(self) -> bool:
        """Whether it succeeded. One that was cut off by a kill did not."""
        result = _RESULT.search(self.text)
        return result is not None and int(result[1]) >= 0

    @property
    def kind(self) -> str:
        """The name without what machines differ in: `renameat2` is `rename`."""
        for plain in ("rename", "unlink", "link", "mkdir"):
            if self.name.startswith(plain):
                return plain
        return self.name

    def touches(self, folder: Path) -> bool:
        """Whether it is about a file below `folder`, or about the folder."""
        root = str(folder)
        return any(path == root or path.startswith(f"{root}/") for path in self.paths)

    def __str__(self) -> str:
        return f"{self.name} {self.number} {' '.join(self.paths)}"


def calls(log: Path) -> list[Call]:
    """All calls of a log, in order."""
    return list(_calls(log.read_text()))


def _calls(text: str) -> Iterator[Call]:
    seen: Counter[str] = Counter()
    for line in text.splitlines():
        if match := _CALL.match(line):
            seen[match[1]] += 1
            yield Call(match[1], seen[match[1]], match[2])


def storing(log: Path, store: Path) -> list[Call]:
    """The calls that touch the store, and what is sent on sockets from its first one on."""
    found = calls(log)
    touched = [at for at, call in enumerate(found) if call.touches(store)]
    if not touched:
        return []
    return [
        call for call in found[touched[0] :] if call.touches(store) or call.name == "sendto"
    ]
