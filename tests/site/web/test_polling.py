"""The polling loop of docs/service.md, as it stands there, through all that may come."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.site.readings import START, add, entry, stored
from tests.site.web.conftest import FIRST, SECOND, THIRD
from tests.site.web.rig import serving
from tests.support import documented
from tests.support.versions import snapshots_of

(LOOP,) = (
    block
    for block in documented.blocks(documented.ROOT / "docs/service.md")
    if block.kind == "python"
)


WHOLE = [
    "+ outbound tcp/443 203.0.114.9 Oceania",
    "+ outbound tcp/443 3.74.63.86 Europe",
    "+ outbound tcp/443 a.example.com Oceania",
]


class Poller:
    """The script of the documentation, started by cron as often as a test likes."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "poll.py").write_text(LOOP.text, "utf-8")

    def poll(self, server):
        command = [sys.executable, "poll.py", f"http://127.0.0.1:{server.port}/v1/action1"]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def known(self):
        return json.loads((self.folder / "known.json").read_text())


@pytest.fixture
def poller(tmp_path):
    (tmp_path / "poller").mkdir()
    return Poller(tmp_path / "poller")


def in_force(server):
    """The ids of the endpoints to open to their targets, as the newest version has them."""
    answer = server.get("/v1/action1/changes", params={"since": 0, "details": 0}).json()
    return sorted(end["id"] for end in answer["endpoints_added"] if end["scope"] == "internet")


def check(poller, server, said):
    ran = poller.poll(server)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == said
    assert sorted(poller.known["endpoints"]) == in_force(server)


def test_the_first_answer_is_the_whole_list_and_then_only_news(server, place, poller):
    check(poller, server, WHOLE)
    check(poller, server, [])
    tree = server.state.tree("action1")
    readings = [FIRST, SECOND, THIRD, FIRST, [*FIRST, entry(target="198.51.100.7")]]
    for snapshot in snapshots_of(readings, START, timedelta(hours=1))[3:]:
        add(tree, snapshot)
    check(
        poller,
        server,
        [
            "- outbound tcp/443 203.0.114.9 Oceania",
            "- outbound tcp/443 3.74.63.86 Europe",
            "+ outbound tcp/22543 198.51.100.7 Europe",
            "+ outbound tcp/22543 3.74.63.86 Europe",
        ],
    )
    assert poller.known["version"] == 5


@pytest.mark.parametrize("readings", [(FIRST,), (FIRST, SECOND, FIRST)])
def test_after_a_restore_it_starts_from_the_whole_list(server, tmp_path, poller, readings):
    check(poller, server, WHOLE)
    stored(tmp_path / "restored", *readings)
    with serving(tmp_path / "restored") as restored:
        check(
            poller,
            restored,
            [
                "- outbound tcp/443 203.0.114.9 Oceania",
                "- outbound tcp/443 3.74.63.86 Europe",
                "+ outbound tcp/22543 3.74.63.86 Europe",
            ],
        )
        assert poller.known["version"] == len(readings)


def test_what_cannot_be_answered_keeps_what_is_known(server, place, poller, tmp_path):
    poller.poll(server)
    before = poller.known
    with serving(tmp_path / "empty") as empty:
        ran = poller.poll(empty)
    assert ran.returncode == 1
    assert "no version of action1 yet" in ran.stderr
    assert poller.known == before


def test_a_poll_without_news_costs_a_few_hundred_bytes(server, poller, place):
    """The version alone is asked for."""
    poller.poll(server)
    before = server.state.status.answers.total()
    ran = poller.poll(server)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert server.state.status.answers.total() == before + 1
    assert len(server.get("/v1/action1/version").content) < 300


def test_lan_and_unstated_endpoints_are_not_opened(tmp_path, poller):
    stored(tmp_path / "s", [*FIRST, entry(port=445), entry(target="192.0.2.9", port=None)])
    with serving(tmp_path / "s") as server:
        ran = poller.poll(server)
        assert ran.returncode == 0, ran.stderr
        assert "tcp/445" not in ran.stdout
        assert "192.0.2.9" not in ran.stdout
        assert sorted(poller.known["endpoints"]) == in_force(server)
