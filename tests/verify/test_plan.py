"""What is tried for which endpoint, and what is not, with its reason."""

from __future__ import annotations

import pytest

from tests.formats.samples import SAMPLES, entry
from tracker.errors import UsageError
from tracker.model import LAN, Service
from tracker.verify.plan import IN_LAN, INBOUND, NO_PORT, WILDCARD, plan_tasks
from tracker.verify.resolve import is_listed, names_in_hosts_file

TLS = Service("tcp", 22543, 22543, "TLS 1.2")


def tried(*entries, **children) -> list[str]:
    found = plan_tasks(entries, {key: tuple(value) for key, value in children.items()})
    return [str(probe) for task in found for probe in task.probes]


def reasons(*entries) -> list[str]:
    return [task.why for task in plan_tasks(entries, {})]


def test_a_host_and_its_addresses_are_tried_with_the_host_s_certificate() -> None:
    found = plan_tasks([entry("a.example.com", "192.0.2.1", services=(TLS,))], {})
    probes = [probe for task in found for probe in task.probes]
    assert sorted(map(str, probes)) == [
        "192.0.2.1 tcp/22543 TLS",
        "a.example.com tcp/22543 TLS",
    ]
    assert {probe.name for probe in probes} == {"a.example.com"}


@pytest.mark.parametrize(
    ("name", "tls"),
    [("HTTPS", True), ("TLS 1.2", True), ("HTTP", False), (None, False), ("STLS2", False)],
)
def test_tls_is_where_the_page_says_so(name: str | None, tls: bool) -> None:
    [task] = plan_tasks([entry("192.0.2.1", services=(Service("tcp", 1, 1, name),))], {})
    assert [probe.tls for probe in task.probes] == [tls]


def test_a_wildcard_is_tried_by_its_children() -> None:
    wildcard = entry("*.example.com")
    assert reasons(wildcard) == [WILDCARD]
    children = {"*.example.com": ["a.example.com", "b.c.example.com"]}
    assert tried(wildcard, **children) == ["a.example.com tcp/443", "b.c.example.com tcp/443"]


@pytest.mark.parametrize("child", ["a.example.org", "xexample.com", "*.example.com", "", "a b"])
def test_a_child_of_another_family_is_refused(child: str) -> None:
    with pytest.raises(UsageError, match=r"\[verify\] children: .* is not a host below"):
        plan_tasks([], {"*.example.com": (child,)})


def test_a_host_knows_what_any_row_of_the_page_lists_beside_it() -> None:
    row = entry("a.example.com", "192.0.2.1", "192.0.2.0/28")
    [task] = plan_tasks([entry("a.example.com", ports=(80,))], {}, [row])
    assert task.probes[0].listed == ("192.0.2.1", "192.0.2.0/28")


def test_an_address_is_asked_for_each_name_of_all_its_rows() -> None:
    rows = [
        entry("a.example.com", "b.example.com", "192.0.2.1", services=(TLS,)),
        entry("*.example.com", "c.example.com", "192.0.2.1", services=(TLS,), region="B"),
        entry("192.0.2.1", services=(Service("tcp", 22543, 22543),), region="C"),
    ]
    [task] = [each for each in plan_tasks(rows, {}) if each.endpoint.target == "192.0.2.1"]
    assert [probe.name for probe in task.probes] == [f"{each}.example.com" for each in "abc"]


@pytest.mark.parametrize(
    ("address", "listed", "expected"),
    [
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.9", ["192.0.2.0/24"], True),
        ("192.0.3.1", ["192.0.2.0/24", "192.0.2.1"], False),
        ("64:ff9b::c000:201", ["192.0.2.1"], True),  # NAT64
        ("2001:db8::1", ["192.0.2.1"], False),
        ("2001:db8:0::1", ["2001:db8::1"], True),
    ],
)
def test_an_address_is_listed_in_any_form(address, listed, expected) -> None:
    assert is_listed(address, listed) is expected


def test_names_of_the_hosts_file_are_found(tmp_path) -> None:
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n192.0.2.1 A.example.com b # c.example.com\n")
    names = ["a.example.com", "c.example.com", "d.example.com"]
    assert list(names_in_hosts_file(names, path)) == ["a.example.com"]
    assert list(names_in_hosts_file(names, tmp_path / "none")) == []


def test_what_cannot_be_tried_says_why() -> None:
    assert reasons(entry("192.0.2.0/24")) == [
        "a network: which of 256 addresses answer is not documented"
    ]
    assert reasons(entry("192.0.2.1", ports=((1000, 2000),))) == [
        "1001 ports: which of them answer is not documented"
    ]
    assert reasons(entry("192.0.2.1", ports=(None,))) == [NO_PORT]
    assert reasons(entry("192.0.2.1", direction="inbound")) == [INBOUND]
    assert reasons(entry(LAN, direction="inbound")) == [INBOUND]
    assert reasons(entry(LAN)) == [IN_LAN]


def test_a_short_range_of_ports_is_tried_port_by_port() -> None:
    assert len(tried(entry("192.0.2.1", ports=((3478, 3481),)))) == 4


def test_windows_services_are_never_tried_at_a_public_address() -> None:
    ports = (443, 445, 135, (49152, 65535))
    assert tried(entry("192.0.2.1", ports=ports)) == ["192.0.2.1 tcp/443"]


def test_an_endpoint_of_two_rows_is_one_task() -> None:
    one = entry("192.0.2.1", requirement=None, region="A")
    other = entry("192.0.2.1", services=(Service("tcp", 443, 443, "HTTPS"),), region="B")
    [task] = plan_tasks([one, other], {})
    assert task.regions == ("A", "B")
    assert task.requirement == "required"
    assert [probe.tls for probe in task.probes] == [True]


def test_nothing_is_tried_that_the_sample_does_not_list() -> None:
    of = SAMPLES["2024-04-all"]
    listed = {target for each in of.entries for target in each.targets}
    assert {text.split()[0] for text in tried(*of.entries)} <= listed
