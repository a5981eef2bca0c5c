"""The files that run the service: taken by the tools that read them, true of the program."""

from __future__ import annotations

import copy
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tracker.commands.serve import serve
from tracker.config.tables import ServeConfig
from tracker.site.web.middleware import HEALTH_PATHS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config"
CONTAINER = FOLDER / "container"
DOCKERFILE = (CONTAINER / "Dockerfile").read_text("utf-8")
UNITS = ("fwtracker.service", "fwtracker-serve.service")
VERSIONS = ("1.25", kubernetes_validate.latest_version())


def parsed(args):
    """The options of a `serve` command line; raises for one that it does not take."""
    command, *options = args
    assert command == "serve"
    names = ["-h", "--help"]  # click keeps the first ones that it hears of
    return serve.make_context("serve", list(options), help_option_names=names).params


def tool(name, *args):
    program = Path(sys.executable).with_name(name)
    assert program.exists(), f"{name} is missing: make .venv/installed-dev"
    return subprocess.run([program, *args], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing")
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_exposed_less_than_two_of_ten(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20",
         str(FOLDER / "systemd" / unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    score = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert (done.returncode, score < 2.0) == (0, True), done.stdout


def test_the_unit_waits_for_the_running_check_and_is_watched():
    text = (FOLDER / "systemd/fwtracker-serve.service").read_text("utf-8")
    assert "Type=notify" in text
    assert "KillMode=mixed" in text  # the check is not told to stop
    assert "ExecReload=/bin/kill -HUP $MAINPID" in text
    command = re.search(r"^ExecStart=/usr/local/bin/fwtracker (.+)$", text, re.MULTILINE)[1]
    assert str(parsed(shlex.split(command))["config"]) == "/etc/fwtracker/fwtracker.toml"


def test_the_dockerfile_has_no_fault_that_hadolint_knows():
    done = tool("hadolint", "--format", "json", str(CONTAINER / "Dockerfile"))
    assert json.loads(done.stdout) == []


def instructions(word):
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{word} +(.+)$", joined, re.MULTILINE)


def test_the_container_runs_as_nobody_and_is_asked_whether_it_lives():
    assert instructions("USER") == ["65532:65532"]
    assert instructions("ENTRYPOINT") == ['["fwtracker"]']
    options = parsed(json.loads(instructions("CMD")[0]))
    assert options["snapshots"].startswith("/data")
    (question,) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE)
    assert question == (str(ServeConfig().port), "/healthz")
    assert question[1] in HEALTH_PATHS
    assert instructions("EXPOSE") == [str(ServeConfig().port)]


def test_what_the_image_is_built_from_is_let_in():
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [
        part
        for line in instructions("COPY")
        if not line.startswith("--from")
        for part in line.split()[:-1]
    ]
    assert set(copied) == set(allowed)
    assert all((ROOT / part).exists() for part in copied)


def test_the_compose_file_is_one_and_as_strict_as_the_image():
    file = CONTAINER / "compose.yaml"
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(file))
    assert done.returncode == 0, done.stdout
    (service,) = yaml.safe_load(file.read_text())["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert str(parsed(service["command"])["config"]) == service["volumes"][1]["target"]
    assert service["ports"] == [f"127.0.0.1:{ServeConfig().port}:{ServeConfig().port}"]


def test_the_workflow_is_one():
    file = FOLDER / "ci/github-workflow.yml"
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(file))
    assert done.returncode == 0, done.stdout
    assert "60 days" in file.read_text()


@pytest.fixture
def objects():
    return list(yaml.safe_load_all((FOLDER / "kubernetes/deployment.yaml").read_text()))


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_the_deployment(objects, version):
    assert [each["kind"] for each in objects] == [
        "Deployment",
        "Service",
        "PodDisruptionBudget",
    ]
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "replicas"), "two"),
        (("spec", "template", "spec", "containers", 0, "readinessProbes"), {}),
        (("spec", "template", "spec", "securityContext", "runAsUser"), "nobody"),
    ],
)
def test_a_damaged_deployment_is_refused(objects, path, value):
    damaged = copy.deepcopy(objects[0])
    at = damaged
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(damaged, VERSIONS[-1], strict=True)


def test_the_deployment_is_true_of_the_program(objects):
    deployment, service, budget = objects
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    options = parsed(container["args"])
    assert (str(options["config"]), options["host"]) == ("/config/fwtracker.toml", "0.0.0.0")
    (port,) = container["ports"]
    assert port["containerPort"] == ServeConfig().port
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in HEALTH_PATHS
        assert container[probe]["httpGet"]["port"] == port["name"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    labels = pod["metadata"]["labels"]
    for selector in (
        deployment["spec"]["selector"]["matchLabels"],
        service["spec"]["selector"],
        budget["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["spec"]["volumes"]
    }
