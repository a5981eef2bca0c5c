"""Objects and rules of PAN-OS by scope and kind, from commands in `set` form or from XML.

Grammar: Palo Alto Networks, "PAN-OS CLI Quick Start"; a value is a word, a quoted text, or
words in brackets. The XML of a configuration has the same tree: an `entry` is the name of an
object, a `member` a value of a list.
"""

from __future__ import annotations

import itertools
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
from tracker.audit.readers.shared.documents import Element, parse_xml

_XML = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<response\b[^>]*>\s*(?:<result\b[^>]*>\s*)?)?<config\b"
)
_ROOTS = {"config", "response", "result"}
_CURLY = re.compile(r"^(?:config|policy|rulebase|vsys|devices) \{$", re.MULTILINE)
_WORD = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<sign>[][])|(?P<plain>[^\s"\[\]]+)')
_LIST_KEYS = {
    *("static", "members", "source", "destination", "service", "application", "from", "to"),
    *("category", "list", "tag", "source-user", "source-hip", "destination-hip"),
    *("hip-profiles", "group-tag"),
}
# Keys with settings of their own below them: all words after them are their value.
_REST_KEYS = {"profile-setting", "option", "qos", "target"}
_SCOPES = {"shared": 1, "device-group": 2, "vsys": 2, "template": 2, "template-stack": 2}
# Words before a scope or a kind that have no effect, with the number of words to skip.
_PREFIXES = {"config": 1, "devices": 2, "policy": 1, "panorama": 1, "readonly": 1}
# The kinds of objects that are read; the rest of a configuration is skipped.
RULE_KINDS = tuple(
    (base, "security", "rules") for base in ("pre-rulebase", "rulebase", "post-rulebase")
)
DEFAULT_KINDS = tuple((*kind[:1], "default-security-rules", "rules") for kind in RULE_KINDS)
_KINDS = (
    ("address",),
    ("address-group",),
    ("service",),
    ("service-group",),
    ("profiles", "custom-url-category"),
    ("external-list",),
    *RULE_KINDS,
    *DEFAULT_KINDS,
)
PARENTS = ("parent-dg",)  # the kind that stores a device group's parent
# Rules of other kinds that may stop what a security rule allows.
_OTHER_RULES = ("application-override", "authentication", "decryption", "dos")
_DEVICE_KEYS = {"deviceconfig", "network", "mgt-config"}

Value = str | tuple[str, ...]
Scope = tuple[str, ...]


@dataclass(slots=True)
class PanObject:
    """An object with its settings, each a list of words, and the line of its first mention."""

    name: str
    line: int
    settings: dict[str, list[str]] = field(default_factory=dict)

    def values_of(self, key: str) -> list[str]:
        """Return the values of a setting."""
        return self.settings.get(key, [])

    def text_of(self, key: str, default: str = "") -> str:
        """Return a setting as one text."""
        return " ".join(self.settings.get(key, [default]))


@dataclass(slots=True)
class Tables:
    """The content of a file: objects by scope and kind, in order, and facts about the rest.

    `is_device` is set if it is the configuration of a device, not a part of one. `managed` is
    set if Panorama manages it. `others` are kinds of rules that are not read.
    """

    objects: dict[tuple[Scope, tuple[str, ...]], dict[str, PanObject]] = field(
        default_factory=dict
    )
    is_device: bool = False
    managed: bool = False
    others: dict[str, None] = field(default_factory=dict)

    def get(self, scope: Scope, *kind: str) -> dict[str, PanObject]:
        """Return the objects of one scope and kind."""
        return self.objects.get((scope, kind), {})

    def scopes(self, word: str) -> list[Scope]:
        """Return the scopes of one kind: `vsys` or `device-group`."""
        return [
            scope
            for scope in dict.fromkeys(each for each, _ in self.objects)
            if scope[:1] == (word,)
        ]


def looks_like_xml(text: str) -> bool:
    """Return whether a text is a configuration of PAN-OS in XML."""
    words = ("<devices", "<mgt-config", "<shared", "urldb=", "<vsys")
    return bool(_XML.search(text)) and any(word in text for word in words)


def looks_like_curly(text: str) -> bool:
    """Return whether a text is in the default form of the command line, with braces."""
    return bool(_CURLY.search(text))


def parse_tables(text: str, config: ParsedConfig) -> Tables:
    """Return all objects of known kinds in a file. Raises ConfigParseError."""
    found = Tables()
    if text.lstrip().startswith("<"):
        for at, setting in _walk_xml(parse_xml(text, "PAN-OS")):
            _apply(found, "set", list(setting), at)
        return found
    if _CURLY.search(text):
        raise ConfigParseError(
            "is in the default form: export it again after"
            " `set cli config-output-format set`, or as XML"
        )
    for number, line in numbered_lines(text):
        words = list(_split_values(line))
        if not words or str(words[0]).startswith(("#", "!")):
            continue
        command, *rest = words
        if command in {"set", "delete"} and rest:
            _apply(found, str(command), rest, number)
        else:
            config.skipped.append(
                Skipped(locate(number, line), "is not a set or delete command")
            )
    return found


def _walk_xml(root: Element) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each setting of a tree with its line, as the words of a command."""
    if root.tag not in _ROOTS:
        raise ConfigParseError(f"is not a configuration of PAN-OS: it is <{root.tag}>")
    ahead: list[tuple[Element, tuple[str, ...]]] = [(root, ())]
    while ahead:
        element, path = ahead.pop()
        if element.tag in _ROOTS and not path:
            inner = path
        elif element.tag == "entry":
            inner = (*path, element.attributes.get("name", ""))
        elif element.tag == "member":
            inner = path
        else:
            inner = (*path, element.tag)
        if element.children:
            ahead += [(child, inner) for child in element.children[::-1]]
        elif inner:
            yield element.line, (*inner, element.text) if element.text else inner


def _apply(found: Tables, command: str, words: list[Value], number: int) -> None:
    _note_device(found, words)
    scope, kind, rest = _split_scope(words)
    if kind == PARENTS and rest:
        parent = PanObject(str(rest[0]), number)
        found.objects[(scope, PARENTS)] = {parent.name: parent}
    elif kind and rest and scope[:1] not in {("template",), ("template-stack",)}:
        table = found.objects.setdefault((scope, kind), {})
        _apply_command(table, command, rest, number)
    elif scope[:1] in {("device-group",), ("vsys",)}:
        found.objects.setdefault((scope, ()), {})


def _note_device(found: Tables, words: list[Value]) -> None:
    """Record what kind of configuration it is, as far as the words of a line show it."""
    said = [word for word in words[:8] if isinstance(word, str)]
    if _DEVICE_KEYS & set(said[:3]) or {"rulebase", "pre-rulebase"} & set(said[:5]):
        found.is_device = True
    if "deviceconfig" in said and ("panorama" in said or "panorama-server" in said):
        found.managed = True
    for before, word in itertools.pairwise(said):
        if word in _OTHER_RULES and before.endswith("rulebase"):
            found.others[word] = None


def _split_scope(words: list[Value]) -> tuple[Scope, tuple[str, ...], list[Value]]:
    """Return scope, kind and the rest; the kind is empty if it is unknown."""
    scope: list[str] = []
    while words:
        word = str(words[0])
        length = _SCOPES.get(word, 0)
        scope += map(str, words[:length])
        length = length or (_PREFIXES.get(word, 0))
        if not length:
            break
        words = words[length:]
    for kind in (*_KINDS, PARENTS):
        if tuple(words[: len(kind)]) == kind:
            return tuple(scope), kind, words[len(kind) :]
    return tuple(scope), (), words


def _apply_command(
    table: dict[str, PanObject], command: str, words: list[Value], number: int
) -> None:
    name, *rest = words
    if command == "delete":
        _apply_delete(table, str(name), rest)
        return
    found = table.setdefault(str(name), PanObject(str(name), number))
    while rest:
        key, *rest = rest
        if key in _REST_KEYS:
            said = " ".join(word for value in rest for word in _as_words(value))
            found.settings.setdefault(str(key), []).append(said)
            return
        values = _as_words(rest.pop(0)) if rest else ()
        had = found.settings.get(str(key), []) if key in _LIST_KEYS else []
        found.settings[str(key)] = list(dict.fromkeys([*had, *values]))


def _apply_delete(table: dict[str, PanObject], name: str, rest: list[Value]) -> None:
    if not rest:
        table.pop(name, None)
    elif name in table:
        key, *values = rest
        deleted = {each for value in values for each in _as_words(value)}
        left = [
            each for each in table[name].values_of(str(key)) if deleted and each not in deleted
        ]
        table[name].settings[str(key)] = left


def _as_words(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _split_values(line: str) -> Iterator[Value]:
    """Yield the words of a line; those in brackets as one value."""
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
