"""FortiOS's command line as a tree of objects: `config`, `edit`, `set`, `next`, `end`.

Grammar: Fortinet, "FortiOS CLI reference", the chapter on the CLI's structure. A quoted value
may go over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracker.audit.parsed_config import Dump, DumpError, Unread, numbered, place

_DEEPEST = 50
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_WORD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_SIGN = re.compile(r'\\(.)|"', re.DOTALL)


@dataclass(slots=True)
class Object:
    """One `edit`: its settings, each a list of words, and its line."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def one(self, key: str, default: str = "") -> str:
        """A setting of one word."""
        return " ".join(self.settings.get(key, [default]))


# Objects by virtual domain and table, in their order.
Tables = dict[tuple[str, str], dict[str, Object]]


@dataclass(slots=True)
class _State:
    """Where in the tree the lines are."""

    path: list[str] = field(default_factory=list)
    domain: str = ""
    domains: bool = False
    table: str = ""
    current: Object | None = None
    depth: int = 0


def tables(text: str, dump: Dump) -> Tables:
    """All objects of a file. Raises DumpError where its blocks are not closed."""
    found: Tables = {}
    state = _State()
    for number, line, words in _commands(text):
        if not _command(state, number, words, found):
            dump.unread.append(Unread(place(number, line), "is no command of FortiOS"))
    if state.path:
        raise DumpError(f'"config {state.path[-1]}" is not ended: the file is cut off')
    return found


def _command(state: _State, number: int, words: list[str], found: Tables) -> bool:
    """Takes one command; False where it is none."""
    name, rest = words[0], words[1:]
    if name == "config":
        _enter(state, " ".join(rest))
    elif name == "end":
        return _leave(state)
    elif name == "edit" and rest:
        _edit(state, rest[0], number, found)
    elif name in {"next", "abort"}:
        state.current = None if not state.depth else state.current
    elif name in {"set", "append", "unset", "unselect", "delete", "select", "clear", "purge"}:
        _set(state, name, rest, found)
    else:
        return False
    return True


def _enter(state: _State, name: str) -> None:
    """A table, the table of virtual domains, or one inside an object, which is passed over."""
    if len(state.path) >= _DEEPEST:
        raise DumpError("is nested deeper than any real one")
    state.path.append(name)
    if name in {"vdom", "global"} and len(state.path) == 1:
        state.domains = True
    elif state.current is not None:
        state.depth += 1
    else:
        state.table = name


def _leave(state: _State) -> bool:
    if not state.path:
        return False
    state.path.pop()
    if state.depth:
        state.depth -= 1
    else:
        state.current, state.table = None, ""
    return True


def _edit(state: _State, name: str, number: int, found: Tables) -> None:
    if state.depth:
        return
    if state.domains and state.path == ["vdom"]:
        state.domain = name
        return
    table = found.setdefault((state.domain, state.table), {})
    # An object that is edited again keeps what it had, as on the device.
    state.current = table.setdefault(name, Object(name, number))


def _set(state: _State, command: str, rest: list[str], found: Tables) -> None:
    if state.depth or not rest:
        return
    if state.current is None:
        if command == "delete":
            found.get((state.domain, state.table), {}).pop(rest[0], None)
        return
    had, (key, *values) = state.current.settings, rest
    if command == "set":
        had[key] = values
    elif command == "append":
        had[key] = [*had.get(key, []), *values]
    elif command == "unselect":
        had[key] = [each for each in had.get(key, []) if each not in values]
    elif command == "unset":
        had.pop(key, None)


def _commands(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each command with the number and text of its first line, and its words."""
    start, lines = 0, list[str]()
    quoted = False
    for number, line in numbered(text):
        if not lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if lines else number
        lines.append(line)
        quoted ^= len(_QUOTE.findall(line)) % 2 == 1
        if not quoted:
            if words := _words("\n".join(lines)):
                yield start, lines[0], words
            lines = []
    if lines:
        raise DumpError(f"the quote of line {start} is not closed: the file is cut off")


def _words(text: str) -> list[str]:
    """Words, quoted or not, without their quotes."""
    return [_SIGN.sub(_plain, word) for word in _WORD.findall(text)]


def _plain(sign: re.Match[str]) -> str:
    """An escaped character as it is; a quote is gone."""
    return sign[1] or ""
