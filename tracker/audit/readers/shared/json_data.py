"""JSON of other programs, decoded and read without trust in its shape."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.audit.parsed_config import ConfigParseError


class UnexpectedShape(Exception):
    """A part has an unknown shape; the text says which. Never leaves a reader."""


def decode(text: str) -> Any:
    """Decode a document. Raises ConfigParseError that says where it is broken."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigParseError(f"is not JSON: {error}") from None
    except RecursionError:
        raise ConfigParseError("is nested too deeply") from None


def as_list(value: Any) -> list[Any]:
    """Return a list; one value alone becomes a list of it, as ConvertTo-Json writes it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return an object. Raises UnexpectedShape."""
    if not isinstance(value, dict):
        raise UnexpectedShape(f"{what} is not an object")
    return value


def as_text(value: Any, what: str) -> str:
    """Return a string or whole number as text. Raises UnexpectedShape."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnexpectedShape(f"{what} is not text")


def looks_like(text: str, *words: str) -> bool:
    """Return whether a text starts a JSON object or list and has all these words."""
    return text.lstrip()[:1] in {"{", "["} and all(f'"{word}"' in text for word in words)
