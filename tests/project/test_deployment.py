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

from tests.support import documented
from tracker.commands.notify import notify
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


GUIDE = list(documented.blocks(ROOT / "docs/guides/containers.md"))
LINES = [
    shlex.split(line)
    for block in GUIDE
    if block.note in {"needs=docker", "needs=kubectl"}
    for line in block.text.splitlines()
]


def lines_of(*words):
    """The lines of the guide that begin with these words, without them."""
    found = [line[len(words) :] for line in LINES if tuple(line[: len(words)]) == words]
    assert found, words
    return found


def manifests():
    """All objects of the files for Kubernetes, by kind and name."""
    files = (FOLDER / "kubernetes").glob("*.yaml")
    found = [each for file in files for each in yaml.safe_load_all(file.read_text())]
    return {(each["kind"].lower(), each["metadata"]["name"]): each for each in found}


def pods():
    for (kind, _), each in manifests().items():
        if kind in {"cronjob", "deployment"}:
            spec = each["spec"]
            yield spec.get("jobTemplate", each)["spec"]["template"]["spec"]


def literals(options):
    """What `kubectl create` puts in, from the command line or from a file of variables."""
    given = [option.removeprefix("--from-literal=") for option in options]
    if "--from-env-file=config/container/secrets.env" in options:
        consoles = (line for block in GUIDE for line in block.commands)
        given = [shlex.split(line)[-3] for line in consoles if line.endswith("secrets.env")]
    return dict(each.split("=", 1) for each in given)


def test_the_secrets_that_the_guide_makes_are_those_that_the_pods_read():
    made = {}
    for name, *options in lines_of("kubectl", "create", "secret", "generic"):
        made[name] = literals(options)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
        kubernetes_validate.validate(secret | {"stringData": made[name]}, VERSIONS[-1])
    (container,), (other,) = (pod["containers"] for pod in pods())
    assert container["envFrom"] == other["envFrom"]
    assert [each["secretRef"]["name"] for each in container["envFrom"]] == list(made)
    assert set(made["fwtracker-aws"]) == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
    }
    asked = next(line for block in GUIDE for line in block.commands if "--slack-env" in line)
    assert set(made["fwtracker-channels"]) == {asked.split()[-1]}


def test_the_configuration_that_the_guide_makes_is_the_one_that_is_mounted():
    ((name, option),) = lines_of("kubectl", "create", "configmap")
    key, path = option.removeprefix("--from-file=").split("=")
    written = [
        line.split()[3] for block in GUIDE for line in block.commands if " init " in line
    ]
    assert written == [path]
    for pod in pods():
        assert {"name": "config", "configMap": {"name": name}} in pod["volumes"]
        words = [*pod["containers"][0].get("command", []), *pod["containers"][0]["args"]]
        assert f"/config/{key}" in words
    (service,) = yaml.safe_load((CONTAINER / "compose.yaml").read_text())["services"].values()
    assert (CONTAINER / service["volumes"][1]["source"]).name == Path(path).name


def test_the_guide_names_files_images_and_objects_that_are_there():
    files = {word for line in LINES for word in line if word.startswith("config/")}
    assert [file for file in files if not (ROOT / file).is_file()] == []
    ((*_, tag, context),) = lines_of("docker", "build")
    assert [(tag,)] == [tuple(line) for line in lines_of("docker", "push")]
    assert (ROOT / context / "pyproject.toml").is_file()
    assert {pod["containers"][0]["image"] for pod in pods()} == {tag}
    there = {f"{kind}/{name}" for kind, name in manifests()}
    ((job, source),) = lines_of("kubectl", "create", "job")
    assert source.removeprefix("--from=") in there
    assert lines_of("kubectl", "logs")[0][0] == f"job/{job}"
    assert lines_of("kubectl", "wait")[0][-1] == f"job/{job}"
    assert lines_of("kubectl", "rollout", "status")[0][0] in there
    ((service, ports),) = lines_of("kubectl", "port-forward")
    assert service in there
    (port,) = manifests()["service", "fwtracker"]["spec"]["ports"]
    assert ports == f"{ServeConfig().port}:{port['port']}"


def test_the_command_in_the_container_is_one_that_fwtracker_takes():
    file = "config/container/compose.yaml"
    ((service, program, *words),) = [
        line[1:] for line in lines_of("docker", "compose", "--file", file) if line[0] == "exec"
    ]
    (known,) = yaml.safe_load((ROOT / file).read_text())["services"].items()
    assert (service, program, words[:2]) == (known[0], "fwtracker", ["notify", "test"])
    options = notify.commands["test"].make_context("test", words[2:]).params
    serves = parsed(known[1]["command"])
    assert (options["config"], options["snapshots"]) == (serves["config"], serves["snapshots"])
