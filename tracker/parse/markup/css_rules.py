"""Reads the rules in a page's style elements that apply to a desktop screen of 1,280 by 800.

Supports selectors, specificity and the few properties that hide or strike out. Media queries
follow Media Queries Level 4: lists, `not`, `and`, `or`, size features in both notations. Other
features do not apply, like unknown ones in a browser (section 3.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import tinycss2
from bs4 import BeautifulSoup
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

from tracker.parse.markup.browser_tree import get_attribute, iter_texts

_WIDTH, _HEIGHT, _FONT = 1280, 800, 16
_UNITS = {"px": 1.0, "em": _FONT, "rem": _FONT, "pt": 96 / 72, "cm": 96 / 2.54, "in": 96.0}
_KNOWN = {
    "orientation:landscape": True,
    "hover": True,
    "hover:hover": True,
    "any-hover:hover": True,
    "pointer": True,
    "pointer:fine": True,
    "any-pointer:fine": True,
    "color": True,
    "grid:0": True,
    "prefers-color-scheme:light": True,
    "prefers-reduced-motion:no-preference": True,
    "scripting:enabled": True,
    "width": True,
    "height": True,
}
_PREFIXED = re.compile(r"^(min|max)-(?:device-)?(width|height):(.+)$")
_EXACT = re.compile(r"^(width|height):(.+)$")
_COMPARED = re.compile(r"^(?:([\d.]+\w*)(<=?|>=?))?(width|height)(?:(<=?|>=?|=)([\d.]+\w*))?$")
_LENGTH = re.compile(r"^([\d.]+)([a-z]*)$")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MOST_NESTED = 8


class Weight(NamedTuple):
    """The rank of a declaration in the cascade; the larger one wins."""

    important: bool
    inline: bool
    specificity: tuple[int, int, int]
    order: int


class StyleRule(NamedTuple):
    """One selector of a rule, with the declarations that have the same weight."""

    selector: str
    weight: Weight
    declarations: Mapping[str, tuple[str, bool]]


def find_rules(soup: BeautifulSoup) -> Iterator[StyleRule]:
    """Yield the rules of all style elements that hide or strike out, or may undo that."""
    order = 0
    for element in soup.find_all("style"):
        if not applies_to_desktop(get_attribute(element, "media")):
            continue
        for selector, declarations in _read_style_rules("".join(iter_texts(element))):
            for importance in (False, True):
                wanted = {k: v for k, v in declarations.items() if v[1] is importance}
                if wanted:
                    order += 1
                    weight = Weight(
                        importance,
                        inline=False,
                        specificity=_count_specificity(selector),
                        order=order,
                    )
                    yield StyleRule(selector, weight, wanted)


def _read_style_rules(sheet: str) -> Iterator[tuple[str, dict[str, tuple[str, bool]]]]:
    """Yield each selector of a sheet with its declarations, except those for other media."""
    pending: list[Sequence[Node]] = [
        tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    ]
    while pending:
        inner: list[Sequence[Node]] = []
        for node in pending.pop(0):
            if isinstance(node, AtRule) and node.content is not None:
                if _is_in_force(node):
                    inner.append(
                        tinycss2.parse_rule_list(
                            node.content, skip_comments=True, skip_whitespace=True
                        )
                    )
            elif isinstance(node, QualifiedRule):
                declarations = _read_declarations(node.content)
                if declarations:
                    for selector in _split_selectors(tinycss2.serialize(node.prelude)):
                        yield selector, declarations
        pending = inner + pending


def _is_in_force(rule: AtRule) -> bool:
    name = rule.lower_at_keyword
    if name == "media":
        return applies_to_desktop(tinycss2.serialize(rule.prelude))
    return name in {"layer", "supports", "scope"}


_PROPERTIES = frozenset(
    "display visibility opacity content-visibility clip clip-path left top text-indent"
    " font-size text-decoration text-decoration-line position height max-height overflow"
    " transform".split()
)


def _read_declarations(content: Sequence[Node] | str) -> dict[str, tuple[str, bool]]:
    """Return the properties that can hide or strike out, with value and importance."""
    found: dict[str, tuple[str, bool]] = {}
    for node in tinycss2.parse_blocks_contents(
        content, skip_comments=True, skip_whitespace=True
    ):
        if isinstance(node, Declaration) and node.lower_name in _PROPERTIES:
            old = found.get(node.lower_name)
            if old is None or node.important or not old[1]:
                value = tinycss2.serialize(node.value).strip().lower()
                found[node.lower_name] = value, node.important
    if "text-decoration" in found and "text-decoration-line" not in found:
        found["text-decoration-line"] = found.pop("text-decoration")
    return found


def _split_selectors(prelude: str) -> list[str]:
    """Return the selectors of a list, split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(prelude):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append(prelude[start:at])
            start = at + 1
    return [part for piece in (*parts, prelude[start:]) if (part := piece.strip())]


