"""Objects of a FortiOS configuration by virtual domain and table, from its commands.

Grammar of the command line: Fortinet, "FortiOS CLI reference", the chapter on the CLI's
structure. A quoted value may span several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracker.audit.parsed_config import (
    ConfigParseError,
    ParsedConfig,
    Skipped,
    locate,
    numbered_lines,
)

# A table without objects: its settings are kept as those of one without a name.
SETTINGS = "system settings"
_MAX_DEPTH = 50
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_WORD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_SIGN = re.compile(r'\\(.)|"', re.DOTALL)


@dataclass(slots=True)
class FortiObject:
    """One `edit` with its line and settings, each a list of words."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def text_of(self, key: str, default: str = "") -> str:
        """Return a setting as one text."""
        return " ".join(self.settings.get(key, [default]))

    def values_of(self, key: str) -> list[str]:
        """Return the words of a setting, without empty ones."""
        return [word for word in self.settings.get(key, []) if word]


# Objects by virtual domain and table, in order.
Tables = dict[tuple[str, str], dict[str, FortiObject]]


@dataclass(slots=True)
class _State:
    """The place of the current line in the configuration tree."""

    path: list[str] = field(default_factory=list)
    domain: str = ""
    domains: bool = False
    table: str = ""
    current: FortiObject | None = None
    depth: int = 0


def parse_tables(text: str, config: ParsedConfig) -> Tables:
    """Return all objects of a file. Raises ConfigParseError if a block is not closed."""
    found: Tables = {}
    state = _State()
    for number, line, words in _split_commands(text):
        if not _run_command(state, number, words, found):
            config.skipped.append(Skipped(locate(number, line), "is not a command of FortiOS"))
    if state.path:
        raise ConfigParseError(f'"config {state.path[-1]}" is not ended: the file is cut off')
    return found


def _run_command(state: _State, number: int, words: list[str], found: Tables) -> bool:
    """Run a command; return whether it is known."""
    name, rest = words[0], words[1:]
    if name == "config":
        _enter_table(state, " ".join(rest), number, found)
    elif name == "end":
        return _leave_table(state)
    elif name == "edit" and rest:
        _edit_object(state, rest[0], number, found)
    elif name in {"next", "abort"}:
        state.current = None if not state.depth else state.current
    elif name in {"set", "append", "unset", "unselect", "delete", "select", "clear", "purge"}:
        _change_setting(state, name, rest, found)
    else:
        return False
    return True


def _enter_table(state: _State, name: str, number: int, found: Tables) -> None:
    """Enter a table, the virtual domains, or a table inside an object, which is skipped."""
    if len(state.path) >= _MAX_DEPTH:
        raise ConfigParseError("is nested too deeply")
    state.path.append(name)
    if name in {"vdom", "global"} and len(state.path) == 1:
        state.domains = True
        state.domain = ""
    elif state.current is not None:
        state.depth += 1
    else:
        state.table = name
        table = found.setdefault((state.domain, name), {})
        if name == SETTINGS:
            state.current = table.setdefault("", FortiObject("", number))


def _leave_table(state: _State) -> bool:
    if not state.path:
        return False
    state.path.pop()
    if state.depth:
        state.depth -= 1
    else:
        state.current, state.table = None, ""
        state.domain = state.domain if state.path else ""
    return True


def _edit_object(state: _State, name: str, number: int, found: Tables) -> None:
    if state.depth:
        return
    if state.domains and state.path == ["vdom"]:
        state.domain = name
        found.setdefault((name, ""), {})
        return
    table = found.setdefault((state.domain, state.table), {})
    # An object that is edited again keeps its settings, as on the device.
    state.current = table.setdefault(name, FortiObject(name, number))


def _change_setting(state: _State, command: str, rest: list[str], found: Tables) -> None:
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


def _split_commands(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each command's first line number, its first line, and its words."""
    start, lines = 0, list[str]()
    quoted = False
    for number, line in numbered_lines(text):
        if not lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if lines else number
        lines.append(line)
        quoted ^= len(_QUOTE.findall(line)) % 2 == 1
        if not quoted:
            if words := _split_words("\n".join(lines)):
                yield start, lines[0], words
            lines = []
    if lines:
        raise ConfigParseError(f"the quote of line {start} is not closed: the file is cut off")


def _split_words(text: str) -> list[str]:
    """Return the words, without quotes; `''` is an empty one."""
    words = _WORD.findall(text)
    return ["" if word == "''" else _SIGN.sub(_unescape, word) for word in words]


def _unescape(sign: re.Match[str]) -> str:
    """Return the character after a backslash, and an empty text for a quote."""
    return sign[1] or ""
