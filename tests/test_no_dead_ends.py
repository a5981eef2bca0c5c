"""Whatever refuses or holds a page says what settles it: its lines are pasted, and it is read.

Each page here is stopped; what `run` prints at column 0 below its message is appended to the
configuration, and the next run publishes what the page was meant to say, or `approve` does.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from tests.support.site import MAIN
from tests.test_run import TREE
from tracker.config import parse
from tracker.guard.limits import FINDING_NAMES

pytestmark = pytest.mark.usefixtures("few_formats")

ROW = "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
GOOD_ROW = ROW.format("3.74.63.10", "Outbound", "443 TCP", "Agents sign in")
PAGE = (
    "<!DOCTYPE html><html><body><h1>Firewall</h1><h3>Region: Europe</h3><table><tr><th>Resource"
    "</th><th>Type</th><th>Ports</th><th>Purpose</th>{header}</tr>{rows}</table>{after}"
    "</body></html>"
)
GOOD = ("3.74.63.10", "tcp", 443)


def page(*rows: str, header: str = "", after: str = "") -> str:
    """A page with one good row, and these."""
    return PAGE.format(header=header, rows=GOOD_ROW + "".join(rows), after=after)


def row(
    resource: str = "3.74.63.20",
    direction: str = "Outbound",
    ports: str = "443 TCP",
    purpose: str = "Agents sign in",
) -> str:
    return ROW.format(resource, direction, ports, purpose)


def published() -> set[tuple[str, str, int]]:
    entries = json.loads((TREE / "latest.json").read_text())["entries"]
    return {
        (target, service["protocol"], service["from_port"])
        for entry in entries
        for target in (*entry["hosts"], *entry["addresses"])
        for service in entry["services"]
    }


def lines_to_paste(printed: str) -> str:
    """What stands at column 0 below the line that announces it."""
    _, _, rest = printed.partition("to resolve this, add to the configuration:\n")
    assert rest, printed
    return rest


@pytest.fixture
def check(site, fwtracker, tmp_path):
    """Run a check of a page under the configuration so far; `check.paste` adds to that."""

    class Check:
        config = tmp_path / "fwtracker.toml"

        def paste(self, lines: str) -> None:
            parse(tomllib.loads(lines))
            self.config.write_text(self.config.read_text() + "\n" + lines)

        def __call__(self, body: str | None = None) -> Any:
            if body is not None:
                site.show(body)
            return fwtracker("run", "--config", str(self.config), "--no-notify")

        def held(self) -> list[dict[str, Any]]:
            return fwtracker("held", "--config", str(self.config), "--json").json

        def approve(self) -> Any:
            (item,) = self.held()
            return fwtracker("approve", "--config", str(self.config), item["digest"][:12])

    made = Check()
    made.config.write_text(f'[sources.action1]\nurl = "{site.root}{MAIN}"\n')
    return made


OTHER = ("3.74.63.20", "tcp", 443)
# What is refused, and what the page says when the lines are pasted.
CELLS = {
    "a footnote": (row(ports="443 [1] TCP"), {GOOD, OTHER}),
    "a note": (row(ports="443 (default) TCP"), {GOOD, OTHER}),
    "a word": (row(ports="443 TCP WAS 22543"), {GOOD, OTHER}),
    "a range": (
        row(ports="443 ... 450 TCP"),
        {GOOD, OTHER},
    ),
    "lines": (row(ports="443 TCP<br>(2) 444 TCP"), {GOOD, OTHER, ("3.74.63.20", "tcp", 444)}),
    "a second list": (row("Relays:<br>3.74.63.20<br>Old ones:<br>3.74.63.21"), {GOOD, OTHER}),
    "a placeholder": (row("${name}.action1.com"), {GOOD, ("*.action1.com", "tcp", 443)}),
    "a word in two": (row("3.74.63.2<span>0</span>"), {GOOD, OTHER}),
    "a direction": (row(direction="Outbound (agents)"), {GOOD, OTHER}),
    "a condition": (row(purpose="(Required when two run) Sign in"), {GOOD, OTHER}),
    # Where no reading is at hand, the row is left out.
    "no host": (row("Connector.IPX"), {GOOD}),
    "no port": (row(ports="any"), {GOOD}),
    "a gap": (row(ports="22 543 TCP"), {GOOD}),
    "no direction": (row(direction="Sideways"), {GOOD}),
    "a part in italics": (row("login.<em>region</em>.action1.com"), {GOOD}),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_refused_cell_is_settled_by_the_lines_of_its_message(check, kind):
    odd, meant = CELLS[kind]
    ran = check(page(odd))
    assert ran.status == 1, ran.err
    first, *_ = ran.err.splitlines()
    assert first.startswith("fwtracker: action1: http://127.0.0.1:")
    check.paste(lines_to_paste(ran.err))
    ran = check()
    assert ran.status == 0, ran.err
    assert published() == meant


def test_what_was_decided_is_a_finding_of_the_version(check):
    ran = check(page(row(ports="443 TCP WAS 22543")))
    check.paste(lines_to_paste(ran.err))
    check()
    findings = json.loads((TREE / "latest.json").read_text())["findings"]
    (found,) = (each for each in findings if each["name"] == "cell-read-as")
    assert '"443 TCP WAS 22543" is read as "443 TCP"' in found["message"]
    ran = check(page(row(ports="443 TCP WAS 22544")))  # another text is another decision
    assert ran.status == 1
    assert "WAS 22544" in lines_to_paste(ran.err)


SECOND = (
    "<h3>Legacy</h3><table><tr><th>Resource</th><th>Type</th><th>Ports</th>{}</tr>{}</table>"
)
THREE = "<tr><td>3.74.63.30</td><td>Outbound</td><td>443 TCP</td>{}</tr>"
TABLES = {
    "too few cells": SECOND.format("<th>Purpose</th>", THREE.format("")),
    "two alike": SECOND.format("<th>Port</th>", THREE.format("<td>444 TCP</td>")),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_refused_table_is_settled_by_leaving_it_out(check, kind):
    ran = check(page(after=TABLES[kind]))
    assert ran.status == 1, ran.err
    lines = lines_to_paste(ran.err)
    assert 'action = "ignore"' in lines
    assert "^Legacy$" in lines
    check.paste(lines)
    ran = check()
    assert ran.status == 0, ran.err
    assert published() == {GOOD}
    assert "publish table-ignored" in ran.err


HOLDS = {
    "another table": (
        "table-not-read",
        page(
            after="<h2>Resolvers</h2><table><tr><th>Name</th><th>Address</th></tr>"
            "<tr><td>One</td><td>9.9.9.9</td></tr></table>"
        ),
    ),
    "a lone host": (
        "host-outside-tables",
        page(after="<h2>Also (v2)</h2><ul><li>cdn.action1.com</li></ul>"),
    ),
    "a column": (
        "unknown-column",
        page(header="<th>Status</th>").replace("</td></tr>", "</td><td>Active</td></tr>"),
    ),
    "a label": ("out-of-force", page(row("Retired relays: 3.74.63.20", ports="444 TCP"))),
}


@pytest.mark.parametrize("kind", HOLDS)
def test_a_hold_is_settled_by_lines_for_all_that_comes(check, kind):
    name, body = HOLDS[kind]
    ran = check(body)
    assert ran.status == 3
    assert f"hold {name}: " in ran.err
    check.paste(lines_to_paste(ran.err))
    ran = check()
    assert ran.status == 0, ran.err
    assert published() == {GOOD}


@pytest.mark.parametrize("kind", HOLDS)
@pytest.mark.parametrize("first", [True, False])
def test_a_hold_is_settled_by_approving_it_once(check, kind, first):
    name, body = HOLDS[kind]
    if not first:
        assert check(page()).status == 0
    assert check(body).status == 3
    (item,) = check.held()
    assert name in {each["name"] for each in item["candidate"]["findings"]}
    assert item["excerpts"], item
    assert check.approve().status == 0
    assert check.held() == []
    ran = check()
    assert ran.status == 0, ran.err
    assert ran.out.startswith("action1: unchanged")
    assert check(body.replace("Agents sign in", "Agents log in")).status == 0


@pytest.mark.parametrize("kind", HOLDS)
@pytest.mark.parametrize("first", [True, False])
def test_a_hold_is_settled_by_its_name_in_the_configuration(check, kind, first):
    name, body = HOLDS[kind]
    assert name in FINDING_NAMES
    if not first:
        assert check(page()).status == 0
    check.paste(f'[guard]\npublish = ["{name}"]\n')
    assert check(body).status == 0


NOTHING = {
    "a table of hosts": (
        "<h2>Allow these</h2><table><tr><th>Hostname</th><th>What for</th></tr>"
        "<tr><td>a.action1.com</td><td>Sign in</td></tr>"
        "<tr><td>3.74.63.40</td><td>Relay</td></tr></table>",
        {("a.action1.com", "tcp", None), ("3.74.63.40", "tcp", None)},
    ),
    "a list of hosts": (
        "<h2>Allow these</h2><ul><li>a.action1.com</li><li>3.74.63.40</li></ul>",
        {("a.action1.com", "tcp", None), ("3.74.63.40", "tcp", None)},
    ),
}


@pytest.mark.parametrize("kind", NOTHING)
def test_a_page_on_which_nothing_is_read_says_how_it_can_be(check, kind):
    body, meant = NOTHING[kind]
    ran = check(f"<!DOCTYPE html><html><body><h1>Firewall</h1>{body}</body></html>")
    assert ran.status == 1
    assert "no table with the columns" in ran.err
    assert check.held() == []  # nothing of it could be approved
    check.paste(lines_to_paste(ran.err))
    ran = check()
    assert ran.status == 0, ran.err
    assert published() == meant


def test_where_rules_ignore_all_of_a_page_they_are_named(check):
    check.paste('[[sources.action1.tables]]\nheader = ["Resource"]\naction = "ignore"\n')
    ran = check(page())
    assert ran.status == 1
    assert re.search(
        r"^# Rules of the definition ignore .*: tables\[0\]$", ran.err, re.MULTILINE
    )


def test_lines_are_in_the_json_of_a_run_and_below_the_errors_of_other_commands(
    check, fwtracker, site, tmp_path
):
    check(page(row(ports="443 [1] TCP")))
    ran = fwtracker("run", "--config", str(check.config), "--json")
    (outcome,) = ran.json
    assert tomllib.loads(outcome["error"]["settle"])["sources"]["action1"]["reads"]
    file = tmp_path / "page.html"
    file.write_text(page(row(ports="443 [1] TCP")))
    for options in ((), ("-v",)):
        ran = fwtracker("parse", str(file), "--source", "action1", *options)
        assert ran.status == 1
        assert tomllib.loads(lines_to_paste(ran.err))["sources"]["action1"]["reads"]


def test_in_a_file_of_its_own_the_lines_have_no_name_in_front(site, fwtracker, tmp_path):
    (tmp_path / "sources").mkdir()
    own = tmp_path / "sources/other.toml"
    own.write_text(f'use = "action1"\nurl = "{site.root}{MAIN}"\n')
    config = tmp_path / "fwtracker.toml"
    config.write_text("[sources.action1]\nenabled = false\n")
    site.show(page(row(ports="443 [1] TCP")))
    ran = fwtracker("run", "--config", str(config))
    assert ran.status == 1
    _, _, lines = ran.err.partition("to resolve this, add to the definition of the source:\n")
    own.write_text(own.read_text() + lines)
    assert fwtracker("run", "--config", str(config)).status == 0


def test_a_feed_that_is_read_as_a_page_is_said_to_be_one(site, fwtracker, tmp_path):
    headers = {"Content-Type": "application/json"}
    site.show('{"prefixes": [{"net": "203.0.114.0/24"}]}', headers=headers)
    definition = f'[sources.action1]\nenabled = false\n[sources.feed]\nurl = "{site.url}"\n'
    (tmp_path / "c.toml").write_text(definition)
    stopped = fwtracker("run", "--config", tmp_path / "c.toml")
    assert stopped.status == 1
    _, _, lines = stopped.err.partition(
        "to resolve this, add to the definition of the source:\n"
    )
    assert "It is a feed, and no page" in lines
    (tmp_path / "c.toml").write_text(definition + lines)
    done = fwtracker("run", "--config", tmp_path / "c.toml")
    assert (done.status, done.out) == (
        0,
        "feed: published version 1: the baseline, 1 entry\n",
    )
