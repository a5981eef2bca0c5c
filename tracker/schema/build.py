"""Make the JSON Schemas from the types, and from what `fields.toml` says of their fields.

Words that may grow within schema 1 are plain strings in them, with the values known today as
examples, so that a client generated from them does not break on a new one. Only `CLOSED` are
enums. Objects may have further fields, always.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec.inspect import StructType, multi_type_info

from notifiers.shared.webhook_body import NoticeBody, VersionBody
from tracker.alerts.outbox import ChannelStatus
from tracker.audit.report import AuditReport
from tracker.commands.json_types import HistoryItem, PageReading, SourceList
from tracker.commands.source_json import SourceCheck
from tracker.context import CheckReport
from tracker.doctor import Diagnosis
from tracker.drift.differences import DriftState
from tracker.formats.endpoints_json import Endpoints
from tracker.history.blame import Occurrence
from tracker.history.faults import Fault
from tracker.history.replay import ReplayResult
from tracker.model import (
    ChangeSet,
    Direction,
    EndpointScope,
    Protocol,
    Requirement,
    Scope,
    Snapshot,
    Verdict,
    VersionProbe,
)
from tracker.publish.deltas import DeltaManifest
from tracker.publish.index import Index
from tracker.review import HeldReport
from tracker.schema import ALL, NAMES, PRINTED, SUFFIX
from tracker.store.tree import WholeManifest
from tracker.verify.report import VerifyReport

Schema = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
# By the name of the schema: its title, and the types that such a document may be of.
DOCUMENTS: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "audit": ("AuditReport", (AuditReport,)),
    "blame": ("BlameReport", (tuple[Occurrence, ...],)),
    "changeset": ("ChangeSet", (ChangeSet,)),
    "deltas": ("DeltaManifest", (DeltaManifest,)),
    "doctor": ("DoctorReport", (tuple[Diagnosis, ...],)),
    "drift": ("DriftReport", (DriftState, None)),
    "endpoints": ("Endpoints", (Endpoints,)),
    "held": ("HeldReports", (tuple[HeldReport, ...],)),
    "history": ("HistoryReport", (tuple[HistoryItem, ...],)),
    "index": ("Index", (Index,)),
    "manifest": ("WholeManifest", (WholeManifest,)),
    "notify-status": ("NotifyStatus", (tuple[ChannelStatus, ...],)),
    "parse": ("PageReading", (PageReading,)),
    "replay": ("ReplayReport", (tuple[ReplayResult, ...],)),
    "run": ("RunReport", (tuple[CheckReport, ...],)),
    "snapshot": ("Snapshot", (Snapshot,)),
    "source-check": ("SourceCheck", (SourceCheck,)),
    "source-list": ("SourceList", (SourceList,)),
    "store-verify": ("StoreFaults", (tuple[Fault, ...],)),
    "verify": ("VerifyReport", (VerifyReport,)),
    "version": ("VersionProbe", (VersionProbe,)),
    "webhook": ("WebhookBody", (VersionBody, NoticeBody)),
}
# All values that there will ever be in schema 1, by type; other words may get further ones.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "Protocol": get_args(Protocol),
    "Direction": get_args(Direction),
    "Scope": get_args(Scope),
    "EndpointScope": get_args(EndpointScope),
    "Requirement": get_args(Requirement),
    "Verdict": get_args(Verdict),
}
# Worked out from the other fields where a file of an older program does not have them.
_COMPUTED: Mapping[str, tuple[str, ...]] = {"Entry": ("required",), "Endpoint": ("id", "scope")}
_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def build_schema(name: str) -> bytes:
    """Return the schema of that name, as it is shipped."""
    made = _build_collection() if name == ALL else _build_document(name)
    whole = {"$schema": _DRAFT, "$id": f"urn:fwtracker:schema:1:{name}", **made}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def write_schemas() -> None:
    """Write all schemas into the package's folder."""
    for name in NAMES:
        (Path(__file__).parent / f"{name}{SUFFIX}").write_bytes(build_schema(name))


def build_components(kinds: Iterable[Any], template: str = "#/$defs/{name}") -> dict[str, Any]:
    """Return the schemas of all types of objects in `kinds`, by name, each field described."""
    kinds = list(kinds)
    _, components = msgspec.json.schema_components(kinds, ref_template=template)
    for struct in list_structs(kinds):
        _describe_struct(struct, components[struct.__name__])
    return _share_words(components, template)


