"""Object storage, if the extra that reads and writes it is installed.

The environment variables for S3 are checked before the first request. They are those of AWS,
and obstore reads them. If no keys are set, the usual chain applies: a web identity, a
container's role, an instance's role.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.store.blobs import Blobs

SCHEMES = ("az", "gs", "s3")


def open_place(place: str) -> Blobs:
    """Return the store at a bucket's URL. Raises UsageError, also if the extra is missing."""
    if place.startswith("s3:") and (problem := find_s3_problem(place, os.environ)):
        raise UsageError(f"{place}: {problem}")
    try:
        from tracker.store.bucket import open_bucket  # noqa: PLC0415  may be missing
    except ImportError:
        from tracker.plugins import build_command  # noqa: PLC0415  only if one is missing

        how = build_command("object-store")
        raise UsageError(f"{place}: object storage needs an extra; install it: {how}") from None
    return open_bucket(place)


_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_TRUE = frozenset({"1", "true", "yes", "on", "y"})


def find_s3_problem(place: str, environ: Mapping[str, str]) -> str | None:
    """Return why s3://BUCKET/PREFIX cannot be reached, with the variable to set; or None."""
    return next(_iter_problems(place, environ), None)


def _iter_problems(place: str, environ: Mapping[str, str]) -> Iterator[str]:
    if not urlsplit(place).netloc:
        yield "it names no bucket; write s3://BUCKET/PREFIX"
    for name in _ENDPOINTS:
        if problem := _judge_endpoint(name, environ):
            yield problem
    missing = [name for name in _KEYS if not environ.get(name)]
    if len(missing) == 1:
        there = next(name for name in _KEYS if name not in missing)
        yield f"{there} is set and {missing[0]} is not; set both of them"
    if len(missing) == len(_KEYS) and environ.get("AWS_PROFILE"):
        yield (
            "AWS_PROFILE is set, but profiles of ~/.aws are not read; set AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY (aws configure export-credentials --format env)"
        )


def _judge_endpoint(name: str, environ: Mapping[str, str]) -> str | None:
    value = environ.get(name)
    if not value:
        return None
    url = urlsplit(value)
    if url.scheme not in {"http", "https"} or not url.hostname:
        return f"{name} is not the URL of a server; write https://HOST or http://HOST:PORT"
    if url.scheme == "http" and environ.get("AWS_ALLOW_HTTP", "").lower() not in _TRUE:
        return f"{name} is plain http; set AWS_ALLOW_HTTP=true if that is intended"
    return None
