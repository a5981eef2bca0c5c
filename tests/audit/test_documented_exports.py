"""The exports that the page of the audit shows: in a network namespace, and of AWS on moto."""

from __future__ import annotations

import os
import re
from shutil import which

import boto3
import pytest

from tests.formats.netns import need, run
from tests.site.readings import entry, stored
from tests.support import documented

# A gateway of iptables that drops what the sets of the store do not open.
IPTABLES = """ipset restore < snapshots/action1/rules/europe/ipset.conf
iptables -P FORWARD DROP
iptables -A FORWARD -m set --match-set action1_europe_out4 dst,dst -j ACCEPT
"""
NFT = "nft -f snapshots/action1/rules/europe/nftables.nft\n"
DOC = (documented.ROOT / "docs/audit.md").read_text("utf-8")
LISTED, DIRECT, GONE = "203.0.114.9", "203.0.114.10", "203.0.114.11"


@pytest.fixture
def exported(bucket, s3_server, tmp_path):
    """A group that opens one address itself and one by a list, exported as the page says."""
    if which("aws") is None:
        pytest.skip("not installed: aws")
    ec2 = boto3.client("ec2", endpoint_url=s3_server)
    lists = [_create_list(ec2, "relays", LISTED), _create_list(ec2, "others", GONE)]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="agents", Description="x", VpcId=vpc)["GroupId"]
    anything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[anything])
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[
            {**https, "IpRanges": [{"CidrIp": f"{DIRECT}/32"}]},
            {**https, "PrefixListIds": [{"PrefixListId": each} for each in lists]},
        ],
    )
    (of_groups,) = re.findall(r"`(aws ec2 describe-security-groups [^`]*)`", DOC)
    (of_lists,) = (block for block in documented.of_kind("sh") if block.note == "needs=aws")
    script = of_groups.replace("sg-1 sg-2", group) + "\n"
    script += of_lists.text.replace("pl-1 pl-2", " ".join(lists))
    access = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    ran = documented.run_script(script, tmp_path, **access)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ["sg.json", *(f"{each}.json" for each in lists)]


def _create_list(ec2, name, address):
    """Create a managed prefix list of one address; return its id."""
    made = ec2.create_managed_prefix_list(
        PrefixListName=name,
        MaxEntries=5,
        AddressFamily="IPv4",
        Entries=[{"Cidr": f"{address}/32", "Description": name}],
    )
    return made["PrefixList"]["PrefixListId"]


def test_what_aws_exports_is_judged(exported, fwtracker, tmp_path):
    stored(
        tmp_path / "snapshots",
        [entry(target=address, port=443) for address in (LISTED, DIRECT, GONE)],
        [entry(target=address, port=443) for address in (LISTED, DIRECT)],
    )
    whole = fwtracker("audit", *exported, "--fail-on", "stale", "--json")
    found = [(each["kind"], each["target"], each["text"]) for each in whole.json["findings"]]
    assert found == [("stale", GONE, f"{exported[-1].removesuffix('.json')} {GONE}/32 others")]
    assert whole.status == 1
    alone = fwtracker("audit", exported[0], "--json").json
    assert [(each["kind"], each["target"]) for each in alone["findings"]] == [
        ("missing", LISTED)
    ]
    assert [each["line"] for each in alone["not_read"]] == [None, None]


def _find_export(kind):
    """Return the first command for a kind in the table of exports."""
    (found,) = re.findall(rf"^\| {kind} \| `([^`]*)`", DOC, re.MULTILINE)
    return found


@pytest.mark.parametrize(
    ("load", "kinds", "tools"),
    [(NFT, ("nftables",), ("nft",)), (IPTABLES, ("iptables", "ipset"), ("iptables", "ipset"))],
    ids=["nftables", "iptables"],
)
def test_what_a_machine_exports_is_judged(load, kinds, tools, fwtracker, tmp_path):
    need(*tools)
    stored(tmp_path / "snapshots", [entry(target=each, port=443) for each in (LISTED, DIRECT)])
    exports = [_find_export(kind) for kind in kinds]
    ran = run(load + "\n".join(exports), tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    files = [each.rpartition("> ")[2] for each in exports]
    (line,) = re.findall(rf"^    fwtracker (audit {' '.join(files)} .*)$", DOC, re.MULTILINE)
    judged = fwtracker(*line.split())
    assert (judged.status, judged.err) == (0, "")
    assert "2 endpoints" in judged.out
