"""Sophos Firewall: hosts, groups of hosts, and services, in the form of its own export.

Imported as `Entities.xml` in a tar file; existing objects are updated to those in the file, all
others stay (Sophos Firewall API documentation: IPHost, IPHostGroup, FQDNHost, FQDNHostGroup and
Services, Add and Update; administrator help, "Import export"). It contains no rules: groups
and services are for the user's rules. IPv6 networks are ranges, because the spelling of an
IPv6 subnet is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_network, summarize_address_range
from ipaddress import ip_address as parse_address
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import canonical_target, network_of, network_text
from tracker.formats.shared.comments import delta_head_lines, file_notes
from tracker.formats.shared.objects import object_names, opened_lines
from tracker.formats.shared.policy import (
    cached_for_format,
    list_left_out,
    nothing_unsupported,
)
from tracker.formats.shared.port_ranges import Ports, parse_ranges, range_text
from tracker.formats.shared.service_groups import (
    GroupTarget,
    ServiceGroup,
    group_lines,
    list_groups,
)
from tracker.formats.shared.text import join_lines
from tracker.text import to_comment

FILE = "sophos.xml"
_SUFFIX: dict[int | None, str] = {4: "", 6: "-v6", None: "-fqdn"}  # of the groups of a service
# Names have at most 60 characters, groups of host names 50 in some versions.
_LONGEST = 50 - len(_SUFFIX[None])
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TAGS = ("IPHost", "FQDNHost", "IPHostGroup", "FQDNHostGroup", "Services")
_ANY_SOURCE = "1:65535"
# The only member of a group that is no longer in use: RFC 919, RFC 6666 and RFC 2606.
_NOTHING: dict[int | None, str] = {4: "255.255.255.255", 6: "100::", None: "none.invalid"}

# An element: its tag, and its text or its child elements.
Node = tuple[str, "str | tuple[Node, ...]"]
Objects = dict[tuple[str, str], Node]  # by tag and name

_HOW_TO = """\

Hosts, groups and services only: no rule is created or changed. To load it, now and whenever
it changes:
  cp sophos.xml Entities.xml
  tar -cf sophos.tar Entities.xml
then Backup and firmware, Import export, import sophos.tar. Create one rule for each service:
  service NAME, destination NAME and NAME-fqdn    outgoing traffic, IPv4
  service NAME, destination NAME-v6               outgoing traffic, in a rule for IPv6
  service NAME, source NAME                       incoming traffic, if NAME contains _in-
  service NAME, source and destination NAME       between your networks, if it contains _lan-
