"""The OpenAPI document of `/v1`: addresses by hand, the shapes from the types themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from tracker import __version__, formats
from tracker.model import ChangeSet, Snapshot
from tracker.publish.index import Index
from tracker.site.web.schemas import REQUIREMENTS, Changes, Probe, SourceInfo
from tracker.store.media import media_type
from tracker.store.tree import WholeManifest

_SHAPES = (Snapshot, Index, ChangeSet, WholeManifest, SourceInfo, Probe, Changes)
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
_MANY = {"type": "array", "items": {"type": "string"}}


def document() -> dict[str, Any]:
    """OpenAPI 3.1, as JSON would have it."""
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
        "paths": _paths(),
        "components": {
            "schemas": {**shapes, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _paths() -> dict[str, Any]:
    source = _parameter("source", "path", {"type": "string"}, "A name from /v1/sources.")
    number = _parameter("number", "path", {**_WHOLE, "minimum": 1}, "The version.")
    since = _parameter("since", "query", {**_WHOLE, "default": 0}, "All that came after it.")
    return {
        "/v1/sources": _get("All sources", {"type": "array", "items": _ref("SourceInfo")}),
        "/v1/{source}/version": _get(
            "The version in force, in a few bytes", _ref("Probe"), source
        ),
        "/v1/{source}/latest": _get("The version in force", _ref("Snapshot"), source),
        "/v1/{source}/versions": _get("The list of versions", _ref("Index"), source),
        "/v1/{source}/versions/{number}": _get("One version", _ref("Snapshot"), source, number),
        "/v1/{source}/manifest": _get(
            "Hashes of the files in force, and when the page was last checked",
            _ref("WholeManifest"),
            source,
        ),
        "/v1/{source}/changes": _get(
            "All changes after a version, and what they come to", _ref("Changes"), source, since
        ),
        "/v1/{source}/endpoints": _endpoints(source),
        "/v1/{source}/feed.atom": _get(
            "The changes for feed readers",
            {"type": "string"},
            source,
            kind="application/atom+xml",
        ),
    }


def _endpoints(source: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    found = _get(
        "A choice of endpoints in any rule format",
        {},
        source,
        _parameter(
            "format",
            "query",
            {"enum": formats.names(), "default": "endpoints-json"},
            "The rule format.",
        ),
        _parameter("region", "query", _MANY, "These regions, as the page spells them."),
        _parameter("component", "query", _MANY, "Entries that say one of these."),
        _parameter(
            "requirement",
            "query",
            {"type": "array", "items": {"enum": list(REQUIREMENTS)}},
            "Entries with one of these.",
        ),
        _parameter("only_for", "query", _MANY, "Entries for everybody or for these."),
        _parameter("version", "query", {**_WHOLE, "minimum": 1}, "Of this version."),
        _parameter("as_of", "query", text, "Of the version in force then: 2026-03-01T12:00Z."),
    )
    files = (formats.load(name).file for name in formats.names())
    kinds = sorted({media_type(f"rules/{file}").partition(";")[0] for file in files})
    found["get"]["responses"]["200"]["content"] = {kind: {"schema": {}} for kind in kinds}
    return found


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, where: str, schema: dict[str, Any], about: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": about,
    }


def _get(
    about: str,
    schema: dict[str, Any],
    *parameters: dict[str, Any],
    kind: str = "application/json",
) -> dict[str, Any]:
    """A GET with the refusals that any address may answer with."""
    problem = {"content": {"application/problem+json": {"schema": _ref("Problem")}}}
    refusals = {
        "400": "A parameter that is none of ours",
        "401": "A token is needed",
        "404": "There is no such thing",
        "410": "Withdrawn",
        "414": "The address is too long",
        "429": "Too many questions a minute",
        "503": "No version yet, or the store cannot be read",
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
