"""Security groups of AWS, as `aws ec2 describe-security-groups` prints them.

Several groups are what one network interface has: their rules add up, and there is none that
denies. The prefix lists that rules name come from files beside it (aws-prefix-list). Also our
own cloudformation.json.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ConfigParseError,
    Location,
    NamedSets,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    Skipped,
    Target,
    locate,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader, hosts_unsupported
from tracker.audit.readers.shared import repairs
from tracker.audit.readers.shared.json_data import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    decode,
    looks_like,
)
from tracker.audit.readers.shared.own_files import read_own_file
from tracker.formats import cloudformation
from tracker.model import Direction, Protocol

_WAYS: tuple[tuple[str, Direction], ...] = (
    ("IpPermissions", "inbound"),
    ("IpPermissionsEgress", "outbound"),
)
_ALL = "-1"


def read(content: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of all groups of the file. Raises ConfigParseError."""
    if looks_like(content, "AWSTemplateFormatVersion"):
        return read_own_file(content, cloudformation.FORMAT, bare=True)
    config = ParsedConfig()
    try:
        groups = as_list(as_object(decode(content), "the file").get("SecurityGroups"))
        if not groups:
            raise UnexpectedShape("it has no SecurityGroups")
        for group in groups:
            body = as_object(group, "a group")
            name = (
                f"{_optional_text(body, 'GroupName')} {_optional_text(body, 'GroupId')}".strip()
            )
            for key, direction in _WAYS:
                for permission in as_list(body.get(key)):
                    _add_permission(permission, direction, name, options.sets, config)
    except UnexpectedShape as error:
        raise ConfigParseError(
            f"is not an answer of describe-security-groups: {error}"
        ) from None
    return config


def _add_permission(
    value: Any, direction: Direction, group: str, sets: NamedSets, config: ParsedConfig
) -> None:
    at = locate(0, f"group {group} {direction}")
    try:
        body = as_object(value, "a permission")
        protocol, ports = _parse_service(body)
        at = locate(0, f"group {group} {direction} {_optional_text(body, 'IpProtocol')}")
        if ports is not None:
            for target, where in _permitted_networks(body, at, sets, config):
                config.permits.append(Permit(direction, target, protocol, ports, where))
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))


def _parse_service(body: dict[str, Any]) -> tuple[Protocol | None, Ports | None]:
    """Return protocol and ports; None for what is neither tcp nor udp.

    Raises UnexpectedShape.
    """
    name = as_text(body.get("IpProtocol"), "IpProtocol")
    if name == _ALL:
        return None, ANY_PORT
    protocol = parse_protocol(name)
    if protocol is None:
        return None, None
    first, last = (as_text(body.get(key), key) for key in ("FromPort", "ToPort"))
    if first == _ALL:
        return protocol, ANY_PORT
    ports = parse_ports(f"{first}-{last}")
    if ports is None:
        raise UnexpectedShape(f"{first} to {last} are no ports")
    return protocol, ports


def _permitted_networks(
    body: dict[str, Any], at: Location, sets: NamedSets, config: ParsedConfig
) -> Iterator[tuple[Target, Location]]:
    """Yield the networks of a permission, also by prefix list. Raises UnexpectedShape."""
    for key, cidr in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for each in as_list(body.get(key)):
            yield _parse_network(as_text(as_object(each, key).get(cidr), cidr)), at
    for each in as_list(body.get("PrefixListIds")):
        name = as_text(as_object(each, "PrefixListIds").get("PrefixListId"), "PrefixListId")
        if name not in sets:
            why = f"the prefix list {name} is in no file {name}.json beside this one"
            config.skipped.append(Skipped(at, why))
        for member in sets.get(name, ()):
            if member.target is not None:
                yield member.target, member.location
    for each in as_list(body.get("UserIdGroupPairs")):
        group = _optional_text(as_object(each, "UserIdGroupPairs"), "GroupId")
        config.notes.append(
            f"{at.text}: the group {group} is not compared, it has no addresses"
        )


def _parse_network(cidr: str) -> Target:
    span = parse_range(cidr)
    if span is None:
        raise UnexpectedShape(f'"{cidr}" is not a network')
    return span


def _optional_text(body: dict[str, Any], key: str) -> str:
    return as_text(body.get(key, ""), key)


READER = Reader(
    name="aws-sg",
    about="security groups of AWS; give the prefix lists that they name beside it",
    export="aws ec2 describe-security-groups --group-ids sg-1 sg-2 > sg.json",
    sniff=lambda start: (
        looks_like(start, "SecurityGroups") or looks_like(start, "AWSTemplateFormatVersion")
    ),
    read=read,
    unsupported=hosts_unsupported,
    fix=repairs.repair_aws_group,
)
