"""The published JSON against the shipped JSON Schemas, by another library's judgement."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from tests.support.schemas import assert_valid, load_schema, validator
from tracker import schema
from tracker.schema import build, describe
from tracker.site.web.openapi import SHAPES

TREE = Path("snapshots/action1")
FIRST_RELEASE = Path(__file__).parents[1] / "store/first_release/action1"
# Where the files of a tree are, by the name of their schema.
PLACES = {
    "snapshot": ("versions/*.json", "latest.json"),
    "changeset": ("changes/*.json",),
    "index": ("index.json",),
    "manifest": ("manifest.json",),
    "deltas": ("deltas/*/manifest.json",),
    "version": ("version.json",),
    "endpoints": ("rules/*/endpoints.json",),
}


@pytest.mark.parametrize("name", schema.NAMES)
def test_the_shipped_schema_is_made_from_the_types(name):
    shipped = Path(schema.__file__).parent / f"{name}.schema.json"
    assert shipped.read_bytes() == build.build_schema(name), "python -m tracker.schema.build"
    jsonschema.Draft202012Validator.check_schema(load_schema(name))
    assert load_schema(name)["$id"] == f"urn:fwtracker:schema:1:{name}"


def test_every_schema_has_a_name_and_every_name_a_schema():
    folder = Path(schema.__file__).parent
    assert {path.name for path in folder.glob("*.json")} == {
        f"{name}.schema.json" for name in schema.NAMES
    }
    assert set(build.DOCUMENTS) == {*schema.PUBLISHED, *schema.PRINTED}


KINDS = [*(kind for _, kinds in build.DOCUMENTS.values() for kind in kinds), *SHAPES]
TYPES = describe.build_components(KINDS)  # of all JSON, that of /v1 as well


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every property of every type, with the names of both."""
    for name, found in TYPES.items():
        for key, shape in found.get("properties", {}).items():
            yield name, key, shape


def is_of_objects(shape: Any) -> bool:
    """Whether it leads to types whose own properties have examples."""
    return "$ref" in json.dumps(shape)


def test_every_property_is_described_with_its_unit_and_an_example():
    lacking = [
        f"{name}.{key}"
        for name, key, shape in properties()
        if not re.fullmatch(r"[A-Z`].+[^.]\.(.+\.)?", shape["description"], re.DOTALL)
        or not (shape.get("examples") or "const" in shape or is_of_objects(shape))
    ]
    assert lacking == [], "describe them in tracker/schema/fields.toml"
    for name, key, shape in properties():
        text = json.dumps({k: v for k, v in shape.items() if k != "examples"})
        units = {"date-time": "UTC", "a-f]{64}": "SHA-256", "65535": "Port number"}
        for mark, unit in units.items():
            assert (mark in text) <= (unit in shape["description"]), f"{name}.{key}"


HASHES = re.compile(r"sha256$|digest$|^definition$|^changes_sha256$")
TIMES = re.compile(
    r"_at$|^(expires|due|leaves|gone|until|first_seen|failing_since|next_check)$"
)


def are_bounded(shape: Any) -> bool:
    """Whether each whole number in it has a least value, or is a constant."""
    if isinstance(shape, list):
        return all(map(are_bounded, shape))
    if not isinstance(shape, dict):
        return True
    if shape.get("type") == "integer" and not shape.keys() & {"minimum", "const"}:
        return False
    return all(map(are_bounded, shape.values()))


def test_no_description_has_a_name_that_only_the_source_has():
    """`from`, not `from_`; `left_out`, not `exclusions`."""
    for struct in describe.list_structs(KINDS):
        for each in msgspec.structs.fields(struct):
            if each.name != each.encode_name:
                said = json.dumps(TYPES[struct.__name__])
                assert f"`{each.name}`" not in said, f"{struct.__name__}.{each.name}"


def test_times_digests_and_numbers_are_typed_everywhere():
    for name, key, shape in properties():
        text = json.dumps(shape)
        if TIMES.search(key):
            assert '"date-time"' in text, f"{name}.{key}"
        if HASHES.search(key):
            assert "{64}" in text, f"{name}.{key}"
        assert are_bounded(shape), f"{name}.{key}"


def test_nothing_is_described_that_is_not_there():
    there = {
        (parent.__name__, key)
        for struct in describe.list_structs(KINDS)
        for parent in struct.__mro__
        for key in TYPES[struct.__name__]["properties"]
    }
    said = {(name, key) for name, table in describe.load_fields().items() for key in table}
    assert said - there == set()


def test_the_examples_are_valid():
    for name, key, shape in properties():
        check = jsonschema.Draft202012Validator({**shape, "$defs": TYPES})
        for example in shape.get("examples", ()):
            assert check.is_valid(example), f"{name}.{key}: {example}"


