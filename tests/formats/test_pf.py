"""opnsense.json and pfsense.xml: what the imports of both take, and what rules on them open."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

OPNSENSE, PFSENSE = load("opnsense"), load("pfsense")
BOTH = pytest.mark.parametrize("fmt", [OPNSENSE, PFSENSE], ids=lambda fmt: fmt.name)
DOCS = Path(__file__).parents[2] / "docs" / "firewalls.md"
NAME = r"[a-zA-Z_][a-zA-Z0-9][a-zA-Z0-9_]{0,29}"  # OPNsense's AliasNameField; 31 in both
# The model of OPNsense's Alias.xml, as far as the file uses it.
SCHEMA = {
    "type": "object",
    "required": ["aliases"],
    "properties": {
        "aliases": {
            "type": "object",
            "required": ["alias"],
            "properties": {
                "alias": {
                    "type": "object",
                    "propertyNames": {"format": "uuid", "pattern": "^[0-9a-f-]{36}$"},
                    "additionalProperties": {
                        "type": "object",
                        "required": ["enabled", "name", "type", "content", "description"],
                        "additionalProperties": False,
                        "properties": {
                            "enabled": {"enum": ["0", "1"]},
                            "name": {"pattern": f"^{NAME}$"},
                            "type": {"enum": ["host", "network", "port"]},
                            "content": {"type": "string", "minLength": 1},
                            "description": {"pattern": r"^[\t\n\v\f\r 0-9a-zA-Z.\-,_]{1,255}$"},
                        },
                    },
                }
            },
        }
    },
}
VALID = jsonschema.Draft202012Validator(SCHEMA)


class Box:
    """Aliases by name, and a rule of the user's on each that there ever was."""

    def __init__(self) -> None:
        self.aliases: dict[str, tuple[str, list[str], str]] = {}

    def opened(self) -> frozenset[str]:
        found = set()
        for kind, entries, about in self.aliases.values():
            if not (said := re.fullmatch(r"(.*), (tcp|udp), ports (\w+), .*", about)):
                continue
            assert kind != "port"
            targets = {plain(each) for each in self.all_of(entries)} - {"255.255.255.255"}
            if said[1].startswith("own networks") and targets:
                found |= {f"lan {network}" for network in targets}
                targets = {LAN}
            way = "inbound" if "source" in said[1] else "outbound"
            for port in self.aliases[said[3]][1]:
                span = port.replace(":", "-")
                found |= {f"{way} {target} {said[2]}/{span}" for target in targets}
        return frozenset(found)

    def all_of(self, entries: list[str]) -> list[str]:
        """The entries, with those of aliases among them."""
        found = []
        for each in entries:
            found += self.aliases[each][1] if each in self.aliases else [each]
        return found


class Opnsense(Box):
    """Import as AliasController does it: by name, all or nothing."""

    def load(self, text: str) -> None:
        document = json.loads(text)
        VALID.validate(document)
        items = document["aliases"]["alias"].values()
        names = {*self.aliases, *(item["name"] for item in items)}
        for item in items:
            entries = item["content"].split("\n")
            assert all(self.takes(item["type"], each, names) for each in entries), item
            self.aliases[item["name"]] = item["type"], entries, item["description"]

    @staticmethod
    def takes(kind: str, text: str, names: set[str]) -> bool:
        if kind == "port":
            return bool(re.fullmatch(r"\d+(:\d+)?", text))
        if text in names:
            return True
        return ("/" in text) is (kind == "network")


class Pfsense(Box):
    """A backup of aliases, merged with the lines of the documentation, and restored."""

    def load(self, text: str) -> None:
        root = ET.fromstring(text)
        for alias in root:
            tags = [each.tag for each in alias]
            assert tags == ["name", "type", "address", "descr", "detail"]
            name, kind, address, about, detail = (each.text or "" for each in alias)
            assert re.fullmatch(NAME, name)
            assert kind in {"network", "port"}
            entries = address.split(" ")
            assert all(entries)
            assert len(detail.split("||")) == len(entries)
            self.aliases[name] = kind, entries, about


