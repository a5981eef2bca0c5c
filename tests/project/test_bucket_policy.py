"""The policies that the documents show for a bucket allow what is asked, and no more."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from urllib.parse import parse_qs

import boto3
import pytest

from tests.support import documented, objects


def read_policy(document: str) -> dict:
    """Return the policy that a document shows."""
    blocks = documented.blocks(documented.ROOT / document)
    return next(json.loads(block.text) for block in blocks if block.kind == "json")


TRACKER = read_policy("docs/object-storage.md")
CUSTOMER = read_policy("docs/guides/msp.md")
PLACE = "s3://bucket/prefix"


@dataclass(frozen=True)
class Asked:
    """A request as IAM sees it: the action, what it is about, the prefix of a listing."""

    action: str
    resource: str
    prefix: str = ""


def read_request(environ: dict) -> Iterator[Asked]:
    """Yield what a request to S3 needs to be allowed (Amazon S3, "Actions ... for S3")."""
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    method = environ["REQUEST_METHOD"]
    if method == "POST" and "delete" in query:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        for each in ET.fromstring(body).iter():
            if each.tag.endswith("Key"):
                yield Asked("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{each.text}")
    elif not key:
        listed = query.get("prefix", [""])[0]
        yield Asked("s3:ListBucket", f"arn:aws:s3:::{bucket}", listed)
    else:
        verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "POST": "Put", "DELETE": "Delete"}
        yield Asked(f"s3:{verb[method]}Object", f"arn:aws:s3:::{bucket}/{key}")


def is_allowed(policy: dict, asked: Asked) -> bool:
    """Whether a statement allows it; of conditions only that of a listing's prefix counts."""
    for each in policy["Statement"]:
        actions = each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
        wanted = each.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "*")
        if (
            asked.action in actions
            and fnmatchcase(asked.resource, each["Resource"])
            and fnmatchcase(asked.prefix, wanted)
        ):
            return True
    return False


@pytest.fixture
def asked(monkeypatch) -> Iterator[list[Asked]]:
    """What a server of S3 is asked, with the bucket of the documents on it."""
    found: list[Asked] = []

    def recording(app):
        def answer(environ, start_response):
            found.extend(read_request(environ))
            return app(environ, start_response)

        return answer

    with objects.serving(recording) as url:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
        }.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(
            Bucket="bucket"
        )
        found.clear()
        yield found


def test_the_tracker_needs_what_its_policy_allows_and_nothing_else(
    asked, site, fwtracker, tmp_path
):
    """For the first version, one that changes and one that does not, and all that reads."""
    (tmp_path / "few.toml").write_text('[fwtracker]\nformats = ["ips"]\n')
    place = ("--snapshots", PLACE, "--config", "few.toml")
    for sample, outcome in (
        ("2024-04/stacks.html", "published"),
        ("2024-04/stacks.html", "unchanged"),
        ("2024-11/stacks.html", "published version 2"),
    ):
        site.show_sample(sample)
        ran = fwtracker("run", "action1", "--url", site.url, *place)
        assert outcome in ran.out, ran.err
    for line in (
        "show",
        "history",
        "held",
        "notify status",
        "store verify",
        "doctor --offline",
    ):
        fwtracker(*line.split(), *place)
    assert [each for each in asked if not is_allowed(TRACKER, each)] == []
    used = {each.action for each in asked}
    assert used == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"}


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("action1/rules/contoso/fortigate-ip.txt", True),
        ("action1/rules/litware/fortigate-ip.txt", False),
        ("action1/manifest.json", False),
        (".state/action1/health.json", False),
    ],
)
def test_a_customer_reads_its_own_folder_alone(key, allowed):
    asked = Asked("s3:GetObject", f"arn:aws:s3:::firewall/vendors/{key}")
    assert is_allowed(CUSTOMER, asked) is allowed
    assert not is_allowed(CUSTOMER, Asked("s3:PutObject", asked.resource))
