"""ipset.conf loaded by the real ipset: accepted, repeatable, and named by rules meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given

from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES, any_rule_sets, entry, rule_set
from tests.support.checkers import ipset
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.ipset import WIDE
from tracker.formats.shared.lan import USUAL_LAN
from tracker.model import LAN

FORMAT = load("ipset")
EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""


@pytest.fixture(autouse=True, scope="module")
def _programs() -> None:
    need("ipset", "iptables-legacy")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, tmp_path: Path) -> None:
    assert ipset(FORMAT.render(SAMPLES[name]).text or "", tmp_path) == ""


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=any_rule_sets)
def test_any_rule_set_is_accepted_and_loads_twice(of, tmp_path: Path) -> None:
    if (text := FORMAT.render(of).text) is not None:
        (tmp_path / "it").write_text(text)
        done = run(
            "ipset restore < it; ipset restore < it; ipset list -n | grep -c _n$ || true",
            tmp_path,
        )
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "0\n"), text


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("3.74.63.86,", "3.74.63.866,"),
        (",tcp:22543", ",tcp:99999"),
        (",tcp:22543", ",tcpp:22543"),
        ("hash:net,port family inet ", "hash:net,ports family inet "),
        ("10.0.0.0/8", "10.0.0.0/33"),
        ("swap action1_europe_out4 ", "swap action1_europe_out5 "),
        ("flush ", "flood "),
        ("add action1_europe_lti_n 22551", "add action1_europe_lti_n 0-70000"),
        ("\nadd action1_europe_out4_n", "\nadd action1_europe_out6_n"),
        ("maxelem 1048576", "maxelem many"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    body = EUROPE[EUROPE.index("\n\n") :]
    assert good in body
    twin = body.replace(good, broken, 1)
    assert ipset(twin, tmp_path) != ""
    assert not proven(twin)


def proven(text: str) -> bool:
    """Whether our own check lets the file pass."""
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


def test_sets_that_rules_name_are_filled_anew(tmp_path: Path) -> None:
    (tmp_path / "it").write_text(EUROPE)
    (tmp_path / "two").write_text(EUROPE.replace("3.74.63.86", "192.0.2.1"))
    rule = "iptables-legacy -A OUTPUT -m set --match-set action1_europe_out4 dst,dst -j ACCEPT"
    script = f"ipset restore < it; {rule}; ipset restore < two; ipset save action1_europe_out4"
    done = run(f"{script}; iptables-legacy -S OUTPUT", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "192.0.2.1,tcp:22543" in done.stdout
    assert "3.74.63.86" not in done.stdout
    assert "--match-set action1_europe_out4 dst,dst" in done.stdout


def test_a_file_that_fails_half_way_changes_no_set_in_use(tmp_path: Path) -> None:
    (tmp_path / "it").write_text(EUROPE)
    late = EUROPE.replace("3.74.63.86", "192.0.2.1").replace("swap ", "add no-such 1\nswap ", 1)
    (tmp_path / "late").write_text(late)
    script = "ipset restore < it; ipset save action1_europe_out4 > once; ! ipset restore < late"
    again = "ipset save action1_europe_out4 > again; cmp once again; ipset restore < it"
    done = run(
        f"{script}; {again}; ipset save action1_europe_out4 | sed 1d | sort > more", tmp_path
    )
    assert done.returncode == 0, done.stderr
    once = (tmp_path / "once").read_text().splitlines()[1:]
    assert (tmp_path / "more").read_text().splitlines() == sorted(once)


def test_wide_ranges_are_left_out_but_for_the_lan() -> None:
    wide = entry("192.0.2.1", ports=((2000, 3024), (4000, 5023)))
    rendered = FORMAT.render(rule_set(wide, entry(LAN, ports=((2000, 9000),))))
    assert [left.reason for left in rendered.left_out] == [WIDE]
    assert FORMAT.read_back(rendered.text or "") == {
        *USUAL_LAN.lines,
        "outbound 192.0.2.1 tcp/4000-5023",
        "outbound lan tcp/2000-9000",
    }


@pytest.mark.parametrize("name", ["x" * 60, "1", "Büro Süd", "restore", "north-america-2"])
def test_any_name_of_a_rule_set_is_accepted(name: str, tmp_path: Path) -> None:
    text = FORMAT.render(rule_set(entry("192.0.2.1"), name=name)).text or ""
    assert ipset(text, tmp_path) == ""
