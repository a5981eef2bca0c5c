"""Reads a PAN-OS file of ours back: what it says must give the same lines again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, zip_longest

from tracker.errors import RuleError
from tracker.formats._bundles import endpoint_lines
from tracker.formats._lines import lines_of
from tracker.formats._object_read import opened, port_ranges
from tracker.formats._panos_plan import NOTHING, Address, Plan, defined, grouped
from tracker.formats._policy import comment, network_of

FILE = "panos.set"
_NAME = "[A-Za-z0-9._-]+"
_WORDS = r"[A-Za-z0-9 ._:/()-]+"
_TAG = re.compile(rf'set tag ({_NAME}) comments "{_WORDS}"')
_ADDRESS = re.compile(
    rf'set address ({_NAME}) (ip-netmask|fqdn) (\S+) description "({_WORDS})" tag {_NAME}'
)
_SERVICE = re.compile(rf"set service ({_NAME}) protocol (tcp|udp) port ([0-9,-]+)")
_MEMBERS = re.compile(rf"set address-group ({_NAME}) static \[ (.+) \]")
_WITH = re.compile(
    rf'set profiles custom-url-category ({_NAME}) description "with service (\S+) .*"'
)
_URLS = re.compile(rf"set profiles custom-url-category ({_NAME}) list \[ (.+) \]")


def read_back(text: str) -> frozenset[str]:
    """What groups, categories and their services open: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError where a line is of another shape or one is missing, and for what
    `opened` refuses.
    """
    first, _, rest = text.partition("\n")
    if not (tag := _TAG.fullmatch(first)):
        raise RuleError(f"{FILE} cannot be read back: it does not start with its tag")
    plan = _plan(tag[1], lines_of(rest))
    written = chain(defined(plan), grouped(plan))
    if any(one != other for one, other in zip_longest(lines_of(rest), written)):
        raise RuleError(f"{FILE} cannot be read back: a line is odd or missing")
    if plan.addresses.pop(plan.none, None) != Address("ip-netmask", NOTHING, "no address"):
        raise RuleError(f"{FILE}: the object for no address stands for one")
    services = {
        name: [(protocol, port_ranges(ports, ","))]
        for name, (protocol, ports) in plan.services.items()
    }
    targets = {name: _target(address) for name, address in plan.addresses.items()}
    plan.addresses.clear()  # much, of a large file
    found = set(opened(FILE, targets, plan.groups, services))
    for service, urls in plan.categories.values():
        if service not in services:
            raise RuleError(f"{FILE}: a category is for a service that is none")
        found.update(endpoint_lines("outbound", map(_wildcard, urls), services[service]))
    return frozenset(found)


def _plan(owner: str, lines: Iterable[str]) -> Plan:
    plan = Plan(owner)
    members: dict[str, list[str]] = defaultdict(list)
    urls: dict[str, list[str]] = defaultdict(list)
    of: dict[str, str] = {}
    for line in lines:
        if found := _ADDRESS.fullmatch(line):
            plan.addresses[found[1]] = Address(found[2], found[3], found[4])
        elif found := _SERVICE.fullmatch(line):
            plan.services[found[1]] = found[2], found[3]
        elif found := _MEMBERS.fullmatch(line):
            members[found[1]] += found[2].split(" ")
        elif found := _WITH.fullmatch(line):
            of[found[1]] = found[2]
        elif found := _URLS.fullmatch(line):
            urls[found[1]] += found[2].split(" ")
    plan.groups = {name: tuple(each) for name, each in members.items()}
    plan.categories = {name: (service, tuple(urls[name])) for name, service in of.items()}
    return plan


def _target(address: Address) -> str:
    network = network_of(address.value)
    if (network is None) is not (address.kind == "fqdn") or address.value.startswith("*"):
        raise _odd(address.value)
    return address.value


def _wildcard(url: str) -> str:
    """The wildcard of a URL that ends in a slash, so that it cannot match more."""
    name = url.removesuffix("/")
    if name == url or not name.startswith("*.") or network_of(name) is not None:
        raise _odd(url)
    return name


def _odd(text: str) -> RuleError:
    return RuleError(f'{FILE} cannot be read back: "{comment(text)}"')
