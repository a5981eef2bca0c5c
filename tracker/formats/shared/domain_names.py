"""Host names and wildcards: what includes what, and what the page calls a target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterable
from collections.abc import Set as AbstractSet
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def with_bare_name(target: str) -> tuple[str, ...]:
    """Return a target, and for a wildcard the bare name, which it includes on the page."""
    return (target, target[2:]) if target.startswith("*.") else (target,)


def including_wildcard(host: str, wildcards: Container[str]) -> str | None:
    """Return the wildcard among these that includes a host, or wildcard, with all below it.

    On the source's page `*.x` includes `x`. A wildcard does not include itself.
    """
    name = host.removeprefix("*.")
    if host == name and f"*.{name}" in wildcards:
        return f"*.{name}"
    while "." in name:
        name = name.partition(".")[2]
        if f"*.{name}" in wildcards:
            return f"*.{name}"
    return None


def collect_words(found: Iterable[tuple[Key, str]]) -> dict[Key, set[str]]:
    """Return what several rows of the page call the same thing, by that."""
    words: dict[Key, set[str]] = defaultdict(set)
    for key, text in found:
        words[key].add(text)
    return dict(words)


def describe_target(target: str, words: AbstractSet[str]) -> str:
    """Return what the page calls a target, without its own name, which stands there anyway."""
    bare = target.removeprefix("*").removeprefix(".")
    return " / ".join(sorted({said for text in words if (said := _without(bare, text))}))


def _without(name: str, text: str) -> str:
    """Return `Servers` of `Servers: b.example.com`, and nothing of `.example.com`."""
    before, _, last = text.rpartition(": ")
    return before if last.removeprefix(".") == name else text
