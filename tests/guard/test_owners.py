"""Wildcards under which anyone can register names, and hosts that changed their owner."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.guard.judged import findings, listing, names, naming, only
from tests.support.readings import entry, services
from tracker.domain_suffixes import is_open_registry, registered_domain

# A region of some size, so that one host more or less is no mass.
ONE = listing(*(f"3.74.63.{number}" for number in range(80, 88)))


@pytest.mark.parametrize(
    "wildcard",
    [
        *("*.com", "*.co.uk", "*.ck", "*.kawasaki.jp", "*.xn--p1ai"),  # of registries
        *("*.corp", "*.notonthelist"),  # a top-level name that is not on the list
        *("*.s3.amazonaws.com", "*.cloudfront.net", "*.azurewebsites.net"),  # of providers
        *("*.blob.core.windows.net", "*.github.io"),
        *("*.amazonaws.com", "*.core.windows.net", "*.windows.net"),  # wider than those
    ],
)
def test_a_wildcard_that_anybody_can_be_under_is_held(wildcard: str) -> None:
    found = only([ONE], [ONE, naming(wildcard)])
    assert (found.name, found.verdict) == ("wide-wildcard", "hold")
    assert found.message == (
        f'"{wildcard}" in Europe lists {wildcard}, where anybody can have a name'
        " (Public Suffix List)"
    )
    assert (found.region, found.resource) == ("Europe", wildcard)
    assert names([], [naming(wildcard)], publish=("wide-wildcard",)) == []
    assert names([], [naming(wildcard)]) == ["wide-wildcard"]


@pytest.mark.parametrize(
    "host",
    [
        *("*.windowsupdate.com", "*.mp.microsoft.com", "*.update.microsoft.com"),
        *("*.action1.com", "*.example.co.uk", "*.mine.s3.amazonaws.com", "*.www.ck"),
        *("*.x.corp", "*.city.kawasaki.jp", "a1-backend-packages.s3.amazonaws.com"),
        *("s3.amazonaws.com", "co.uk", "*.cloudfront.net.example.com"),
    ],
)
def test_one_owner_s_names_are_published(host: str) -> None:
    assert findings([ONE], [ONE, naming(host)]) == ()


def test_only_new_wildcards_are_judged_and_all_of_them() -> None:
    old = [ONE, naming("*.co.uk")]
    assert findings(old, [ONE, naming("*.co.uk", purpose="New words.")]) == ()
    new = [
        *(ONE, naming("b.example.org"), naming("a.example.com", "*.example.com")),
        naming("*.com", "*.example.org", "*.net", resource="All"),
    ]
    found = only([ONE], new, max_added=9)
    assert "lists *.com, *.net, where" in found.message


def test_a_part_of_a_label_is_no_domain() -> None:
    assert not is_open_registry("azonaws.com")
    assert not is_open_registry("amazonaws.co")
    assert is_open_registry("ap-east-1.amazonaws.com")
    assert not is_open_registry("ap.east.1.amazonaws.com")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        *(("us-cdn.action1.com", "action1.com"), ("*.action1.com", "action1.com")),
        *(("a.b.s3.amazonaws.com", "b.s3.amazonaws.com"), ("x.example.co.uk", "example.co.uk")),
        *(("co.uk", "co.uk"), ("*.co.uk", "co.uk"), ("srv.office.corp", "office.corp")),
    ],
)
def test_the_registered_domain(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("before", "after", "domain"),
    [
        ("us-cdn.action1.com", "us-cdn.action1.co", "action1.co"),
        ("*.windowsupdate.com", "*.windowsupdate.org", "windowsupdate.org"),
        ("packages.s3.amazonaws.com", "other.s3.amazonaws.com", "other.s3.amazonaws.com"),
        ("a.example.co.uk", "a.other.co.uk", "other.co.uk"),
    ],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_a_host_of_another_registered_domain_is_held(
    before: str, after: str, domain: str, *, labelled: bool
) -> None:
    label = {"resource": "Download"} if labelled else {}
    found = only([ONE, naming(before, **label)], [ONE, naming(after, **label)])
    assert (found.name, found.verdict) == ("domain-changed", "hold")
    place = f'"{"Download" if labelled else after}" in Europe'
    assert found.message == (
        f"{place} went from {before} to {after}: another registered domain, {domain}"
    )
    assert (found.region, found.resource) == ("Europe", "Download" if labelled else after)
    old, new = [ONE, naming(before)], [ONE, naming(after)]
    assert names(old, new, publish=("domain-changed",)) == []


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["us-cdn.action1.com"], ["eu-cdn.action1.com"]),
        (["*.action1.com"], ["cdn.action1.com"]),
        (["a.example.com"], ["a.example.com", "b.example.org"]),  # none went
        (["a.example.com", "b.example.org"], ["a.example.com"]),  # none came
        (["a.example.com", "b.example.org"], ["c.example.org"]),  # one that it had
        (["a.example.com", "b.example.org"], ["b.example.org", "a.example.com"]),
    ],
)
def test_a_host_of_the_same_registered_domain_is_published(
    before: list[str], after: list[str], *, labelled: bool
) -> None:
    def rows(hosts: list[str]) -> list[object]:
        return [naming(*hosts, resource="CDN")] if labelled else [naming(h) for h in hosts]

    limits = {"max_removed": 1, "max_added": 9}
    assert findings([ONE, *rows(before)], [ONE, *rows(after)], **limits) == ()


def test_what_moved_is_told_of_each_place_once() -> None:
    def rows(host: str) -> list[object]:
        return [
            entry(
                resource=f"Servers ({host})",
                hosts=(host,),
                addresses=ONE.addresses,
                purpose=purpose,
            )
            for purpose in ("One.", "Two.")
        ]

    found = only(rows("a.example.com"), rows("a.example.org"))
    assert (found.name, found.resource) == ("domain-changed", "Servers (a.example.org)")


def test_every_entry_is_looked_at() -> None:
    old = [ONE, naming("a.example.com", resource="CDN"), naming("b.example.com")]
    new = [
        ONE,
        naming("a.example.com", resource="CDN", purpose="New."),
        naming("b.example.net"),
    ]
    assert names(old, new) == ["domain-changed"]


def test_several_hosts_are_told_together() -> None:
    old = [ONE, naming("a.example.com", "b.example.com", resource="CDN")]
    new = [ONE, naming("b.example.com", "x.example.org", "y.example.org", resource="CDN")]
    assert only(old, new).message == (
        '"CDN" in Europe went from a.example.com to x.example.org, y.example.org:'
        " another registered domain, example.org"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "Asia"},
        {"direction": "inbound"},
        {"services": services("tcp/80")},
        {"purpose": "Other words."},
        {"components": ("Console",)},
    ],
)
def test_a_bare_host_for_something_else_is_not_the_same(fields: dict[str, object]) -> None:
    old = [ONE, listing("3.74.63.99", region="Asia"), naming("a.example.com")]
    new = [*old[:2], naming("a.example.org", **fields)]
    publish = ("resource-group-gone",)
    assert names(old, new, max_removed=1, publish=publish) == []


def test_without_a_purpose_nothing_says_that_two_hosts_belong_together() -> None:
    old = [ONE, naming("a.example.com", purpose="")]
    assert names(old, [ONE, naming("a.example.org", purpose="")], max_removed=1) == []


LOADS = """
import sys
from tests.guard.judged import findings, listing, naming
old = [listing("3.74.63.86"), naming("a.example.com", "*.example.com", resource="CDN")]
new = [listing("3.74.63.86", "3.74.63.99"), old[1], naming("b.example.com")]
assert findings(old, new) == ()
assert findings(old, old[:1] + [naming("*.example.com", resource="CDN")], max_removed=1) == ()
print("publicsuffixlist" in sys.modules)
findings(old, new + [naming("*.example.net")])
print("publicsuffixlist" in sys.modules)
"""


def test_the_list_is_loaded_only_for_a_new_wildcard_or_a_changed_host() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "True"]
