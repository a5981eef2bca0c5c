"""Objects of firewalls: their names, and what they open when a file of ours is read back.

`action1-europe_tcp-443`, `action1-europe_3.74.63.86`: the first part, from source and rule set,
has no underscore, so the first underscore ends it and two rule sets never share a name. Names
have only letters, digits, `-`, `.` and `_`, which FortiOS, PAN-OS and ASA all accept; if too
long, they are cut and end in a hash of the full name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import canonical_address
from tracker.formats.shared.policy import RuleSet
from tracker.formats.shared.port_ranges import Ports
from tracker.formats.shared.service_groups import GroupTarget, endpoint_lines
from tracker.model import LAN
from tracker.text import to_comment

# By the name of a group or service: its ports, by protocol.
ServicesByName = Mapping[str, list[tuple[str, list[Ports]]]]

_STEM = 30  # characters of the first part
_HASH = 8
_SOURCE = re.compile(r"[a-z][a-z0-9]*")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SIGNS = str.maketrans(":/", "-_")
_ANY = "any."  # in place of a wildcard's star


class ObjectNames(msgspec.Struct, frozen=True):
    """Names of one rule set's objects, none longer than `longest`."""

    stem: str
    longest: int = 63

    def of(self, key: str) -> str:
        """Return the name of our object with this key: `action1-europe_tcp-443`."""
        return cut_name(f"{self.stem}_{key}", self.longest)

    def target(self, target: GroupTarget) -> str:
        """Return the name of the object for an address, a network or a host."""
        if target.network:
            return self.of(target.name.translate(_SIGNS))
        bare = target.name.removeprefix("*.")
        if bare != target.name:
            return self.of(_ANY + bare)
        if bare.startswith(_ANY):
            return self.of(f"{bare}-{hash_name(bare)}")
        return self.of(bare)


def object_names(rule_set: RuleSet, longest: int = 63) -> ObjectNames:
    """Return names from source and rule set; two rule sets never share a first part."""
    return ObjectNames(name_stem(rule_set, _STEM, "-", _HASH), longest)


def name_stem(rule_set: RuleSet, longest: int, joint: str, hash_length: int = 6) -> str:
    """Return `action1-europe`, with which names in a file start; `joint` replaces the hyphen.

    It has a letter, then letters, digits and joints. Two different rule sets never share one:
    a stem that is longer than `longest` characters, or ambiguous because characters were
    replaced, is cut and ends in a hash of the original.
    """
    own = _SOURCE.fullmatch(rule_set.source) and _NAME.fullmatch(rule_set.name)
    plain = re.sub(r"[^a-z0-9]+", "-", f"{rule_set.source}-{rule_set.name}".lower()).strip("-")
    if not own or len(plain) > longest:
        mark = hash_name(f"{rule_set.source}\0{rule_set.name}", hash_length)
        start = plain if plain[:1].isalpha() else f"fw-{plain}"
        plain = f"{start[: longest - hash_length - 1].rstrip('-')}-{mark}"
    return plain.replace("-", joint)


def cut_name(name: str, longest: int) -> str:
    """Return the name, or as much of it as fits with a hash of the full name at its end."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - _HASH - 1]}-{hash_name(name)}"


def hash_name(text: str, length: int = _HASH) -> str:
    """Return a hash of a text, of `length` characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def join_words(known: str, words: str) -> str:
    """Return the comment of an object in several groups, joined from theirs."""
    return to_comment(f"{known} / {words}") if known and words not in known else words


def opened_lines(
    file: str,
    targets: Mapping[str, str],
    groups: Mapping[str, Iterable[str]],
    services: ServicesByName,
) -> frozenset[str]:
    """Return the proof lines: each target of each group with the group's services.

    `targets` are targets by object name, `groups` object names by group, whose name `services`
    must have too. Raises RuleError for a group without a service, a service without a group, an
    object without a group, and for what `lan_lines` refuses.
    """
    if groups.keys() != services.keys():
        raise RuleError(f"{file}: its groups and services do not match")
    found: set[str] = set()
    used: set[str] = set()
    lan: list[list[str]] = []
    for name, members in groups.items():
        used |= (own := set(members))
        if not own <= targets.keys():
            raise RuleError(f"{file}: the group {to_comment(name)} has an unknown member")
        reached = [targets[each] for each in own]
        if is_lan_group(name):
            lan.append(reached)
            reached = [LAN]
        found.update(endpoint_lines(group_direction(name), reached, services[name]))
    if targets.keys() - used:
        raise RuleError(f"{file}: an object is in no group")
    return frozenset(found) | lan_lines(file, lan)


def lan_lines(file: str, found: Iterable[Iterable[str]]) -> frozenset[str]:
    """Return `lan 10.0.0.0/8` for each network of the LAN in a file that is read back.

    `found` are the networks of each rule or group for the LAN. Raises RuleError if two of
    these differ, or one is empty or contains anything but networks.
    """
    lans = {frozenset(map(canonical_address, each)) for each in found}
    if len(lans) > 1 or frozenset() in lans:
        raise RuleError(f"{file}: its LAN is not the same networks wherever it stands")
    return frozenset(f"{LAN} {network}" for lan in lans for network in lan)


def group_direction(name: str) -> str:
    """Return the direction of a group, from its name."""
    key = name.partition("_")[2]
    return "inbound" if key.startswith(("in-", "lan-in-")) else "outbound"


def is_lan_group(name: str) -> bool:
    """Return whether a group is for the local network, by its name."""
    return name.partition("_")[2].startswith("lan-")
