"""FortiOS against a model of it: random policies, and what the documentation says of a packet.

Fortinet, "FortiOS Administration Guide", firewall policies: the first enabled policy decides
whose interfaces, addresses, service, schedule and users a session matches; without one it is
denied. A negation matches what is not named. The model knows nothing of the reader.
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field

import pytest

from tests.audit.verdicts import (
    Packet,
    entries,
    hold_against_model,
    judged_path,
    packets,
    read,
)
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ReadOptions

CLIENT = "10.1.2.3"
# Objects: name, how it is written, and the networks or host that it stands for.
OBJECTS = {
    "one": ("set subnet 192.0.2.1 255.255.255.255", ["192.0.2.1/32"]),
    "pair": (
        "set type iprange\nset start-ip 192.0.2.1\nset end-ip 192.0.2.2",
        ["192.0.2.0/30"],
    ),
    "net": ("set subnet 198.51.100.0 255.255.255.0", ["198.51.100.0/24"]),
    "name": ('set type fqdn\nset fqdn "a.example.com"', ["a.example.com"]),
    "all": ("", ["0.0.0.0/0"]),
}
SERVICES = {
    "ALL": ("set protocol IP", (0, 65535), ("tcp", "udp")),
    "HTTPS": ("set tcp-portrange 443", (443, 443), ("tcp",)),
    "high": ("set tcp-portrange 20000-30000:1024-65535", (20000, 30000), ("tcp",)),
    "names": ("set udp-portrange 53 443", (53, 443), ("udp",)),
}
SOURCES = {"all": True, "lan": True, "elsewhere": False}  # whether the client is in it


@dataclass
class Policy:
    """A policy as an operator means it."""

    came_from: list[str]
    goes_to: list[str]
    sources: list[str]
    destinations: list[str]
    service: str
    accepts: bool
    enabled: bool = True
    conditions: dict[str, str] = field(default_factory=dict)

    def matches(self, packet: Packet, path: tuple[str, str]) -> bool:
        """Whether the client's session to a packet's endpoint matches, without a user.

        `path` is the interface that it comes in on, and that it leaves by.
        """
        if packet.family != 4 or not self.enabled:
            return False
        negated = {key for key, value in self.conditions.items() if value == "enable"}
        if set(self.conditions) - negated:  # a schedule that is over, a user, a tag
            return False
        source = any(SOURCES[name] for name in self.sources)
        named = [place for name in self.destinations for place in OBJECTS[name][1]]
        destination = any(
            packet.target == each if each[-1].isalpha() else packet.is_in(each)
            for each in named
        )
        ports, protocols = SERVICES[self.service][1:]
        service = ports[0] <= packet.port <= ports[1] and packet.protocol in protocols
        return (
            bool({"any", path[0]} & set(self.came_from))
            and bool({"any", path[1]} & set(self.goes_to))
            and source != ("srcaddr-negate" in negated)
            and destination != ("dstaddr-negate" in negated)
            and service != ("service-negate" in negated)
        )

    def text(self, number: int) -> str:
        settings = {
            "srcintf": self.came_from,
            "dstintf": self.goes_to,
            "srcaddr": self.sources,
            "dstaddr": self.destinations,
            "service": [self.service],
            "schedule": [self.conditions.get("schedule", "always")],
        }
        lines = [f"set {key} {' '.join(map(quoted, each))}" for key, each in settings.items()]
        lines += [f"set {key} {value}" for key, value in self.conditions.items()]
        lines += [] if self.enabled else ["set status disable"]
        lines += ["set action accept"] if self.accepts else []
        return "\n".join([f"edit {number}", *lines, "next"])


def quoted(name: str) -> str:
    return f'"{name}"'


CONDITIONS = (
    *((),) * 12,
    ("srcaddr-negate", "enable"),
    ("dstaddr-negate", "enable"),
    ("service-negate", "enable"),
    ("schedule", "nights"),
    ("users", "alice"),
    ("ztna-ems-tag", "managed"),
)


def random_policy(chance: random.Random) -> Policy:
    accepts = chance.random() < 0.75
    condition = chance.choice(CONDITIONS)
    # An accept for some machines alone is taken for one that counts for those meant.
    sources = ["all", "lan"] if accepts else list(SOURCES)
    return Policy(
        chance.choice((["any"], ["lan"], ["lan"], ["guest"], ["lan", "guest"])),
        chance.choice((["any"], ["wan1"], ["wan1"], ["dmz"])),
        [chance.choice(sources)],
        chance.sample(list(OBJECTS), chance.choice((1, 1, 2))),
        chance.choice(list(SERVICES)),
        accepts,
        chance.random() < 0.9,
        dict([condition] if condition else []),
    )


def configuration(policies: list[Policy]) -> str:
    addresses = {
        **{name: said for name, (said, _) in OBJECTS.items()},
        "lan": "set subnet 10.1.0.0 255.255.0.0",
        "elsewhere": "set subnet 10.9.0.0 255.255.0.0",
    }
    services = {name: said for name, (said, *_) in SERVICES.items()}
    tables = [
        ("address", [f'edit "{name}"\n{said}\nnext' for name, said in addresses.items()]),
        ("service custom", [f'edit "{name}"\n{said}\nnext' for name, said in services.items()]),
        ("policy", [policy.text(number) for number, policy in enumerate(policies, 1)]),
    ]
    blocks = [f"config firewall {name}\n" + "\n".join(own) + "\nend" for name, own in tables]
    return "\n".join(["config system global", "end", *blocks, ""])


def path_of(policies: list[Policy]) -> str:
    """The client's path; a place that no policy names is called any."""
    ends = (
        ("lan", [name for policy in policies if policy.enabled for name in policy.came_from]),
        ("wan1", [name for policy in policies if policy.enabled for name in policy.goes_to]),
    )
    return ">".join(place if place in named else "any" for place, named in ends)


@pytest.mark.parametrize("asked", [True, False], ids=["by its path", "by the one it chooses"])
def test_no_verdict_contradicts_the_documentation(asked: bool) -> None:
    chance, said, every = random.Random(22), 0, 0
    of = entries(hosts=True)
    for _ in range(100):
        policies = [random_policy(chance) for _ in range(chance.randrange(1, 7))]
        text, path = configuration(policies), path_of(policies)
        options = ReadOptions(chain=path if asked else "")
        every += len(packets(hosts=True))
        # Where no policy lets anything out on a path, the path is refused by its name.
        nothing = not any(passes(packet, policies, path) for packet in packets(hosts=True))
        with contextlib.suppress(*[ConfigParseError] if nothing and asked else []):
            report = read(of, ConfigFile("fw", text, "fortios"), options=options)
            judged = ">".join(judged_path(report, path))
            said += hold_against_model(
                report,
                lambda packet, each=policies, on=judged: passes(packet, each, on),
                hosts=True,
                shown=text,
            )
    assert said > every / 3


def passes(packet: Packet, policies: list[Policy], path: str) -> bool:
    """Whether the first policy that a session matches accepts it."""
    came_from, goes_to = path.split(">")
    return next(
        (each.accepts for each in policies if each.matches(packet, (came_from, goes_to))), False
    )
