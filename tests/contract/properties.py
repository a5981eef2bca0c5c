"""The promises of a format, for any rule set that can be generated.

The suite asks some, `make rules-fuzz` many.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tests.formats.meaning import same
from tests.formats.samples import entry
from tests.support.examples import share_of
from tracker.formats import AS_LAN_RULE, Format, RuleSet
from tracker.formats.nftables.script import BY_DNSMASQ
from tracker.model import LAN, Endpoint, Entry, Service, endpoints_of

# These hold data: everything that is on the page, the withheld endpoints too.
DATA = {"endpoints-csv", "endpoints-json"}
# Listed, because the endpoint as it is stated is not open, and in the file in another way.
PARTLY = {None, AS_LAN_RULE, BY_DNSMASQ}
TESTS = Path(__file__).parents[1] / "formats"
# How many rule sets hypothesis asks each format for; `cases.py` has many more.
CASES = int(os.environ.get("FWTRACKER_CASES", share_of(20)))


class Model(Protocol):
    """A firewall that has loaded nothing yet.

    A format whose delta is commands has one in `MODELS` of its own test module.
    """

    def load(self, text: str) -> None:
        """Do what a file or a delta says. Fails where the platform would complain."""

    def opened(self) -> frozenset[str]:
        """What is let through, in the words of `expected_lines`."""


def prove(fmt: Format, of: RuleSet) -> None:
    """A file says what it must, no line more, and what it does not say is listed."""
    made = fmt.render(of)
    assert fmt.render(of) == made
    expressed = fmt.expected_lines(of)
    if made.text is None:
        assert expressed == frozenset()
    else:
        assert made.text.strip()
        assert made.text.endswith("\n")
        assert "\r" not in made.text
        assert fmt.read_back(made.text) == expressed != frozenset()
    left_out = {left.endpoint: left.reason for left in made.left_out}
    everything = endpoints_of(of.entries)
    assert len(left_out) == len(made.left_out)
    assert set(left_out) <= set(everything)
    if fmt.name not in DATA:
        _prove_each(fmt, of, expressed, left_out)


def _prove_each(
    fmt: Format, of: RuleSet, expressed: frozenset[str], left_out: dict[Endpoint, str]
) -> None:
    """Each endpoint is in the file or left out; alone as among others, and nothing else is."""
    alone = {each: fmt.expected_lines(one) for each, one in _alone(of).items()}
    for endpoint, lines in alone.items():
        written = left_out.get(endpoint) in PARTLY
        assert bool(lines) is written, endpoint
    assert same(expressed, frozenset().union(*alone.values()))


_made: list[tuple[RuleSet, dict[Endpoint, RuleSet]]] = []  # at most one


def _alone(of: RuleSet) -> dict[Endpoint, RuleSet]:
    """Each endpoint as a rule set, made once for all formats."""
    if not _made or _made[0][0] is not of:
        sets = {endpoint: only(of, endpoint) for endpoint in endpoints_of(of.entries)}
        _made[:] = [(of, sets)]
    return _made[0][1]


def only(of: RuleSet, endpoint: Endpoint) -> RuleSet:
    """The rule set with this one endpoint."""
    ports = Service(endpoint.protocol, endpoint.from_port, endpoint.to_port)
    targets = () if endpoint.target == LAN else (endpoint.target,)
    made: Entry = entry(
        *(targets or (LAN,)),
        services=(ports,),
        direction=endpoint.direction,
        region=endpoint.region,
    )
    return msgspec.structs.replace(of, entries=(made,))


def prove_delta(
    fmt: Format, before: RuleSet, after: RuleSet, model: Callable[[], Model] | None
) -> None:
    """There and back again, each time exactly where the whole file leads."""
    delta = fmt.delta
    if delta is None:
        return
    if model is None:
        _prove_lines(fmt, before, after)
        return
    firewall = model()
    if text := fmt.render(before).text:
        firewall.load(text)
    for old, new in ((before, after), (after, before)):
        text = delta(old, new)
        assert delta(old, new) == text
        assert (text is None) is (fmt.expected_lines(old) == fmt.expected_lines(new))
        if text is not None:
            assert text.endswith("\n")
            firewall.load(text)
        assert firewall.opened() == fmt.expected_lines(new)


def models() -> dict[str, Callable[[], Model]]:
    """The models in the formats' own tests, by the names of the formats."""
    found: dict[str, Callable[[], Model]] = {}
    for path in sorted(TESTS.glob("test_*.py")):
        if "\nMODELS = " in path.read_text("utf-8"):
            module: Any = importlib.import_module(f"tests.formats.{path.stem}")
            found |= module.MODELS
    return found


def _prove_lines(fmt: Format, before: RuleSet, after: RuleSet) -> None:
    """A delta of lines: what comes was not there, what goes was."""
    held = _lines(fmt, before)
    for old, new in ((before, after), (after, before)):
        text = fmt.delta(old, new) if fmt.delta else None
        for line in (text or "").splitlines():
            sign, said = line[:2], line[2:]
            assert sign in {"+ ", "- "}, (
                f"no model of {fmt.name} in MODELS of its tests: {line}"
            )
            assert (said in held) is (sign == "- ")
            held ^= {said}
        assert held == _lines(fmt, new)


def _lines(fmt: Format, of: RuleSet) -> set[str]:
    """All that a list says, as what leads to it from nothing."""
    assert fmt.delta is not None
    whole = fmt.delta(msgspec.structs.replace(of, entries=()), of)
    return {line[2:] for line in (whole or "").splitlines()}
