"""The shipped JSON Schemas, with validation by another library, formats included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tracker.schema import PRINTED, read_schema

# Commands whose output has the form of a file of the published tree.
_SAME = {"show": "snapshot", "as-of": "snapshot", "diff": "changeset"}


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema of that name, as shipped."""
    return json.loads(read_schema(name))


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name), format_checker=FormatChecker())


def assert_valid(name: str, document: object) -> None:
    validator(name).validate(document)


def name_schema(args: Sequence[str]) -> str | None:
    """Return the name of the schema for a command's --json output; None for other commands."""
    if "--json" not in args:
        return None
    first, second = (*args, "", "")[:2]
    known = (f"{first}-{second}", first)
    return _SAME.get(first) or next((each for each in known if each in PRINTED), None)
