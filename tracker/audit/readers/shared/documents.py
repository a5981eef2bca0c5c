"""XML and JSON of other programs, read without assuming their shape.

XML may have no document type and no entities, and each element has its line number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import msgspec

from tracker.audit.parsed_config import ConfigParseError

_DTD = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MAX_DEPTH = 100
_ROOT = re.compile(r"\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*<([A-Za-z]\w*)", re.DOTALL)


def root_tag(start: str) -> str:
    """Return the tag that a document begins with; empty if it is not XML."""
    found = _ROOT.match(start)
    return found[1] if found else ""


@dataclass(slots=True)
class Element:
    """An element with its line, its text and its children."""

    tag: str
    attributes: dict[str, str]
    line: int
    parts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly inside, without surrounding space."""
        return "".join(self.parts).strip()

    def find(self, tag: str) -> Element | None:
        """Return the first child with a tag."""
        return next((child for child in self.children if child.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """Return the text of the first child with a tag; empty if there is none."""
        found = self.find(tag)
        return found.text if found else ""

    def walk(self) -> Iterator[Element]:
        """Yield all elements below, in the order of the file."""
        ahead = self.children[::-1]
        while ahead:
            element = ahead.pop()
            yield element
            ahead += element.children[::-1]


@dataclass(slots=True)
class _Builder:
    """Builds the tree from expat's events."""

    parser: expat.XMLParserType
    open: list[Element] = field(default_factory=list)
    root: Element | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element. Raises ConfigParseError if it is nested too deeply."""
        element = Element(tag, attributes, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        if len(self.open) > _MAX_DEPTH:
            raise ConfigParseError("is nested too deeply")

    def end(self, _: str) -> None:
        """Close the element that was opened last."""
        self.open.pop()

    def characters(self, text: str) -> None:
        """Add text to the open element."""
        if self.open:
            self.open[-1].parts.append(text)


def parse_xml(text: str, product: str) -> Element:
    """Return the root of a document; `product` is the one whose backup it should be.

    Raises ConfigParseError for text that is not XML, or has a document type.
    """
    if _DTD.search(text):
        raise ConfigParseError(f"has a document type, which no backup of {product} has")
    parser = expat.ParserCreate("utf-8")
    builder = _Builder(parser)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003  expat's own
    except expat.ExpatError as error:
        raise ConfigParseError(f"is not XML: {error}") from None
    if builder.root is None:
        raise ConfigParseError("is not XML: no element found")
    return builder.root


class UnexpectedShape(Exception):
    """A part has an unknown shape; the text says which. Never leaves a reader."""


def parse_json(text: str) -> Any:
    """Decode a document. Raises ConfigParseError, which says where it is broken."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigParseError(f"is not JSON: {error}") from None
    except RecursionError:
        raise ConfigParseError("is nested too deeply") from None


def as_list(value: Any) -> list[Any]:
    """Return a list; ConvertTo-Json writes a list of one value as only that value."""
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
    """Return whether a text starts a JSON object or list and contains all these keys."""
    return text.lstrip()[:1] in {"{", "["} and all(f'"{word}"' in text for word in words)
