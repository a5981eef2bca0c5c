"""What is wrong with a key or a name in the configuration, in words. Only for errors."""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec


def explained(message: str, kind: type[Any], where: str) -> str:
    """Msgspec's message with our words for the place, and the nearest known key."""
    text, _, at = message.partition(" - at `$")
    place = f"{where}{at.rstrip('`')}".strip(".")
    prefix = f"[{place}] " if place else ""
    unknown = re.search(r"unknown field `(.+?)`", text)
    if not unknown:
        return f"{prefix}{text[0].lower()}{text[1:]}"
    known = _keys(kind, at.rstrip("`"))
    near = nearest(unknown[1], known)
    hint = f'did you mean "{near}"?' if near else f"known keys: {', '.join(sorted(known))}"
    return f'{prefix}unknown key "{unknown[1]}"; {hint}'


def nearest(word: str, known: list[str]) -> str | None:
    """The known word that is most like `word`, if one is."""
    return next(iter(difflib.get_close_matches(word, known, 1)), None)


def _keys(kind: type[Any], path: str) -> list[str]:
    """The keys of the table at `path` (`.guard`, `.rules[0]`, `.sources[...]`) below `kind`."""
    info = msgspec.inspect.type_info(kind)
    for step in re.findall(r"\.(\w+)|\[(?:\d+|\.\.\.)\]", path):
        info = _inner(info, step)
    return [field.encode_name for field in getattr(info, "fields", ())]


def _inner(info: Any, step: str) -> Any:
    if not step:
        return getattr(info, "item_type", None) or getattr(info, "value_type", info)
    return next((f.type for f in info.fields if f.encode_name == step), info)
