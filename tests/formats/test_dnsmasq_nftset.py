"""dnsmasq-nftset.conf: taken by dnsmasq, and filling the sets that nftables.nft declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES, entry, rule_set
from tests.support.checkers import dnsmasq
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.dnsmasq_nftset import NAMES_BELOW, TOO_DEEP

FORMAT = load("dnsmasq-nftset")
PLAY = Path(__file__).with_name("names_in_sets.py")
EUROPE = FORMAT.render(SAMPLES["2024-04-europe"]).text or ""
OWN = """
table inet filter {
	chain mine {
		type filter hook output priority filter; policy drop;
		ct state established,related accept
		ip daddr 127.0.0.1 accept
		jump action1_europe_out
	}
}
"""


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, tmp_path: Path) -> None:
    assert dnsmasq(FORMAT.render(SAMPLES[name]).text or "", tmp_path) == ""


def test_a_file_with_all_lines_in_use_is_accepted(tmp_path: Path) -> None:
    assert dnsmasq(EUROPE.replace("\n#nftset", "\nnftset"), tmp_path) == ""


@pytest.mark.parametrize(
    ("good", "broken", "dnsmasq_sees_it"),
    [
        ("nftset=", "nftsets=", True),
        ("/windowsupdate.com/4#", "4#", False),
        ("nftset=/windows", "nftset=windows", False),
        # dnsmasq takes these, and then fills nothing: only our own check sees them.
        ("4#inet", "9#inet", False),
        ("/windowsupdate.com/", "/*.windowsupdate.com/", False),
        ("_windowsupdate_com_", "_windowsupdates_com_", False),
        ("#filter#", "#filters#", False),
    ],
)
def test_a_broken_twin_is_rejected(good, broken, dnsmasq_sees_it, tmp_path: Path) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert bool(dnsmasq(twin, tmp_path)) is dnsmasq_sees_it
    with pytest.raises(RuleError):
        FORMAT.read_back(twin)


def played(of, asked, tmp_path: Path, *, in_use=str, own: str = OWN) -> dict:
    """For each (name, port): got through before, and after dnsmasq was asked."""
    need("nft", "ip", "dnsmasq")
    (tmp_path / "it.nft").write_text(load("nftables").render(of).text or "")
    (tmp_path / "own.nft").write_text(own)
    (tmp_path / "it.conf").write_text(in_use(FORMAT.render(of).text or ""))
    lines = "\\n".join(f"{name} {port}" for name, port in asked)
    script = ["ip link set lo up", "nft -f it.nft", "nft -f own.nft"]
    script.append(f'printf "{lines}\\n" | "$PYTHON" {PLAY} it.conf')
    done = run("\n".join(script), tmp_path)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        name, port, *said = line.split()
        found[name, int(port)] = tuple(each == "through" for each in said)
    return found


CLOSED, OPENED = (False, False, False, False), (False, False, True, True)


def test_a_wildcard_opens_its_bare_name_and_its_children_and_no_other(tmp_path: Path) -> None:
    below = ("windowsupdate.com", "a.windowsupdate.com", "a.b.windowsupdate.com")
    wanted = {(name, port): OPENED for name in below for port in (80, 443)}
    wanted |= {(name, 8080): CLOSED for name in below}
    wanted |= {
        ("xwindowsupdate.com", 443): CLOSED,
        ("windowsupdate.com.evil.example", 443): CLOSED,
        ("eu-cdn.action1.com", 443): CLOSED,
        ("a.update.microsoft.com", 443): OPENED,
        ("a.update.microsoft.com", 80): CLOSED,
        ("microsoft.com", 443): CLOSED,
    }
    assert played(SAMPLES["2024-04-europe"], wanted, tmp_path) == wanted


def test_without_the_jump_no_name_gets_through(tmp_path: Path) -> None:
    asked = {("windowsupdate.com", 443): CLOSED, ("a.windowsupdate.com", 80): CLOSED}
    own = OWN.replace("jump action1_europe_out", "")
    assert played(SAMPLES["2024-04-europe"], asked, tmp_path, own=own) == asked


def test_a_name_in_two_wildcards_has_the_ports_of_both(tmp_path: Path) -> None:
    of = rule_set(
        entry("*.example.com", ports=(443,)),
        entry("*.a.example.com", ports=(8443,)),
        entry("b.a.example.com", ports=(9443,)),
    )
    names = {"example.com": {443}, "c.example.com": {443}, "a.example.com": {443, 8443}}
    names |= {"b.a.example.com": {443, 8443}, "x.b.a.example.com": {443, 8443}}
    wanted = {
        (name, port): OPENED if port in ports else CLOSED
        for name, ports in names.items()
        for port in (443, 8443, 9443)
    }
    assert played(of, wanted, tmp_path) == wanted
    # With its line in use, a plain name has its own port too; names below it as well.
    wanted |= {("b.a.example.com", 9443): OPENED, ("x.b.a.example.com", 9443): OPENED}
    in_use = lambda text: text.replace("\n#nftset", "\nnftset")  # noqa: E731
    assert played(of, wanted, tmp_path, in_use=in_use) == wanted


def test_names_that_stand_alone_are_left_out_and_at_hand() -> None:
    reasons = {
        left.endpoint.target: left.reason
        for left in FORMAT.render(SAMPLES["2024-04-europe"]).left_out
        if left.endpoint.from_port == 443
    }
    assert reasons["eu-cdn.action1.com"] == NAMES_BELOW
    assert "\n#nftset=/eu-cdn.action1.com/4#inet#filter#action1_europe_eu_cdn_" in EUROPE


def test_only_names_that_stand_alone_make_no_file() -> None:
    assert FORMAT.render(rule_set(entry("a.example.com"))).text is None


def test_a_line_is_never_longer_than_dnsmasq_reads(tmp_path: Path) -> None:
    deep = ["*." + ".".join(["a" * 18] * depth) + ".example" for depth in range(1, 6)]
    rendered = FORMAT.render(rule_set(*(entry(each) for each in deep), name="x" * 63))
    assert max(map(len, (rendered.text or "").splitlines())) < 1024
    assert dnsmasq(rendered.text or "", tmp_path) == ""
    deeper = [f"*.{'b.' * depth}example" for depth in range(1, 9)]
    rendered = FORMAT.render(rule_set(*(entry(each) for each in deeper)))
    left = [each.endpoint.target for each in rendered.left_out if each.reason == TOO_DEEP]
    assert sorted(left) == sorted(deeper[5:])
    assert dnsmasq(rendered.text or "", tmp_path) == ""
