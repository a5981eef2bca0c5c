"""What every delta promises, proved on a small model of its platform.

A model takes a file or a delta as its platform would, refuses what that would refuse, and
says what is open then, in the words of `expected_lines`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hypothesis import strategies as st

from tests.formats.samples import entry, rule_set, rule_sets, sample
from tracker.formats import Format, RuleSet
from tracker.model import LAN, Service


class Model(Protocol):
    """A firewall that has loaded nothing yet."""

    def load(self, text: str) -> None:
        """Do what the text says. Fails the test where the platform would complain."""

    def opened(self) -> frozenset[str]:
        """What the user's policies, which name every group there ever was, let through."""


# Pairs whose members, services, families and whole bundles come and go.
PAIRS = [
    (sample("2024-04", "Europe"), sample("2026-02", "Europe")),
    (sample("2024-04", "North America"), sample("2026-02", "North America")),
    (sample("2024-04"), sample("2026-02")),
    (rule_set(entry("192.0.2.1")), rule_set(entry("2001:db8::1"))),
    (rule_set(entry("192.0.2.1", "a.example.com")), rule_set(entry("a.example.com"))),
    (rule_set(entry("*.example.com")), rule_set(entry("example.com", "*.example.net"))),
    (rule_set(entry("192.0.2.1", ports=(80,))), rule_set(entry("192.0.2.1", ports=(81,)))),
    (
        rule_set(entry("192.0.2.1"), entry(LAN, ports=(1, 2))),
        rule_set(entry("192.0.2.1"), entry(LAN, services=(Service("udp", 2, 3),))),
    ),
    (rule_set(), rule_set(entry("192.0.2.1", "a.example.com", "2001:db8::/32"))),
]
pairs = st.sampled_from(PAIRS) | st.tuples(rule_sets, rule_sets)


def prove_delta(
    fmt: Format, model: Callable[[], Model], before: RuleSet, after: RuleSet
) -> None:
    """There and back again, and each time exactly what the whole file opens."""
    assert fmt.delta is not None
    box = model()
    loaded(fmt, box, before)
    for old, new in ((before, after), (after, before)):
        text = fmt.delta(old, new)
        assert (text is None) is (fmt.expected_lines(old) == fmt.expected_lines(new))
        if text is not None:
            assert text.endswith("\n")
            box.load(text)
        assert box.opened() == fmt.expected_lines(new)
    # And loading the whole file over what the deltas left changes nothing.
    loaded(fmt, box, before)


def loaded(fmt: Format, box: Model, of: RuleSet) -> None:
    """Loads the whole file twice: the second time nothing changes."""
    text = fmt.render(of).text
    for _ in range(2 if text else 0):
        box.load(text or "")
        assert box.opened() == fmt.expected_lines(of)
