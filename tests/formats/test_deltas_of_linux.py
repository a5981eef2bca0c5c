"""Models of what Linux makes of deltas, for the contract; the real programs are asked below."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.formats.kernels import Ipset, Iptables, Nftables
from tests.formats.netns import need, run
from tests.formats.samples import entry, rule_set, sample
from tracker.formats import load
from tracker.model import LAN, Service

MODELS = {"nftables": Nftables, "iptables": Iptables, "ipset": Ipset}
# How the program loads a file, and how it says all that it holds.
PROGRAMS = {
    "nftables": ("nft -f {}", "nft -j list ruleset"),
    "iptables": (
        "iptables-legacy-restore -n < {0}; ip6tables-legacy-restore -n < {0}",
        "iptables-legacy -S | sort; ip6tables-legacy -S | sort",
    ),
    "iptables on nftables": (
        "iptables-nft-restore -n < {0}; ip6tables-nft-restore -n < {0}",
        "iptables-nft -S | sort; ip6tables-nft -S | sort",
    ),
    "ipset": ("ipset restore < {}", "ipset save | sed 's/ hashsize.*//' | sort"),
}
PAIRS = [
    (sample("2024-04", "North America"), sample("2026-02", "North America")),
    (sample("2026-02", "North America"), sample("2024-04", "North America")),
    (
        rule_set(entry("192.0.2.0/24", ports=(443, (8000, 8010)))),
        rule_set(entry("192.0.2.1", "192.0.2.0/30", "2001:db8::1"), entry("192.0.2.0/24")),
    ),
    (rule_set(entry("192.0.2.1"), entry(LAN, direction="inbound")), rule_set()),
    (rule_set(), rule_set(entry("192.0.2.1", "*.a.example", "*.b.a.example"), entry(LAN))),
    (
        rule_set(entry("192.0.2.1", "*.a.example", ports=tuple(range(1000, 1040, 2)))),
        rule_set(entry("192.0.2.1", "a.example", services=(Service("udp", 1000, 1039),))),
    ),
]


def states(program: str, folder: Path, *steps: tuple[str, str | None]) -> list[str]:
    """What is held after each step of name and text; nothing is loaded for None."""
    load_, show = PROGRAMS[program]
    script = []
    for name, text in steps:
        (folder / name).write_text(text or "")
        script += [load_.format(name)] if text else []
        script += [show, "echo ===="]
    done = run("\n".join(script), folder)
    assert (done.returncode, [w for w in done.stderr.splitlines() if "Warning" not in w]) == (
        0,
        [],
    ), done.stderr
    return [plain(state) for state in done.stdout.split("====\n")[:-1]]


def plain(state: str) -> str:
    """What nft lists, without handles, and elements in one order: theirs is of no account."""
    if not state.startswith("{"):
        return state
    listed = json.loads(state)["nftables"][1:]
    for [body] in (each.values() for each in listed):
        body.pop("handle", None)
        body["elem"] = sorted(body.get("elem", ()), key=json.dumps)
    return "\n".join(sorted(json.dumps(each, sort_keys=True) for each in listed))


@pytest.fixture(autouse=True)
def _programs() -> None:
    need("nft", "ipset", "iptables-legacy-restore", "ip6tables-nft-restore", "iptables-nft")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_a_delta_leads_where_the_file_leads_and_back(program, number, tmp_path) -> None:
    before, after = PAIRS[number]
    fmt = load(program.partition(" ")[0])
    assert fmt.delta is not None
    files = [fmt.render(each).text for each in (before, after)]
    forth, back = fmt.delta(before, after), fmt.delta(after, before)
    loaded, applied, again, rolled = states(
        program,
        tmp_path,
        *(("one", files[0]), ("forth", forth)),
        *(("forth2", forth if program in {"nftables", "ipset"} else None), ("back", back)),
    )
    assert again == applied
    fresh = states(program, tmp_path, ("two", files[1]))[0]
    if files[1] is not None:
        assert applied == fresh
    if files[0] is not None:
        assert rolled == loaded
    # Loaded again over all that, the file leads to the same.
    once, twice = states(program, tmp_path, ("a", files[1]), ("b", files[1]))
    assert once == twice
