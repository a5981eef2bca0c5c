"""The whole job on object storage (a real S3 server on loopback), from several machines."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from datetime import timedelta

import boto3
import msgspec
import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tracker.check.context import CheckContext, CheckOutcome, utc_now
from tracker.config import parse
from tracker.errors import Conflict
from tracker.fetch.fetcher import Fetcher
from tracker.pipeline import evaluate, run_check
from tracker.publish.index import load_index_entries
from tracker.publish.published_files import find_wrong_files
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree


def test_run_show_and_diff_on_a_bucket(site, fwtracker, bucket):
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", site.url, "--snapshots", bucket)
    assert (ran.status, ran.err) == (0, "")
    assert fwtracker("run", "--url", site.url, "--snapshots", bucket).out == (
        "action1: unchanged, version 1\n"
    )
    site.show_sample("2024-11/stacks.html")
    fwtracker("run", "--url", site.url, "--snapshots", bucket)
    assert fwtracker("diff", "--json", "--snapshots", bucket).json["to"] == 2
    assert fwtracker("show", "--json", "--snapshots", bucket).json["version"] == 2


def test_the_bucket_holds_the_same_bytes_as_a_folder(site, fwtracker, bucket, tmp_path):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url, "--snapshots", bucket)
    fwtracker("run", "--url", site.url, "--snapshots", tmp_path / "s")
    blobs = open_store(bucket)
    for name in ("rules/europe/ips.txt", "rules/north-america/domains.txt"):
        assert blobs.read(f"action1/{name}") == (tmp_path / "s/action1" / name).read_bytes()


def machine(url: str, place: str, channels: list) -> CheckContext:
    tree = Tree(open_store(place), "action1")
    return CheckContext(
        load_source("action1"), tree, parse({"channels": channels}), Fetcher(), url
    )


def at_once(checks: list[CheckContext]) -> list[CheckOutcome]:
    """Run all checks at the same moment, each in a thread of its own."""
    outcomes: list[CheckOutcome] = []
    start = threading.Barrier(len(checks))

    def work(check: CheckContext) -> None:
        start.wait()
        outcome = run_check(check)
        while outcome.error and outcome.error.name == "locked":  # a slow machine: its next run
            outcome = run_check(check)
        with check.fetcher:  # closed, whatever it kept
            outcomes.append(outcome)

    threads = [threading.Thread(target=work, args=(check,)) for check in checks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_any_number_of_machines_commit_and_alert_once(site, bucket, monkeypatch):
    with HookServer() as hook:
        monkeypatch.setenv("SLACK", hook.url)
        channels = [{"name": "ops", "type": "slack", "url_env": "SLACK"}]
        for sample, version in (("2024-04/stacks.html", 1), ("2024-11/stacks.html", 2)):
            site.show_sample(sample)
            outcomes = at_once([machine(site.url, bucket, channels) for _ in range(5)])
            found = sorted(outcome.outcome for outcome in outcomes)
            assert found == ["published", *["unchanged"] * 4], outcomes
            assert {outcome.version for outcome in outcomes} == {version}
            assert len(hook.requests) == version


def test_who_loses_the_race_for_a_number_compares_with_the_winner(site, bucket):
    """Without the lease, as after one that ended: the conditional create alone decides."""
    page = (SAMPLES / "2024-04/stacks.html").read_bytes()
    site.show(page)
    winner, loser = machine(site.url, bucket, []), machine(site.url, bucket, [])
    loser = msgspec.structs.replace(loser, now=lambda: utc_now() + timedelta(seconds=5))
    commit, raced = loser.tree.commit, []

    def late(snapshot, bodies):
        if not raced:
            raced.append(run_without_lock(winner))
        commit(snapshot, bodies)

    loser.tree.commit = late
    with winner.fetcher, loser.fetcher:  # closed, whatever they kept
        outcome = run_check(loser)
    assert (raced[0].outcome, raced[0].version) == ("published", 1)
    assert (outcome.outcome, outcome.version) == ("unchanged", 1)
    other = msgspec.structs.replace(winner.tree.snapshot(1), captured_at="2020-01-01T00:00:00Z")
    with pytest.raises(Conflict):
        commit(other, {})


def commit_alone(check: CheckContext) -> None:
    """Commit what the page says, and no more: as a run that is killed right after it."""
    with check.fetcher:
        (step,) = evaluate(check, ()).plan.steps
        check.tree.commit(*step)


def beat(loser: CheckContext, winner: CheckContext) -> CheckOutcome:
    """Check with `loser`; just before it commits, the winner does, and is killed."""
    commit, raced = loser.tree.commit, []

    def late(snapshot, bodies):
        if not raced:
            raced.append(commit_alone(winner))
        commit(snapshot, bodies)

    loser.tree.commit = late
    with loser.fetcher:
        return run_check(loser)


@pytest.fixture
def racers(site, bucket, monkeypatch):
    """A machine that loses the race for a number, another one that wins it, and a channel."""
    with HookServer() as hook:
        monkeypatch.setenv("SLACK", hook.url)
        channels = [{"name": "ops", "type": "slack", "url_env": "SLACK"}]
        winner, loser = machine(site.url, bucket, []), machine(site.url, bucket, channels)
        later = msgspec.structs.replace(loser, now=lambda: utc_now() + timedelta(seconds=5))
        yield later, winner, hook


def test_what_the_winner_of_a_race_did_not_publish_is_published_by_the_loser(site, racers):
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    loser, winner, hook = racers
    outcome = beat(loser, winner)
    assert (outcome.outcome, outcome.version) == ("published", 1)
    assert outcome.notes == ("version 1, committed by another machine, is published now",)
    assert loser.tree.manifest().version == 1
    assert loser.tree.read("latest.json") == loser.tree.read("versions/000001.json")
    assert len(hook.requests) == 1
    assert find_wrong_files(loser.tree, loser.tree.manifest(), utc_now()) == {}


def test_after_a_lost_race_the_page_of_the_loser_is_the_next_version(site, racers):
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    loser, winner, hook = racers
    later = (SAMPLES / "2024-11/stacks.html").read_bytes()
    evaluate_once = winner.tree.commit

    def change_page(snapshot, bodies):
        evaluate_once(snapshot, bodies)
        site.show(later)  # which the loser reads when it looks again

    winner.tree.commit = change_page
    outcome = beat(loser, winner)
    assert (outcome.outcome, outcome.version) == ("published", 2)
    assert outcome.notes[0] == "version 1, committed by another machine, is published now"
    assert loser.tree.manifest().version == 2
    assert [entry.version for entry in load_index_entries(loser.tree)] == [1, 2]
    assert len(hook.requests) == 2


def test_a_commit_whose_answer_was_lost_is_ones_own(site, bucket):
    """The storage is asked again, and says that the object is there already."""
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    check = machine(site.url, bucket, [])
    create = check.tree.blobs.create

    def twice(name, data):
        create(name, data)
        create(name, data)

    check.tree.blobs.create = twice
    with check.fetcher:
        outcome = run_check(check)
    assert (outcome.outcome, outcome.version) == ("published", 1)
    assert check.tree.manifest().version == 1


def run_without_lock(check: CheckContext):
    check.tree.lock = lambda wait=0: nullcontext()
    return run_check(check)


def test_a_bucket_that_is_not_there_is_one_line(site, fwtracker, bucket):
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", site.url, "--snapshots", "s3://no-such-bucket/x")
    assert ran.status == 1
    assert "s3://no-such-bucket/x" in ran.err
    assert ran.err.count("\n") == 1
    ran = fwtracker("show", "--snapshots", "ftp://somewhere/x")
    assert (ran.status, "az://, gs://, s3://" in ran.err) == (2, True)


def test_objects_say_what_they_are(site, fwtracker, bucket, s3_server):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url, "--snapshots", bucket)
    name = bucket.split("/")[2]
    client = boto3.client("s3", endpoint_url=s3_server)
    prefix = "snapshots/action1/"
    for key, kind in (
        ("latest.json", "application/json"),
        ("rules/europe/ips.txt", "text/plain; charset=utf-8"),
    ):
        found = client.get_object(Bucket=name, Key=prefix + key)
        assert found["ContentType"] == kind
    manifest = json.loads(
        client.get_object(Bucket=name, Key=f"{prefix}manifest.json")["Body"].read()
    )
    assert manifest["version"] == 1