def _share_words(components: Schema, template: str) -> Schema:
    """Return them with each set of closed words as a type of its own, so that it has a name."""
    used: Schema = {}

    def share(node: Any) -> Any:
        if isinstance(node, list):
            return [share(each) for each in node]
        if not isinstance(node, dict):
            return node
        for name, words in CLOSED.items():
            if node.get("enum") == sorted(words):
                used[name] = {"title": name, "type": "string", "enum": list(words)}
                rest = {key: node[key] for key in node if key not in ("type", "enum")}
                return {**rest, "$ref": template.format(name=name)}
        return {key: share(value) for key, value in node.items()}

    shared = share(components)
    return {**shared, **dict(sorted(used.items()))}


def list_structs(kinds: Iterable[Any]) -> list[type]:
    """Return all types of objects in these, each once."""
    found: dict[type, None] = {}
    for info in multi_type_info(list(kinds)):
        _collect_structs(info, found)
    return list(found)


def _collect_structs(info: object, found: dict[type, None]) -> None:
    """Add the types below one, whatever msgspec describes it by."""
    if isinstance(info, StructType):
        if info.cls in found:
            return
        found[info.cls] = None
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, msgspec.Struct):
                _collect_structs(each, found)


def _build_document(name: str) -> Schema:
    """Return a schema; its root is the type itself where that is one object."""
    title, kinds = DOCUMENTS[name]
    components = build_components(kinds)
    root = _build_root(name)
    if "$ref" in root:
        root = components.pop(title)
    return {**root, "$defs": components}


def _build_root(name: str) -> Schema:
    title, kinds = DOCUMENTS[name]
    roots, _ = msgspec.json.schema_components(kinds)
    if len(roots) == 1 and "$ref" in roots[0]:
        return roots[0]
    command = name.replace("-", " ")
    about = f"`fwtracker {command} --json`" if name in PRINTED else "One of several objects."
    shape = roots[0] if len(roots) == 1 else {"anyOf": list(roots)}
    return {"title": title, "description": about, **shape}


def _build_collection() -> Schema:
    """Return all documents in one schema."""
    return {
        "title": "Document",
        "description": "Any JSON that leaves fwtracker. Each type is in here once.",
        "anyOf": [_build_root(name) for name in DOCUMENTS],
        "$defs": build_components([kind for _, kinds in DOCUMENTS.values() for kind in kinds]),
    }


@cache
def load_fields() -> dict[str, dict[str, list[Any]]]:
    """Return what `fields.toml` says, by type and field: a description, then examples."""
    return tomllib.loads(files("tracker.schema").joinpath("fields.toml").read_text("utf-8"))


def find_field(struct: type, name: str) -> list[Any]:
    """Return what is said of a field, there or at a parent; nothing where nothing is."""
    tables = (load_fields().get(each.__name__, {}) for each in struct.__mro__)
    return next((table[name] for table in tables if name in table), [])


def _describe_struct(struct: type, schema: Schema) -> None:
    """Put a description and examples to each field; what is not said there may be more."""
    schema.pop("additionalProperties", None)
    schema["description"] = _LINE_END.sub(" ", inspect.cleandoc(struct.__doc__ or ""))
    computed = {name for each in struct.__mro__ for name in _COMPUTED.get(each.__name__, ())}
    for name, shape in schema["properties"].items():
        if name in computed:
            shape.pop("default", None)
        schema["properties"][name] = _describe_field(shape, find_field(struct, name))


def _describe_field(shape: Schema, said: list[Any]) -> Schema:
    """Return the schema of a field: its meaning, its unit, examples, and its type."""
    notes: list[str] = []
    shape, known = _simplify(shape, notes)
    about, *examples = said or [""]
    described = {"description": " ".join([about, *dict.fromkeys(notes)])}
    return described | ({"examples": examples or known} if examples or known else {}) | shape


def _simplify(shape: Schema, notes: list[str]) -> tuple[Schema, list[Any]]:
    """Return a type without the words that stand in it, and examples; the words go to `notes`.

    Closed words stay an enum, and a single one is a constant.
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