MODELS = {"opnsense": Opnsense, "pfsense": Pfsense}


def plain(target: str) -> str:
    try:
        network = ipaddress.ip_network(target)
    except ValueError:
        return target
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def text_of(fmt, *entries, **named) -> str:
    return fmt.render(rule_set(*entries, **named)).text or ""


def names_in(text: str) -> list[str]:
    return re.findall(r'(?:<name>|"name": ")(\w+)', text)


@BOTH
@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_taken_and_opens_what_it_says(fmt, of) -> None:
    box = MODELS[fmt.name]()
    if text := fmt.render(of).text:
        box.load(text)
    assert box.opened() == fmt.expected_lines(of)


@BOTH
@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(fmt, before, after) -> None:
    prove_delta(fmt, MODELS[fmt.name], before, after)


@BOTH
@examples(60)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(fmt, pair) -> None:
    prove_delta(fmt, MODELS[fmt.name], *pair)


@BOTH
def test_a_port_more_on_the_page_leaves_aliases_as_they_are(fmt) -> None:
    one, two = (rule_set(entry("192.0.2.1", ports=ports)) for ports in [(443,), (443, 80)])
    assert names_in(fmt.delta(one, two)) == ["action1_europe_t80", "action1_europe_p80"]
    assert names_in(fmt.delta(two, one)) == ["action1_europe_t80"]
    assert "255.255.255.255" in fmt.delta(two, one)


@BOTH
def test_the_aliases_of_an_entry(fmt) -> None:
    services = Service("tcp", 443, 443), Service("udp", 443, 443), Service("udp", 10, 20)
    lan = Service("udp", 6771, 6771), Service("udp", 1, 2), Service("tcp", 5, 5)
    text = text_of(
        fmt,
        entry("192.0.2.1", services=services),
        entry("a.example.com", direction="inbound"),
        entry(LAN, direction="inbound", services=lan),
    )
    assert names_in(text) == [
        *(f"action1_europe_{each}" for each in ("t443", "u10to20", "u443", "ti443")),
        *(f"action1_europe_{each}" for each in ("lan_it", "lan_iu")),
        *(f"action1_europe_{each}" for each in ("p443", "p10to20", "lan_ipt", "lan_ipu")),
    ]
    assert "10:20" in text
    assert re.search(r"1:2( |\\n)6771", text)


@BOTH
def test_names_fit_and_differ(fmt) -> None:
    regions = [
        "north-america-2",
        "a-region-with-a-very-long-name",
        "a-region-with-another",
        "Ü",
    ]
    of = entry("192.0.2.0/24", "a.example.com", ports=(443, (10000, 20000))), entry(LAN)
    found = [names_in(text_of(fmt, *of, name=region)) for region in regions]
    assert all(re.fullmatch(NAME, name) for names in found for name in names)
    assert len({name for names in found for name in names}) == sum(map(len, found))
    assert "action1_north_america_2_t443" in found[0]
    assert "action1_north_america_2_lan_ot" in found[0]


@BOTH
def test_wildcards_are_left_out_and_said_so(fmt) -> None:
    rendered = fmt.render(rule_set(entry("*.example.com", "a.example.com")))
    assert [left.endpoint.target for left in rendered.left_out] == ["*.example.com"]
    assert "a.example.com" in (rendered.text or "")


@pytest.mark.parametrize("words", HOSTILE)
@BOTH
def test_hostile_words_are_text(fmt, words: str) -> None:
    box = MODELS[fmt.name]()
    box.load(text_of(fmt, entry("192.0.2.1", resource=words, only_for=words)))
    assert box.opened() == {"outbound 192.0.2.1 tcp/443"}


def test_networks_are_an_alias_within_that_of_their_hosts() -> None:
    document = json.loads(text_of(OPNSENSE, entry("192.0.2.0/24", "a.example.com")))
    items = {each["name"]: each for each in document["aliases"]["alias"].values()}
    assert items["action1_europe_t443"]["content"] == "a.example.com\naction1_europe_t443n"
    assert items["action1_europe_t443n"]["content"] == "192.0.2.0/24"
    assert items["action1_europe_t443n"]["type"] == "network"


