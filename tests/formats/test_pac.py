"""proxy.pac: read by a real JavaScript engine, which decides as the file says."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given

from tests.formats.proxied import CASES, RULES
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("pac")
PROXY = "PROXY proxy.example.com:3128"
# The host is handed over as browsers do, not as pacparser would take it out of the URL.
RUN = """
import json, pacparser, pathlib, sys
pacparser.init()
pacparser.parse_pac_string(pathlib.Path(sys.argv[1]).read_text())
print(json.dumps([pacparser.find_proxy(*pair) for pair in json.load(sys.stdin)]))
"""


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])


def answers(text: str, asked: list[tuple[str, str]], folder: Path) -> list[str]:
    """What the file says to each (URL, host)."""
    checkers.need(modules=("pacparser",))
    path = folder / "it.pac"
    path.write_text(text)
    command = (sys.executable, "-c", RUN, path)
    done = checkers.run(*command, folder=folder, given=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def with_proxy(text: str) -> str:
    return f'{text}var fwtracker_otherwise = "{PROXY}";\n'


@pytest.mark.parametrize("brackets", [True, False])
def test_a_real_engine_decides_as_written(brackets: bool, tmp_path: Path) -> None:
    asked = [
        (f"https://{host}:{port}/x?y=z", host if brackets else host.strip("[]"))
        for host, port in CASES
    ]
    found = answers(with_proxy(text_of(RULES)), asked, tmp_path)
    wanted = ["DIRECT" if open_ else PROXY for open_ in CASES.values()]
    assert dict(zip(CASES, found, strict=True)) == dict(zip(CASES, wanted, strict=True))


def test_a_url_without_a_port_has_that_of_its_scheme(tmp_path: Path) -> None:
    cases = {
        "https://eu-cdn.action1.com/": True,
        "HTTPS://eu-cdn.action1.com": True,
        "wss://eu-cdn.action1.com?x": True,
        "http://eu-cdn.action1.com/": False,
        "http://emdl.ws.microsoft.com/a:443/": True,
        "ftp://eu-cdn.action1.com/": False,
        "constructor://eu-cdn.action1.com/": False,
        "https://user:443@eu-cdn.action1.com:8443/": False,
        "eu-cdn.action1.com": False,
    }
    asked = [(url, host_of(url)) for url in cases]
    found = answers(with_proxy(EUROPE), asked, tmp_path)
    assert found == ["DIRECT" if open_ else PROXY for open_ in cases.values()]


def host_of(url: str) -> str:
    return re.sub(r"^\w+://|[/?:].*$", "", url.replace("user:443@", ""), flags=re.IGNORECASE)


def test_odd_hosts_are_no_names_of_ours(tmp_path: Path) -> None:
    text = with_proxy(text_of(rule_set(entry("192.0.2.1", "*.example.com", "2001:db8::/32"))))
    ours = ("example.com.", "a.EXAMPLE.com.", "2001:DB8::", "2001:db8:1:2:3:4:5:6")
    same = ("192.0.2.1", "192.0.2.1.", "192.0.2.01")  # spellings of one address
    others = (".", ".example.com.evil", "__proto__", "192.0.2.1.example", "c000:0201")
    no_address = ("2001:db9::", "a:b", "::", "1::2::3", "2001:db8:", "192.0.2.1.1", "300.0.2.1")
    cases = dict.fromkeys((*ours, *same), True) | dict.fromkeys((*others, *no_address), False)
    asked = [("https://x:443/", host) for host in cases]
    found = answers(text, asked, tmp_path)
    assert dict(zip(cases, found, strict=True)) == {
        host: "DIRECT" if open_ else PROXY for host, open_ in cases.items()
    }


def test_alone_it_sends_nothing_through_a_proxy(tmp_path: Path) -> None:
    asked = [("https://unrelated.example/", "unrelated.example")]
    assert answers(EUROPE, asked, tmp_path) == ["DIRECT"]


def test_a_users_own_function_below_it_counts(tmp_path: Path) -> None:
    own = f"""
function FindProxyForURL(url, host) {{
    if (isPlainHostName(host) || action1_europe(url, host)) {{ return "DIRECT"; }}
    return "{PROXY}";
}}
"""
    hosts = ["intranet", "eu-cdn.action1.com", "unrelated.example"]
    asked = [(f"https://{host}/", host) for host in hosts]
    assert answers(EUROPE + own, asked, tmp_path) == ["DIRECT", "DIRECT", PROXY]


def test_two_files_in_one_keep_their_lists(tmp_path: Path) -> None:
    other = text_of(rule_set(entry("a.example.org"), name="other"))
    own = """
function FindProxyForURL(url, host) {
    return [action1_europe(url, host), action1_other(url, host)].join();
}
"""
    asked = [(f"https://{host}/", host) for host in ("eu-cdn.action1.com", "a.example.org")]
    found = answers(EUROPE + other + own, asked, tmp_path)
    assert found == ["true,false", "false,true"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_accepted(name: str, tmp_path: Path) -> None:
    assert checkers.pac(text_of(SAMPLES[name]), tmp_path) == ""


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('["3.74.63.86", 22543', '["3.74.63.86, 22543'),
        ("    ];", "    "),
        ("}());", "}()"),
        ("function bits(", "function bits"),
        ("// Action1 servers", "Action1 servers"),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str, tmp_path: Path) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    assert checkers.pac(twin, tmp_path)
    with pytest.raises(RuleError, match="cannot be read back"):
        FORMAT.read_back(twin)


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=rule_sets)
def test_any_rule_set_is_accepted(of, tmp_path: Path) -> None:
    if (text := FORMAT.render(of).text) is not None:
        assert checkers.pac(text, tmp_path) == "", text


@pytest.mark.parametrize("words", [*HOSTILE, "*/ alert(1) /*", "</script>"])
def test_hostile_words_stay_comments(words: str) -> None:
    of = rule_set(entry("192.0.2.1", resource=words, only_for=words))
    lines = [line for line in text_of(of).splitlines() if line.lstrip()[:2] != "//"]
    plain = text_of(rule_set(entry("192.0.2.1"))).splitlines()
    assert lines == [line for line in plain if line.lstrip()[:2] != "//"]


@pytest.mark.parametrize("name", ["x" * 60, "1", "Büro Süd", 'a" }', "var"])
def test_any_name_of_a_rule_set_is_accepted(name: str, tmp_path: Path) -> None:
    assert checkers.pac(text_of(rule_set(entry("192.0.2.1"), name=name)), tmp_path) == ""


def test_what_no_proxy_carries_is_left_out() -> None:
    udp = entry("192.0.2.1", services=(Service("udp", 443, 443),))
    others = entry(LAN, direction="inbound"), entry("192.0.2.2", direction="inbound")
    rendered = FORMAT.render(rule_set(udp, *others, entry("::ffff:192.0.2.3")))
    assert rendered.text is None
    assert len(rendered.left_out) == 4


def test_no_name_is_looked_up() -> None:
    slow = ("dnsResolve", "isInNet", "isResolvable", "myIpAddress")
    assert not any(word in EUROPE for word in slow)


def test_a_delta_is_what_comes_and_goes() -> None:
    one = rule_set(entry("192.0.2.1", "a.example.com"), version=1)
    two = rule_set(entry("192.0.2.2", "a.example.com", resource="Other"), version=2)
    assert FORMAT.delta(one, two) == '+ ["192.0.2.2", 443, 443],\n- ["192.0.2.1", 443, 443],\n'
    assert FORMAT.delta(one, one) is None
