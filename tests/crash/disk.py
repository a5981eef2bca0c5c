"""A file system that promises no more than POSIX does, and can lose its power at any time.

Written data is certain after the fsync of its file, a name after the fsync of its folder.
Until then each file and each name may come back as it was last certain, or as it was at any
moment since, each on its own; a file may also come back cut short, or with a hole of zeros.
A folder whose own name is lost takes with it all that is below.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tests.crash.calls import Call
from tests.crash.states import Files


@dataclass(eq=False)
class File:
    """Its content since it was last certain: that one first, then one after each write."""

    contents: list[bytes] = field(default_factory=lambda: [b""])

    def after(self, chance: random.Random, luck: float) -> bytes:
        """What a power cut leaves of it."""
        if len(self.contents) == 1 or chance.random() < luck:
            return self.contents[-1]
        data = chance.choice(self.contents)
        cut = chance.randint(0, len(data))
        return chance.choice((data, data[:cut], data[:cut].ljust(len(data), b"\0")))


@dataclass(eq=False)
class Folder:
    """What each of its names meant since it was last certain, oldest first."""

    names: dict[str, list[File | Folder | None]] = field(default_factory=dict)

    def put(self, name: str, node: File | Folder | None) -> None:
        self.names.setdefault(name, [None]).append(node)

    def get(self, name: str) -> File | Folder | None:
        return self.names.get(name, [None])[-1]

    def sync(self) -> None:
        self.names = {name: history[-1:] for name, history in self.names.items()}

    def after(self, chance: random.Random, luck: float) -> Iterator[tuple[str, bytes]]:
        """The files that a power cut leaves below it, by path."""
        for name, history in self.names.items():
            node = history[-1] if chance.random() < luck else chance.choice(history)
            if isinstance(node, File):
                yield name, node.after(chance, luck)
            elif node is not None:
                for below, data in node.after(chance, luck):
                    yield f"{name}/{below}", data


class Disk:
    """The folder `root` on such a file system; what is there at first is certain."""

    def __init__(self, root: str, files: Files) -> None:
        self.root, self.top = PurePosixPath(root), Folder()
        for name, data in files.items():
            folder = self.top
            *above, last = PurePosixPath(name).parts
            for part in above:
                if folder.get(part) is None:
                    folder.put(part, Folder())
                folder = folder.get(part)
            folder.put(last, File([data]))
        self.sync()

    def sync(self) -> None:
        """Make all certain, as time does."""
        folders = [self.top]
        for folder in folders:
            folder.sync()
            for history in folder.names.values():
                if isinstance(history[-1], File):
                    history[-1].contents = history[-1].contents[-1:]
                elif history[-1] is not None:
                    folders.append(history[-1])

    def apply(self, call: Call) -> None:
        """Do what a call did. Those that change nothing are passed over."""
        step = getattr(self, f"_{call.kind}", None)
        if step is not None and call.done:
            step(call)

    def cut(self, chance: random.Random, luck: float) -> Files:
        """The files after a power cut; `luck` is the share of what was in doubt and stays."""
        return dict(self.top.after(chance, luck))

    def _find(self, path: str) -> tuple[Folder, str]:
        """The folder that holds a path's last part."""
        *above, last = PurePosixPath(path).relative_to(self.root).parts
        folder: File | Folder | None = self.top
        for part in above:
            folder = folder.get(part)
        return folder, last

    def _node(self, path: str) -> File | Folder | None:
        if PurePosixPath(path) == self.root:
            return self.top
        folder, name = self._find(path)
        return folder.get(name)

    def _openat(self, call: Call) -> None:
        if "O_CREAT" in call.text:
            folder, name = self._find(call.names[0])
            if folder.get(name) is None:
                folder.put(name, File())
            elif "O_TRUNC" in call.text:
                folder.get(name).contents.append(b"")

    def _write(self, call: Call) -> None:
        contents = self._node(call.paths[0]).contents
        contents.append(contents[-1] + call.data)

    def _pwrite64(self, call: Call) -> None:
        contents = self._node(call.paths[0]).contents
        contents.append(call.data + contents[-1][len(call.data) :])

    def _ftruncate(self, call: Call) -> None:
        contents = self._node(call.paths[0]).contents
        contents.append(contents[-1][: int(call.text.rpartition(", ")[2].partition(")")[0])])

    def _fsync(self, call: Call) -> None:
        node = self._node(call.paths[0])
        if isinstance(node, File):
            node.contents = node.contents[-1:]
        else:
            node.sync()

    def _mkdir(self, call: Call) -> None:
        folder, name = self._find(call.names[0])
        folder.put(name, Folder())

    def _link(self, call: Call) -> None:
        folder, name = self._find(call.names[1])
        folder.put(name, self._node(call.names[0]))

    def _rename(self, call: Call) -> None:
        self._link(call)
        self._unlink(call)

    def _unlink(self, call: Call) -> None:
        folder, name = self._find(call.names[0])
        folder.put(name, None)
