"""PAN-OS against a model of it: random rules, and what the documentation says of a session.

Palo Alto Networks, "PAN-OS Administrator's Guide", Security Policy: rules are evaluated from
top to bottom, and the first that matches all of zones, addresses, users, applications, services
and schedule decides; between zones without one it is denied. The model knows nothing of the
reader.
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

OBJECTS = {
    "one": ("ip-netmask 192.0.2.1", ["192.0.2.1/32"]),
    "pair": ("ip-range 192.0.2.1-192.0.2.2", ["192.0.2.1/32", "192.0.2.2/32"]),
    "net": ("ip-netmask 198.51.100.0/24", ["198.51.100.0/24"]),
    "six": ("ip-netmask 2001:db8::/64", ["2001:db8::/64"]),
    "name": ("fqdn a.example.com", ["a.example.com"]),
    "any": ("", ["0.0.0.0/0", "::/0"]),
}
SERVICES = {
    "any": ("", (0, 65535), "tcp"),
    "s443": ("tcp port 443", (443, 443), "tcp"),
    "high": ("tcp port 20000-30000", (20000, 30000), "tcp"),
    "u443": ("udp port 53-443", (53, 443), "udp"),
}
SOURCES = {"any": True, "lan": True, "elsewhere": False}  # whether the client is in it
CONDITIONS = (
    *((),) * 12,
    ("negate-source", "yes"),
    ("negate-destination", "yes"),
    ("rule-type", "intrazone"),
    ("rule-type", "interzone"),
    ("schedule", "nights"),
    ("source-user", "alice"),
    ("source-hip", "patched"),
    ("application", "ssh"),
)


@dataclass
class Rule:
    """A rule as an operator means it."""

    came_from: list[str]
    goes_to: list[str]
    source: str
    destinations: list[str]
    service: str
    action: str
    disabled: bool = False
    conditions: dict[str, str] = field(default_factory=dict)

    def matches(self, packet: Packet, path: tuple[str, str]) -> bool:
        """Whether a session of TLS and without a user matches, from one zone to another."""
        # Not by a schedule that is over, a user, another application, or within a zone.
        met = set(self.conditions.values()) <= {"yes", "interzone"}
        within = SOURCES[self.source] and (self.source == "any" or packet.family == 4)
        source = within != ("negate-source" in self.conditions)
        named = [place for name in self.destinations for place in OBJECTS[name][1]]
        destination = any(
            packet.target == each if each[-1].isalpha() else packet.is_in(each)
            for each in named
        )
        first, last = SERVICES[self.service][1]
        return (
            not self.disabled
            and met
            and bool({"any", path[0]} & set(self.came_from))
            and bool({"any", path[1]} & set(self.goes_to))
            and source
            and destination != ("negate-destination" in self.conditions)
            and first <= packet.port <= last
            and SERVICES[self.service][2] == packet.protocol
        )

    def commands(self, number: int) -> list[str]:
        settings = {
            "from": f"[ {' '.join(self.came_from)} ]",
            "to": f"[ {' '.join(self.goes_to)} ]",
            "source": self.source,
            "destination": f"[ {' '.join(self.destinations)} ]",
            "application": "any",
            "service": self.service,
            "action": self.action,
            "disabled": "yes" if self.disabled else "no",
            **self.conditions,
        }
        return [f"set rulebase security rules r{number} {k} {v}" for k, v in settings.items()]


def random_rule(chance: random.Random) -> Rule:
    action = chance.choice(("allow",) * 6 + ("deny", "drop"))
    condition = chance.choice(CONDITIONS)
    # One that allows some machines alone is taken for one that counts for those meant.
    sources = ["any", "lan"] if action == "allow" else list(SOURCES)
    return Rule(
        chance.choice((["any"], ["trust"], ["trust"], ["guest"], ["trust", "guest"])),
        chance.choice((["any"], ["untrust"], ["untrust"], ["dmz"])),
        chance.choice(sources),
        chance.sample(list(OBJECTS), chance.choice((1, 1, 2))),
        chance.choice(list(SERVICES)),
        action,
        chance.random() < 0.1,
        dict([condition] if condition else []),
    )


def configuration(rules: list[Rule]) -> str:
    lines = [f"set address {name} {said}" for name, (said, _) in OBJECTS.items() if said]
    lines += [
        "set address lan ip-netmask 10.1.0.0/16",
        "set address elsewhere ip-netmask 10.9.0.0/16",
    ]
    lines += [
        f"set service {name} protocol {said}" for name, (said, *_) in SERVICES.items() if said
    ]
    lines += [line for number, rule in enumerate(rules, 1) for line in rule.commands(number)]
    return "\n".join([*lines, ""])


def path_of(rules: list[Rule]) -> str:
    """The session's path; a zone that no rule names is called any."""
    named = [rule for rule in rules if not rule.disabled]
    ends = (
        ("trust", [zone for rule in named for zone in rule.came_from]),
        ("untrust", [zone for rule in named for zone in rule.goes_to]),
    )
    return ">".join(place if place in zones else "any" for place, zones in ends)


@pytest.mark.parametrize("asked", [True, False], ids=["by its path", "by the one it chooses"])
def test_no_verdict_contradicts_the_documentation(asked: bool) -> None:
    chance, said, every = random.Random(22), 0, 0
    of = entries(hosts=True)
    for _ in range(100):
        rules = [random_rule(chance) for _ in range(chance.randrange(1, 7))]
        text, path = configuration(rules), path_of(rules)
        options = ReadOptions(chain=path if asked else "")
        every += len(packets(hosts=True))
        # Where no rule lets anything out on a path, the path is refused by its name.
        nothing = not any(passes(packet, rules, path) for packet in packets(hosts=True))
        with contextlib.suppress(*[ConfigParseError] if nothing and asked else []):
            report = read(of, ConfigFile("fw", text, "panos"), options=options)
            judged = ">".join(judged_path(report, path))
            said += hold_against_model(
                report,
                lambda packet, each=rules, on=judged: passes(packet, each, on),
                hosts=True,
                shown=text,
            )
    assert said > every / 3


def passes(packet: Packet, rules: list[Rule], path: str) -> bool:
    """Whether the first rule that a session matches allows it."""
    came_from, goes_to = path.split(">")
    return next(
        (
            each.action == "allow"
            for each in rules
            if each.matches(packet, (came_from, goes_to))
        ),
        False,
    )
