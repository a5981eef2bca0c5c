"""`verify` on a client behind a router: it distinguishes the causes of failures."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from tests.audit.samples import snapshot
from tests.formats.samples import SAMPLES, entry, rule_set
from tests.support.certificate import make_certificate
from tests.verify.lab import Lab
from tracker.formats import load
from tracker.model import Entry, Service
from tracker.store import open_store
from tracker.store.tree import Tree

TLS = Service("tcp", 443, 443, "HTTPS")
STATES = {
    "open": "open",
    "refused": "refused",
    "dropped": "blocked",
    "rejected": "refused",
    "prohibited": "unreachable",
    "hijacked": "tls-unknown-authority",
    "misnamed": "tls-wrong-name",
    "plain": "tls-fails",
    "nxdomain": "dns-fails",
    "servfail": "dns-fails",
    "silent": "dns-fails",
    "sinkhole": "dns-filtered",
}


def store(folder: Path, *entries: Entry) -> Path:
    """A store with one version of these entries."""
    Tree(open_store(str(folder / "snapshots")), "action1").commit(
        snapshot(*entries, version=1), {}
    )
    return folder / "snapshots"


def configured(folder: Path, ca_file: Path) -> None:
    (folder / "config").mkdir()
    (folder / "config/fwtracker.toml").write_text(f'[verify]\nca_file = "{ca_file}"\n')


def verified(lab: Lab, *args: str, timeout: str = "1"):
    ran = lab.fwtracker("verify", "--json", "--timeout", timeout, *args)
    assert ran.stdout, ran.stderr
    return ran, json.loads(ran.stdout)


def scenario(folder: Path, count: int) -> tuple[Lab, dict[str, str], list[Entry]]:
    """Hosts, each with one way to be or not to be there, chosen by a fixed seed."""
    chance = random.Random(8)
    lab = Lab(folder)
    hosts = {
        f"h{number:03}.example.com": (
            f"20.1.{number // 250}.{number % 250 + 1}",
            list(STATES)[number] if number < len(STATES) else chance.choice(list(STATES)),
        )
        for number in range(count)
    }
    (folder / "public").mkdir()
    (folder / "company").mkdir()
    named = [host for host, (_, how) in hosts.items() if how != "misnamed"]
    good = make_certificate(folder / "public", *named)
    make_certificate(folder / "company", *hosts)
    configured(folder, good.ca_file)
    router = []
    for host, (address, how) in hosts.items():
        lab.names[host] = {"sinkhole": ["0.0.0.0"]}.get(how, [address])
        lab.addresses.add(address)
        if how in {"nxdomain", "servfail", "silent"}:
            lab.names[host] = how
        authority = "company" if how == "hijacked" else "public"
        if how != "refused":
            chain = None if how == "plain" else folder / authority / "server.pem"
            lab.serve(address, 443, chain=chain)
        router += [f"ip daddr {address} {STOPS[how]}"] if how in STOPS else []
    lab.router = (
        "table inet filter { chain forward { type filter hook forward priority 0;\n"
        + "\n".join(router)
        + "\n}\n}\n"
    )
    entries = [entry(host, services=(TLS,)) for host in hosts]
    return lab, {host: STATES[how] for host, (_, how) in hosts.items()}, entries


STOPS = {
    "dropped": "drop",
    "rejected": "meta l4proto tcp reject with tcp reset",
    "prohibited": "reject with icmp admin-prohibited",
}


def told_apart(folder: Path, count: int) -> None:
    lab, expected, entries = scenario(folder, count)
    store(folder, *entries)
    ran, report = verified(lab)
    found = {each["target"]: each["state"] for each in report["results"]}
    assert found == expected
    assert len(found) == count
    assert ran.returncode == 1
    assert "connecting to" in ran.stderr


@pytest.mark.slow
def test_100_of_100(tmp_path: Path) -> None:
    told_apart(tmp_path, 100)


GATEWAY = """
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		ip daddr 10.77.2.53 udp dport 53 accept
		jump action1_europe_out
	}
}
"""


def behind_our_rules(folder: Path, missing: str | None = None) -> tuple[Lab, list[Entry]]:
    """A gateway with our own nftables file, of all addresses or all but one."""
    public = folder / "public"
    public.mkdir()
    certificate = make_certificate(public, "server.eu.action1.com")
    configured(folder, certificate.ca_file)
    entries = [
        msgspec.structs.replace(each, hosts=tuple(h for h in each.hosts if each.addresses))
        for each in SAMPLES["2024-04-europe"].entries
        if each.addresses or each.scope == "lan"
    ]
    lab = Lab(folder)
    lab.names["server.eu.action1.com"] = ["3.74.63.86", "3.124.175.10"]
    for each in entries:
        for address in each.addresses:
            lab.serve(address, 22543, chain=public / "server.pem")
    written = [
        msgspec.structs.replace(
            each, addresses=tuple(one for one in each.addresses if one != missing)
        )
        for each in entries
    ]
    lab.servers = list({json.dumps(each): each for each in lab.servers}.values())
    lab.router = (load("nftables").render(rule_set(*written)).text or "") + GATEWAY
    return lab, entries


def test_a_gateway_with_our_rule_file_is_clean(tmp_path: Path) -> None:
    lab, entries = behind_our_rules(tmp_path)
    store(tmp_path, *entries)
    ran, report = verified(lab)
    assert ran.returncode == 0
    assert report["reached"] is True
    states = {each["target"]: each["state"] for each in report["results"]}
    assert states.pop("lan") == "cannot-tell"
    assert set(states.values()) == {"open"}
    assert {"3.74.63.86", "server.eu.action1.com"} <= set(states)


def test_one_endpoint_taken_out_of_it_is_named(tmp_path: Path) -> None:
    lab, entries = behind_our_rules(tmp_path, missing="3.71.193.26")
    store(tmp_path, *entries)
    verify = '"$PYTHON" -m tracker verify --timeout 1'
    ran, rules = lab.run(f"{verify} --json", f"{verify} --format nftables")
    report = json.loads(ran.stdout)
    assert ran.returncode == 1
    closed = [
        each for each in report["results"] if each["state"] not in {"open", "cannot-tell"}
    ]
    assert [(each["target"], each["state"]) for each in closed] == [("3.71.193.26", "blocked")]
    # What it then says to allow lets it through.
    assert "3.71.193.26 . tcp . 22543" in rules.stdout
    assert "3.74.63.86 . tcp" not in rules.stdout
    assert "NOT everything required is open" in rules.stderr
