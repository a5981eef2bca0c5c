"""rpz.zone, unbound.conf, adguard.txt: accepted; a real Unbound decides by the first two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from msgspec import structs

from tests.formats.resolver import lets_through, unbound
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN

RPZ, UNBOUND, ADGUARD = load("rpz"), load("unbound"), load("adguard")
ALL = [RPZ, UNBOUND, ADGUARD]
every_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)

RULES = rule_set(
    *SAMPLES["2024-04-europe"].entries,
    entry("*.example.org", "a.b.example.org", "*.c.example.org", "example.org"),
    entry("deep.under.example.net", "example.net"),
)
# name -> is it let through?
WILDCARDS = {
    "windowsupdate.com": True,
    "a.windowsupdate.com": True,
    "a.b.windowsupdate.com": True,
    "xwindowsupdate.com": False,
    "com": False,
    "example.org": True,
    "a.b.example.org": True,
    # Beside a name that the wildcard includes: a zone with a line for that would hide it.
    "c.b.example.org": True,
    "b.example.org": True,
    "x.c.example.org": True,
    "unrelated.example": False,
}
HOSTS = {
    "server.eu.action1.com": True,
    "SERVER.eu.action1.com": True,
    "x.server.eu.action1.com": False,
    "eu.action1.com": False,
    "action1.com": False,
    "deep.under.example.net": True,
    "under.example.net": False,
    "example.net": True,
    "a.example.net": False,
}
# Everything is blocked by a second zone, and by a local zone of the user's.
BLOCK_ALL = "$TTL 300\n@ SOA localhost. root.localhost. 1 1 1 1 1\n@ NS localhost.\n* CNAME .\n"
REFUSE_ALL = '    local-zone: "." refuse\n    include: "{path}"\n'


def text_of(fmt, of) -> str:
    text = fmt.render(of).text
    assert text is not None
    return text


def rpz_clauses(*paths: Path) -> str:
    return "".join(
        f'rpz:\n    name: "z{number}.example"\n    zonefile: "{path}"\n'
        for number, path in enumerate(paths)
    )


def test_a_policy_zone_lets_through_what_it_names_alone(tmp_path: Path) -> None:
    ours, block = tmp_path / "ours", tmp_path / "block"
    ours.write_text(text_of(RPZ, RULES))
    block.write_text(BLOCK_ALL)
    cases = WILDCARDS | HOSTS
    with unbound(tmp_path, rpz_clauses(ours, block)) as port:
        assert {name: lets_through(port, name) for name in cases} == cases


def test_without_the_zone_nothing_is_let_through(tmp_path: Path) -> None:
    block = tmp_path / "block"
    block.write_text(BLOCK_ALL)
    cases = WILDCARDS | HOSTS
    with unbound(tmp_path, rpz_clauses(block)) as port:
        assert not any(lets_through(port, name) for name in cases)


@pytest.mark.parametrize("names_below", [True, False])
def test_local_zones_let_through_names_with_what_is_below(
    names_below: bool,
    tmp_path: Path,
) -> None:
    ours = tmp_path / "ours"
    ours.write_text(text_of(UNBOUND, structs.replace(RULES, names_below=names_below)))
    hosts = HOSTS | {"x.server.eu.action1.com": True, "a.example.net": True}
    hosts["under.example.net"] = True
    cases = WILDCARDS | (hosts if names_below else dict.fromkeys(HOSTS, False))
    with unbound(tmp_path, REFUSE_ALL.format(path=ours)) as port:
        assert {name: lets_through(port, name) for name in cases} == cases


def test_both_kinds_of_blocks_are_lifted_by_both_files(tmp_path: Path) -> None:
    """A local zone blocks all and some names again; so does a policy zone."""
    of = rule_set(entry("*.windowsupdate.com", "server.eu.action1.com"))
    ours, zone, block = tmp_path / "zz-ours", tmp_path / "zone", tmp_path / "block"
    ours.write_text(text_of(UNBOUND, of))
    zone.write_text(text_of(RPZ, of))
    block.write_text(BLOCK_ALL)
    same = '    local-zone: "server.eu.action1.com." always_nxdomain\n'
    more = REFUSE_ALL.format(path=ours)
    before = more.replace("    include", f"{same}    include")
    policies = rpz_clauses(zone, block)
    asked = ["a.windowsupdate.com", "server.eu.action1.com", "other.example"]
    found = {}
    for case, text in {
        "ours is read last": f"server:\n{before}{policies}",
        "the block is read last": f"server:\n{more}server:\n{same}{policies}",
        "without the policy zone": f"server:\n{before}{rpz_clauses(block)}",
        "without the local zones": f'server:\n    local-zone: "." refuse\n{policies}',
    }.items():
        (folder := tmp_path / case.replace(" ", "-")).mkdir()
        with unbound(folder, text) as port:
            found[case] = [lets_through(port, name) for name in asked]
    assert found == {
        "ours is read last": [True, True, False],
        "the block is read last": [True, False, False],
        "without the policy zone": [False, False, False],
        "without the local zones": [False, False, False],
    }
    head = text_of(UNBOUND, of)
    assert "unbound.conf.d/zz-action1-europe.conf" in head
    assert "after those that block" in head


def adguard_lets_through(text: str, name: str) -> bool:
    """AdGuard's own words: `||` a name or below it, `|` its beginning, `^` its end."""
    starts = {"||": r"(?:.*\.)?", "|": ""}
    return any(
        re.fullmatch(starts[bars] + re.escape(host), name.lower())
        for bars, host in re.findall(r"^@@(\|\|?)(.+)\^$", text, re.MULTILINE)
    )


