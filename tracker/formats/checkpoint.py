"""A Check Point generic data center: objects of addresses, one for each service of the page.

The management server polls the file by its URL, and gateways of R81 or later apply changes
without a policy installation (Check Point, sk167210: `version`, `description`, `objects` with
`name`, `id`, `description` and `ranges` of addresses and networks, IPv4 or IPv6). Ports are
services in the user's rules; the name of an object tells which. Host names are not possible.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from tracker.decoding import decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_address, is_mapped, network_of
from tracker.formats.shared.objects import (
    ObjectNames,
    group_direction,
    is_lan_group,
    lan_lines,
    object_names,
)
from tracker.formats.shared.policy import MAPPED, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges
from tracker.formats.shared.service_groups import (
    ServiceGroup,
    endpoint_lines,
    group_lines,
    list_groups,
)
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

FILE = "checkpoint.json"
NO_HOSTS = "a generic data center contains addresses; create a domain object for a host name"
_SUFFIX = {4: "", 6: "-v6"}
_LONGEST = 60  # characters of a name, to keep it readable: no limit is documented
_NAME = re.compile(r"[a-z0-9-]+_(?:in-|lan-in-|lan-out-)?(tcp|udp)-([0-9]+(?:to[0-9]+)?)(-v6)?")

Text = Annotated[str, msgspec.Meta(min_length=1)]


class DataCenterObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object: the addresses and networks of one family that have one service."""

    name: Text
    id: Text
    description: Text
    ranges: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)]


class DataCenter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Literal["1.0"]
    description: Text
    objects: tuple[DataCenterObject, ...]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint has an address or is the LAN."""
    left_out = list_left_out(rule_set, _explain_unsupported)
    names = object_names(rule_set, _LONGEST)
    groups = list_groups(rule_set, _explain_unsupported, split_lan=True)
    objects = tuple(each for group in groups for each in _objects(names, group))
    if not objects:
        return Rendered(None, left_out)
    about = f"fwtracker - {rule_set.source} - {rule_set.name} - version {rule_set.version}"
    document = msgspec.json.encode(DataCenter("1.0", to_comment(about), objects))
    return Rendered(msgspec.json.format(document, indent=2).decode() + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what rules on the objects let through: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for a file of another shape, for an object whose addresses are not of the
    family in its name, and for a duplicate.
    """
    try:
        document = decode_json(text, DataCenter)
    except msgspec.DecodeError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    if len({each.name for each in document.objects}) < len(document.objects):
        raise RuleError(f"{FILE} cannot be read back: two objects have one name")
    found: set[str] = set()
    local: dict[str, list[str]] = {}
    for each in document.objects:
        named = _NAME.fullmatch(each.name)
        targets = [canonical_address(one) for one in each.ranges]
        families = {6 if ":" in target else 4 for target in targets}
        right = each.id == _identifier(each.name) and len(set(targets)) == len(targets)
        if not named or families != {6 if named[3] else 4} or not right:
            raise RuleError(f'{FILE} cannot be read back: "{to_comment(each.name)}"')
        services = [(named[1], parse_ranges(named[2], " ", "to"))]
        if is_lan_group(each.name):
            local.setdefault(each.name.removesuffix("-v6"), []).extend(targets)
            targets = [LAN]
        found.update(endpoint_lines(group_direction(each.name), targets, services))
    return frozenset(found) | lan_lines(FILE, local.values())


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what rules on the objects must let through."""
    return group_lines(rule_set, _explain_unsupported)


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    if endpoint.target == LAN:
        return None
    if network_of(endpoint.target) is None:
        return NO_HOSTS
    return MAPPED if is_mapped(endpoint.target) else None


def _objects(names: ObjectNames, group: ServiceGroup) -> Iterator[DataCenterObject]:
    """Yield the objects of a service, separate for IPv4 and IPv6, none of them empty."""
    for family, suffix in _SUFFIX.items():
        ranges = tuple(each.name for each in group.targets if each.family == family)
        if ranges:
            name = names.of(group.key) + suffix
            yield DataCenterObject(name, _identifier(name), _describe(group), ranges)


def _describe(group: ServiceGroup) -> str:
    """Return how an object is used in a rule: `destination of tcp-443`."""
    if group.lan:
        return f"source and destination in your own networks, {group.key}"
    side = "source" if group.direction == "inbound" else "destination"
    return f"{side} of {group.key.removeprefix('in-')}"


def _identifier(name: str) -> str:
    """Return the same UUID for an object in each version."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"fwtracker {name}"))


FORMAT = Format(
    name="checkpoint",
    file=FILE,
    about="a Check Point generic data center: an object of addresses a service",
    loaded="by its URL, as a generic data center; its objects into your rules",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
)
