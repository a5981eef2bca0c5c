"""Parses the JSON of a feed strictly, searches it by JSONPath (RFC 9535), and lists its texts.

Pure. A place is the keys and indexes that lead to a value; `spell_place` writes it as JSONPath.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tracker.errors import Unreadable, UsageError
from tracker.text import quote

if TYPE_CHECKING:
    from jsonpath import JSONPath

Place = tuple[int | str, ...]

_DEEPEST = 50  # levels of lists and objects; real feeds have about five
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Node(NamedTuple):
    """A value of the feed, and its place."""

    place: Place
    value: Any


def load_json(text: str, where: str) -> Any:
    """Return JSON as plain data. Raises Unreadable if it is not valid by RFC 8259."""
    try:
        data = json.loads(
            text, object_pairs_hook=_build_object, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise Unreadable(_describe_depth(where)) from None
    except ValueError as error:
        raise Unreadable(f"{where}: the feed is not valid JSON: {error}") from None
    if not isinstance(data, dict | list):
        raise Unreadable(f"{where}: the feed is {describe_kind(data)}, not an object or a list")
    if not _is_shallow(data):
        raise Unreadable(_describe_depth(where))
    if "\\u" in text and not _is_unicode(data):
        raise Unreadable(f"{where}: the feed has half a character, an escape such as \\ud800")
    return data


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {quote(key)} stands twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _is_shallow(data: Any) -> bool:
    """Return whether the data has no more than the accepted levels."""
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False


def _is_unicode(data: Any) -> bool:
    """Return whether all texts can be encoded: JSON can escape halves of surrogate pairs."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _describe_depth(where: str) -> str:
    return f"{where}: the feed is nested more than {_DEEPEST} levels deep"


def describe_kind(value: Any) -> str:
    """Return the kind of a JSON value, with an article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


@lru_cache(maxsize=256)
def compile_path(path: str, where: str) -> JSONPath:
    """Return a compiled JSONPath. Raises UsageError; `where` is the key, for the message."""
    import jsonpath  # noqa: PLC0415  only for those who read JSON

    problem = "it joins several paths" if path.startswith("$") else "it does not start with $"
    try:
        compiled = jsonpath.JSONPathEnvironment(strict=True).compile(path)
        if isinstance(compiled, jsonpath.JSONPath):
            return compiled
    # str(error) can fail, and numbers in a path can raise errors of Python.
    except (jsonpath.JSONPathError, ArithmeticError, RecursionError) as error:
        if path.startswith("$"):
            problem = str(error.args[0]) if error.args else "it cannot be read"
    raise UsageError(f"{where}: {quote(path)} is not a JSONPath of RFC 9535: {problem}")


def find_nodes(path: JSONPath, start: Node, where: str) -> list[Node]:
    """Return the nodes that a path selects; `$` is `start`. Raises Unreadable if it fails."""
    import jsonpath  # noqa: PLC0415

    try:
        return [
            Node((*start.place, *found.parts), found.obj)
            for found in path.finditer(start.value)
        ]
    except (jsonpath.JSONPathError, RecursionError) as error:
        problem = error.args[0] if error.args else "nested too deep"
        raise Unreadable(f"{where}: {path} cannot be followed: {problem}") from None


def find_filtered(path: JSONPath, root: Node, where: str) -> tuple[set[Place], set[Place]]:
    """Return the places that the filters of a path test, and those that they select.

    A filter on all descendants (`..[?...]`) is not considered: it tests the whole feed.
    """
    import jsonpath  # noqa: PLC0415

    offered, chosen = set[Place](), set[Place]()
    for number, segment in enumerate(path.segments):
        is_filter = any(str(selector).startswith("?") for selector in segment.selectors)
        if is_filter and not str(segment).startswith(".."):
            above, up_to = (
                jsonpath.JSONPath(env=path.env, segments=path.segments[:end])
                for end in (number, number + 1)
            )
            for node in find_nodes(above, root, where):
                offered.update(child.place for child in iter_children(node))
            chosen.update(node.place for node in find_nodes(up_to, root, where))
    return offered, chosen


def iter_children(node: Node) -> Iterator[Node]:
    """Yield the children of a list or an object; other values have none."""
    if isinstance(node.value, dict):
        pairs: Iterator[tuple[int | str, Any]] = iter(node.value.items())
    elif isinstance(node.value, list):
        pairs = enumerate(node.value)
    else:
        return
    yield from (Node((*node.place, key), value) for key, value in pairs)


class Text(NamedTuple):
    """A text of the feed: a string value or a key."""

    place: Place
    text: str
    is_key: bool = False


def iter_texts(start: Node, skip: Collection[Place] = ()) -> Iterator[Text]:
    """Yield all texts at and below a node, in order, except those in `skip`."""
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node.place in skip:
            continue
        if isinstance(node.value, str):
            yield Text(node.place, node.value)
        children = list(iter_children(node))
        for place, _ in children if isinstance(node.value, dict) else ():
            yield Text(place, str(place[-1]), is_key=True)
        waiting += reversed(children)


def is_within(place: Place, places: Collection[Place]) -> bool:
    """Return whether a place is one of `places`, or inside one of them."""
    return bool(places) and any(place[:end] in places for end in range(len(place) + 1))


def find_overlap(places: Sequence[Place]) -> Place | None:
    """Return a place that is a duplicate or inside another one, or None."""
    every, seen = frozenset(places), set[Place]()
    for place in places:
        if place in seen or any(place[:end] in every for end in range(len(place))):
            return place
        seen.add(place)
    return None


def find_key(place: Place) -> Place | None:
    """Return the place of the nearest key at or above a place, or None if there is none."""
    for end in range(len(place), 0, -1):
        if isinstance(place[end - 1], str):
            return place[:end]
    return None


def spell_place(place: Place) -> str:
    """Return a place as JSONPath: `$.prefixes[3]`."""
    return "$" + "".join(map(_spell_step, place))


def spell_list(place: Place) -> str:
    """Return a place as a path for all items of its lists: `$.prefixes[*].url`, `$.hooks`."""
    steps = list(place)
    while steps and isinstance(steps[-1], int):
        del steps[-1]
    return "$" + "".join(
        "[*]" if isinstance(step, int) else _spell_step(step) for step in steps
    )


def _spell_step(step: int | str) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{json.dumps(step)}]"
