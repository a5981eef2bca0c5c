"""Clients that generators make from the OpenAPI document, used against the server."""

from __future__ import annotations

import json
import sys

import openapi_spec_validator
import pytest

from tests.support.checkers import NPM, need, run

# The Python generator takes this for text only if it is asked to.
SETTINGS = json.dumps({"content_type_overrides": {"application/atom+xml": "text/plain"}})
PYTHON = """
import json, sys
from made import Client
from made.api.default import (
    find_value, get_feed_atom, get_feed_json, get_latest, get_status, get_version, list_changes,
    list_endpoints, list_sources,
)
from made.models import Changes, Endpoints, ListEndpointsFormat, Problem, Snapshot

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
(source,) = list_sources.sync(client=client)
probe = get_version.sync(source.name, client=client)
latest = get_latest.sync(source.name, client=client)
assert isinstance(latest, Snapshot) and latest.digest == probe.digest
changes = list_changes.sync(source.name, client=client, since=1)
assert isinstance(changes, Changes) and changes.changes[0].from_ == 1
refused = list_changes.sync(source.name, client=client, since=2, digest="0" * 64)
assert isinstance(refused, Problem) and refused.status == 409
timed = list_changes.sync(source.name, client=client, since="2026-03-01T13:30Z", details=0)
wanted = {"client": client, "region": ["Europe"]}
answer = list_endpoints.sync_detailed(source.name, **wanted)
rows = Endpoints.from_dict(json.loads(answer.parsed)).endpoints
ips = list_endpoints.sync(source.name, format_=ListEndpointsFormat.IPS, **wanted)
(found,) = find_value.sync(source.name, client=client, value="tcp/22543")
status = get_status.sync(source.name, client=client)
assert get_feed_atom.sync(source.name, client=client).startswith("<?xml")
assert len(get_feed_json.sync(source.name, client=client).items) == 3
print(json.dumps({
    "version": probe.version,
    "added": [end.id for end in changes.endpoints_added],
    "timed": timed.since,
    "of": answer.headers["Fwtracker-Version"],
    "rows": [row.target for row in rows],
    "ips": ips,
    "last": found.last,
    "outcome": status.outcome,
    "folders": [each.path for each in status.folders],
}))
"""
TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { components, paths } from "./made.js";

