"""The OpenAPI document: true of every address, and every address tried at random against it."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.site.web.rig import serving
from tracker.site.web import api
from tracker.site.web.openapi import build_openapi

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

EXAMPLES = int(os.environ.get("FWTRACKER_EXAMPLES", "15"))  # for each address


def test_every_address_is_described_and_no_other():
    there = {path.replace(":int", "") for path in (*api.ROUTES, *api.FILES)}
    assert set(build_openapi()["paths"]) == there - {"/v1/openapi.json"}


def test_the_document_is_served_and_its_schemas_are_schemas(server):
    found = server.get("/v1/openapi.json").json()
    assert found == json.loads(json.dumps(build_openapi()))
    assert found["openapi"] == "3.1.0"
    for schema in found["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.fixture(scope="module")
def described(published):
    """The document as a stranger's program reads it, from a server with three versions."""
    with serving(published, {"serve": {"rate": 0}}) as server:
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/v1/openapi.json")


@pytest.mark.parametrize("path", build_openapi()["paths"])
def test_what_is_asked_at_random_is_answered_as_described(described, path):
    @given(described[path]["GET"].as_strategy(), st.booleans())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case, there):
        if there and "source" in case.path_parameters:
            case.path_parameters["source"] = "action1"
        case.call_and_validate(checks=CHECKS)

    ask()
