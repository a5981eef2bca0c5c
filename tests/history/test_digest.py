"""The digest as the documentation has it worked out again, by exactly those lines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documented import ROOT
from tests.support.examples import examples
from tracker.model import Entry, Service, digest

README = (ROOT / "snapshots/README.md").read_text()
(PYTHON,) = re.findall(r"```python\n(import hashlib.*?)```", README, re.DOTALL)
(JQ,) = re.findall(r"```sh\n(jq -j.*?)```", README, re.DOTALL)
COMMANDS = {"python": [sys.executable, "-c", PYTHON], "jq": ["bash", "-ec", JQ]}


def work_out(how: str, folder: Path) -> str:
    done = subprocess.run(COMMANDS[how], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


@pytest.mark.parametrize("how", COMMANDS)
@pytest.mark.parametrize("sample", ["2024-04/stacks.html", "2024-11/stacks.html", "2026-02"])
def test_of_the_sample_it_is_what_the_version_says(site, fwtracker, tmp_path, how, sample):
    site.show_sample(sample)
    fwtracker("run", "--url", site.url)
    latest = json.loads((tmp_path / "snapshots/action1/latest.json").read_bytes())
    assert work_out(how, tmp_path) == latest["digest"]


words = st.text(st.characters(codec="utf-8", categories=["L", "P", "S"]), max_size=6)
ports = st.none() | st.integers(1, 65535)
services = st.builds(
    lambda protocol, port, name, inferred: Service(protocol, port, port, name, inferred),
    st.sampled_from(["tcp", "udp"]),
    ports,
    st.none() | words.filter(bool),  # the reader gives null, never an empty name
    st.booleans(),
)
lists = st.lists(words, max_size=3).map(tuple)
entries = st.builds(
    Entry,
    region=st.none() | words,
    resource=words,
    hosts=lists,
    addresses=lists,
    scope=st.sampled_from(["internet", "lan"]),
    direction=st.sampled_from(["outbound", "inbound"]),
    services=st.lists(services, max_size=4).map(tuple),
    requirement=st.none() | st.sampled_from(["required", "optional"]),
    only_for=st.none() | words,
    components=lists,
    purpose=words,
)


@examples(20)
@given(found=st.lists(entries, max_size=4))
def test_of_any_entries_it_is_the_same(found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("digest")
    (folder / "snapshots/action1").mkdir(parents=True)
    whole = {"entries": found, "digest": "not looked at"}
    (folder / "snapshots/action1/latest.json").write_bytes(msgspec.json.encode(whole))
    assert {work_out(how, folder) for how in COMMANDS} == {digest(found)}
