"""`/v1/schema/NAME.schema.json`: every schema, also of what the tree does not have."""

from __future__ import annotations

import pytest

from tests.site.web.rig import serving
from tracker import schema
from tracker.site.web.openapi import build_openapi


def test_every_schema_is_served_as_it_is_shipped(server):
    for name in schema.NAMES:
        found = server.get(f"/v1/schema/{name}.schema.json")
        assert (found.status_code, found.content) == (200, schema.read_schema(name))
        assert found.headers["Content-Type"] == "application/schema+json"
    again = server.get(
        f"/v1/schema/{name}.schema.json", headers={"If-None-Match": found.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["snapshots", "", "../secret", "snapshot.schema.json"])
def test_another_name_is_refused_with_those_there_are(server, name):
    found = server.get(f"/v1/schema/{name}.schema.json")
    assert found.status_code == 404


def test_the_refusal_names_those_there_are(server):
    problem = server.get("/v1/schema/snapshots.schema.json").json()
    assert problem["detail"].startswith('no schema is called "snapshots"; there are all, ')


def test_a_parameter_is_refused(server):
    assert server.get("/v1/schema/run.schema.json?pretty=1").status_code == 400


def test_a_source_may_be_called_schema(place):
    (place / "action1").rename(place / "schema")
    sources = {"schema": {"url": "http://127.0.0.1:9/"}, "action1": {"enabled": False}}
    with serving(place, {"sources": sources}) as server:
        assert server.get("/v1/schema/version.schema.json").json()["title"] == "VersionProbe"
        assert server.get("/v1/schema/manifest").json()["files"]


def test_openapi_describes_each_field_and_uses_the_same_types():
    shapes = build_openapi()["components"]["schemas"]
    for name in ("Snapshot", "Entry", "Endpoint", "SourceStatus", "Changes"):
        for key, shape in shapes[name]["properties"].items():
            assert shape["description"], f"{name}.{key}"
    assert shapes["Direction"]["enum"] == ["outbound", "inbound"]
