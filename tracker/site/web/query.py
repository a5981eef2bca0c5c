"""The query of a request: which parameters an address of `/v1` has, and their values."""

from __future__ import annotations

from starlette.requests import Request

from tracker.errors import UsageError
from tracker.site.web.openapi import list_needed_parameters, list_query_parameters
from tracker.text import find_nearest


def check_query(path: str, request: Request) -> None:
    """Check a query against the OpenAPI document. Raises UsageError.

    A parameter that is unknown, empty or given twice would otherwise be silently ignored, and
    the answer would be wrong: all regions instead of one.
    """
    known = list_query_parameters(path)
    for name in request.query_params:
        if name not in known:
            raise UsageError(_explain_unknown(name, list(known)))
        values = request.query_params.getlist(name)
        if "" in values:
            raise UsageError(f"{name} is empty; give it a value, or leave it out")
        if len(values) > 1 and not known[name]:
            raise UsageError(f"{name} may be given once, not {len(values)} times")
    for name in list_needed_parameters(path):
        if name not in request.query_params:
            raise UsageError(f"{name} is missing; this address has no answer without it")


def _explain_unknown(name: str, known: list[str]) -> str:
    near = find_nearest(name, known)
    there = f"there are: {', '.join(known)}" if known else "this address has none"
    hint = f'did you mean "{near}"?' if near else there
    return f'no parameter is called "{name}"; {hint}'


def get_param(request: Request, name: str) -> str | None:
    """Return a parameter that may be given once. Raises UsageError."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise UsageError(f"the parameter {name} may be given once, not {len(given)} times")
    return given[0] if given else None


def get_params(request: Request, name: str) -> tuple[str, ...] | None:
    """Return a parameter that may be repeated; None if it is not given."""
    return tuple(request.query_params.getlist(name)) or None


def get_number(request: Request, name: str, default: int) -> int:
    """Return a parameter that is a whole number. Raises UsageError."""
    given = get_param(request, name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10):  # noqa: PLR2004
        raise UsageError(f'the parameter {name} is a whole number, not "{given}"')
    return int(given)