def test_a_file_for_opnsense_says_which_version_it_is() -> None:
    about = json.loads(OPNSENSE.render(SAMPLES["2024-04-europe"]).text or "")["fwtracker"]
    assert about["version"] == 2
    assert about["digest"] == SAMPLES["2024-04-europe"].digest


def test_pfsense_takes_the_file_for_no_backup_of_its_aliases() -> None:
    for of in SAMPLES.values():
        assert "<aliases>" not in (PFSENSE.render(of).text or "")


def test_the_limit_of_pfsense_counts_entries_of_tables() -> None:
    assert PFSENSE.limit is not None
    text = text_of(PFSENSE, entry("192.0.2.1", "a.example.com", ports=(80, 443)))
    assert PFSENSE.limit.count(text) == 4


def test_a_comment_ends_where_it_should_whatever_is_left_out() -> None:
    text = text_of(PFSENSE, entry("*.xn---bcher-kva.example", "xn--bcher-kva.example"))
    assert "*.xn- - -bcher-kva.example" in text
    assert PFSENSE.read_back(text) == {"outbound xn--bcher-kva.example tcp/443"}


def test_the_documented_merge_keeps_what_is_not_ours(tmp_path: Path) -> None:
    section = DOCS.read_text("utf-8").partition("## pfSense")[2]
    script = section.partition("```python\n")[2].partition("```")[0]
    before, after = PAIRS[0]
    mine = "<aliases><alias><name>mine</name><type>port</type><address>1</address></alias>"
    merged = tmp_path / "merged.xml"
    merged.write_text(f"{mine}</aliases>")
    for text in (PFSENSE.render(before).text, PFSENSE.delta(before, after)):
        (tmp_path / "aliases.xml").write_text(merged.read_text())
        (tmp_path / "pfsense.xml").write_text(text or "")
        subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=30)
    restored = ET.fromstring(merged.read_text())
    assert restored.tag == "aliases"
    assert restored[0].findtext("name") == "mine"
    restored.remove(restored[0])
    names = [each.findtext("name") for each in restored]
    assert len(set(names)) == len(names)
    box = Pfsense()
    box.load(ET.tostring(restored, encoding="unicode"))
    assert box.opened() == PFSENSE.expected_lines(after)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ("3.74.63.86", "3.74.63.0/24"),
        ("server.eu.action1.com", "*.eu.action1.com"),
        ("10.0.0.0/8", "11.0.0.0/8"),
        ("22551", "22552"),
        ("destination, tcp", "destination, udp"),
        ("49152:65535", "49152-65535"),
        ("ports action1_europe_p80,", "ports action1_europe_p443,"),
        ("action1_europe_p80", "action1_europe_p 80"),
        ("emdl.ws.microsoft.com", ""),
    ],
)
@BOTH
def test_a_broken_twin_does_not_pass_the_proof(fmt, good: str, broken: str) -> None:
    of = SAMPLES["2024-04-europe"]
    head, mark, body = (fmt.render(of).text or "").rpartition("-->")
    assert good in body
    assert not proven(fmt, head + mark + body.replace(good, broken, 1))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "hosts"),
        (("name",), "action1-europe"),
        (("description",), 'said "so"'),
        (("enabled",), True),
        (("content",), ["192.0.2.1"]),
        (("proto",), "IPv4"),
    ],
)
def test_a_broken_twin_is_rejected_by_the_schema_and_the_proof(path, value) -> None:
    document = json.loads(OPNSENSE.render(SAMPLES["2024-04-europe"]).text or "")
    item = next(iter(document["aliases"]["alias"].values()))
    item[path[0]] = value
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate(document)
    assert not proven(OPNSENSE, json.dumps(document))


def proven(fmt, text: str) -> bool:
    of = SAMPLES["2024-04-europe"]
    try:
        return fmt.read_back(text) == fmt.expected_lines(of)
    except RuleError:
        return False
