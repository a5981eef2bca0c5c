"""What every rule format promises. A new format joins by being there."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings

from tests.contract.properties import DATA
from tests.formats.samples import (
    HOSTILE,
    SAMPLES,
    entry,
    is_address,
    rule_set,
    rule_sets,
    withheld,
)
from tracker.errors import RuleError, UsageError
from tracker.formats import Format, RuleSet, load, names
from tracker.model import LAN, endpoints_of, port_text

ALL = [load(name) for name in names()]
RULES = [each for each in ALL if each.name not in DATA]

every_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
every_rule_format = pytest.mark.parametrize("fmt", RULES, ids=lambda fmt: fmt.name)
few = settings(max_examples=8, deadline=None)
many = settings(max_examples=80, deadline=None)
every_sample = pytest.mark.parametrize("name", SAMPLES)

PUBLIC = entry("192.0.2.1", "2001:db8::1", "a.example.com", "*.c.example", ports=(443,))
LAN_ENTRY = entry(LAN, ports=(22551, 445, (49152, 65535)), direction="inbound")
LAN_PORTS = (135, 139, 389, 445, (49152, 65535))
DANGEROUS = [
    entry("192.0.2.9", "2001:db8::9", "b.example.com", ports=(ports,))
    for ports in [*LAN_PORTS, (1, 65535), (130, 140)]
]
# What formats with rules for the local network make of them.
INSTEAD = entry(LAN, ports=LAN_PORTS)


def text_of(fmt: Format, of: RuleSet) -> str:
    text = fmt.render(of).text
    assert text is not None
    return text


def opened(fmt: Format, text: str) -> set[str]:
    """`outbound 192.0.2.1 tcp/443`: what a data file says first of each row."""
    return {" ".join(line.split()[:3]) for line in fmt.read_back(text)}


def test_the_names_of_formats_and_their_files() -> None:
    assert {*DATA, "ips", "domains", "nftables"} <= set(names())
    assert len({fmt.file for fmt in ALL}) == len(ALL)
    with pytest.raises(UsageError, match='no format is called "nftable"; there are: '):
        load("nftable")


@every_sample
@every_format
def test_each_endpoint_is_in_the_file_or_left_out(fmt: Format, name: str) -> None:
    rendered = fmt.render(SAMPLES[name])
    left_out = {left.endpoint for left in rendered.left_out}
    assert rendered.text is not None
    for endpoint in endpoints_of(SAMPLES[name].entries):
        if endpoint not in left_out and endpoint.target != LAN:
            assert endpoint.target.removeprefix("*.") in rendered.text


@every_format
@few
@given(of=rule_sets)
def test_the_order_of_the_page_does_not_matter(fmt: Format, of: RuleSet) -> None:
    check_order(fmt, of)


@pytest.mark.slow
@every_format
@many
@given(of=rule_sets)
def test_the_order_of_many_pages_does_not_matter(fmt: Format, of: RuleSet) -> None:
    check_order(fmt, of)


def check_order(fmt: Format, of: RuleSet) -> None:
    shuffled = list(of.entries) * 2
    random.Random(5).shuffle(shuffled)
    again = RuleSet(
        **{field: getattr(of, field) for field in RuleSet.__struct_fields__}
        | {"entries": tuple(map(turned_round, shuffled))}
    )
    assert fmt.render(again) == fmt.render(of)


def turned_round(one):
    lists = ("hosts", "addresses", "services", "components")
    return msgspec.structs.replace(one, **{name: getattr(one, name)[::-1] for name in lists})


@pytest.mark.parametrize("name", sorted(DATA))
@settings(max_examples=30, deadline=None)
@given(of=rule_sets)
def test_a_data_file_holds_every_endpoint(name: str, of: RuleSet) -> None:
    fmt = load(name)
    rendered = fmt.render(of)
    assert rendered.left_out == ()
    wanted = {
        f"{each.direction} {each.target} {port_text(each).split()[0]}"
        for each in endpoints_of(of.entries)
    }
    assert opened(fmt, rendered.text or "") == wanted if rendered.text else not wanted


@every_format
def test_nothing_to_say_is_no_file(fmt: Format) -> None:
    assert fmt.render(rule_set()).text is None


@every_rule_format
def test_what_is_for_the_lan_is_never_opened_to_a_public_target(fmt: Format) -> None:
    alone = fmt.render(rule_set(*DANGEROUS)).text
    assert alone is None or fmt.read_back(alone) == fmt.expected_lines(rule_set(INSTEAD))
    wanted = text_of(fmt, rule_set(PUBLIC, INSTEAD))
    rendered = fmt.render(rule_set(PUBLIC, *DANGEROUS))
    assert rendered.text is not None
    assert fmt.read_back(rendered.text) == fmt.read_back(wanted)
    listed = {left.endpoint for left in rendered.left_out}
    assert listed >= set(endpoints_of(DANGEROUS))


@every_rule_format
@few
@given(of=rule_sets)
def test_what_is_withheld_is_always_left_out(fmt: Format, of: RuleSet) -> None:
    check_withheld(fmt, of)


@pytest.mark.slow
@every_rule_format
@many
@given(of=rule_sets)
def test_what_is_withheld_of_many_rule_sets_is_left_out(fmt: Format, of: RuleSet) -> None:
    check_withheld(fmt, of)


def check_withheld(fmt: Format, of: RuleSet) -> None:
    left_out = {left.endpoint for left in fmt.render(of).left_out}
    assert {each for each in endpoints_of(of.entries) if withheld(each)} <= left_out


@every_rule_format
@pytest.mark.parametrize("anywhere", ["0.0.0.0/0", "::/0"])
def test_no_entry_ever_means_every_address(fmt: Format, anywhere: str) -> None:
    rendered = fmt.render(rule_set(PUBLIC, entry(anywhere)))
    assert rendered.text is not None
    assert anywhere not in fmt.read_back(rendered.text)
    assert anywhere in {left.endpoint.target for left in rendered.left_out}


@every_format
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_change_no_rule(fmt: Format, words: str) -> None:
    of = [PUBLIC, LAN_ENTRY, entry("192.0.2.77", "*.example.org", ports=(443, None))]
    hostile = [
        msgspec.structs.replace(
            each, resource=words, purpose=words, only_for=words, components=(words,)
        )
        for each in of
    ]
    plain, changed = text_of(fmt, rule_set(*of)), text_of(fmt, rule_set(*hostile))
    if fmt.name in DATA:
        assert opened(fmt, changed) == opened(fmt, plain)
    else:
        assert fmt.read_back(changed) == fmt.read_back(plain)
        assert len(changed.splitlines()) == len(plain.splitlines())
        assert changed.isascii()
        assert all(each.isprintable() or each in "\n\t" for each in changed)


@every_rule_format
@pytest.mark.parametrize(
    "target",
    ["192.0.2.1 } accept", "192.0.2.300", "192.0.2.1/24", "fe80::1%x;y", "*", "a b.com"],
)
def test_a_target_of_no_known_type_is_refused(fmt: Format, target: str) -> None:
    for broken in [{"addresses": (target,)}, {"hosts": (target,)}]:
        with pytest.raises(RuleError, match="no rule is written"):
            fmt.render(rule_set(PUBLIC, entry(**broken)))


@every_rule_format
@pytest.mark.parametrize("ports", [(0, 0), (443, 70000), (500, 400)])
def test_a_port_that_is_none_is_refused(fmt: Format, ports: tuple[int, int]) -> None:
    with pytest.raises(RuleError, match="is no port range"):
        fmt.render(rule_set(entry("192.0.2.1", ports=(ports,))))


@every_format
def test_ipv6_is_treated_like_ipv4(fmt: Format) -> None:
    four = fmt.render(rule_set(entry("192.0.2.1")))
    six = fmt.render(rule_set(entry("2001:db8::1")))
    assert (four.text is None) is (six.text is None)
    if six.text is not None:
        assert "2001:db8::1" in six.text


@every_format
def test_a_wildcard_is_written_or_left_out(fmt: Format) -> None:
    rendered = fmt.render(rule_set(entry("*.example.com")))
    if rendered.text is None:
        assert [left.endpoint.target for left in rendered.left_out] == ["*.example.com"]
    else:
        assert "example.com" in rendered.text


@every_format
def test_no_line_of_a_file_can_be_lost_unseen(fmt: Format) -> None:
    of = SAMPLES["2024-04-europe"]
    lines = text_of(fmt, of).splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("#", "//", ";", "!")) or not line.strip():
            continue
        rest = "".join(lines[:number] + lines[number + 1 :])
        try:
            found = fmt.read_back(rest)
        except RuleError:
            continue
        assert found != fmt.expected_lines(of), f"line {number + 1} counts for nothing: {line}"


@every_format
def test_a_line_more_is_seen(fmt: Format) -> None:
    of = SAMPLES["2024-04-europe"]
    for more in ("198.51.100.1\n", "x.example.net\n", "flush ruleset\n", "{}\n", "a,b\n"):
        try:
            found = fmt.read_back(text_of(fmt, of) + more)
        except RuleError:
            continue
        assert found != fmt.expected_lines(of)


@every_sample
def test_the_addresses_of_a_sample_are_all_in_the_plain_list(name: str) -> None:
    wanted = {
        address
        for each in SAMPLES[name].entries
        for address in each.addresses
        if not all(map(withheld, endpoints_of([each])))
    }
    listed = text_of(load("ips"), SAMPLES[name]).splitlines()
    assert set(listed) == wanted
    assert all(map(is_address, listed))
