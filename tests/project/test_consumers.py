"""The pages for consumers: their examples run over trees that changed, stopped or went back."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import venv
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.site.readings import add, entry
from tests.site.web.rig import serving
from tests.support import documented
from tests.support.checkers import lacking, need
from tests.support.static_site import StaticSite
from tests.support.versions import snapshots_of
from tracker.config import Config
from tracker.history.export import export_versions
from tracker.model import Snapshot
from tracker.publish.freshness import mark_checked
from tracker.publish.publish import publish
from tracker.store.folder import Folder
from tracker.store.tree import Tree

PAGES = documented.ROOT / "docs/consumers"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
OLD, NEW = "outbound tcp/22543 192.0.2.1 Europe", "outbound tcp/22543 198.51.100.7 Europe"
LATER = "outbound tcp/443 a.example.com Europe"
SMB = entry(target="192.0.2.1", port=445)  # of a local network, beside a public address
FIRST = [entry(target="192.0.2.1"), SMB, entry(target="a.example.com", port=443)]
FIRST[2]["requirement"] = "optional"
SECOND = [entry(target="198.51.100.7"), SMB, entry(target="a.example.com", port=443)]


def example(page: str, kind: str) -> str:
    """Return the first block of a kind on a page."""
    return next(
        block.text for block in documented.blocks(PAGES / f"{page}.md") if block.kind == kind
    )


def make_versions(*readings: list[dict]) -> list[Snapshot]:
    return snapshots_of(readings, NOW - DAY, timedelta(hours=1))


def make_tree(folder: Path, *readings: list[dict], now: datetime = NOW) -> Path:
    """Publish the readings in `folder`, the newest at the time `now`."""
    tree = Tree(Folder(str(folder)), "action1")
    for snapshot in make_versions(*readings):
        add(tree, snapshot, now=now)
    return folder


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("trees")
    made = {
        "first": make_tree(folder / "first", FIRST),
        "stale": make_tree(folder / "stale", FIRST, now=NOW - 3 * DAY),
        "second": make_tree(folder / "second", FIRST, SECOND),
        "other": make_tree(folder / "other", [*SECOND[:2], entry(target="192.0.2.9")]),
    }
    made["later"] = shutil.copytree(made["second"], folder / "later")
    with (tree := Tree(Folder(str(made["later"])), "action1")).lock():
        publish(tree, Config(), NOW + 8 * DAY)
    made["halfway"] = shutil.copytree(made["first"], folder / "halfway")
    shutil.copy(made["second"] / "action1/version.json", made["halfway"] / "action1")
    return made


class Consumer:
    """An example, its folder and the site that it asks."""

    def __init__(self, page: str, folder: Path, site: StaticSite) -> None:
        self.page, self.folder, self.site, self.url = page, folder, site, site.url

    def run(self, root: Path) -> subprocess.CompletedProcess[str]:
        self.site.root = root
        self.site.answered.clear()
        if self.page == "python":
            (self.folder / "follow.py").write_text(example("python", "python"))
            return documented.run_script("python3 follow.py", self.folder, SITE=self.url)
        return documented.run_script(example("shell", "sh"), self.folder, SITE=self.url)

    def lines(self, root: Path) -> list[str]:
        done = self.run(root)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()


@pytest.fixture(params=["shell", "python"])
def consumer(request, trees, tmp_path):
    need("curl", "jq")
    with StaticSite(trees["first"]) as site:
        yield Consumer(request.param, tmp_path, site)


def test_it_opens_what_is_required_on_the_internet_and_nothing_twice(consumer, trees):
    assert consumer.lines(trees["first"]) == [f"open {OLD}"]
    assert consumer.lines(trees["first"]) == []
    assert [each.path for each in consumer.site.answered] == ["/action1/version.json"]


def test_a_new_version_opens_and_what_left_is_closed_when_its_grace_is_over(consumer, trees):
    consumer.lines(trees["first"])
    assert consumer.lines(trees["second"]) == [f"open {NEW}", f"open {LATER}"]
    assert consumer.lines(trees["second"]) == []
    applied = json.loads((consumer.folder / "applied.json").read_text())
    assert applied["due"] > NOW.strftime("%Y-%m-%d")
    applied["due"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    (consumer.folder / "applied.json").write_text(json.dumps(applied))
    assert consumer.lines(trees["later"]) == [f"close {OLD}"]


def test_where_checks_have_stopped_nothing_is_done_and_it_says_so(consumer, trees):
    done = consumer.run(trees["stale"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("no good check since ")
    consumer.lines(trees["first"])
    before = (consumer.folder / "applied.json").read_bytes()
    assert consumer.run(trees["stale"]).returncode == 1
    assert (consumer.folder / "applied.json").read_bytes() == before


def test_after_a_restore_it_has_what_is_in_force(consumer, trees):
    consumer.lines(trees["second"])
    assert consumer.lines(trees["first"]) == [f"close {NEW}", f"close {LATER}"]
    assert f"open {NEW}" in consumer.lines(trees["other"])  # it is of version 1 as well
    assert f"open {OLD}" in consumer.lines(trees["first"])


def test_a_tree_that_is_being_published_is_left_for_the_next_run(consumer, trees):
    consumer.lines(trees["first"])
    assert consumer.lines(trees["halfway"]) == []
    assert consumer.lines(trees["second"]) == [f"open {NEW}", f"open {LATER}"]


def test_fwtracker_serve_is_such_a_site_too(consumer, trees):
    with serving(trees["first"]) as server:
        consumer.url = f"http://127.0.0.1:{server.port}"
        assert consumer.lines(trees["first"]) == [f"open {OLD}"]
        assert consumer.lines(trees["first"]) == []


def test_the_lines_to_try_the_examples_with_lead_to_what_europe_opens(tmp_path):
    """A user without a site: the demonstration, a server of Python's, the shell's script."""
    need("curl", "jq")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    trial = example("README", "sh").replace("8080", port)
    wait = 'until curl -fso ready "$SITE/action1/version.json"; do sleep 0.1; done\n'
    done = documented.run_script(
        f"{trial}trap 'kill %1' EXIT\n{wait}{example('shell', 'sh')}", tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "open outbound tcp/443 server.eu.action1.com Europe" in done.stdout.splitlines()


@pytest.mark.parametrize("checks", [24, 48])
def test_a_day_of_polling_fetches_the_probe_for_each_check(
    trees, tmp_path, monkeypatch, checks
):
    """Every five minutes by the clock of the test; a check changes the times and no more."""
    root = shutil.copytree(trees["first"], tmp_path / "tree")
    tree, between = Tree(Folder(str(root)), "action1"), DAY / checks
    monkeypatch.chdir(tmp_path)
    with StaticSite(root) as site:
        monkeypatch.setenv("SITE", site.url)
        names: dict = {"__name__": "follow"}
        exec(example("python", "python"), names)
        assert names["poll"]((NOW + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")) == 0
        site.answered.clear()
        for check in range(checks):
            start = NOW + check * between
            with tree.lock():
                mark_checked(tree, Config(), start + timedelta(seconds=1))
            for poll in range(288 // checks):
                now = start + timedelta(minutes=5 * poll, seconds=2)
                assert names["poll"](now.strftime("%Y-%m-%dT%H:%M:%SZ")) == 0
        assert len(site.answered) == 288
        assert {each.path for each in site.answered} == {"/action1/version.json"}
        assert len(site.bodies) == checks
        assert sum(each.size for each in site.bodies) < checks * 400
        site.answered.clear()
        add(tree, make_versions(FIRST, SECOND)[1], now=NOW + DAY)
        for minute in range(0, 60, 5):
            now = NOW + DAY + timedelta(minutes=minute, seconds=2)
            assert names["poll"](now.strftime("%Y-%m-%dT%H:%M:%SZ")) == 0
        assert [each.path for each in site.bodies] == [
            "/action1/version.json",
            "/action1/rules/europe/endpoints.json",
        ]


def test_the_sql_shown_runs_and_finds_what_it_says(trees, tmp_path):
    tree = Tree(Folder(str(trees["second"])), "action1")
    export_versions(map(tree.snapshot, tree.versions()), tmp_path / "it.sqlite")
    blocks = [each for each in documented.blocks(PAGES / "sql.md") if each.kind == "sql"]
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as database:
        counts, opened, _, breaking = (
            database.execute(each.text).fetchall() for each in blocks
        )
    assert [(row[0], row[2:]) for row in counts] == [(1, ("Europe", 2)), (2, ("Europe", 2))]
    assert opened == [(2, NEW)]
    assert {row[0] for row in breaking} == {2}


def test_the_tables_described_are_those_of_an_export(tmp_path):
    export_versions(make_versions(FIRST), tmp_path / "it.sqlite")
    text = (PAGES / "sql.md").read_text()
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as database:
        columns = database.execute(
            "select m.name, c.name from sqlite_master as m, pragma_table_info(m.name) as c"
            " where m.type = 'table'"
        ).fetchall()
    assert len({table for table, _ in columns}) == 5
    for table, column in columns:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{table}` |"))
        ends = "the columns of an endpoint" in row
        assert f"`{column}`" in (text if ends else row), (table, column)


class Terraform:
    """A root module of the documented lines."""

    def __init__(self, folder: Path, site: StaticSite) -> None:
        self.folder, self.site = folder, site
        declared = documented.blocks(documented.ROOT / "docs/terraform.md")
        variable = next(block.text for block in declared if block.kind == "hcl")
        (folder / "main.tf").write_text(variable + example("terraform", "hcl"))
        (folder / "terraformrc").touch()

    def plan(self, root: Path) -> subprocess.CompletedProcess[str]:
        self.site.root = root
        script = example("terraform", "sh") + (
            "terraform init -input=false > /dev/null\nterraform plan -input=false -no-color"
        )
        return documented.run_script(
            script,
            self.folder,
            SITE=self.site.url,
            TF_CLI_CONFIG_FILE=str(self.folder / "terraformrc"),
            CHECKPOINT_DISABLE="1",
        )


def test_terraform_plans_only_what_is_fresh_and_of_one_version(trees, tmp_path):
    need("curl")
    if not shutil.which("terraform"):  # no package of Debian
        pytest.skip("NOT TESTED with the real program: this machine lacks terraform")
    with StaticSite(trees["first"]) as site:
        made = Terraform(tmp_path, site)
        done = made.plan(trees["first"])
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 to add" in done.stdout
        assert "No good check since" in made.plan(trees["stale"]).stderr
        assert "of different versions" in made.plan(trees["halfway"]).stderr


def test_the_workflow_fetches_what_is_fresh_and_of_one_version(trees, tmp_path):
    need("curl", "jq")
    workflow = yaml.safe_load(example("github-actions", "yaml"))
    fetch, propose = (step["run"] for step in workflow["jobs"]["follow"]["steps"][1:])
    with StaticSite(trees["first"]) as site:
        for name, status, words in (
            ("stale", 1, "::error::no good check since"),
            ("halfway", 0, "::notice::a version is being published"),
            ("first", 0, ""),
        ):
            site.root = trees[name]
            done = documented.run_script(fetch, tmp_path, SITE=site.url)
            assert (done.returncode, done.stderr) == (status, "")
            assert done.stdout.startswith(words)
            assert (tmp_path / "europe.auto.tfvars.json").exists() == (name == "first")
    wanted = trees["first"] / "action1/rules/europe/terraform.auto.tfvars.json"
    assert (tmp_path / "europe.auto.tfvars.json").read_bytes() == wanted.read_bytes()
    parsed = subprocess.run(["bash", "-n", "-c", propose], check=False, timeout=60)
    assert parsed.returncode == 0


@pytest.fixture(scope="module")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of ansible-playbook: that of the machine, or an environment made for it."""
    if found := shutil.which("ansible-playbook"):
        return str(Path(found).parent)
    place = tmp_path_factory.mktemp("ansible")
    venv.create(place, with_pip=True)
    install = [place / "bin/python", "-m", "pip", "install", "-q", "ansible-core==2.19.*"]
    if subprocess.run(install, check=False, timeout=600, capture_output=True).returncode:
        lacking("ansible-core, which could not be installed")
    return str(place / "bin")


