"""What kind of text a published file is, for those who serve it."""

from __future__ import annotations

_PLAIN = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"
_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "pac": "application/x-ns-proxy-autoconfig",
    "xml": "application/xml",
}


def media_type(name: str) -> str:
    """Return the type of a file by its name; rule files are text, whatever they are called."""
    if name.rpartition("/")[2] == "feed.json":
        return "application/feed+json"
    known = _TYPES.get(name.rpartition(".")[2])
    return known or (_PLAIN if "rules/" in name or name.endswith(".txt") else _BINARY)
