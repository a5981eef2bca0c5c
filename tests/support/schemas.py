"""The shipped JSON Schemas, with another library's judgement of formats as well."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tracker.schema import read_schema


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema of that name, as shipped."""
    return json.loads(read_schema(name))


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name), format_checker=FormatChecker())


def assert_valid(name: str, document: object) -> None:
    validator(name).validate(document)
