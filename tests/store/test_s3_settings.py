"""Settings of S3 are checked before the first request, by the name of their variable."""

from __future__ import annotations

import pytest

from tracker.store.places.buckets import find_s3_problem

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
PLACE = "s3://bucket/prefix"


@pytest.mark.parametrize(
    ("environ", "place", "problem"),
    [
        (KEYS, "s3:///prefix", "it names no bucket; write s3://BUCKET/PREFIX"),
        (
            {**KEYS, "AWS_ENDPOINT_URL": "http://minio:9000"},
            PLACE,
            "AWS_ENDPOINT_URL is plain http; set AWS_ALLOW_HTTP=true if that is intended",
        ),
        (
            {**KEYS, "AWS_ENDPOINT_URL_S3": "minio:9000"},
            PLACE,
            "AWS_ENDPOINT_URL_S3 is not the URL of a server; write https://HOST or"
            " http://HOST:PORT",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "a"},
            PLACE,
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not; set both of them",
        ),
        (
            {"AWS_SECRET_ACCESS_KEY": "canary"},
            PLACE,
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not; set both of them",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_variable(environ, place, problem):
    assert find_s3_problem(place, environ) == problem


def test_a_profile_is_not_read_and_that_is_said():
    found = find_s3_problem(PLACE, {"AWS_PROFILE": "ops"})
    assert found is not None
    assert found.startswith("AWS_PROFILE is set, but profiles of ~/.aws are not read")
    assert find_s3_problem(PLACE, {"AWS_PROFILE": "ops", **KEYS}) is None


@pytest.mark.parametrize(
    "environ",
    [
        {},
        KEYS,
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "AWS_ROLE_ARN": "y"},
        {**KEYS, "AWS_ENDPOINT_URL": "https://minio.example.com"},
        {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9000", "AWS_ALLOW_HTTP": "true"},
        {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9000", "AWS_ALLOW_HTTP": "1"},
    ],
)
def test_usual_settings_and_the_usual_chain_are_left_alone(environ):
    assert find_s3_problem(PLACE, environ) is None


def test_it_is_said_by_a_run_before_anything_is_asked(site, fwtracker, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", site.url, "--snapshots", PLACE)
    assert (ran.status, ran.err.count("\n"), site.asked) == (2, 1, [])
    assert f"{PLACE}: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not" in ran.err
