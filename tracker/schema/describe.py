"""Schemas of types: what msgspec generates, and the descriptions of fields in `fields.toml`.

Sets of words that may grow within schema 1 are plain strings, with the present values as
examples, so that a client generated from the schema does not break on a new one. Only `CLOSED`
sets are enums. Objects may always have further fields.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, get_args

import msgspec
from msgspec.inspect import StructType, multi_type_info

from tracker.model import Direction, EndpointScope, Protocol, Requirement, Scope, Verdict

Schema = dict[str, Any]

# The final values in schema 1, by type; all other sets of words may grow.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "Protocol": get_args(Protocol),
    "Direction": get_args(Direction),
    "Scope": get_args(Scope),
    "EndpointScope": get_args(EndpointScope),
    "Requirement": get_args(Requirement),
    "Verdict": get_args(Verdict),
}
# Fields that are always written now, but are missing in files of older programs: they follow
# from the others.
_COMPUTED: Mapping[str, tuple[str, ...]] = {
    "Entry": ("required",),
    "Endpoint": ("id", "scope"),
    "FlatRow": ("required", "scope", "id"),
}
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def build_components(kinds: Iterable[Any], template: str = "#/$defs/{name}") -> Schema:
    """Return the schemas of all types in `kinds`, by name, with each field described.

    Each type of object and each closed set of words has one name, and is included once.
    """
    kinds = list(kinds)
    words: Schema = {}
    _, components = msgspec.json.schema_components(kinds, ref_template=template)
    for struct in list_structs(kinds):
        _describe_struct(struct, components[struct.__name__])
    shared: Schema = _share_words(components, template, words)
    return {**shared, **dict(sorted(words.items()))}


def _share_words(node: Any, template: str, used: Schema) -> Any:
    """Return a schema that refers to closed words by name; add those that it uses to `used`."""
    if isinstance(node, list):
        return [_share_words(each, template, used) for each in node]
    if not isinstance(node, dict):
        return node
    for name, words in CLOSED.items():
        if node.get("enum") == sorted(words):
            used[name] = {"title": name, "type": "string", "enum": list(words)}
            rest = {key: node[key] for key in node if key not in ("type", "enum")}
            return {**rest, "$ref": template.format(name=name)}
    return {key: _share_words(value, template, used) for key, value in node.items()}


def list_structs(kinds: Iterable[Any]) -> list[type]:
    """Return all types of objects in `kinds`, each once."""
    found: dict[type, None] = {}
    for info in multi_type_info(list(kinds)):
        _collect_structs(info, found)
    return list(found)


def _collect_structs(info: object, found: dict[type, None]) -> None:
    """Add the struct types that a type refers to, directly or through other types."""
    if isinstance(info, StructType):
        if info.cls in found:
            return
        found[info.cls] = None
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, msgspec.Struct):
                _collect_structs(each, found)


@cache
def load_fields() -> dict[str, dict[str, list[Any]]]:
    """Return the content of `fields.toml` by type and field: a description, then examples."""
    return tomllib.loads(files("tracker.schema").joinpath("fields.toml").read_text("utf-8"))


def find_field(struct: type, name: str) -> list[Any]:
    """Return the description of a field, from its type or a parent; [] if it has none."""
    tables = (load_fields().get(each.__name__, {}) for each in struct.__mro__)
    return next((table[name] for table in tables if name in table), [])


def _describe_struct(struct: type, schema: Schema) -> None:
    """Add a description and examples to each field; objects may have further fields."""
    schema.pop("additionalProperties", None)
    schema["description"] = _LINE_END.sub(" ", inspect.cleandoc(struct.__doc__ or ""))
    computed = {name for each in struct.__mro__ for name in _COMPUTED.get(each.__name__, ())}
    for name, shape in schema["properties"].items():
        if name in computed:
            shape.pop("default", None)
            schema["required"] = [each for each in schema["required"] if each != name]
        schema["properties"][name] = _describe_field(shape, find_field(struct, name))


def _describe_field(shape: Schema, said: list[Any]) -> Schema:
    """Return the schema of a field: its meaning, its unit, examples, and its type."""
    notes: list[str] = []
    shape, known = _simplify(shape, notes)
    about, *examples = said or [""]
    described = {"description": " ".join([about, *dict.fromkeys(notes)])}
    return described | ({"examples": examples or known} if examples or known else {}) | shape


def _simplify(shape: Schema, notes: list[str]) -> tuple[Schema, list[Any]]:
    """Return a type without its texts and sets of words, and examples; the texts go to `notes`.

    Closed words stay an enum, and a single word is a constant.
    """
    shape = dict(shape)
    known = shape.pop("examples", [])
    if unit := shape.pop("description", ""):
        notes.append(f"{unit[0].upper()}{unit[1:]}.")
    if "enum" in shape:
        return _simplify_words(shape, notes)
    if "anyOf" in shape:
        parts = [_simplify(each, notes) for each in shape["anyOf"]]
        shape["anyOf"] = [part for part, _ in parts]
        known = known or [each for _, examples in parts for each in examples]
    if isinstance(shape.get("items"), dict):
        shape["items"], inner = _simplify(shape["items"], notes)
        known = known or [[each] for each in inner]
    if isinstance(shape.get("additionalProperties"), dict):
        shape["additionalProperties"], _ = _simplify(shape["additionalProperties"], notes)
    return shape, known


def _simplify_words(shape: Schema, notes: list[str]) -> tuple[Schema, list[Any]]:
    words = shape.pop("enum")
    kind = "integer" if isinstance(words[0], int) else "string"
    if len(words) == 1:
        return {"type": kind, "const": words[0], **shape}, []
    if words in map(sorted, CLOSED.values()):
        return {"type": kind, "enum": words, **shape}, words
    notes.append(f"Known values: {', '.join(words)}; more may come within schema 1.")
    return {"type": kind, **shape}, words