def test_exceptions_let_through_what_they_name_alone() -> None:
    text = text_of(ADGUARD, RULES)
    for name, open_ in (WILDCARDS | HOSTS).items():
        assert adguard_lets_through(text, name) is open_, name


def accepts(fmt, text: str, folder: Path) -> str:
    """What the format's checker complains of."""
    if fmt is RPZ:
        return checkers.zone(text, folder, "action1-europe.rpz")
    if fmt is UNBOUND:
        return checkers.unbound(text, folder)
    rules = [line for line in text.splitlines() if line and line[0] not in "#!"]
    name = r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+"
    return "\n".join(rule for rule in rules if not re.fullmatch(rf"@@\|\|?{name}\^", rule))


@pytest.mark.parametrize("name", SAMPLES)
@every_format
def test_a_sample_is_accepted(fmt, name: str, tmp_path: Path) -> None:
    assert accepts(fmt, text_of(fmt, SAMPLES[name]), tmp_path) == ""


TWINS = [
    (RPZ, "@ SOA localhost.", "@ SO localhost."),
    (RPZ, "eu-cdn.action1.com CNAME", "eu-cdn.action1.com CNAMED"),
    (RPZ, "eu-cdn.action1.com CNAME", "eu-cdn..action1.com CNAME"),
    (RPZ, "@ NS localhost.", ""),
    (RPZ, "; *.mp", "*.mp"),
    (UNBOUND, "transparent", "transparently"),
    (UNBOUND, "local-zone:", "local-zones:"),
    (UNBOUND, '"windowsupdate.com."', '"windowsupdate.com.'),
    (UNBOUND, "server:", "servers:"),
    (ADGUARD, "@@||windowsupdate", "@@|||windowsupdate"),
    (ADGUARD, "@@|eu-cdn.action1.com^", "@@|eu-cdn.action1.com"),
    (ADGUARD, "@@|eu-cdn.action1.com^", "eu-cdn.action1.com"),
]


@pytest.mark.parametrize(
    ("fmt", "good", "broken"), TWINS, ids=lambda each: getattr(each, "name", each)
)
def test_a_broken_twin_is_rejected(fmt, good: str, broken: str, tmp_path: Path) -> None:
    text = text_of(fmt, SAMPLES["2024-04-europe"])
    assert good in text
    twin = text.replace(good, broken, 1)
    assert accepts(fmt, twin, tmp_path)
    assert not proven(fmt, twin)


def proven(fmt, text: str) -> bool:
    try:
        return fmt.read_back(text) == fmt.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=rule_sets)
def test_any_rule_set_is_accepted(of, tmp_path: Path) -> None:
    for fmt in ALL:
        if (text := fmt.render(of).text) is not None:
            assert accepts(fmt, text, tmp_path) == "", text


