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
    Dump,
    DumpError,
    Opening,
    Place,
    Ports,
    Sets,
    Target,
    Unread,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.audit.readers import Reader, _repairs
from tracker.audit.readers._by_address import cannot
from tracker.audit.readers._json import Odd, decoded, items, starts_like, table, text
from tracker.audit.readers._own import own
from tracker.formats import cloudformation
from tracker.model import Direction, Protocol

_WAYS: tuple[tuple[str, Direction], ...] = (
    ("IpPermissions", "inbound"),
    ("IpPermissionsEgress", "outbound"),
)
_ALL = "-1"


def read(content: str, sets: Sets) -> Dump:
    """The openings of all groups of the file. Raises DumpError."""
    if starts_like(content, "AWSTemplateFormatVersion"):
        return own(content, cloudformation.FORMAT, bare=True)
    dump = Dump()
    try:
        groups = items(table(decoded(content), "the file").get("SecurityGroups"))
        if not groups:
            raise Odd("it has no SecurityGroups")
        for group in groups:
            body = table(group, "a group")
            name = f"{_said(body, 'GroupName')} {_said(body, 'GroupId')}".strip()
            for key, direction in _WAYS:
                for permission in items(body.get(key)):
                    _permission(permission, direction, name, sets, dump)
    except Odd as odd:
        raise DumpError(f"is no answer of describe-security-groups: {odd}") from None
    return dump


def _permission(value: Any, direction: Direction, group: str, sets: Sets, dump: Dump) -> None:
    at = place(0, f"group {group} {direction}")
    try:
        body = table(value, "a permission")
        protocol, ports = _service(body)
        at = place(0, f"group {group} {direction} {_said(body, 'IpProtocol')}")
        if ports is not None:
            for target, where in _targets(body, at, sets, dump):
                dump.openings.append(Opening(direction, target, protocol, ports, where))
    except Odd as odd:
        dump.unread.append(Unread(at, str(odd)))


def _service(body: dict[str, Any]) -> tuple[Protocol | None, Ports | None]:
    """Protocol and ports; no ports for what is neither tcp nor udp. Raises Odd."""
    name = text(body.get("IpProtocol"), "IpProtocol")
    if name == _ALL:
        return None, ANY_PORT
    protocol = protocol_of(name)
    if protocol is None:
        return None, None
    first, last = (text(body.get(key), key) for key in ("FromPort", "ToPort"))
    if first == _ALL:
        return protocol, ANY_PORT
    ports = ports_of(f"{first}-{last}")
    if ports is None:
        raise Odd(f"{first} to {last} are no ports")
    return protocol, ports


def _targets(
    body: dict[str, Any], at: Place, sets: Sets, dump: Dump
) -> Iterator[tuple[Target, Place]]:
    """Every network that a permission names, also by prefix list. Raises Odd."""
    for key, cidr in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for each in items(body.get(key)):
            yield _network(text(table(each, key).get(cidr), cidr)), at
    for each in items(body.get("PrefixListIds")):
        name = text(table(each, "PrefixListIds").get("PrefixListId"), "PrefixListId")
        if name not in sets:
            why = f"the prefix list {name} is in no file {name}.json beside this one"
            dump.unread.append(Unread(at, why))
        for member in sets.get(name, ()):
            if member.target is not None:
                yield member.target, member.place
    for each in items(body.get("UserIdGroupPairs")):
        group = _said(table(each, "UserIdGroupPairs"), "GroupId")
        dump.notes.append(f"{at.text}: the group {group} is not compared, it has no addresses")


def _network(cidr: str) -> Target:
    span = span_of(cidr)
    if span is None:
        raise Odd(f'"{cidr}" is no network')
    return span


def _said(body: dict[str, Any], key: str) -> str:
    return text(body.get(key, ""), key)


READER = Reader(
    name="aws-sg",
    about="security groups of AWS; give the prefix lists that they name beside it",
    export="aws ec2 describe-security-groups --group-ids sg-1 sg-2 > sg.json",
    sniff=lambda start: (
        starts_like(start, "SecurityGroups") or starts_like(start, "AWSTemplateFormatVersion")
    ),
    read=read,
    cannot=cannot,
    fix=_repairs.aws_group,
)
