"""The published JSON against the shipped JSON Schema, by another library's judgement."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path

import jsonschema
import pytest

from tracker import schema

TREE = Path("snapshots/action1")


@pytest.mark.parametrize("kind", schema.KINDS)
def test_the_shipped_schema_is_made_from_the_types(kind):
    shipped = Path(schema.__file__).parent / f"{kind}.schema.json"
    assert shipped.read_bytes() == schema.build_schema(kind), "run: python -m tracker.schema"
    jsonschema.Draft202012Validator.check_schema(schema.load_schema(kind))


def test_everything_published_is_valid(site, fwtracker):
    for sample in ("2024-04/stacks.html", "2024-11/stacks.html", "2026-02"):
        site.show_sample(sample)
        assert fwtracker("run", "--url", site.url).status == 0
    for pattern, kind, count in (
        ("versions/*.json", "snapshot", 3),
        ("latest.json", "snapshot", 1),
        ("changes/*.json", "changeset", 2),
        ("index.json", "index", 1),
        ("manifest.json", "manifest", 1),
        ("deltas/*/manifest.json", "deltas", 2),
    ):
        found = list(TREE.glob(pattern))
        assert len(found) == count
        for path in found:
            jsonschema.validate(json.loads(path.read_text()), schema.load_schema(kind))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("digest",), "0" * 63),
        (("version",), 0),
        (("captured_at",), "yesterday"),
        (("entries", 0, "direction"), "sideways"),
        (("entries", 0, "services", 0, "from_port"), 65536),
        (("entries", 0, "services", 0, "protocol"), "icmp"),
        (("entries", 0, "scope"), "galaxy"),
        (("findings",), None),
    ],
)
def test_the_schema_refuses_what_the_contract_does_not_have(site, fwtracker, path, value):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    snapshot = copy.deepcopy(json.loads((TREE / "latest.json").read_text()))
    *way, last = path
    inner = snapshot
    for step in way:
        inner = inner[step]
    inner[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(snapshot, schema.load_schema("snapshot"))


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
    } - {"manifest.json"}
    for name, fact in manifest["files"].items():
        data = (TREE / name).read_bytes()
        assert fact == {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    index = json.loads((TREE / "index.json").read_text())
    for version in index["versions"]:
        data = (TREE / version["file"]).read_bytes()
        assert version["sha256"] == hashlib.sha256(data).hexdigest()