@pytest.mark.parametrize("words", HOSTILE)
@every_format
def test_hostile_words_are_accepted_and_add_nothing(fmt, words: str, tmp_path: Path) -> None:
    hosts = ("*.example.com", "a.example.net")
    text = text_of(fmt, rule_set(entry(*hosts, resource=words, only_for=words), name=words))
    assert accepts(fmt, text, tmp_path) == ""
    assert fmt.read_back(text) == fmt.read_back(text_of(fmt, rule_set(entry(*hosts))))


@every_format
def test_addresses_lan_and_inbound_names_are_left_out(fmt) -> None:
    of = [entry("192.0.2.1"), entry(LAN), entry("*.example.com", direction="inbound")]
    rendered = fmt.render(rule_set(*of))
    assert rendered.text is None
    assert len(rendered.left_out) == 3


def test_a_local_zone_opens_nothing_below_a_host_where_that_is_closed() -> None:
    of = rule_set(entry("bucket.s3.example.com", "*.example.net"))
    rendered = UNBOUND.render(structs.replace(of, names_below=False))
    assert UNBOUND.read_back(rendered.text or "") == {"*.example.net"}
    [left] = rendered.left_out
    assert left.endpoint.target == "bucket.s3.example.com"
    assert "rpz.zone has the name alone" in left.reason


def test_no_line_is_longer_than_adguard_reads() -> None:
    many = tuple(range(20000, 20200, 2))
    text = text_of(ADGUARD, rule_set(entry("a.example.com"), entry("192.0.2.1", ports=many)))
    assert ADGUARD.limit is not None
    assert ADGUARD.limit.count(text) <= ADGUARD.limit.most == 1023
    assert ADGUARD.limit.count(text + "#" * 1024) > ADGUARD.limit.most


def test_the_policy_zone_names_the_resolvers_that_read_it() -> None:
    head = text_of(RPZ, RULES)
    assert "Knot Resolver 5" in head
    assert "Knot Resolver 6 does not: it skips rpz-passthru" in head


def test_a_name_too_long_for_a_policy_zone_is_left_out(tmp_path: Path) -> None:
    label = "x" * 60
    fits, long = f"{label}.{label}.example.com", f"{label}.{label}.{label}.example.com"
    rendered = RPZ.render(rule_set(entry(fits, long)))
    assert [left.endpoint.target for left in rendered.left_out] == [long]
    assert checkers.zone(rendered.text or "", tmp_path, f"{label}.rpz") == ""


def test_the_serial_is_the_second_in_which_the_version_was_captured() -> None:
    of = structs.replace(rule_set(entry("a.example.com")), captured_at="2026-02-25T00:00:00Z")
    text = text_of(RPZ, of)
    assert " 1771977600 3600 " in text
    assert RPZ.serial is not None
    assert RPZ.serial.read(text) == 1771977600
    other = RPZ.serial.write(text, 1771977601)
    assert RPZ.read_back(other) == RPZ.read_back(text)
    with pytest.raises(RuleError, match="it has no serial"):
        RPZ.read_back(text.replace(" SOA ", " SOB "))


def test_what_the_zone_says_of_unbound_is_its_syntax(tmp_path: Path) -> None:
    text = text_of(RPZ, RULES)
    (tmp_path / "action1-europe.rpz.zone").write_text(text)
    [clause] = re.findall(r"^;\s+(rpz: .*)$", text, re.MULTILINE)
    [modules] = re.findall(r"^;\s+Unbound  (module-config: .*)$", text, re.MULTILINE)
    config = f'server:\n    directory: "{tmp_path}"\n    chroot: ""\n    {modules}\n{clause}\n'
    assert checkers.unbound(config, tmp_path) == ""


@every_format
def test_a_delta_is_the_lines_that_come_and_go(fmt) -> None:
    one = rule_set(entry("*.a.example", "*.b.example"), version=1)
    two = rule_set(entry("*.b.example", "*.c.example", resource="Other"), version=2)
    lines = (fmt.delta(one, two) or "").splitlines()
    assert [line for line in lines if "b.example" in line] == []
    assert all("c.example" in line for line in lines if line[0] == "+")
    assert all("a.example" in line for line in lines if line[0] == "-")
    assert (
        fmt.delta(two, one)
        == "\n".join(
            {"+": "- ", "-": "+ "}[line[0]] + line[2:]
            for line in sorted(lines, key=lambda line: line[0], reverse=True)
        )
        + "\n"
    )
    assert fmt.delta(one, one) is None
