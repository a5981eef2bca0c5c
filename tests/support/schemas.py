"""The shipped JSON Schemas, with another library's judgement of formats as well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tracker.schema import PRINTED, read_schema

# What commands print that is a file of the published tree as well.
_SAME = {"show": "snapshot", "as-of": "snapshot", "diff": "changeset"}


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema of that name, as shipped."""
    return json.loads(read_schema(name))


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name), format_checker=FormatChecker())


def assert_valid(name: str, document: object) -> None:
    validator(name).validate(document)


def name_schema(args: Sequence[str]) -> str | None:
    """The schema of what a command prints with --json; None for what has another form."""
    if "--json" not in args:
        return None
    first, second = (*args, "", "")[:2]
    known = (f"{first}-{second}", first)
    return _SAME.get(first) or next((each for each in known if each in PRINTED), None)
