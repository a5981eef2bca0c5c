"""dnsmasq-nftset.conf: taken by dnsmasq, and filling the sets that nftables.nft declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES, entry, rule_set
from tests.support.checkers import dnsmasq
from tracker.errors import RuleError
from tracker.formats import RuleSet, load
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


def test_a_file_with_closed_names_is_accepted(tmp_path: Path) -> None:
    assert dnsmasq(FORMAT.render(closed(SAMPLES["2024-04-europe"])).text or "", tmp_path) == ""


def closed(of: RuleSet) -> RuleSet:
    """The same without names below a host that the page lists alone."""
    return structs.replace(of, names_below=False)


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


def played(of, asked, tmp_path: Path, *, own: str = OWN) -> dict:
    """For each (name, port): got through before, and after dnsmasq was asked."""
    need("nft", "ip", "dnsmasq")
    (tmp_path / "it.nft").write_text(load("nftables").render(of).text or "")
    (tmp_path / "own.nft").write_text(own)
    (tmp_path / "it.conf").write_text(FORMAT.render(of).text or "")
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
        ("eu-cdn.action1.com", 443): OPENED,
        ("below.eu-cdn.action1.com", 443): OPENED,
        ("cdn.action1.com", 443): CLOSED,
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
    assert played(closed(of), wanted, tmp_path) == wanted
    # A host has its own port too, unless that is closed; so have the names below it.
    wanted |= {("b.a.example.com", 9443): OPENED, ("x.b.a.example.com", 9443): OPENED}
    assert played(of, wanted, tmp_path) == wanted


def test_two_regions_at_once_are_open_by_the_file_of_all(tmp_path: Path) -> None:
    of = rule_set(
        entry("*.example.com", "eu.example.net"),
        entry("*.example.com", "us.example.net", region="North America"),
        entry("*.example.com", region="North America", ports=(8443,)),
        name="all",
    )
    names = {"a.example.com": {443, 8443}, "eu.example.net": {443}, "us.example.net": {443}}
    wanted = {
        (name, port): OPENED if port in ports else CLOSED
        for name, ports in names.items()
        for port in (443, 8443)
    }
    own = OWN.replace("action1_europe_out", "action1_all_out")
    assert played(of, wanted, tmp_path, own=own) == wanted


def test_a_host_that_is_a_wildcard_too_has_one_line_with_the_sets_of_both(
    tmp_path: Path,
) -> None:
    of = rule_set(entry("*.example.com", ports=(443,)), entry("example.com", ports=(8443,)))
    text = FORMAT.render(of).text or ""
    assert text.count("\nnftset=") == 1
    assert FORMAT.read_back(text) == {"*.example.com", "example.com"}
    wanted = {("example.com", port): OPENED for port in (443, 8443)}
    wanted |= {("a.example.com", 443): OPENED, ("example.com", 80): CLOSED}
    assert played(of, wanted, tmp_path) == wanted


def test_names_that_stand_alone_are_open_or_left_out_and_at_hand() -> None:
    line = "nftset=/eu-cdn.action1.com/4#inet#filter#action1_europe_eu_cdn_"
    assert f"\n{line}" in EUROPE
    made = FORMAT.render(closed(SAMPLES["2024-04-europe"]))
    reasons = {
        left.endpoint.target: left.reason
        for left in made.left_out
        if left.endpoint.from_port == 443
    }
    assert reasons["eu-cdn.action1.com"] == NAMES_BELOW
    assert f"\n#{line}" in (made.text or "")
    assert "eu-cdn.action1.com" not in FORMAT.read_back(made.text or "")


def test_only_closed_names_make_no_file() -> None:
    of = rule_set(entry("a.example.com"))
    assert FORMAT.render(closed(of)).text is None
    assert FORMAT.read_back(FORMAT.render(of).text or "") == {"a.example.com"}


def test_hosts_are_in_the_delta() -> None:
    of = rule_set(entry("a.example.com"))
    both = rule_set(entry("a.example.com"), entry("b.example.com"))
    assert FORMAT.delta is not None
    delta = FORMAT.delta(of, both) or ""
    assert delta.startswith("+ nftset=/b.example.com/4#inet#filter#")
    assert delta.count("\n") == 1


def test_a_file_for_several_regions_names_one_that_has_them_all() -> None:
    assert "rules/all/dnsmasq-nftset.conf" in EUROPE
    assert 'each "flush ruleset"' in EUROPE


def test_no_comment_is_longer_than_dnsmasq_reads(tmp_path: Path) -> None:
    many = tuple(range(20000, 20200, 2))
    rows = [entry("a.example.com", resource=f"Row {n} {'x' * 90}") for n in range(20)]
    made = FORMAT.render(rule_set(*rows, entry("192.0.2.1", ports=many)))
    text = made.text or ""
    assert len([line for line in text.splitlines() if "outbound 192.0.2.1 tcp/" in line]) == 4
    assert dnsmasq(text, tmp_path) == ""
    limit = FORMAT.limit
    assert limit is not None
    assert limit.count(text) <= limit.most


@pytest.mark.parametrize(("length", "is_read"), [(1023, True), (1025, False)])
def test_the_limit_is_what_dnsmasq_reads(length: int, is_read: bool, tmp_path: Path) -> None:
    """A line in pieces: the second is taken for an option."""
    assert (dnsmasq(f"#{'x' * (length - 1)}\n", tmp_path) == "") is is_read


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
