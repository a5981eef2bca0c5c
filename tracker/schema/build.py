"""Make the JSON Schema of each document that the program publishes, sends or prints.

`python -m tracker.schema.build` writes the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from notifiers.shared.webhook_body import NoticeBody, VersionBody
from tracker.alerts.outbox import ChannelStatus
from tracker.audit.report import AuditReport
from tracker.change_set import ChangeSet
from tracker.check.context import CheckReport
from tracker.check.review import HeldReport
from tracker.commands.json_types import HistoryItem, PageReading, SourceList
from tracker.commands.source_json import SourceCheck
from tracker.doctor import Diagnosis
from tracker.drift.state import DriftState
from tracker.formats.endpoints_json import Endpoints
from tracker.history.blame import Occurrence
from tracker.history.integrity import Fault
from tracker.history.replay import ReplayResult
from tracker.model import Snapshot, VersionProbe
from tracker.publish.deltas import DeltaManifest
from tracker.publish.index import Index
from tracker.schema import ALL, NAMES, PRINTED, SUFFIX
from tracker.schema.describe import Schema, build_components
from tracker.store.records import WholeManifest
from tracker.verify.machines import MachinesReport
from tracker.verify.report import VerifyReport

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
# By the name of the schema: its title, and the types of such a document.
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
    "verify": ("VerifyOutput", (VerifyReport, MachinesReport)),
    "version": ("VersionProbe", (VersionProbe,)),
    "webhook": ("WebhookBody", (VersionBody, NoticeBody)),
}


def build_schema(name: str) -> bytes:
    """Return the schema of that name, as it is shipped."""
    made = _build_collection() if name == ALL else _build_document(name)
    whole = {"$schema": _DRAFT, "$id": f"urn:fwtracker:schema:1:{name}", **made}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def write_schemas() -> None:
    """Write all schemas into the package's folder."""
    for name in NAMES:
        (Path(__file__).parent / f"{name}{SUFFIX}").write_bytes(build_schema(name))


def _build_document(name: str) -> Schema:
    """Return a schema; its root is the type itself if there is one type of object."""
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


if __name__ == "__main__":
    write_schemas()
