"""The JSON of `/v1/`: the types beside those of the published files, and its OpenAPI document.

Addresses and parameters are written here by hand; schemas are made from the types themselves.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from tracker import __version__, formats
from tracker.alerts.outbox import ChannelStatus
from tracker.model import ChangeSet, Endpoint, Finding, Number, Snapshot, Time
from tracker.publish.index import Index
from tracker.store.media_types import media_type
from tracker.store.tree import WholeManifest

REQUIREMENTS = ("required", "recommended", "optional")


class SourceInfo(msgspec.Struct, frozen=True):
    """One source in `/v1/sources`; nulls before its first version."""

    name: str
    title: str
    version: Number | None
    checked_at: Time | None
    expires: Time | None


class Probe(msgspec.Struct, frozen=True):
    """`/v1/{source}/version`: enough to see whether there is something new."""

    version: Number
    digest: str


class Changes(msgspec.Struct, frozen=True):
    """`/v1/{source}/changes`: every change set after `since`, and what they come to.

    `more` says that there are further ones, after `upto`.
    """

    source: str
    since: int
    upto: Number
    latest: Number
    more: bool
    changes: tuple[ChangeSet, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]


class HeldPage(msgspec.Struct, frozen=True):
    """One item of `/v1/{source}/held`: a candidate that waits for `approve` or `reject`.

    `change` is what it would change today: from the newest version to the next number.
    """

    source: str
    digest: str
    first_seen: Time
    findings: tuple[Finding, ...]
    change: ChangeSet


_SHAPES = (
    Snapshot,
    Index,
    ChangeSet,
    WholeManifest,
    SourceInfo,
    Probe,
    Changes,
    HeldPage,
    ChannelStatus,
)
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
_TEXT = {"type": "string", "minLength": 1}
_MANY = {"type": "array", "items": _TEXT}


def build_openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    _, shapes = msgspec.json.schema_components(
        _SHAPES, ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fwtracker",
            "version": __version__,
            "description": "What vendors' pages ask firewalls to let through, by version.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": _list_paths(),
        "components": {
            "schemas": {**shapes, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _list_paths() -> dict[str, Any]:
    source = _describe_parameter(
        "source", "path", {"type": "string"}, "A name from /v1/sources."
    )
    number = _describe_parameter("number", "path", {**_WHOLE, "minimum": 1}, "The version.")
    since = _describe_parameter(
        "since",
        "query",
        {**_WHOLE, "default": 0},
        "All that came after it; 400 beyond the newest version.",
    )
    return {
        "/v1/sources": _describe_get(
            "All sources", {"type": "array", "items": _refer_to("SourceInfo")}
        ),
        "/v1/{source}/version": _describe_get(
            "The version in force, in a few bytes", _refer_to("Probe"), source
        ),
        "/v1/{source}/latest": _describe_get(
            "The version in force", _refer_to("Snapshot"), source
        ),
        "/v1/{source}/versions": _describe_get(
            "The list of versions", _refer_to("Index"), source
        ),
        "/v1/{source}/versions/{number}": _describe_get(
            "One version", _refer_to("Snapshot"), source, number
        ),
        "/v1/{source}/manifest": _describe_get(
            "Hashes of the files in force, and when the page was last checked",
            _refer_to("WholeManifest"),
            source,
        ),
        "/v1/{source}/changes": _describe_get(
            "All changes after a version, and what they come to",
            _refer_to("Changes"),
            source,
            since,
        ),
        "/v1/{source}/endpoints": _describe_endpoints(source),
        "/v1/{source}/held": _describe_get(
            "The pages that wait for a decision, and what each would change",
            {"type": "array", "items": _refer_to("HeldPage")},
            source,
        ),
        "/v1/{source}/deliveries": _describe_get(
            "What each channel has received, is owed, and has refused for good",
            {"type": "array", "items": _refer_to("ChannelStatus")},
            source,
        ),
        "/v1/{source}/feed.atom": _describe_get(
            "The changes for feed readers",
            {"type": "string"},
            source,
            kind="application/atom+xml",
        ),
    }


@cache
def list_query_parameters(path: str) -> dict[str, bool]:
    """Return the query parameters of an address, and whether each may be repeated."""
    described = _list_paths().get(path, {}).get("get", {}).get("parameters", [])
    return {
        each["name"]: each["schema"].get("type") == "array"
        for each in described
        if each["in"] == "query"
    }


def _describe_endpoints(source: dict[str, Any]) -> dict[str, Any]:
    found = _describe_get(
        "A choice of endpoints in any rule format",
        {},
        source,
        _describe_parameter(
            "format",
            "query",
            {"enum": formats.names(), "default": "endpoints-json"},
            "The rule format.",
        ),
        _describe_parameter(
            "region", "query", _MANY, "These regions, as the page spells them."
        ),
        _describe_parameter("component", "query", _MANY, "Entries that say one of these."),
        _describe_parameter(
            "requirement",
            "query",
            {"type": "array", "items": {"enum": list(REQUIREMENTS)}},
            "Entries with one of these.",
        ),
        _describe_parameter("only_for", "query", _MANY, "Entries for everybody or for these."),
        _describe_parameter("version", "query", {**_WHOLE, "minimum": 1}, "Of this version."),
        _describe_parameter(
            "as_of",
            "query",
            _TEXT,
            "Of the version in force then: 2026-03-01T12:00Z. Not beside `version`.",
        ),
    )
    files = (formats.load(name).file for name in formats.names())
    kinds = sorted({media_type(f"rules/{file}").partition(";")[0] for file in files})
    found["get"]["responses"]["200"]["content"] = {kind: {"schema": {}} for kind in kinds}
    return found


def _refer_to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _describe_parameter(
    name: str, where: str, schema: dict[str, Any], about: str
) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": about,
    }


def _describe_get(
    about: str,
    schema: dict[str, Any],
    *parameters: dict[str, Any],
    kind: str = "application/json",
) -> dict[str, Any]:
    """Describe a GET with the refusals that any address may answer with."""
    problem = {"content": {"application/problem+json": {"schema": _refer_to("Problem")}}}
    refusals = {
        "400": "A parameter that is unknown, empty, given twice, or has a wrong value",
        "401": "A token is needed",
        "404": "There is no such thing",
        "410": "Withdrawn",
        "414": "The address is too long",
        "421": "The Host header names another server",
        "429": "Too many questions a minute",
        "503": "No version yet, too many connections, or the store cannot be read",
    }
    return {
        "get": {
            "summary": about,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": about, "content": {kind: {"schema": schema}}},
                "304": {"description": "As If-None-Match has it"},
                **{code: {"description": why, **problem} for code, why in refusals.items()},
            },
        }
    }