INTERPRETER = f"-e ansible_python_interpreter={sys.executable}"


def run_ansible(
    script: str, programs: str, folder: Path, url: str
) -> subprocess.CompletedProcess[str]:
    path = f"{programs}:{os.environ['PATH']}"
    return documented.run_script(f"PATH={path}\n{script}", folder, SITE=url)


@pytest.mark.slow
def test_the_playbook_takes_what_is_fresh_and_whole_and_loads_it_once(ansible, trees, tmp_path):
    (tmp_path / "site.yml").write_text(example("ansible", "yaml"))
    values = f"-e \"rules={tmp_path}/rules.nft load='touch {tmp_path}/loaded'\" {INTERPRETER}"
    script = f"ansible-playbook -i localhost, -c local site.yml {values}"
    spoilt = shutil.copytree(trees["second"], tmp_path / "spoilt")
    (spoilt / "action1/rules/europe/nftables.nft").write_text("flush ruleset\n")
    loaded, rules = tmp_path / "loaded", tmp_path / "rules.nft"
    with StaticSite(trees["first"]) as site:

        def play(root: Path) -> tuple[bool, bool]:
            """Return whether it went well, and whether it loaded rules."""
            site.root = root
            loaded.unlink(missing_ok=True)
            done = run_ansible(script, ansible, tmp_path, site.url)
            return done.returncode == 0, loaded.exists()

        assert play(trees["stale"]) == (False, False)
        assert play(trees["first"]) == (True, True)
        assert play(trees["first"]) == (True, False)
        before = rules.read_bytes()
        assert play(spoilt) == (False, False)
        assert rules.read_bytes() == before
        assert play(trees["second"]) == (True, True)
        assert b"198.51.100.7" in rules.read_bytes()


ASK_ALL = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.uri:
        url: "{{ lookup('ansible.builtin.env', 'SITE') }}/action1/rules/europe/endpoints.json"
      register: endpoints
    - ansible.builtin.include_tasks: chosen.yml
    - ansible.builtin.copy:
        content: "{{ wanted | to_json }}"
        dest: "{{ playbook_dir }}/wanted.json"
        mode: "0644"
"""


@pytest.mark.slow
def test_the_choice_in_ansible_is_for_the_internet_and_required(ansible, trees, tmp_path):
    blocks = [each for each in documented.blocks(PAGES / "ansible.md") if each.kind == "yaml"]
    (tmp_path / "chosen.yml").write_text(blocks[1].text)
    (tmp_path / "ask.yml").write_text(ASK_ALL)
    with StaticSite(trees["first"]) as site:
        script = f"ansible-playbook -i localhost, -c local ask.yml {INTERPRETER}"
        done = run_ansible(script, ansible, tmp_path, site.url)
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "wanted.json").read_text()) == [OLD]