def test_a_type_is_the_same_in_every_schema_and_has_the_name_of_a_class():
    whole = load_schema("all")["$defs"]
    for name in schema.NAMES:
        found = load_schema(name)
        root = {k: v for k, v in found.items() if k not in {"$schema", "$id", "$defs"}}
        assert re.fullmatch(r"([A-Z][a-z]+)+", root["title"])
        for title, shape in ({root["title"]: root} | found["$defs"]).items():
            assert shape["title"] == title
            assert re.fullmatch(r"([A-Z][a-z]+)+", title)
            assert title not in whole or shape == whole[title]


def test_what_is_closed_is_an_enum_and_what_may_grow_is_not():
    """And an object may have further fields, so that a strict client takes the next release."""
    text = json.dumps([load_schema(name) for name in schema.NAMES])
    assert '"additionalProperties": false' not in text
    for name in schema.NAMES:
        enums = {key for key, shape in load_schema(name)["$defs"].items() if "enum" in shape}
        assert enums <= set(describe.CLOSED)
        assert json.dumps(load_schema(name)).count('"enum"') == len(enums)
    grown = load_schema("changeset")["$defs"]["Change"]["properties"]["kind"]
    assert grown["type"] == "string"
    assert "reworded" in grown["examples"]
    assert grown["description"].endswith("more may come within schema 1.")


def documents(tree: Path) -> Iterator[tuple[str, Any]]:
    for name, patterns in PLACES.items():
        for path in (path for pattern in patterns for path in tree.glob(pattern)):
            yield name, json.loads(path.read_text("utf-8"))


def test_everything_published_is_valid(site, fwtracker):
    for sample in ("2024-04/stacks.html", "2024-11/stacks.html", "2026-02"):
        site.show_sample(sample)
        assert fwtracker("run", "--url", site.url).status == 0
    found = list(documents(TREE))
    counts = {name: len([each for each, _ in found if each == name]) for name in PLACES}
    rule_sets = len(list(TREE.glob("rules/*/endpoints.json")))
    assert counts == {
        "snapshot": 4,
        "changeset": 2,
        "index": 1,
        "manifest": 1,
        "deltas": 2,
        "endpoints": rule_sets,
        "version": 1,
    }
    for name, document in found:
        assert_valid(name, document)
        assert_valid("all", document)


def test_what_the_first_release_wrote_is_still_valid():
    found = list(documents(FIRST_RELEASE))
    assert {name for name, _ in found} == set(PLACES) - {"endpoints", "version"}
    for name, document in found:
        assert_valid(name, document)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> dict[str, Any]:
    """A document of each schema of the published tree."""
    hash_, at = "0" * 64, "2026-01-10T03:00:00Z"
    probe = {"schema": 1, "source": "action1", "version": 3, "digest": hash_}
    return {"version": {**probe, "checked_at": at, "expires": at}} | dict(
        documents(FIRST_RELEASE)
    )


HOSTILE = [
    ("snapshot", ("schema",), 2),
    ("snapshot", ("digest",), "0" * 63),
    ("snapshot", ("digest",), "0" * 65),
    ("snapshot", ("version",), 0),
    ("snapshot", ("captured_at",), "yesterday"),
    ("snapshot", ("captured_at",), "2024-04-17T09:00:00+02:00"),
    ("snapshot", ("captured_at",), "2024-13-41T09:00:00Z"),
    ("snapshot", ("entries", 0, "direction"), "sideways"),
    ("snapshot", ("entries", 0, "services", 0, "from_port"), 0),
    ("snapshot", ("entries", 0, "services", 0, "to_port"), 70000),
    ("snapshot", ("entries", 0, "services", 0, "from_port"), "443"),
    ("snapshot", ("entries", 0, "services", 0, "protocol"), "icmp"),
    ("snapshot", ("entries", 0, "scope"), "galaxy"),
    ("snapshot", ("entries", 0, "requirement"), "maybe"),
    ("snapshot", ("entries", 0, "id"), "e1"),
    ("snapshot", ("findings",), None),
    ("snapshot", ("pages", 0, "sha256"), "A" * 64),
    ("changeset", ("schema",), 2),
    ("changeset", ("from",), 0),
    ("changeset", ("summary", "added"), -1),
    ("changeset", ("endpoints_added",), [{"target": "192.0.2.1"}]),
    ("index", ("schema",), "1"),
    ("index", ("latest",), 0),
    ("index", ("versions", 0, "captured_at"), "soon"),
    ("index", ("versions", 0, "digest"), "0" * 63),
    ("index", ("versions", 0, "entries"), -1),
    ("manifest", ("schema",), 2),
    ("manifest", ("version",), 0),
    ("manifest", ("expires",), "soon"),
    ("manifest", ("checked_at",), ""),
    ("manifest", ("due",), "later"),
    ("manifest", ("files", "latest.json", "size"), -1),
    ("manifest", ("files", "latest.json", "sha256"), "0" * 63),
    ("version", ("schema",), 2),
    ("version", ("version",), 0),
    ("version", ("digest",), "0" * 63),
    ("version", ("expires",), "soon"),
    ("deltas", ("schema",), 2),
    ("deltas", ("at",), "soon"),
]


