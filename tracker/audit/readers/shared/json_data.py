"""JSON of other programs: decoded, and asked for its parts without trust in its shape."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker.audit.parsed_config import ConfigParseError


class UnexpectedShape(Exception):
    """One part is not of a known shape; the text says what of it. Never leaves a reader."""


def decode(text: str) -> Any:
    """The document. Raises DumpError that says where it is broken."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigParseError(f"is no JSON: {error}") from None
    except RecursionError:
        raise ConfigParseError("is nested deeper than any real one") from None


def as_list(value: Any) -> list[Any]:
    """A list; one thing alone is a list of it, as ConvertTo-Json writes it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_object(value: Any, what: str) -> dict[str, Any]:
    """An object. Raises Odd."""
    if not isinstance(value, dict):
        raise UnexpectedShape(f"{what} is no object")
    return value


def as_text(value: Any, what: str) -> str:
    """A string or whole number as text. Raises Odd."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnexpectedShape(f"{what} is no text")


def looks_like(text: str, *words: str) -> bool:
    """Whether a text is a JSON object or list in whose beginning all these words stand."""
    return text.lstrip()[:1] in {"{", "["} and all(f'"{word}"' in text for word in words)
