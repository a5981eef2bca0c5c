"""A service of too many ports is held, once, where it was not before."""

from __future__ import annotations

import pytest

from tests.guard.judged import findings, listing, names, only
from tests.support.readings import entry, services
from tracker.model import Entry, Service


def asking(*texts: str, **fields: object) -> Entry:
    return entry(services=services(*texts), **fields)


@pytest.mark.parametrize(
    ("ports", "limit", "held"),
    [
        *(("tcp/1-32768", 32768, False), ("tcp/1-32769", 32768, True)),
        *(("tcp/49152-65535", 32768, False), ("udp/1-65535", 32768, True)),
        *(("tcp/443", 1, False), ("tcp/443-444", 1, True), ("tcp/-", 1, False)),
        *(("tcp/1-65535", 65535, False), ("tcp/32767-65535", 32768, True)),
    ],
)
def test_more_ports_than_the_limit_are_held(ports: str, limit: int, *, held: bool) -> None:
    found = names([], [asking(ports)], most_ports=limit)
    assert found == ["all-ports"] * held


def test_it_says_what_and_where() -> None:
    new = [asking("tcp/443", "tcp/1-65535", "udp/1-65535", addresses=("3.7.6.8", "3.7.6.9"))]
    found = only([], new)
    assert (found.name, found.verdict) == ("all-ports", "hold")
    assert found.message == (
        '"Servers" in Europe asks for tcp/1-65535, udp/1-65535, more than 32768 ports at once'
    )
    assert (found.region, found.resource) == ("Europe", "Servers")
    assert only([], new, publish=("all-ports",)).verdict == "publish"


def test_what_was_published_once_is_not_judged_again() -> None:
    old = [asking("tcp/1-65535")]
    assert findings(old, old) == ()
    assert findings(old, [asking("tcp/1-65535", resource="Relays", purpose="New.")]) == ()
    more = [asking("tcp/1-65535", addresses=("3.74.63.86", "3.74.63.99"))]
    assert names(old, more) == ["all-ports"]
    assert names([listing("3.74.63.86")], old) == ["all-ports"]


def test_every_row_is_looked_at() -> None:
    assert names([], [asking("tcp/443"), asking("tcp/1-65535")]) == ["all-ports"]


def test_the_local_network_counts_too() -> None:
    lan = asking("tcp/1-65535", addresses=(), scope="lan", direction="inbound")
    assert names([], [lan]) == ["all-ports"]


@pytest.mark.parametrize("service", [Service("tcp", 1, None), Service("tcp", None, 65535)])
def test_ports_that_are_half_stated_are_not_counted(service: Service) -> None:
    assert findings([], [entry(services=(service,))], most_ports=1) == ()
