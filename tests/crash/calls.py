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
    *("mkdir", "mkdirat", "flock", "newfstatat", "statx", "getdents64", "lseek"),
    *("socket", "connect", "sendto", "recvfrom"),
)
# And what it does besides: memory, clocks, its own id, threads' set-up, its end.
BESIDES = frozenset(
    {
        *(
            "brk",
            "mmap",
            "munmap",
            "madvise",
            "mprotect",
            "mremap",
            "fadvise64",
            "futex",
            "sched_yield",
        ),
        *("rt_sigaction", "rt_sigprocmask", "rt_sigtimedwait", "alarm", "prctl", "sysinfo"),
        *(
            "rseq",
            "set_robust_list",
            "set_tid_address",
            "getpid",
            "gettid",
            "getuid",
            "clock_nanosleep",
            "exit_group",
            "exit",
        ),
    }
)
TRACE = "trace=" + ",".join(f"?{name}" for name in NAMES)

_CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)$")
_PARTED = re.compile(r"^(\d+)\s+(.*) <unfinished \.\.\.>$")
_REST = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")
_STRING = re.compile(r'(["<])((?:\\x[0-9a-f]{2})*)[">]')
_PORT = re.compile(r"htons\((\d+)\)")
_RESULT = re.compile(r"\)\s+= (-?\d+)")


@dataclass(frozen=True)
class Call:
    """One call. `number` counts those of its name in its thread from 1, as strace's `when=`."""

    name: str
    number: int
    text: str
    thread: bool = False  # made in another thread than the first

    @cached_property
    def strings(self) -> tuple[tuple[str, bytes], ...]:
        """Arguments, behind a quote, and paths of descriptors, behind a <, as on the line."""
        return tuple(
            (mark, bytes.fromhex(found.replace("\\x", "")))
            for mark, found in _STRING.findall(self.text)
        )

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The absolute paths among them; never what was written."""
        found = self.strings[: 1 if self.name == "write" else None]
        return tuple(string.decode() for _, string in found if string.startswith(b"/"))

    @property
    def names(self) -> tuple[str, ...]:
        """The paths that it was called with, without those of open folders and files."""
        return tuple(string.decode() for mark, string in self.strings if mark == '"')

    @property
    def data(self) -> bytes:
        """What was written, where the log has it."""
        return b"".join(string for mark, string in self.strings if mark == '"')

    @property
    def socket(self) -> str | None:
        """The socket that it is called on, as one word: `socket:[4711]`."""
        found = (string.decode() for mark, string in self.strings[:1] if mark == "<")
        return next((name for name in found if name.startswith("socket:")), None)

    @property
    def port(self) -> int | None:
        """The port in a socket's address."""
        found = _PORT.search(self.text)
        return int(found[1]) if found else None

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
    seen: Counter[tuple[str, str]] = Counter()
    first = text.partition(" ")[0]
    for line in _whole(text):
        if match := _CALL.match(line):
            process, name, rest = match.groups()
            seen[process, name] += 1
            yield Call(name, seen[process, name], rest, process != first)


def _whole(text: str) -> Iterator[str]:
    """The lines; a call that another thread's parts in two is one again, where it ended."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if match := _PARTED.match(line):
            begun[match[1]] = match[2]
        elif match := _REST.match(line):
            yield f"{match[1]} {begun.pop(match[1], '')}{match[2]}"
        else:
            yield line


def storing(log: Path, store: Path) -> list[Call]:
    """The calls that touch the store, and those on sockets from its first one on."""
    found = calls(log)
    touched = [at for at, call in enumerate(found) if call.touches(store)]
    if not touched:
        return []
    return [call for call in found[touched[0] :] if call.touches(store) or call.socket]