Create none of the _lan- ones unless one of your networks needs these services in another.
The firewall learns names from the answers to DNS queries that pass through it. A group that a
later version no longer contains keeps its members unless you import the delta.
"""


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint has a port."""
    left_out = list_left_out(rule_set, nothing_unsupported)
    objects = _build_objects(rule_set)
    if not objects:
        return Rendered(None, left_out)
    return Rendered(_text(file_notes(rule_set, _HOW_TO, left_out), objects.values()), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the groups and their services open: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for an element of another shape, for a group without its service and for
    a host of no group.
    """
    objects = _parse_objects(text)
    targets: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    services: dict[str, list[tuple[str, list[Ports]]]] = {}
    for (tag, name), node in objects.items():
        if tag in {"IPHost", "FQDNHost"}:
            targets[name] = _parse_target(name, node)
        elif tag == "Services":
            services[name] = _parse_services(name, node)
    for (tag, name), node in objects.items():
        if tag in {"IPHostGroup", "FQDNHostGroup"}:
            stem, members = _parse_group(name, node, targets)
            groups.setdefault(stem, []).extend(members)
    return opened_lines(FILE, targets, groups, services)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the groups and services must open."""
    return group_lines(rule_set, nothing_unsupported)


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a file with objects that are new or differ; removed groups match nothing."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = _build_objects(before), _build_objects(after)
    names = object_names(after, _LONGEST)
    changed = [node for key, node in new.items() if old.get(key) != node]
    gone = [key for key in old if key not in new and key[0].endswith("Group")]
    emptied: list[Node] = []
    for _, name in gone:
        family = next(each for each in (6, None, 4) if name.endswith(_SUFFIX[each]))
        nothing = names.of("none") + _SUFFIX[family]
        host = _host(nothing, _NOTHING[family])
        emptied += [host] if host not in emptied else []
        emptied.append(_group(name, family, [nothing], _owner(after)))
    notes = [*delta_head_lines(before, after), *_HOW_TO.splitlines()]
    return _text(notes, [*changed, *emptied])


def _owner(rule_set: RuleSet) -> str:
    return to_comment(f"fwtracker - {rule_set.source} - {rule_set.name}")


@cached_for_format
def _build_objects(rule_set: RuleSet) -> Objects:
    """Return hosts, then groups, then services: each object after those that it refers to."""
    names, owner = object_names(rule_set, _LONGEST), _owner(rule_set)
    hosts: list[Node] = []
    groups: list[Node] = []
    services: list[Node] = []
    for group in list_groups(rule_set, nothing_unsupported):
        named = [(names.target(target), target) for target in group.targets]
        hosts += [_host(name, target.name) for name, target in named]
        groups += _host_groups(names.of(group.key), named, owner)
        services.append(_service(names.of(group.key), group, owner))
    return {_key(node): node for node in (*hosts, *groups, *services)}


def _host(name: str, target: str) -> Node:
    """Return an object for an address, a network or a host name."""
    network = network_of(target)
    if network is None:
        return "FQDNHost", (("Name", name), ("FQDN", target))
    first = canonical_target(target).partition("/")[0]
    if network.prefixlen == network.max_prefixlen:
        kind: tuple[Node, ...] = (("HostType", "IP"), ("IPAddress", first))
    elif isinstance(network, IPv4Network):
        kind = ("HostType", "Network"), ("IPAddress", first), ("Subnet", str(network.netmask))
    else:
        last = str(network.broadcast_address)
        kind = ("HostType", "IPRange"), ("StartIPAddress", first), ("EndIPAddress", last)
    return "IPHost", (("Name", name), ("IPFamily", f"IPv{network.version}"), *kind)


def _host_groups(
    stem: str, named: Sequence[tuple[str, GroupTarget]], owner: str
) -> Iterator[Node]:
    """Yield the groups of a service, separate for IPv4, IPv6 and names, none empty."""
    for family, suffix in _SUFFIX.items():
        members = [name for name, target in named if target.family == family]
        if members:
            yield _group(stem + suffix, family, members, owner)


def _group(name: str, family: int | None, members: Iterable[str], owner: str) -> Node:
    named, said = ("Name", name), ("Description", owner)
    if family is None:
        hosts = tuple(("FQDNHost", each) for each in members)
        return "FQDNHostGroup", (named, said, ("FQDNHostList", hosts))
    listed = tuple(("Host", each) for each in members)
    return "IPHostGroup", (named, ("IPFamily", f"IPv{family}"), said, ("HostList", listed))


def _service(name: str, group: ServiceGroup, owner: str) -> Node:
    details = tuple(
        _detail(protocol, ports) for protocol, spans in group.services for ports in spans
    )
    kind = ("Type", "TCPorUDP"), ("ServiceDetails", details)
    return "Services", (("Name", name), ("Description", owner), *kind)


def _detail(protocol: str, ports: Ports) -> Node:
    span = ("SourcePort", _ANY_SOURCE), ("DestinationPort", range_text(ports, ":"))
    return "ServiceDetail", (("Protocol", protocol.upper()), *span)


def _key(node: Node) -> tuple[str, str]:
    """Return tag and name of an object. Raises RuleError if it has none."""
    for tag, name in _children(node)[:1]:
        if tag == "Name" and isinstance(name, str):
            return node[0], name
    raise _unreadable(node[0])


def _text(notes: Iterable[str], nodes: Iterable[Node]) -> str:
    # Two hyphens end a comment too early (XML 1.0, section 2.5); host names may have them.
    said = "".join(re.sub("-(?=-)", "- ", f"# {note}".rstrip()) + "\n" for note in notes)
    start, end = '<Configuration APIVersion="2000.1">', "</Configuration>"
    lines = [start, *(line for node in nodes for line in _write_lines(node, "  ")), end]
    return f"{_XML}<!--\n{said}-->\n{join_lines(lines)}"


def _write_lines(node: Node, indent: str) -> list[str]:
    """Return the lines of an element, with its children indented."""
    tag, inner = node
    if not inner:
        return [f"{indent}<{tag} />"]
    if isinstance(inner, str):
        return [f"{indent}<{tag}>{escape(inner)}</{tag}>"]
    deeper = f"{indent}  "
    lines = [line for each in inner for line in _write_lines(each, deeper)]
    return [f"{indent}<{tag}>", *lines, f"{indent}</{tag}>"]


def _node(element: ET.Element) -> Node:
    inner = tuple(map(_node, element))
    return element.tag, inner or element.text or ""


def _parse_objects(text: str) -> Objects:
    """Return the objects of a file. Raises RuleError for another file or a duplicate."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - our own file, a moment old
    except ET.ParseError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    nodes = [_node(element) for element in root]
    objects = {_key(node): node for node in nodes}
    right = root.tag == "Configuration" and root.attrib == {"APIVersion": "2000.1"}
    right = right and all(tag in _TAGS for tag, _ in nodes)
    if not right or len(objects) < len(nodes) or not text.startswith(_XML):
        raise RuleError(f"{FILE} cannot be read back: no objects, or one twice")
    return objects


def _fields(node: Node) -> dict[str, str]:
    """Return the texts of a node's children, by tag."""
    return {tag: text for tag, text in _children(node) if isinstance(text, str)}


def _inner(node: Node, wanted: str) -> tuple[Node, ...]:
    """Return the elements within the child with this tag."""
    found = (each for each in _children(node) if each[0] == wanted)
    return _children(next(found, ("", ())))


def _children(node: Node) -> tuple[Node, ...]:
    return node[1] if isinstance(node[1], tuple) else ()


def _parse_target(name: str, node: Node) -> str:
    """Return the target of a host object."""
    said = _fields(node)
    target = said.get("FQDN") or said.get("IPAddress", "")
    try:
        if "Subnet" in said:
            target = str(ip_network(f"{target}/{said['Subnet']}"))
        elif "StartIPAddress" in said:
            ends = (parse_address(said[f"{end}IPAddress"]) for end in ("Start", "End"))
            [target] = map(network_text, summarize_address_range(*ends))
    except (ValueError, TypeError, KeyError):
        raise _unreadable(name) from None
    if not target or _host(name, target) != node:
        raise _unreadable(name)
    return canonical_target(target)


def _parse_group(name: str, node: Node, targets: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a group's service and its members, which must be of the group's family."""
    said = _fields(node)
    family = int(said["IPFamily"][-1]) if "IPFamily" in said else None
    listed = _inner(node, "HostList" if family else "FQDNHostList")
    members = [text for _, text in listed if isinstance(text, str)]
    made = _group(name, family, members, said.get("Description", ""))
    found = (
        GroupTarget(each, network_of(targets.get(each, "none.invalid"))) for each in members
    )
    right = all(each.family == family for each in found) and name.endswith(_SUFFIX[family])
    if not members or made != node or not right:
        raise _unreadable(name)
    return name.removesuffix(_SUFFIX[family]), members


def _parse_services(name: str, node: Node) -> list[tuple[str, list[Ports]]]:
    """Return protocols and ports of a service."""
    details = [_fields(each) for each in _inner(node, "ServiceDetails")]
    found = [
        (
            each.get("Protocol", "").lower(),
            parse_ranges(each.get("DestinationPort", ""), " ", ":"),
        )
        for each in details
    ]
    made = tuple(_detail(protocol, spans[0]) for protocol, spans in found)
    said = ("Description", _fields(node).get("Description", ""))
    kind = ("Type", "TCPorUDP"), ("ServiceDetails", made)
    if not details or node != ("Services", (("Name", name), said, *kind)):
        raise _unreadable(name)
    return found


def _unreadable(name: str) -> RuleError:
    return RuleError(f'{FILE} cannot be read back: "{to_comment(name)}" is of another shape')


FORMAT = Format(
    name="sophos",
    file=FILE,
    about="Sophos Firewall hosts, groups and services for your own rules",
    loaded="Backup and firmware, Import export; as Entities.xml in a tar file",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
