"""The JSON Schema of what is published, made from the types and shipped as files.

`python -m tracker.schema` writes the files again; a test holds them to the types.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from tracker.model import ChangeSet, Snapshot
from tracker.publish.deltas import DeltaManifest
from tracker.publish.index import Index
from tracker.store.tree import WholeManifest

KINDS: dict[str, type[msgspec.Struct]] = {
    "snapshot": Snapshot,
    "changeset": ChangeSet,
    "index": Index,
    "manifest": WholeManifest,
    "deltas": DeltaManifest,
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def build_schema(kind: str) -> bytes:
    """Return the schema of one kind of file, from its type."""
    schema = msgspec.json.schema(KINDS[kind])
    whole = {"$schema": _DRAFT, "title": f"fwtracker {kind}, schema 1", **schema}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def load_schema(kind: str) -> dict[str, Any]:
    """Return the schema of one kind of file, as shipped."""
    text = files("tracker.schema").joinpath(f"{kind}.schema.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(text)
    return schema


def write_schemas() -> None:
    """Write all schemas into the package's folder."""
    folder = Path(__file__).parent
    for kind in KINDS:
        (folder / f"{kind}.schema.json").write_bytes(build_schema(kind))