def _count_specificity(selector: str) -> tuple[int, int, int]:
    """Count ids, classes and types of a selector (Selectors Level 4, section 17)."""
    plain = re.sub(r":where\([^()]*\)", "", selector)
    ids = len(re.findall(r"#[\w-]+", plain))
    others = len(re.findall(r"\.[\w-]+|\[[^\]]*\]|:(?!not\b|is\b|has\b)[\w-]+", plain))
    types = len(re.findall(r"(?:^|[\s>+~(,])[a-zA-Z][\w-]*", plain))
    return ids, others, types


def read_inline_rules(style: str) -> Iterator[StyleRule]:
    """Yield the declarations of a style attribute, as rules that override those of sheets."""
    declarations = _read_declarations(style) if style else {}
    for importance in (False, True):
        wanted = {k: v for k, v in declarations.items() if v[1] is importance}
        if wanted:
            yield StyleRule(
                "", Weight(importance, inline=True, specificity=(0, 0, 0), order=0), wanted
            )


def applies_to_desktop(query: str) -> bool:
    """Return whether a list of media queries applies; an empty list always does."""
    text = re.sub(r"/\*.*?\*/", " ", query.lower()).strip()
    return not text or any(_query_applies(part.strip()) for part in text.split(","))


def _query_applies(query: str) -> bool:
    """Return whether a query of a type, conditions, or both applies."""
    negated = query.startswith("not ") and not query.startswith("not (")
    query = re.sub(r"^(?:not|only)\s+(?=[a-z])", "", query)
    kind = re.match(r"^[a-z-]+(?=\s|$)", query)
    if kind and kind[0] != "not":
        rest = query[kind.end() :].strip().removeprefix("and ").strip()
        result = kind[0] in {"all", "screen"} and (not rest or _condition_holds(rest, 0))
    else:
        result = _condition_holds(query, 0)
    return result is not negated


def _condition_holds(text: str, depth: int) -> bool:
    """Return whether `(a) and (b)`, `(a) or (b)` or `not (a)` is true; they can be nested."""
    if depth > _MOST_NESTED:
        return False
    parts, words = _split_brackets(text)
    if not parts:
        return False
    if words == ["not"] and len(parts) == 1:
        return not _feature_holds(parts[0], depth)
    results = [_feature_holds(part, depth) for part in parts]
    return any(results) if "or" in words else all(results)


def _split_brackets(text: str) -> tuple[list[str], list[str]]:
    """Return the content of outer brackets, and the words between them."""
    parts, outside, depth, start = [], [], 0, 0
    for at, sign in enumerate(text):
        if sign == "(":
            if depth == 0:
                outside.append(text[start:at])
                start = at + 1
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
            if depth == 0:
                parts.append(text[start:at])
                start = at + 1
    return parts, " ".join([*outside, text[start:]]).split()


def _feature_holds(text: str, depth: int) -> bool:
    if "(" in text:
        return _condition_holds(text, depth + 1)
    plain = re.sub(r"\s+", "", text)
    if match := _PREFIXED.match(plain):
        length = _to_pixels(match[3])
        size = _WIDTH if match[2] == "width" else _HEIGHT
        return length is not None and (size >= length if match[1] == "min" else size <= length)
    if match := _EXACT.match(plain):
        return _to_pixels(match[2]) == (_WIDTH if match[1] == "width" else _HEIGHT)
    if match := _COMPARED.match(plain):
        size = _WIDTH if match[3] == "width" else _HEIGHT
        left = match[1] is None or _compare(size, _TURNED[match[2]], match[1])
        return left and (match[5] is None or _compare(size, match[4], match[5]))
    return _KNOWN.get(plain, False)


def _compare(size: float, sign: str, written: str) -> bool:
    length = _to_pixels(written)
    if length is None:
        return False
    return {
        "<": size < length,
        "<=": size <= length,
        ">": size > length,
        ">=": size >= length,
        "=": size == length,
    }[sign]


def _to_pixels(written: str) -> float | None:
    match = _LENGTH.match(written)
    if not match or (match[2] not in _UNITS and match[1].strip("0.")):
        return None
    try:
        return float(match[1]) * _UNITS.get(match[2], 0)
    except ValueError:  # such as "1.2.3"
        return None
