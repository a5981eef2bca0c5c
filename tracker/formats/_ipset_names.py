"""Names of the sets of an ipset file, and the frame that is the same in each version."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats._names import stem
from tracker.formats._nft_names import DIRECTIONS, FAMILIES
from tracker.formats._nft_plan import PROTOCOLS
from tracker.model import Direction, Protocol

# Of every set: one with another maximum is another set to `create -exist`.
MOST = 1_048_576
NEW = "_n"  # the end of a set's name while it is filled

_LONGEST = 31  # characters of a set's name (IPSET_MAXNAMELEN less its end)
_SHORT = {"outbound": "o", "inbound": "i"}
_INET = {4: "inet", 6: "inet6"}


class Names(msgspec.Struct, frozen=True):
    """`action1_europe` and the sets whose names start so."""

    stem: str

    def endpoints(self, direction: Direction, family: int) -> str:
        """Addresses, each with protocol and port: `action1_europe_out4`."""
        return f"{self.stem}_{'out' if direction == 'outbound' else 'in'}{family}"

    def lan(self, family: int) -> str:
        """The local networks."""
        return f"{self.stem}_lan{family}"

    def lan_ports(self, direction: Direction, protocol: Protocol) -> str:
        """The ports of the local network: `action1_europe_lto` for TCP outbound."""
        return f"{self.stem}_l{protocol[0]}{_SHORT[direction]}"


def names_for(rule_set: RuleSet) -> Names:
    """Names after source and rule set: two different rule sets never share one."""
    return Names(stem(rule_set, _LONGEST - len("_out4") - len(NEW), "_"))


def created(names: Names, end: str = "") -> list[str]:
    """Creates all sets that are missing."""
    return [f"create {name}{end} {kind} -exist" for name, kind in _kinds(names)]


def emptied(names: Names) -> list[str]:
    """Creates and empties the sets that are filled before they take the others' place."""
    return [*created(names, NEW), *(f"flush {name}{NEW}" for name, _ in _kinds(names))]


def swapped(names: Names) -> list[str]:
    """Puts the filled sets in the place of the others, which rules name, and drops those."""
    lines = [f"swap {name} {name}{NEW}" for name, _ in _kinds(names)]
    return lines + [f"destroy {name}{NEW}" for name, _ in _kinds(names)]


def _kinds(names: Names) -> Iterator[tuple[str, str]]:
    """Each set with its type and options."""
    for direction in DIRECTIONS:
        for family in FAMILIES:
            options = f"family {_INET[family]} maxelem {MOST}"
            yield names.endpoints(direction, family), f"hash:net,port {options}"
    for family in FAMILIES:
        yield names.lan(family), f"hash:net family {_INET[family]} maxelem {MOST}"
    for direction in DIRECTIONS:
        for protocol in PROTOCOLS:
            yield names.lan_ports(direction, protocol), "bitmap:port range 1-65535"
