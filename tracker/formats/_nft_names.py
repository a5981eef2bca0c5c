"""Names of what an nftables file owns, and the frame that is the same in each version.

The frame never depends on the data: a set or chain that a later version no longer needs
stays as an empty one, so that neither a user's jump nor a leftover can break a reload. Sets of
hosts, which dnsmasq fills, come beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.model import Direction

# A jump cannot leave its table, so ours stand in the table that most rulesets use.
TABLE = "inet filter"
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")
FAMILIES = (4, 6)

_LONGEST = 31  # characters of a set's name; more does not fit older kernels
_STEM = _LONGEST - len("_out4")
_HASH = 6
_SHORT = {"outbound": "out", "inbound": "in"}


class Names(msgspec.Struct, frozen=True):
    """`action1_europe` and what is derived from it; the ending keeps off reserved words."""

    stem: str

    def chain(self, direction: Direction) -> str:
        """The chain to jump to."""
        return f"{self.stem}_{_SHORT[direction]}"

    def endpoints(self, direction: Direction, family: int) -> str:
        """The set of address, protocol and port; `family` is 4 or 6."""
        return f"{self.stem}_{_SHORT[direction]}{family}"

    def lan(self, family: int) -> str:
        """The set of local networks."""
        return f"{self.stem}_lan{family}"


def names_for(rule_set: RuleSet) -> Names:
    """Names after source and rule set: two different rule sets never share one.

    A name that does not fit, or could be another's after the change of characters, is cut
    and ends in a hash of the original.
    """
    full = f"{rule_set.source}_{rule_set.name}".lower()
    plain = re.sub(r"[^a-z0-9]+", "_", full).strip("_")
    own = re.fullmatch(r"[a-z][a-z0-9]*", rule_set.source) and re.fullmatch(
        r"[a-z0-9]+(-[a-z0-9]+)*", rule_set.name
    )
    if own and len(plain) <= _STEM:
        return Names(plain)
    original = f"{rule_set.source}\0{rule_set.name}".encode()
    mark = hashlib.sha256(original).hexdigest()[:_HASH]
    start = plain if plain[:1].isalpha() else f"fw_{plain}"
    return Names(f"{start[: _STEM - _HASH - 1].rstrip('_')}_{mark}")


def frame(names: Names) -> list[str]:
    """Declares our sets and chains where they are missing."""
    lines = [f"table {TABLE} {{"]
    for name, type_ in _sets(names):
        lines += [f"\tset {name} {{", f"\t\ttype {type_}", "\t\tflags interval", "\t}"]
    for direction in DIRECTIONS:
        lines += [f"\tchain {names.chain(direction)} {{", "\t}"]
    return [*lines, "}"]


def emptied(names: Names, *, endpoints: bool = True) -> list[str]:
    """Empties our chains and sets, those of endpoints only on demand; not those of hosts."""
    # Chains first: a set can be emptied while a rule uses it, but this reads in order.
    chains = [f"flush chain {TABLE} {names.chain(each)}" for each in DIRECTIONS]
    lan = {names.lan(family) for family in FAMILIES}
    sets = [name for name, _ in _sets(names) if endpoints or name in lan]
    return chains + [f"flush set {TABLE} {name}" for name in sets]


def _sets(names: Names) -> Iterator[tuple[str, str]]:
    for family in FAMILIES:
        for direction in DIRECTIONS:
            type_ = f"ipv{family}_addr . inet_proto . inet_service"
            yield names.endpoints(direction, family), type_
        yield names.lan(family), f"ipv{family}_addr"
