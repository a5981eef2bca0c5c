"""Each checker accepts a good file and rejects a broken one; a missing one is loud."""

from __future__ import annotations

import pytest

from tests.support import checkers

GOOD_AND_BROKEN = {
    "nft": ("table inet x {\n}\n", "table inet x {\n\tset y { type ipv9_addr; }\n}\n"),
    "iptables": (
        "*filter\n:x - [0:0]\n-A x -d 192.0.2.1 -j ACCEPT\nCOMMIT\n",
        "*filter\n:x - [0:0]\n-A x -d 192.0.2.1 -j ACEPT\nCOMMIT\n",
    ),
    "ipset": ("create x hash:net\nadd x 192.0.2.0/24\n", "create x hash:net\nadd x 1.2.3/33\n"),
    "squid": (
        "acl x dstdomain .example.com\nhttp_access allow x\n",
        "acl x dstdomain .example.com a.example.com\n",
    ),
    "unbound": (
        'server:\n  local-zone: "example.com." transparent\n',
        'server:\n  local-zone: "example.com." transparently\n',
    ),
    "dnsmasq": ("server=192.0.2.1\n", "server=192.0.2.300\n"),
    "cloudformation": (
        '{"Resources": {"X": {"Type": "AWS::SNS::Topic"}}}',
        '{"Resources": {"X": {"Type": "AWS::SNS::Topic", "Properties": {"No": 1}}}}',
    ),
    "hcl": ('x = ["192.0.2.1/32"]\n', 'x = ["192.0.2.1/32"\n'),
    "powershell": ("New-NetFirewallRule -Name 'x'\n", "New-NetFirewallRule -Name 'x\n"),
    "routeros": (
        "/ip firewall address-list\nadd list=x address=192.0.2.1\n",
        "/ip firewall address-list\nadd lisst=x address=192.0.2.1\n",
    ),
    "pac": (
        'function FindProxyForURL(url, host) { return "DIRECT"; }',
        'function FindProxyForURL(url, host) { return "DIRECT"; ',
    ),
}


@pytest.mark.parametrize("name", GOOD_AND_BROKEN)
def test_a_checker_tells_a_good_file_from_a_broken_one(name: str, tmp_path) -> None:
    checker = getattr(checkers, name)
    good, broken = GOOD_AND_BROKEN[name]
    assert checker(good, tmp_path) == ""
    assert checker(broken, tmp_path) != ""


def test_a_zone_file_is_checked_as_a_zone(tmp_path) -> None:
    good = "$TTL 60\n@ SOA a. b. 1 60 60 60 60\n@ NS a.\nexample.com CNAME rpz-passthru.\n"
    assert checkers.zone(good, tmp_path, "x.example") == ""
    assert checkers.zone(good.replace("CNAME", "CNAMED"), tmp_path, "x.example") != ""


def test_a_pac_file_is_asked(tmp_path) -> None:
    text = (
        "function FindProxyForURL(url, host)"
        ' { return host == "a.example" ? "DIRECT" : "PROXY b:80"; }'
    )
    asked = ["https://a.example/x", "https://b.example/"]
    assert checkers.pac_answers(text, tmp_path, asked) == ["DIRECT", "PROXY b:80"]


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
@pytest.mark.parametrize(
    ("programs", "others"),
    [(("no_such",), {}), ((), {"modules": ("no_such",)}), ((), {"npm": ("no_such",)})],
)
def test_a_missing_checker_is_loud(ci: str, outcome, programs, others, monkeypatch) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"NOT TESTED with the real program: .* no_such"):
        checkers.need(*programs, **others)
