"""Whether a media query applies to the screen of a desktop, 1,280 by 800 pixels.

Media Queries Level 4: lists, `not`, `and`, `or`, the features of size in both notations. What
is not known here counts as not applying, as an unknown feature does in a browser (3.2).
"""

from __future__ import annotations

import re

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


def applies_to_desktop(query: str) -> bool:
    """Return whether a list of media queries applies; an empty list always does."""
    text = re.sub(r"/\*.*?\*/", " ", query.lower()).strip()
    return not text or any(_applies(part.strip()) for part in text.split(","))


def _applies(query: str) -> bool:
    """One query: a type, conditions, or both."""
    negated = query.startswith("not ") and not query.startswith("not (")
    query = re.sub(r"^(?:not|only)\s+(?=[a-z])", "", query)
    kind = re.match(r"^[a-z-]+(?=\s|$)", query)
    if kind and kind[0] != "not":
        rest = query[kind.end() :].strip().removeprefix("and ").strip()
        result = kind[0] in {"all", "screen"} and (not rest or _condition(rest, 0))
    else:
        result = _condition(query, 0)
    return result is not negated


def _condition(text: str, depth: int) -> bool:
    """`(a) and (b)`, `(a) or (b)`, `not (a)`; each may hold others."""
    if depth > _MOST_NESTED:
        return False
    parts, words = _parted(text)
    if not parts:
        return False
    if words == ["not"] and len(parts) == 1:
        return not _feature(parts[0], depth)
    results = [_feature(part, depth) for part in parts]
    return any(results) if "or" in words else all(results)


def _parted(text: str) -> tuple[list[str], list[str]]:
    """What stands in outer brackets, and the words between them."""
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


def _feature(text: str, depth: int) -> bool:
    if "(" in text:
        return _condition(text, depth + 1)
    plain = re.sub(r"\s+", "", text)
    if match := _PREFIXED.match(plain):
        length = _pixels(match[3])
        size = _WIDTH if match[2] == "width" else _HEIGHT
        return length is not None and (size >= length if match[1] == "min" else size <= length)
    if match := _EXACT.match(plain):
        return _pixels(match[2]) == (_WIDTH if match[1] == "width" else _HEIGHT)
    if match := _COMPARED.match(plain):
        size = _WIDTH if match[3] == "width" else _HEIGHT
        left = match[1] is None or _compare(size, _TURNED[match[2]], match[1])
        return left and (match[5] is None or _compare(size, match[4], match[5]))
    return _KNOWN.get(plain, False)


def _compare(size: float, sign: str, written: str) -> bool:
    length = _pixels(written)
    if length is None:
        return False
    return {
        "<": size < length,
        "<=": size <= length,
        ">": size > length,
        ">=": size >= length,
        "=": size == length,
    }[sign]


def _pixels(written: str) -> float | None:
    match = _LENGTH.match(written)
    if not match or (match[2] not in _UNITS and match[1].strip("0.")):
        return None
    try:
        return float(match[1]) * _UNITS.get(match[2], 0)
    except ValueError:  # such as "1.2.3"
        return None
