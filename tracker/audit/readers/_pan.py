"""PAN-OS `set` and `delete` commands as objects with settings, in their order.

Grammar: Palo Alto Networks, "PAN-OS CLI Quick Start"; a value is a word, a quoted text, or
words in brackets. Where an object is (shared, a device group, a vsys) is its scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracker.audit.parsed_config import Dump, Unread, numbered, place

_WORD = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<sign>[][])|(?P<plain>[^\s"\[\]]+)')
_LISTS = {
    *("static", "members", "source", "destination", "service", "application", "from", "to"),
    *("category", "list", "tag", "source-user", "source-hip", "destination-hip"),
}
_SCOPES = {"shared": 1, "device-group": 2, "vsys": 2, "template": 2, "template-stack": 2}
# Where our kinds of objects are; all else of a configuration is passed over.
_KINDS = (
    ("address",),
    ("address-group",),
    ("service",),
    ("service-group",),
    ("profiles", "custom-url-category"),
    ("external-list",),
    ("pre-rulebase", "security", "rules"),
    ("rulebase", "security", "rules"),
    ("post-rulebase", "security", "rules"),
)
RULES = tuple(kind for kind in _KINDS if kind[-1] == "rules")

Value = str | tuple[str, ...]
Scope = tuple[str, ...]


@dataclass(slots=True)
class Object:
    """One object: its settings, each a list of words, and the line that names it first."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def all(self, key: str) -> list[str]:
        """The values of a setting."""
        return self.settings.get(key, [])

    def one(self, key: str, default: str = "") -> str:
        """A setting of one word."""
        return " ".join(self.settings.get(key, [default]))


# Objects by scope and kind, in their order.
Tables = dict[tuple[Scope, tuple[str, ...]], dict[str, Object]]


def tables(text: str, dump: Dump) -> Tables:
    """All objects of a file that we know kinds of."""
    found: Tables = {}
    for number, line in numbered(text):
        words = list(_values(line))
        if not words or str(words[0]).startswith(("#", "!")):
            continue
        command, *rest = words
        if command not in {"set", "delete"} or not rest:
            dump.unread.append(Unread(place(number, line), "is no set or delete command"))
            continue
        scope, kind, rest = _placed(rest)
        if kind and rest:
            _apply(found.setdefault((scope, kind), {}), str(command), rest, number)
    return found


def _placed(words: list[Value]) -> tuple[Scope, tuple[str, ...], list[Value]]:
    """Scope, kind and what follows; no kind for what is none of ours."""
    scope: list[str] = []
    while words and (length := _SCOPES.get(str(words[0]))):
        scope += map(str, words[:length])
        words = words[length:]
    for kind in _KINDS:
        if tuple(words[: len(kind)]) == kind:
            return tuple(scope), kind, words[len(kind) :]
    return tuple(scope), (), words


def _apply(table: dict[str, Object], command: str, words: list[Value], number: int) -> None:
    name, *rest = words
    if command == "delete":
        _delete(table, str(name), rest)
        return
    found = table.setdefault(str(name), Object(str(name), number))
    while rest:
        key, *rest = rest
        values = _words(rest.pop(0)) if rest else ()
        had = found.settings.get(str(key), []) if key in _LISTS else []
        found.settings[str(key)] = list(dict.fromkeys([*had, *values]))


def _delete(table: dict[str, Object], name: str, rest: list[Value]) -> None:
    if not rest:
        table.pop(name, None)
    elif name in table:
        key, *values = rest
        gone = {each for value in values for each in _words(value)}
        left = [each for each in table[name].all(str(key)) if gone and each not in gone]
        table[name].settings[str(key)] = left


def _words(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _values(line: str) -> Iterator[Value]:
    """The words of a line; those in brackets as one value."""
    inside: list[str] | None = None
    for match in _WORD.finditer(line):
        word = match["plain"] if match["quoted"] is None else match["quoted"]
        if match["sign"] == "[":
            inside = []
        elif match["sign"] == "]":
            yield tuple(inside or ())
            inside = None
        elif inside is not None:
            inside.append(word)
        else:
            yield word
    if inside is not None:
        yield tuple(inside)
