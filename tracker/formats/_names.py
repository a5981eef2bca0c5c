"""Names for what a file owns on a firewall, and what it calls its targets in comments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeVar

from tracker.formats import RuleSet

Key = TypeVar("Key", bound=Hashable)
# What several rows of the page call the same thing.
Words = AbstractSet[str]

_HASH = 6
_SOURCE = re.compile(r"[a-z][a-z0-9]*")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def stem(rule_set: RuleSet, longest: int, joint: str) -> str:
    """`action1-europe`, with `joint` for the hyphen; a letter, then letters, digits, joints.

    Two different rule sets never share one: a name that is longer than `longest` characters,
    or could be another's after the change of characters, is cut and ends in a hash of the
    original.
    """
    own = _SOURCE.fullmatch(rule_set.source) and _NAME.fullmatch(rule_set.name)
    plain = re.sub(r"[^a-z0-9]+", "-", f"{rule_set.source}-{rule_set.name}".lower()).strip("-")
    if not own or len(plain) > longest:
        original = f"{rule_set.source}\0{rule_set.name}".encode()
        mark = hashlib.sha256(original).hexdigest()[:_HASH]
        start = plain if plain[:1].isalpha() else f"fw-{plain}"
        plain = f"{start[: longest - _HASH - 1].rstrip('-')}-{mark}"
    return plain.replace("-", joint)


def gathered(found: Iterable[tuple[Key, str]]) -> dict[Key, Words]:
    """All words of each key. The same few labels stand beside many, and are held once."""
    said: dict[Key, Words] = {}
    several: dict[Key, set[str]] = {}
    single: dict[str, Words] = {}
    for key, words in found:
        known = said.get(key)
        if known is None:
            said[key] = single.get(words) or single.setdefault(words, frozenset((words,)))
        elif words not in known:
            if key not in several:
                said[key] = several[key] = set(known)
            several[key].add(words)
    return said


def called(target: str, words: Words) -> str:
    """What the page calls a target, but for its own name, which stands there anyway."""
    bare = target.removeprefix("*").removeprefix(".")
    return " / ".join(sorted({said for text in words if (said := _but_for(bare, text))}))


def _but_for(name: str, text: str) -> str:
    """`Servers` of `Servers: b.example.com`, and nothing of `.example.com`."""
    before, _, last = text.rpartition(": ")
    return before if last.removeprefix(".") == name else text
