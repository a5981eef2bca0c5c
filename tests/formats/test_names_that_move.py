"""Sets of nftables.nft that dnsmasq fills, with packets after a name got another address."""

from __future__ import annotations

from pathlib import Path

from tests.formats.names_that_move import NEW, OLD
from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES
from tests.formats.test_dnsmasq_nftset import OWN
from tracker.formats import load

SCRIPT = Path(__file__).with_name("names_that_move.py")
EUROPE = SAMPLES["2024-04-europe"]


def test_an_address_that_a_name_had_is_closed_and_one_in_use_stays(tmp_path: Path) -> None:
    need("nft", "ip", "dnsmasq")
    rules = load("nftables").render(EUROPE).text or ""
    assert "\t\ttimeout 1d\n" in rules
    (tmp_path / "it.nft").write_text(rules.replace("timeout 1d", "timeout 1500ms"))
    (tmp_path / "own.nft").write_text(OWN)
    (tmp_path / "it.conf").write_text(load("dnsmasq-nftset").render(EUROPE).text or "")
    addresses = "\n".join(f"ip address add {each}/32 dev lo" for each in (OLD, NEW))
    script = (
        f'ip link set lo up\n{addresses}\nnft -f it.nft\nnft -f own.nft\n"$PYTHON" {SCRIPT}'
    )
    done = run(f"{script} it.conf", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "before:",
        f"asked: {OLD}",
        # What dnsmasq adds again keeps its time, also since Linux 6.12.
        "not longer",
        f"changed: {OLD} {NEW}",
        # The old one was used no more, the new one without another question.
        f"used: {NEW}",
        "idle:",
        f"asked again: {NEW}",
    ]
