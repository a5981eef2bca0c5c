"""The shipped Kubernetes file, held against the API's own schemas, and against our options."""

from __future__ import annotations

import copy
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tracker.commands.run import run

FILE = Path(__file__).parents[2] / "config/kubernetes/cronjob.yaml"
VERSIONS = ("1.25", kubernetes_validate.latest_version())


@pytest.fixture
def job():
    return yaml.safe_load(FILE.read_text())


def pod(job):
    return job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def validate(job, version=VERSIONS[-1]):
    kubernetes_validate.validate(job, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_job_is_one_that_kubernetes_takes(job, version):
    validate(job, version)


def misspell(job):
    pod(job)["containers"][0]["imagePulPolicy"] = "Always"


def misplace(job):
    job["spec"]["restartPolicy"] = "Never"


def leave_out(job):
    del pod(job)["containers"][0]["name"]


def mistype(job):
    pod(job)["securityContext"]["runAsUser"] = "nobody"


def empty(job):
    del job["spec"]["schedule"]


@pytest.mark.parametrize("damage", [misspell, misplace, leave_out, mistype, empty])
def test_a_damaged_one_is_refused(job, damage):
    damaged = copy.deepcopy(job)
    damage(damaged)
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(damaged)


def test_its_command_is_one_that_fwtracker_takes(job):
    container = pod(job)["containers"][0]
    program, command, *options = [*container["command"], *container["args"]]
    assert (program, command) == ("fwtracker", "run")
    names = ["-h", "--help"]  # click keeps the first ones that it hears of
    parsed = run.make_context("run", options, help_option_names=names).params
    assert str(parsed["config"]) == "/config/fwtracker.toml"
    assert parsed["snapshots"] == "s3://bucket/prefix"
    assert parsed["dry_run"] is parsed["no_notify"] is False


def test_what_it_mounts_is_what_it_reads(job):
    (mount,) = pod(job)["containers"][0]["volumeMounts"]
    (volume,) = pod(job)["volumes"]
    assert mount["name"] == volume["name"]
    assert mount["mountPath"] == "/config"
