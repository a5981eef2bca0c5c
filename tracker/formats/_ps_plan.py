"""From endpoints to rules of Windows Defender Firewall, one for each port range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from tracker.formats import RuleSet
from tracker.formats._names import stem
from tracker.formats._nft_plan import port_span, ports_of
from tracker.formats._once import once
from tracker.formats._policy import (
    network_of,
    rules_of,
    span_key,
)
from tracker.model import LAN, Endpoint

NO_HOSTS = (
    "a rule of Windows Defender Firewall takes addresses; names need dynamic keywords,"
    " which work only beside Microsoft Defender Antivirus"
)
_LONGEST = 60  # characters of a name's start; no limit is documented, and this is readable
_MOST = 1000  # addresses of one rule; no limit is documented, and the console still opens it


class Rule(msgspec.Struct, frozen=True):
    """One firewall rule. `name` is its key on the machine; `remote` is empty for the LAN.

    `words` has what the page calls each address, or the LAN: a comment, no setting.
    """

    name: str
    direction: str
    protocol: str
    ports: str
    remote: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[object, ...]:
        """All that the firewall knows of the rule."""
        return self.name, self.direction, self.protocol, self.ports, self.remote

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`."""
        for target in self.remote or (LAN,):
            yield f"{self.direction} {target} {self.protocol}/{self.ports}"


def cannot(endpoint: Endpoint) -> str | None:
    """What Windows leaves out beside what no format writes."""
    return NO_HOSTS if endpoint.target != LAN and not network_of(endpoint.target) else None


def group_of(rule_set: RuleSet) -> str:
    """The group that all rules of a rule set are in, and the start of their names."""
    return f"fwtracker-{stem(rule_set, _LONGEST, '-')}"


@once
def rules(rule_set: RuleSet) -> list[Rule]:
    """The rules, in the order of their names' parts: direction, LAN, protocol, port."""
    found: dict[tuple[str, bool, str, tuple[int, int]], dict[str, set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for each in rules_of(rule_set, cannot)[0]:
        endpoint = each.endpoint
        lan = endpoint.target == LAN
        key = (endpoint.direction, lan, endpoint.protocol, ports_of(each))
        found[key][endpoint.target].add(each.words)
    made: list[Rule] = []
    group = group_of(rule_set)
    for (direction, lan, protocol, ports), said in sorted(found.items()):
        span = port_span(ports)
        where = f"{direction}-{LAN}" if lan else direction
        words = {target: " / ".join(sorted(texts)) for target, texts in said.items()}
        rule = Rule(f"{group}-{where}-{protocol}-{span}", direction, protocol, span, ())
        made += [replace(rule, words=(words[LAN],))] if lan else _parts(rule, words)
    return made


def _parts(rule: Rule, words: dict[str, str]) -> Iterator[Rule]:
    """The rule for each thousand addresses; all but the first with their number."""
    targets = sorted(words, key=span_key)
    for start in range(0, len(targets), _MOST):
        part = tuple(targets[start : start + _MOST])
        number = f"-part{start // _MOST + 1}" if start else ""
        said = tuple(words[target] for target in part)
        yield replace(rule, name=f"{rule.name}{number}", remote=part, words=said)


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the rules must open."""
    return frozenset(line for rule in rules(rule_set) for line in rule.lines)
