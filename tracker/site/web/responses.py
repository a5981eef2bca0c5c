"""Responses: a file with its validators, JSON, and problem details (RFC 9457)."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from email.utils import formatdate, parsedate_to_datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tracker.site.rendering import Links, render
from tracker.site.web.files import LEAST_PACKED, PublishedFile

_FOREVER = "max-age=31536000, immutable"
_API = b"/v1/"
_STATUS = {
    400: "The query cannot be answered",
    401: "A token is needed",
    404: "There is nothing here",
    405: "This server is read-only",
    409: "Another store's version",
    410: "Withdrawn",
    413: "Too much was sent",
    414: "The address is too long",
    421: "Another server's name",
    429: "Too many requests",
    500: "A fault of this program",
    503: "Not now",
}


class NotFound(Exception):
    """What the address names does not exist."""


class Mismatch(Exception):
    """The client's version is not one of this store."""


def build_refusal(
    request: Request,
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    source: str = "",
) -> Response:
    """Return the refusal of a request: a page for a browser, JSON for all others.

    Below `/v1/` it is always JSON (RFC 9457), as the API documents. The page links to the page
    of the `source`, if one is given.
    """
    title = _STATUS.get(status, "Error")
    more = {"Cache-Control": "no-store", **(headers or {})}
    path: bytes = request.scope["raw_path"]  # for a browser %2F does not separate folders
    if path.startswith(_API) or "text/html" not in request.headers.get("accept", ""):
        body = msgspec.json.encode({"title": title, "status": status, "detail": detail})
        return Response(body, status, more, "application/problem+json")
    links = Links(live=True, depth=path.count(b"/") - 1)
    said = _as_sentence(detail)
    body = render(
        "pages/refusal.html", links=links, here="", title=title, detail=said, source=source
    )
    return Response(body, status, more, "text/html; charset=utf-8")


def _as_sentence(detail: str) -> str:
    """Return a detail with a capital and a full stop; a name at its start is unchanged."""
    first = detail.partition(" ")[0]
    start = detail[:1].upper() + detail[1:] if first.isalpha() else detail
    return start if detail.endswith((".", "?")) else f"{start}."


def build_json(request: Request, value: object) -> Response:
    """Return a JSON answer."""
    return build_response(request, msgspec.json.encode(value), "application/json")


def build_response(
    request: Request, body: bytes, kind: str, headers: dict[str, str] | None = None
) -> Response:
    """Return a computed answer with an entity tag of its bytes; 304 if the client has it."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    packed = None
    if len(body) >= LEAST_PACKED and takes_gzip(request.headers.get("accept-encoding", "")):
        packed = gzip.compress(body, 4, mtime=0)
    headers = {
        "ETag": f'"{tag}{"-gzip" if packed else ""}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        **(headers or {}),
    }
    tags = request.headers.getlist("if-none-match")
    if tags and matches(tags, f'"{tag}"', f'"{tag}-gzip"'):
        return Response(None, 304, headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(body if packed is None else packed, 200, headers, kind)


def build_file_response(request: Request, found: PublishedFile) -> Response:
    """Return a file, compressed if the client accepts that, or 304 if it has the file."""
    packs = found.packed is not None
    packed = found.packed if takes_gzip(request.headers.get("accept-encoding", "")) else None
    headers = {
        "ETag": f'"{found.etag}{"-gzip" if packed else ""}"',
        "Last-Modified": formatdate(found.modified, usegmt=True),
        "Cache-Control": _FOREVER if found.forever else "no-cache",
    }
    if packs:
        headers["Vary"] = "Accept-Encoding"
    if _is_known(request, found):
        return Response(None, 304, headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(found.body if packed is None else packed, 200, headers, found.type)


def _is_known(request: Request, found: PublishedFile) -> bool:
    """Return whether the client has these bytes; tags precede dates (RFC 9110, 13.2.2)."""
    tags = request.headers.getlist("if-none-match")
    if tags:
        return matches(tags, f'"{found.etag}"', f'"{found.etag}-gzip"')
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return int(found.modified) <= since.timestamp()
    except (ValueError, TypeError, OverflowError):
        return False  # no date, or not a valid one


def matches(headers: Iterable[str], *tags: str) -> bool:
    """Return whether an If-None-Match lists one of the tags, by weak comparison."""
    asked = {tag.strip().removeprefix("W/") for line in headers for tag in line.split(",")}
    return "*" in asked or not asked.isdisjoint(tags)


def takes_gzip(accepted: str) -> bool:
    """Return whether Accept-Encoding allows gzip, by name or by a star, without q=0."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=") or "1"
        weights[name.strip()] = weight.strip("0.") != ""
    return weights.get("gzip", weights.get("*", False))
