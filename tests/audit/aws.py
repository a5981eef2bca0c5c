"""Our CloudFormation template made real on moto, and asked for again as the AWS CLI does."""

from __future__ import annotations

import atexit
import itertools
import json
import logging
from functools import cache
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tracker.formats import RuleSet, load

_NUMBERS = itertools.count(1)


def exported(of: RuleSet) -> list[str]:
    """The security groups, then each prefix list with its id."""
    resources = json.loads(load("cloudformation").render(of).text or "")["Resources"]
    return _made(_client(), resources)


@cache
def _client() -> Any:
    """A client of a server on loopback, which all tests of this process share."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    atexit.register(server.stop)
    host, port = server.get_host_and_port()
    return boto3.client(
        "ec2",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _made(ec2: Any, resources: dict[str, Any]) -> list[str]:
    lists = {
        name: _prefix_list(ec2, each["Properties"])
        for name, each in resources.items()
        if each["Type"] == "AWS::EC2::PrefixList"
    }
    groups = [
        _security_group(ec2, each["Properties"], lists)
        for each in resources.values()
        if each["Type"] == "AWS::EC2::SecurityGroup"
    ]
    answer = ec2.describe_security_groups(GroupIds=groups)
    return [_json(answer), *(_entries(ec2, each) for each in lists.values())]


def _security_group(ec2: Any, own: dict[str, Any], lists: dict[str, str]) -> str:
    group: str = ec2.create_security_group(GroupName=f"a{next(_NUMBERS)}", Description="a1")[
        "GroupId"
    ]
    before = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=before["IpPermissionsEgress"])
    for key, authorize in (
        ("SecurityGroupEgress", ec2.authorize_security_group_egress),
        ("SecurityGroupIngress", ec2.authorize_security_group_ingress),
    ):
        for rule in own.get(key, []):
            authorize(GroupId=group, IpPermissions=[_permission(rule, lists)])
    return group


def _prefix_list(ec2: Any, properties: dict[str, Any]) -> str:
    made = ec2.create_managed_prefix_list(**properties)
    return made["PrefixList"]["PrefixListId"]


def _entries(ec2: Any, name: str) -> str:
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=name)
    return _json({"PrefixListId": name, "Entries": answer["Entries"]})


def _permission(rule: dict[str, Any], lists: dict[str, str]) -> dict[str, Any]:
    """A rule of the template as the API takes it."""
    made = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"]}]
    else:
        key = next(key for key in rule if key.endswith("PrefixListId"))
        made["PrefixListIds"] = [{"PrefixListId": lists[rule[key]["Fn::GetAtt"][0]]}]
    return made


def _json(answer: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in answer.items() if k != "ResponseMetadata"}, indent=4)