declare const process: { argv: string[] };
const client = createClient<paths>({ baseUrl: process.argv[2]! });
const source = (await client.GET("/v1/sources")).data![0]!;
const path = { source: source.name };
const probe = (await client.GET("/v1/{source}/version", { params: { path } })).data!;
const query = { since: 1 };
const changes = (await client.GET("/v1/{source}/changes", { params: { path, query } })).data!;
const first: components["schemas"]["ChangeSet"] = changes.changes[0]!;
if (first.from !== 1) throw new Error(`from ${first.from}`);
// @ts-expect-error there is no such field
first.from_;
// @ts-expect-error there is no such parameter
await client.GET("/v1/{source}/changes", { params: { path, query: { sinc: 1 } } });
const digest = "0".repeat(64);
const refused = await client.GET("/v1/{source}/changes", {
    params: { path, query: { since: 2, digest } },
});
if (refused.error!.status !== 409) throw new Error(refused.error!.detail);
const timed = await client.GET("/v1/{source}/changes", {
    params: { path, query: { since: "2026-03-01T13:30Z", details: 0 } },
});
const answer = await client.GET("/v1/{source}/endpoints", {
    params: { path, query: { region: ["Europe"] } },
});
const ips = await client.GET("/v1/{source}/endpoints", {
    params: { path, query: { region: ["Europe"], format: "ips" } },
    parseAs: "text",
});
const found = await client.GET("/v1/{source}/blame", {
    params: { path, query: { value: "tcp/22543" } },
});
const status = (await client.GET("/v1/{source}/status", { params: { path } })).data!;
console.log(JSON.stringify({
    version: probe.version,
    added: changes.endpoints_added.map(end => end.id),
    timed: timed.data!.since,
    of: answer.response.headers.get("Fwtracker-Version"),
    rows: (answer.data as components["schemas"]["Endpoints"]).endpoints.map(row => row.target),
    ips: ips.data,
    last: found.data![0]!.last,
    outcome: status.outcome,
    folders: status.folders.map(each => each.path),
}));
"""
WANTED = {
    "version": 3,
    "added": [
        "outbound tcp/443 3.74.63.86 Europe",
        "outbound tcp/443 203.0.114.9 Oceania",
    ],
    "timed": 2,
    "of": "3",
    "rows": ["3.74.63.86"],
    "ips": "3.74.63.86\n",
    "last": 2,
    "outcome": "good",
    "folders": ["rules/all", "rules/europe", "rules/oceania"],
}
STRICT = (
    "--strict --noUncheckedIndexedAccess --target es2022 --module nodenext --lib es2022,dom"
    " --skipLibCheck"
).split()


def write(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")


def done(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_document_is_openapi(server):
    openapi_spec_validator.validate(server.get("/v1/openapi.json").json())


def test_each_answer_has_a_shape_and_each_operation_a_name(server):
    document = server.get("/v1/openapi.json").json()
    operations = [each["get"] for each in document["paths"].values()]
    names = [each["operationId"] for each in operations]
    assert len({*names}) == len(names)
    for code, answer in [item for each in operations for item in each["responses"].items()]:
        for kind, content in answer.get("content", {}).items():
            assert content["schema"], (code, kind)
            if kind.startswith("text/") or kind.endswith("xml"):
                assert content["schema"] == {"type": "string"}
            if code[0] in "45":
                assert kind == "application/problem+json"


def test_headers_and_tokens_are_described(server):
    document = server.get("/v1/openapi.json").json()
    described = document["paths"]["/v1/{source}/endpoints"]["get"]["responses"]
    answer = server.get("/v1/action1/endpoints")
    for name in described["200"]["headers"]:
        assert name in answer.headers
        assert document["components"]["headers"][name]["description"]
    assert "Fwtracker-Version" in described["200"]["headers"]
    assert "Retry-After" in described["429"]["headers"]
    assert {*document["components"]["securitySchemes"]} == {"token", "password"}


def test_a_python_client(server, tmp_path):
    need(modules=("openapi_python_client",))
    document = server.get("/v1/openapi.json").text
    write(tmp_path, document__json=document, settings__json=SETTINGS, use__py=PYTHON)
    command = "generate --path document.json --output-path made --meta none --fail-on-warning"
    tool = (sys.executable, "-m", "openapi_python_client", *command.split())
    done(run(*tool, "--config", "settings.json", folder=tmp_path))
    ran = run(sys.executable, "use.py", str(server.base_url), folder=tmp_path)
    assert shown(done(ran)) == shown(json.dumps(WANTED))


@pytest.mark.slow
def test_a_typescript_client(server, tmp_path):
    tools = ("openapi-typescript", "openapi-fetch", "typescript")
    need("node", npm=tools)
    (tmp_path / "node_modules").symlink_to(NPM)
    document = server.get("/v1/openapi.json").text
    write(tmp_path, document__json=document, use__ts=TYPESCRIPT)
    write(tmp_path, package__json='{"type": "module"}')
    generate = NPM / "openapi-typescript/bin/cli.js"
    done(run("node", generate, "document.json", "-o", "made.ts", folder=tmp_path))
    compiler = NPM / "typescript/bin/tsc"
    done(run("node", compiler, *STRICT, "use.ts", folder=tmp_path))
    ran = run("node", "use.js", str(server.base_url).rstrip("/"), folder=tmp_path)
    assert shown(done(ran)) == shown(json.dumps(WANTED))


def shown(text):
    """What a client printed, whatever the order of the endpoints."""
    found = json.loads(text)
    return {**found, "added": sorted(found["added"])}
