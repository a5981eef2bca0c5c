"""Names for objects on a firewall: `action1-europe_tcp-443`, `action1-europe_3.74.63.86`.

The first part is the source and the rule set and holds no underscore, so the first underscore
ends it and two rule sets never share a name. Letters, digits, `-`, `.` and `_` alone, which
FortiOS, PAN-OS and ASA all take; what is too long is cut and ends in a hash of the whole.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from tracker.formats import RuleSet
from tracker.formats._bundles import Target

_STEM = 30  # characters of the first part
_HASH = 8
_SIGNS = str.maketrans(":/", "-_")
_ANY = "any."  # what stands for the star of a wildcard


class ObjectNames(msgspec.Struct, frozen=True):
    """Names of one rule set, none longer than `longest`."""

    stem: str
    longest: int = 63

    def of(self, key: str) -> str:
        """An object of ours with this key: `action1-europe_tcp-443`."""
        return cut(f"{self.stem}_{key}", self.longest)

    def target(self, target: Target) -> str:
        """The object of an address, a network or a host."""
        if target.network:
            return self.of(target.name.translate(_SIGNS))
        bare = target.name.removeprefix("*.")
        if bare != target.name:
            return self.of(_ANY + bare)
        if bare.startswith(_ANY):
            return self.of(f"{bare}-{digest(bare)}")
        return self.of(bare)


def names_for(rule_set: RuleSet, longest: int = 63) -> ObjectNames:
    """Names after source and rule set; two different ones never share a first part."""
    return ObjectNames(stem_of(rule_set.source, rule_set.name, "-", _STEM), longest)


def stem_of(source: str, name: str, joint: str, longest: int) -> str:
    """`action1-europe`, or cut and with a hash where that could be another's.

    Holds small letters, digits and the `joint`; starts with a letter.
    """
    plain = re.sub(r"[^a-z0-9]+", joint, f"{source} {name}".lower()).strip(joint)
    own = re.fullmatch(r"[a-z][a-z0-9]*", source) and re.fullmatch(
        r"[a-z0-9]+(-[a-z0-9]+)*", name
    )
    if own and len(plain) <= longest:
        return plain
    start = plain if plain[:1].isalpha() else f"fw{joint}{plain}"
    mark = digest(f"{source}\0{name}")
    return f"{start[: longest - len(mark) - 1].rstrip(joint)}{joint}{mark}"


def cut(name: str, longest: int) -> str:
    """The name, or as much of it as fits with a hash of the whole at its end."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - _HASH - 1]}-{digest(name)}"


def digest(text: str) -> str:
    """Eight characters that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]
