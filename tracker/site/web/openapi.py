"""The OpenAPI document of `/v1`: its addresses, parameters and answers.

Addresses and parameters are written here by hand; schemas are made from the types themselves.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tracker import __version__, formats
from tracker.alerts.outbox import ChannelStatus
from tracker.change_set import ChangeSet
from tracker.formats.endpoints_json import Endpoints
from tracker.history.blame import Occurrence
from tracker.model import Snapshot, VersionProbe
from tracker.publish.index import Index
from tracker.schema import NAMES
from tracker.schema.describe import build_components
from tracker.site.web.schemas import (
    MOST_SETS,
    REQUIREMENTS,
    Changes,
    HeldPage,
    Problem,
    SourceInfo,
    SourceStatus,
)
from tracker.store.blobs import media_type
from tracker.store.records import WholeManifest

JSON = "application/json"
SCHEMA_TYPE = "application/schema+json"
SHAPES = (
    Snapshot,
    Index,
    ChangeSet,
    WholeManifest,
    VersionProbe,
    SourceInfo,
    SourceStatus,
    Changes,
    Occurrence,
    Endpoints,
    HeldPage,
    ChannelStatus,
    Problem,
)
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
_STRING = {"type": "string", "minLength": 1}
_STRINGS = {"type": "array", "items": _STRING}
_REFUSALS = {
    "400": "A parameter that is missing, unknown, empty, given twice, or has a wrong value",
    "401": "A token is needed",
    "404": "There is no such thing",
    "410": "Withdrawn",
    "414": "The address is too long",
    "421": "The Host header names another server",
    "429": "Too many queries per minute",
    "503": "No version yet, too many connections, or the store cannot be read",
}
_OTHER_STORE = "`digest` is not that of version `since`: the store was restored or replaced"
_HEADERS = {
    "ETag": "For If-None-Match: the answer is 304 while it would be the same.",
    "Retry-After": "After how many seconds to retry.",
    "WWW-Authenticate": "How to send the token.",
    "Fwtracker-Version": "The version that the answer was made from.",
}
_WITH_HEADERS = {
    "200": ("ETag",),
    "304": ("ETag",),
    "401": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}

_JSON_FEED = {
    "type": "object",
    "description": "As https://jsonfeed.org/version/1.1 has it.",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"type": "string", "const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string"},
        "items": {"type": "array", "items": {"type": "object"}},
    },
}

Described = dict[str, Any]


def build_openapi() -> Described:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fwtracker",
            "version": __version__,
            "description": "What vendors' pages require firewalls to allow, by version.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to this document, so that it is right below any prefix of a proxy.
        "servers": [{"url": "..", "description": "The server that gave this document."}],
        "paths": list_paths(),
        "components": {
            "schemas": build_components(SHAPES, "#/components/schemas/{name}"),
            "headers": {name: _describe_header(name) for name in _HEADERS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Where `[[serve.tokens]]` has a token for the path.",
                },
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The token as the password of any user.",
                },
            },
        },
        "security": [{}, {"token": []}, {"password": []}],
    }


def list_paths() -> dict[str, Described]:
    """Return the addresses, each with the parameters and answers of its GET."""
    return {**_list_version_paths(), **_list_change_paths(), **_list_watch_paths()}


def _list_version_paths() -> dict[str, Described]:
    number = _describe_parameter("number", "path", {**_NUMBER, "minimum": 1}, "The version.")
    return {
        "/v1/sources": describe_get(
            "list_sources", "All sources", _list_of(SourceInfo), of_source=False
        ),
        "/v1/schema/{name}.schema.json": describe_get(
            "get_schema",
            "The JSON Schema of a published file, a webhook or what a command prints",
            {"type": "object"},
            _describe_parameter("name", "path", {"enum": list(NAMES)}, "Its name."),
            kind=SCHEMA_TYPE,
            of_source=False,
        ),
        "/v1/{source}/version": describe_get(
            "get_version", "The version in force, in a few bytes", _refer_to(VersionProbe)
        ),
        "/v1/{source}/latest": describe_get(
            "get_latest", "The version in force", _refer_to(Snapshot)
        ),
        "/v1/{source}/versions": describe_get(
            "list_versions", "The list of versions", _refer_to(Index)
        ),
        "/v1/{source}/versions/{number}": describe_get(
            "get_version_by_number", "One version", _refer_to(Snapshot), number
        ),
        "/v1/{source}/manifest": describe_get(
            "get_manifest",
            "Hashes of the files in force, and when the page was last checked",
            _refer_to(WholeManifest),
        ),
        "/v1/{source}/endpoints": _describe_endpoints(),
    }


def _list_change_paths() -> dict[str, Described]:
    value = _describe_parameter("value", "query", _STRING, "An address, a host, or a port.")
    return {
        "/v1/{source}/changes": _describe_changes(),
        "/v1/{source}/blame": describe_get(
            "find_value",
            "Since which version a value is on the page, and until when",
            _list_of(Occurrence),
            {**value, "required": True, "example": "tcp/443"},
        ),
        "/v1/{source}/feed.atom": describe_get(
            "get_feed_atom",
            "The changes for feed readers, as Atom",
            {"type": "string"},
            kind="application/atom+xml",
        ),
        "/v1/{source}/feed.json": describe_get(
            "get_feed_json",
            "The changes for feed readers, as JSON Feed 1.1",
            _JSON_FEED,
            kind="application/feed+json",
        ),
    }


def _list_watch_paths() -> dict[str, Described]:
    return {
        "/v1/{source}/status": describe_get(
            "get_status",
            "The state of the checks, and what is published where",
            _refer_to(SourceStatus),
        ),
        "/v1/{source}/held": describe_get(
            "list_held",
            "The pages that are held for review, and what each would change",
            _list_of(HeldPage),
        ),
        "/v1/{source}/deliveries": describe_get(
            "list_deliveries",
            "What each channel has received, is owed, and has rejected permanently",
            _list_of(ChannelStatus),
        ),
    }


@cache
def list_query_parameters(path: str) -> dict[str, bool]:
    """Return the query parameters of an address, and whether each may be repeated."""
    return {each["name"]: each["schema"].get("type") == "array" for each in _query_of(path)}


@cache
def list_needed_parameters(path: str) -> tuple[str, ...]:
    """Return the query parameters that an address requires."""
    return tuple(each["name"] for each in _query_of(path) if each["required"])


def _query_of(path: str) -> list[Described]:
    described = list_paths().get(path, {}).get("get", {}).get("parameters", [])
    return [each for each in described if each["in"] == "query"]


def _describe_changes() -> Described:
    found = describe_get(
        "list_changes",
        "What changed after a version, and the net result",
        _refer_to(Changes),
        _describe_parameter(
            "since",
            "query",
            {"anyOf": [_NUMBER, _STRING], "default": 0},
            "A version, or a time as in `as_of`: the version in force then. 0, and a time"
            " before the first version, are before all. 400 beyond the newest version.",
        ),
        _describe_parameter(
            "digest",
            "query",
            {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "The digest of version `since`, as the client knows it: 409 where this store has"
            " another.",
        ),
        _describe_parameter(
            "details",
            "query",
            {"type": "integer", "minimum": 0, "maximum": MOST_SETS, "default": MOST_SETS},
            "The most change sets in the answer; 0 for the lists of endpoints alone.",
        ),
    )
    found["get"]["responses"]["409"] = _describe_refusal("409", _OTHER_STORE)
    return found


def _describe_endpoints() -> Described:
    found = describe_get(
        "list_endpoints",
        "A selection of endpoints in any rule format",
        {},
        _describe_parameter(
            "format",
            "query",
            {"type": "string", "enum": formats.names(), "default": "endpoints-json"},
            "The rule format.",
        ),
        _describe_parameter(
            "region", "query", _STRINGS, "These regions, as the page spells them."
        ),
        _describe_parameter("component", "query", _STRINGS, "Entries with one of these."),
        _describe_parameter(
            "requirement",
            "query",
            {"type": "array", "items": {"type": "string", "enum": list(REQUIREMENTS)}},
            "Entries with one of these.",
        ),
        _describe_parameter(
            "only_for", "query", _STRINGS, "Entries for everyone or for these."
        ),
        _describe_parameter("version", "query", {**_NUMBER, "minimum": 1}, "Of this version."),
        _describe_parameter(
            "as_of",
            "query",
            _STRING,
            "Of the version in force then: 2026-03-01T12:00Z. Not beside `version`.",
        ),
    )
    answer = found["get"]["responses"]["200"]
    answer["content"] = {kind: {"schema": _describe_text(kind)} for kind in _list_kinds()}
    answer["headers"] |= {"Fwtracker-Version": _refer_to_header("Fwtracker-Version")}
    return found


def _list_kinds() -> list[str]:
    """Return the media types of rule files; text first, because generators use the first one.

    A client that expects text can read every format; one that expects JSON cannot.
    """
    files = (formats.load(name).file for name in formats.names())
    kinds = {media_type(f"rules/{file}").partition(";")[0] for file in files}
    return sorted(kinds, key=lambda kind: (kind != "text/plain", kind))


def _describe_text(kind: str) -> Described:
    if kind != JSON:
        return {"type": "string"}
    own = "The format endpoints-json; other formats are as their platforms want them."
    return {"anyOf": [_refer_to(Endpoints), {"type": ["object", "array"]}], "description": own}


def _refer_to(shape: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _list_of(shape: type) -> Described:
    return {"type": "array", "items": _refer_to(shape)}


def _describe_header(name: str) -> Described:
    kind = "integer" if name in {"Retry-After", "Fwtracker-Version"} else "string"
    return {"description": _HEADERS[name], "schema": {"type": kind}}


def _refer_to_header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def _describe_parameter(name: str, where: str, schema: Described, about: str) -> Described:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": about,
    }


def describe_get(
    operation: str,
    about: str,
    schema: Described,
    *parameters: Described,
    kind: str = JSON,
    of_source: bool = True,
) -> Described:
    """Describe a GET with the errors that any address may return."""
    source = _describe_parameter(
        "source", "path", {"type": "string"}, "A name from /v1/sources."
    )
    return {
        "get": {
            "operationId": operation,
            "summary": about,
            "parameters": [*([source] if of_source else []), *parameters],
            "responses": {
                "200": _describe_response("200", about, kind, schema),
                "304": _describe_response("304", "As If-None-Match has it"),
                **{code: _describe_refusal(code, why) for code, why in _REFUSALS.items()},
            },
        }
    }


def _describe_refusal(code: str, why: str) -> Described:
    return _describe_response(code, why, "application/problem+json", _refer_to(Problem))


def _describe_response(
    code: str, about: str, kind: str = "", schema: Described | None = None
) -> Described:
    headers = {name: _refer_to_header(name) for name in _WITH_HEADERS.get(code, ())}
    return {
        "description": about,
        **({"headers": headers} if headers else {}),
        **({"content": {kind: {"schema": schema}}} if kind else {}),
    }
