"""iptables.rules loaded by both variants of both families: accepted, repeatable, ours alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given

from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES, any_rule_sets, entry, rule_set
from tests.support.checkers import iptables
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("iptables")
EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""
PROGRAMS = ("iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft")
USERS_OWN = """*filter
:OUTPUT DROP [0:0]
:mine - [0:0]
-A OUTPUT -j mine
-A OUTPUT -j action1-europe-out
-A mine -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""


@pytest.fixture(autouse=True, scope="module")
def _programs() -> None:
    need(*PROGRAMS)


@pytest.mark.parametrize("six", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, six: bool, tmp_path: Path) -> None:
    assert iptables(FORMAT.render(SAMPLES[name]).text or "", tmp_path, six=six) == ""


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=any_rule_sets)
def test_any_rule_set_loads_twice_and_lists_as_written(of, tmp_path: Path) -> None:
    if (text := FORMAT.render(of).text) is None:
        return
    (tmp_path / "it").write_text(text)
    lists = [f"{p}-restore -n < it; {p}-restore -n < it; {p} -S | grep -- -j" for p in PROGRAMS]
    done = run(" || true\n".join([*lists, ""]), tmp_path)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("# Warning")]
    assert (done.returncode, errors) == (0, []), text
    ours = [line for line in text.splitlines() if " -A " in line]
    assert len(done.stdout.splitlines()) == 2 * len(ours)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("--dports 22543", "--dports 70000"),
        ("3.74.63.86 ", "3.74.63.86/33 "),
        ("-j ACCEPT", "-j ACEPT"),
        ("*filter", "*filters"),
        ("-p tcp", "-p tcpp"),
        ("-m multiport", "-m multiports"),
        (":action1-europe-out", ":action1-europe-outer"),
        ("COMMIT\n", ""),
        ("--dports 135,", f"--dports {','.join(map(str, range(1, 16)))},"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    body = EUROPE[EUROPE.index("\n\n") :]
    assert good in body
    twin = body.replace(good, broken, 1)
    assert iptables(twin, tmp_path) != ""
    assert not proven(twin)


def proven(text: str) -> bool:
    """Whether our own check lets the file pass."""
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_users_own_rules_and_jumps_survive(program: str, tmp_path: Path) -> None:
    (tmp_path / "it").write_text(EUROPE)
    (tmp_path / "own").write_text(USERS_OWN)
    load_, own = f"{program}-restore -n < it", f"{program}-restore -n < own"
    script = f"{load_}; {own}; {program} -S > once; {load_}; {load_}; {program} -S > again"
    done = run(f"{script}; cmp once again; grep -c -- '-A mine' again", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_a_file_that_fails_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "it").write_text(EUROPE)
    (tmp_path / "late").write_text(
        EUROPE.replace("3.74.63.86", "192.0.2.1").replace(
            "COMMIT", "-A no-such -j ACCEPT\nCOMMIT"
        )
    )
    for program in PROGRAMS:
        script = (
            f"{program}-restore -n < it; {program} -S > once; ! {program}-restore -n < late"
        )
        done = run(f"{script}; {program} -S > again; cmp once again", tmp_path)
        assert done.returncode == 0, (program, done.stderr)


def test_many_ports_are_parted_as_the_multiport_match_takes_them(tmp_path: Path) -> None:
    of = rule_set(
        entry("192.0.2.1", ports=tuple(range(1000, 1080, 2))),
        entry(LAN, services=tuple(Service("tcp", n, n + 1) for n in range(2000, 2100, 5))),
    )
    text = FORMAT.render(of).text or ""
    assert iptables(text, tmp_path) == ""
    ports = [
        line.split("--dports ")[1].split()[0] for line in text.splitlines() if " -A" in line
    ]
    assert max(len(part.replace(":", ",").split(",")) for part in ports) == 15


def test_a_file_holds_no_drop_and_no_policy() -> None:
    rules = [line for line in EUROPE.splitlines() if line and not line.startswith("#")]
    assert all(line.endswith("-j ACCEPT") for line in rules[5:-1])
    ends = ("out", "in", "lano", "lani")
    assert rules[:5] == ["*filter", *(f":action1-europe-{end} - [0:0]" for end in ends)]


def test_chains_have_names_that_iptables_takes_and_no_two_the_same() -> None:
    names = ["europe", "europe-lan", "lan", "x" * 15, "x" * 16, "x" * 17, "x" * 60, "x-lano"]
    chains = [
        line.split()[0]
        for name in names
        for line in (FORMAT.render(rule_set(entry("192.0.2.1"), name=name)).text or "").split(
            "\n"
        )
        if line.startswith(":")
    ]
    assert len(set(chains)) == len(chains) == 4 * len(names)
    assert max(map(len, chains)) == 1 + 28
    # The one of the longest name among regions as they are.
    north = FORMAT.render(rule_set(entry("192.0.2.1"), name="north-america-2")).text or ""
    assert "\n:action1-north-america-2-lano - " in north


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        # A rule of the LAN among those for the internet, and the other way round.
        ("-A action1-europe-lano -d 10.", "-A action1-europe-out -d 10."),
        ("-A action1-europe-out -d 3.", "-A action1-europe-lano -d 3."),
        ("-A action1-europe-lani -s 10.", "-A action1-europe-lano -s 10."),
        ("-4 -A action1-europe-lano -d 10.", "-6 -A action1-europe-lano -d 10."),
        ("-A action1-europe-lani -s 10.0.0.0/8", "-A action1-europe-lani -s 11.0.0.0/8"),
    ],
)
def test_a_rule_in_the_chain_of_another_kind_is_seen(good: str, broken: str) -> None:
    assert good in EUROPE
    with pytest.raises(RuleError):
        FORMAT.read_back(EUROPE.replace(good, broken, 1))


@pytest.mark.parametrize("name", ["x" * 60, "1", "Büro Süd", "-j", "OUTPUT"])
def test_any_name_of_a_rule_set_is_accepted(name: str, tmp_path: Path) -> None:
    text = FORMAT.render(rule_set(entry("192.0.2.1"), name=name)).text or ""
    assert iptables(text, tmp_path) == ""
