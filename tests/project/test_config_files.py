"""`config/` and the README of `snapshots/`: true to the program and its users."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import notifiers
from tracker import change_set, config, formats, model
from tracker.cli import cli
from tracker.config import tables as kinds
from tracker.guard.limits import GuardLimits
from tracker.parse.pages.selectors import check_selectors
from tracker.publish.deltas import DeltaManifest
from tracker.publish.index import Index, IndexEntry
from tracker.sources import load_source
from tracker.sources.definition import Definition
from tracker.store.records import Exclusion, FileFact, WholeManifest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config"
README = ROOT / "snapshots" / "README.md"
SHIPPED = FOLDER / "fwtracker.toml"
UNITS = FOLDER / "systemd"
SETTING = re.compile(r"^# (?=\w+ = |\[\[?[\w.]+\]\]?$)", re.MULTILINE)

TABLES = {
    "fwtracker": kinds.GeneralConfig,
    "health": kinds.HealthConfig,
    "signing": kinds.SigningConfig,
    "serve": kinds.ServeConfig,
    "serve.tokens": kinds.TokenConfig,
    "verify": kinds.VerifyConfig,
    "drift": kinds.DriftConfig,
    "guard": GuardLimits,
    "rules": kinds.Rules,
    "assumed_ports": kinds.AssumedPorts,
}


def keys(struct):
    return {field.encode_name for field in msgspec.structs.fields(struct)}


def uncommented():
    return SETTING.sub("", SHIPPED.read_text("utf-8"))


def tables(raw, path):
    for name in path.split("."):
        raw = raw[name]
    return raw if isinstance(raw, list) else [raw]


def test_as_shipped_it_says_what_no_file_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not config.DEFAULT.exists()
    assert config.load(SHIPPED) == config.load(None)


def test_it_lies_where_it_is_looked_for():
    assert (FOLDER.parent / config.DEFAULT) == SHIPPED


def test_every_key_can_be_uncommented(tmp_path):
    path = tmp_path / "all.toml"
    path.write_text(uncommented(), "utf-8")
    loaded = config.load(path)
    assert loaded.rules
    assert loaded.channels
    assert {rules.format for rules in loaded.rules} <= set(formats.names())


@pytest.mark.parametrize("path", TABLES)
def test_every_key_of_a_table_is_there(path):
    found = {key for table in tables(tomllib.loads(uncommented()), path) for key in table}
    assert found == keys(TABLES[path])


@pytest.mark.parametrize("kind", notifiers.names())
def test_every_key_of_a_channel_is_there(kind):
    channels = [
        table for table in tomllib.loads(uncommented())["channels"] if table["type"] == kind
    ]
    found = {key for table in channels for key in table}
    assert found >= keys(notifiers.load(kind).settings_type) | {"name", "type"}


def test_every_key_that_channels_share_is_there():
    found = {key for table in tomllib.loads(uncommented())["channels"] for key in table}
    assert found >= keys(kinds.Channel) - {"settings"}


def test_the_assumed_ports_are_shown_as_they_are():
    shown = config.parse(tomllib.loads(uncommented())).assumed_ports
    assert shown == config.Config().assumed_ports


@pytest.mark.parametrize("path", ["fwtracker", "signing", "health", "guard"])
def test_a_default_is_shown_as_it_is(path):
    (shown,) = tables(tomllib.loads(uncommented()), path)
    default = msgspec.structs.asdict(TABLES[path]())
    sayable = {key: value for key, value in shown.items() if default[key] is not None}
    assert msgspec.convert(sayable, TABLES[path]) == TABLES[path]()


def definition_keys(struct=Definition):
    """The keys of a definition, and of the tables in it, as "tables.header"."""
    for field in msgspec.structs.fields(struct):
        yield field.encode_name
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from (f"{field.encode_name}.{key}" for key in definition_keys(inner))


def test_the_keys_that_action1_needs_are_there():
    shown = tomllib.loads(uncommented())["sources"]["action1"]
    assert set(shown) == {"url", "regions", "enabled", "exclude", "reads", "tables"}
    shipped = load_source("action1").definition
    assert (shown["url"], shown["enabled"]) == (shipped.url, shipped.enabled)


@pytest.mark.parametrize("key", tuple(definition_keys()))
def test_every_key_of_a_definition_is_described(key):
    """In docs/sources.md: each as `key`, in a text or a table, and each table in an example."""
    text = (ROOT / "docs/sources.md").read_text("utf-8")
    assert re.search(rf"`{key.rpartition('.')[2]}`", text)


def test_the_examples_of_definitions_are_right():
    """Each block of TOML in docs/sources.md, and what the shipped configuration shows."""
    blocks = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs/sources.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) > 9
    for text in (*blocks, uncommented()):
        found = config.parse(tomllib.loads(text))
        for source in (*found.sources.values(), *found.disabled.values()):
            check_selectors(source.definition, source.place)


def test_every_command_that_a_file_names_is_there():
    named = {
        name
        for path in FOLDER.rglob("*")
        if path.is_file()
        for name in re.findall(r"(?:`|bin/|run: )fwtracker (\w+)", path.read_text("utf-8"))
    }
    assert named >= {"run", "held", "notify"}
    assert named <= set(cli.list_commands(None))


def unit(name):
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string((UNITS / name).read_text("utf-8"))
    return parser


def test_the_service_is_one_hardened_check():
    service = unit("fwtracker.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["StateDirectory"] == "fwtracker"
    assert service["WorkingDirectory"] == "/var/lib/fwtracker"
    assert "SECRET" not in " ".join(service.values()).upper().replace("SECRETS.ENV", "")


def test_the_timer_makes_up_for_a_missed_check():
    timer = unit("fwtracker.timer")
    assert timer["Timer"]["OnCalendar"]
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing")
def test_systemd_takes_the_units(tmp_path):
    # The command need not be installed where the tests run.
    for path in UNITS.iterdir():
        text = path.read_text("utf-8").replace("/usr/local/bin/fwtracker", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(path.name for path in UNITS.iterdir())],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_crontab_holds_one_line():
    lines = (FOLDER / "crontab").read_text("utf-8").splitlines()
    (line,) = [line for line in lines if line and not line.startswith("#")]
    assert re.fullmatch(r"(\S+ +){5}cd \S+ && /\S+/fwtracker run -q", line)
    assert "%" not in line  # cron takes it for the end of the line


def test_the_workflow_is_as_strict_as_it_says():
    yaml = pytest.importorskip("yaml", reason="PyYAML is missing; nothing else here needs it")
    workflow = yaml.safe_load((FOLDER / "ci/github-workflow.yml").read_text("utf-8"))
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    check, keep = workflow["jobs"]["check"], workflow["jobs"]["keep"]
    assert (check["permissions"], keep["permissions"]) == (
        {"contents": "read"},
        {"contents": "write"},
    )
    assert check["steps"][0]["with"] == {"persist-credentials": False}
    commands = " ".join(step.get("run", "") for step in keep["steps"])
    assert not re.search(r"\b(pip|pipx|uv|python|fwtracker)\b", commands)
    kept = [step for step in check["steps"] if "upload-artifact" in step.get("uses", "")]
    assert [(step["if"], step["with"]["include-hidden-files"]) for step in kept] == [
        ("always()", True)
    ]
    assert keep["if"] == "always()"
    # `on` is a boolean to YAML 1.1, which PyYAML reads.
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}


@pytest.mark.parametrize(
    "struct",
    [
        model.Snapshot,
        model.Page,
        model.Entry,
        model.Service,
        model.Finding,
        change_set.ChangeSet,
        change_set.Summary,
        change_set.Change,
        change_set.FieldChange,
        model.Endpoint,
        Index,
        IndexEntry,
        WholeManifest,
        Exclusion,
        FileFact,
        DeltaManifest,
    ],
    ids=lambda struct: struct.__name__,
)
def test_the_readme_names_every_field(struct):
    assert keys(struct) <= set(re.findall(r"`(\w+)`", README.read_text("utf-8")))