@pytest.mark.parametrize(("name", "path", "value"), HOSTILE)
def test_the_schema_refuses_what_the_contract_does_not_have(published, name, path, value):
    document = copy.deepcopy(published[name])
    assert_valid(name, document)
    inner = document
    *way, last = path
    for step in way:
        inner = inner[step]
    inner[last] = value
    assert not validator(name).is_valid(document)


def test_hostile_rows_of_endpoints_json_are_refused(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    document = json.loads((TREE / "rules/europe/endpoints.json").read_text())
    assert_valid("endpoints", document)
    for key, value in (
        *(("from_port", 0), ("to_port", 70000), ("direction", "sideways")),
        *(("scope", "galaxy"), ("leaves", "soon"), ("protocol", "icmp"), ("required", 1)),
    ):
        row = document["endpoints"][0] | {key: value}
        assert not validator("endpoints").is_valid(document | {"endpoints": [row]}), key
    for key, value in (("schema", 2), ("digest", "0" * 63), ("captured_at", "soon")):
        assert not validator("endpoints").is_valid(document | {key: value}), key


def test_rows_as_the_first_release_wrote_them_are_valid(site, fwtracker):
    """Its tree in tests/store has no endpoints.json: the last three fields came later."""
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    document = json.loads((TREE / "rules/europe/endpoints.json").read_text())
    for row in document["endpoints"]:
        for later in ("required", "scope", "id"):
            del row[later]
    assert_valid("endpoints", document)


def test_what_may_come_within_schema_1_is_valid_already(published):
    """New fields anywhere, and new values of kind, impact, cause and finding names."""
    changes, snapshot = published["changeset"], published["snapshot"]
    change = changes["changes"][0] | {"kind": "moved", "impact": "urgent", "new": 1}
    assert_valid("changeset", changes | {"changes": [change], "cause": "other", "new": []})
    finding = {"name": "never-seen", "verdict": "publish", "message": "x", "new": True}
    entry = snapshot["entries"][0] | {"new": {}}
    assert_valid("snapshot", snapshot | {"findings": [finding], "entries": [entry]})


def test_the_schemas_are_published_with_the_tree_and_in_the_manifest(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    manifest = json.loads((TREE / "manifest.json").read_text())
    there = {path.relative_to(TREE).as_posix() for path in (TREE / "schema").iterdir()}
    assert there == {f"schema/{name}.schema.json" for name in schema.PUBLISHED}
    assert there <= set(manifest["files"])
    for name in schema.PUBLISHED:
        assert (TREE / f"schema/{name}.schema.json").read_bytes() == schema.read_schema(name)


def test_published_schemas_are_not_written_again(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    before = {path: path.stat() for path in (TREE / "schema").iterdir()}
    site.show_sample("2024-11/stacks.html")
    assert "published version 2" in fwtracker("run", "--url", site.url).out
    for path, stat in before.items():
        now = path.stat()
        assert (now.st_ino, now.st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_the_manifest_names_every_published_file_with_its_hash(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    site.show_sample("2024-11/stacks.html")
    fwtracker("run", "--url", site.url)
    manifest = json.loads((TREE / "manifest.json").read_text())
    there = {str(p.relative_to(TREE)) for p in TREE.rglob("*") if p.is_file()}
    old = {"versions/000001.json"}  # by way of index.json
    assert set(manifest["files"]) == {
        name for name in there - old if not name.startswith("pages/")
    } - {"manifest.json", "version.json"}
    for name, fact in manifest["files"].items():
        data = (TREE / name).read_bytes()
        assert fact == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    index = json.loads((TREE / "index.json").read_text())
    for version in index["versions"]:
        data = (TREE / version["file"]).read_bytes()
        assert version["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_readme_says_which_words_may_grow_and_which_never():
    text = (Path(__file__).parents[2] / "snapshots/README.md").read_text("utf-8")
    section = text.split("\n## Schemas\n")[1].split("\n## ")[0]
    table, grow = section.split("What may come without another `schema`:")
    assert set(schema.PUBLISHED) <= set(re.findall(r"`([a-z]+)`", table))
    may, never = grow.split("- Never of")
    said = set(re.findall(r"`([a-z]+)`", never.split("\n")[0]))
    closed = {
        key
        for _, key, shape in properties()
        if any(f'"#/$defs/{word}"' in json.dumps(shape) for word in describe.CLOSED)
    }
    assert said == closed
    open_words = {
        key for _, key, shape in properties() if "more may come" in shape["description"]
    }
    assert {"kind", "impact", "cause", "outcome", "state"} <= open_words
    assert set(re.findall(r"`([a-z]+)`", may)) >= open_words - {"fate", "verdict"}
