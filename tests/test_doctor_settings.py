"""`doctor` looks at every setting that a run, `serve`, `drift` and `verify` would read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drift.names import AAAA, FAILURE, NO_SUCH_NAME, NameServer
from tests.formats.samples import entry
from tests.site.readings import stored

HOST = "server.eu.action1.com"
ROWS = [
    entry(HOST, "3.74.63.86"),
    entry("*.windowsupdate.com"),
    entry("zrelay.action1.com", "3.74.63.99", only_for="Australia"),
]


@pytest.fixture
def diagnose(fwtracker, tmp_path, site):
    """Run doctor with a configuration beside a version; its words by verdict and subject."""
    site.show_sample("2024-04/stacks.html")
    stored(tmp_path / "snapshots", ROWS)

    def run(more: str, *options: str) -> dict[tuple[str, str], str]:
        (tmp_path / "c.toml").write_text(f'{more}\n[sources.action1]\nurl = "{site.url}"\n')
        ran = fwtracker("doctor", "--config", "c.toml", "--json", *options)
        found: dict[tuple[str, str], str] = {}
        for each in ran.json:
            key = (each["verdict"], each["about"])
            found[key] = f"{found.get(key, '')}{each['text']}\n"
        bad = any(verdict == "bad" for verdict, _ in found)
        assert ran.status == (1 if bad else 0)
        return found

    return run


def test_each_resolver_is_asked_for_a_host_of_the_page(diagnose) -> None:
    with NameServer() as good, NameServer() as half, NameServer() as broken:
        good.names = half.names = {HOST: ["3.74.63.86"]}
        half.failing, broken.names = {AAAA}, {HOST: FAILURE}
        addresses = [each.address for each in (good, half, broken)]
        asked = '", "'.join(addresses)
        own = f'[drift]\nenabled = true\ntimeout = 1.0\nresolvers = ["{asked}"]\n'
        online = diagnose(own)
        assert {*good.asked, *half.asked, *broken.asked} == {HOST}
        for each in (good, half, broken):
            each.asked.clear()
        diagnose(own, "--offline")
        assert [*good.asked, *half.asked, *broken.asked] == []
    words = [
        ("good", "answers for"),
        ("warning", "AAAA: SERVFAIL"),
        ("bad", "A and AAAA: SERV"),
    ]
    for address, (verdict, said) in zip(addresses, words, strict=True):
        assert said in online[verdict, f"resolver {address}"]


def test_a_name_that_is_gone_is_an_answer_of_the_resolver(diagnose) -> None:
    with NameServer() as names:
        names.names = {HOST: NO_SUCH_NAME}
        own = f'[drift]\nenabled = true\nresolvers = ["{names.address}"]\n'
        assert ("good", f"resolver {names.address}") in diagnose(own)


WRONG = {
    '[drift]\nenabled = true\nresolvers = ["dns.example.com"]': (
        "bad",
        "drift",
        '"dns.example.com" is not an address',
    ),
    f'[drift]\nenabled = true\nignore = ["{HOST}", "*.example.net"]': (
        "warning",
        "drift",
        "has the host *.example.net",
    ),
    '[verify]\nca_file = "no-such.pem"': ("bad", "verify", "no-such.pem: no such file"),
    '[verify]\nca_file = "c.toml"': ("bad", "verify", "c.toml: no certificate in it"),
    '[verify]\nsource_address = "192.0.2.77"': ("bad", "verify", "is not an address of this"),
    '[verify]\nproxy = "https://proxy.example.com"': ("bad", "verify", "not of the form"),
    '[verify]\nproxy = "env"': ("bad", "verify", "the environment has no proxy"),
    '[verify]\nsites = ["Australia", "Mars"]': ("warning", "verify", 'only for "Mars"'),
    '[verify.children]\n"*.windowsupdate.com" = ["a.windowsupdate.com"]\n'
    '"*.example.org" = ["a.example.org"]': ("warning", "verify", "has *.example.org"),
    '[serve]\nhost = "192.0.2.77"': ("bad", "serve", "192.0.2.77 is not an address of this"),
    '[[assumed_ports]]\ntarget = "*.example.org"\nports = ["tcp/443"]': (
        "warning",
        "rules",
        "*.example.org: no source's newest version",
    ),
}


@pytest.mark.parametrize(("own", "said"), WRONG.items(), ids=WRONG)
def test_what_a_run_could_not_use_or_would_not_find_is_named(
    diagnose, monkeypatch, own: str, said: tuple[str, str, str]
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    verdict, about, words = said
    text = diagnose(own, "--offline").get((verdict, about), "")
    assert words in text
    assert len([line for line in text.splitlines() if "tokens" not in line]) == 1


def test_a_heartbeat_that_is_not_a_url_is_named_and_not_shown(diagnose, monkeypatch) -> None:
    monkeypatch.setenv("BEAT", "hc-ping.com/secret")
    found = diagnose('[fwtracker]\nheartbeat_url_env = "BEAT"', "--offline")
    assert "not an http(s) URL" in found["bad", "heartbeat"]
    assert "secret" not in str(found)
    monkeypatch.setenv("BEAT", "https://hc-ping.com/secret")
    found = diagnose('[fwtracker]\nheartbeat_url_env = "BEAT"', "--offline")
    assert ("bad", "heartbeat") not in found


def test_what_is_right_is_not_named(diagnose, tmp_path: Path) -> None:
    import certifi  # noqa: PLC0415

    found = diagnose(
        f'[verify]\nca_file = "{certifi.where()}"\nsource_address = "127.0.0.1"\n'
        'sites = ["Australia"]\nproxy = "http://127.0.0.1:3128"\n'
        '[verify.children]\n"*.windowsupdate.com" = ["a.windowsupdate.com"]\n'
        f'[drift]\nenabled = true\nresolvers = ["127.0.0.53"]\nignore = ["{HOST}"]\n'
        '[[assumed_ports]]\ntarget = "*.windowsupdate.com"\nports = ["tcp/443"]\n',
        "--offline",
    )
    about = {"verify", "drift", "rules", "serve"}
    assert not [key for key in found if key[0] != "good" and key[1] in about]
    assert certifi.where() in found["good", "verify"]


def test_without_a_version_no_name_is_called_unknown(diagnose, tmp_path: Path) -> None:
    (tmp_path / "snapshots").rename(tmp_path / "elsewhere")
    found = diagnose('[verify.children]\n"*.example.org" = ["a.example.org"]\n', "--offline")
    assert ("warning", "verify") not in found
