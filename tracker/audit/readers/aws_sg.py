"""Security groups of AWS, as `aws ec2 describe-security-groups` prints them.

The groups of one network (VPC) are taken as those of one network interface: their rules add
up, and none of them denies (Amazon, "Security group rules"). Groups of several networks are
several firewalls. The prefix lists that rules refer to come from other files
(aws-prefix-list). Also reads our own cloudformation.json.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tracker.audit.parsed_config import (
    ANY_PORT,
    ConfigParseError,
    Judged,
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
from tracker.audit.readers.shared.documents import (
    UnexpectedShape,
    as_list,
    as_object,
    as_text,
    looks_like,
    parse_json,
)
from tracker.audit.readers.shared.own_files import read_own_file
from tracker.formats import cloudformation
from tracker.model import Direction, Protocol

_WAYS: tuple[tuple[str, Direction], ...] = (
    ("IpPermissions", "inbound"),
    ("IpPermissionsEgress", "outbound"),
)
_ALL = "-1"
_SHOWN = 4
_NO_NETWORK = "no-vpc"  # the name for groups without a network, if others have one
# A group that allows no outbound traffic has a rule to loopback instead of AWS's default one.
_NOWHERE = (parse_range("127.0.0.1/32"), parse_range("::1/128"))
_PERMISSION = {
    *("IpProtocol", "FromPort", "ToPort", "IpRanges", "Ipv6Ranges", "PrefixListIds"),
    "UserIdGroupPairs",
}


def read(content: str, options: ReadOptions) -> ParsedConfig:
    """Return the permits of the groups of each network. Raises ConfigParseError."""
    if looks_like(content, "AWSTemplateFormatVersion"):
        return read_own_file(content, cloudformation.FORMAT, bare=True)
    config = ParsedConfig()
    try:
        body = as_object(parse_json(content), "the file")
        groups = [_read_group(each) for each in as_list(body.get("SecurityGroups"))]
    except UnexpectedShape as error:
        raise ConfigParseError(
            f"is not an answer of describe-security-groups: {error}"
        ) from None
    if any(group.network for group in groups):
        groups = [replace(each, network=each.network or _NO_NETWORK) for each in groups]
    if not groups:
        raise ConfigParseError("has no SecurityGroups: an answer without any group")
    config.scopes = tuple(dict.fromkeys(filter(None, (group.network for group in groups))))
    chosen = [each for each in groups if options.includes(each.network)]
    for network in dict.fromkeys(group.network for group in chosen):
        own = _choose([each for each in chosen if each.network == network], options.chain)
        _note_judged(network, own, config)
        for group in own:
            _add_group(group, options.sets, config)
    return config


@dataclass(frozen=True, slots=True)
class _Group:
    """A group, and the id of its network (VPC); empty if it is not stated."""

    id: str
    name: str
    network: str
    body: dict[str, Any]


def _read_group(value: Any) -> _Group:
    body = as_object(value, "a group")
    own, name, network = (
        _optional_text(body, key) for key in ("GroupId", "GroupName", "VpcId")
    )
    return _Group(own, name, network, body)


def _choose(groups: list[_Group], name: str) -> list[_Group]:
    """Return the group with this name or id, or all groups. Raises ConfigParseError."""
    chosen = [each for each in groups if name in {"", each.id, each.name}]
    if not chosen:
        there = ", ".join(group.id or group.name for group in groups)
        raise ConfigParseError(f'has no group "{name}" (--chain); there are: {there}')
    return chosen


def _note_judged(network: str, groups: list[_Group], config: ParsedConfig) -> None:
    names = [group.id or group.name for group in groups]
    more = ", ..." if len(names) > _SHOWN else ""
    what = f"security groups {', '.join(names[:_SHOWN])}{more}"
    if len(names) == 1:
        why = "the only one"
    else:
        why = "they add up, as on one network interface; judge one with --chain ID"
    config.judged.append(Judged(f"{what} of {network}" if network else what, why))
    config.fix_into = config.fix_into or groups[0].id


def _add_group(group: _Group, sets: NamedSets, config: ParsedConfig) -> None:
    """Add the permissions of a group; a missing list is not an empty one."""
    name = f"{group.name} {group.id}".strip()
    for key, direction in _WAYS:
        if key not in group.body:
            at = locate(0, f"group {name} {direction}")
            config.skipped.append(Skipped(at, f"the file has no {key} of it"))
        for permission in as_list(group.body.get(key)):
            _add_permission(permission, direction, group, sets, config)


def _add_permission(
    value: Any, direction: Direction, group: _Group, sets: NamedSets, config: ParsedConfig
) -> None:
    at = locate(0, f"group {group.name} {group.id} {direction}")
    try:
        body = as_object(value, "a permission")
        _require_known(body, _PERMISSION, "a permission")
        protocol, ports = _parse_service(body)
        said = _optional_text(body, "IpProtocol")
        at = locate(0, f"group {group.name} {group.id} {direction} {said}")
        if ports is not None:
            config.permits += [
                Permit(direction, target, protocol, ports, where, scope=group.network)
                for target, where in list(_permitted_networks(body, at, sets, config))
                if target not in _NOWHERE
            ]
    except UnexpectedShape as error:
        config.skipped.append(Skipped(at, str(error)))


def _require_known(body: dict[str, Any], known: Collection[str], what: str) -> None:
    """Raise UnexpectedShape for an unknown key: it may narrow the permission."""
    if unknown := sorted(key for key in body.keys() - set(known) if body[key]):
        raise UnexpectedShape(f"{', '.join(unknown)} of {what} is not understood")


def _parse_service(body: dict[str, Any]) -> tuple[Protocol | None, Ports | None]:
    """Return protocol and ports; ports are None if it is neither TCP nor UDP.

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
    """Yield the networks of a permission, also from prefix lists. Raises UnexpectedShape."""
    for key, cidr in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for each in as_list(body.get(key)):
            found = as_object(each, key)
            _require_known(found, (cidr, "Description"), key)
            yield _parse_network(as_text(found.get(cidr), cidr)), at
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
    takes=("scope", "chain"),
    scopes_are="networks (VPCs)",
)
