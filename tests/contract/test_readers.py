"""What every reader of dumps promises. A new one joins by being there."""

from __future__ import annotations

import copy
import json
from functools import cache

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.audit.changed import Changed, changes, single
from tests.audit.dumps import DUMPS
from tests.audit.samples import audit_report, list_findings
from tests.formats.samples import SAMPLES, rule_set
from tests.support.examples import examples
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ParsedConfig, ReadOptions
from tracker.audit.readers import Reader, detect_reader, list_readers, load_reader
from tracker.errors import UsageError

JSON = {"nftables-loaded", "windows", "aws", "opnsense"}
ALL = [load_reader(name) for name in list_readers()]
ENTRIES = single(SAMPLES["2024-04-europe"])

every_reader = pytest.mark.parametrize("reader", ALL, ids=lambda reader: reader.name)
every_dump = pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name)

every_json = pytest.mark.parametrize(
    "dump", [dump for dump in DUMPS if dump.name in JSON], ids=lambda dump: dump.name
)


def named_exactly(dump, changed: Changed) -> None:
    report = audit_report(ENTRIES, *dump.texts(rule_set(*changed.entries)))
    assert set(list_findings(report)) == changed.expected, changed.what
    assert not report.not_read


def test_every_kind_has_a_dump_to_try_it_on() -> None:
    assert {kind for dump in DUMPS for kind in dump.kinds} == set(list_readers())


@every_dump
@pytest.mark.parametrize("name", SAMPLES)
def test_our_own_rules_are_clean(dump, name: str) -> None:
    of = SAMPLES[name]
    report = audit_report(of.entries, *dump.texts(of))
    assert list_findings(report) == []
    assert report.not_read == ()
    assert len(report.not_compared) < report.endpoints


@every_dump
def test_a_single_change_is_named_exactly(dump) -> None:
    for changed in changes(ENTRIES, dump.cannot, ports=dump.ports, count=dump.count):
        named_exactly(dump, changed)


@pytest.mark.slow
@every_dump
def test_each_of_200_single_changes_is_named_exactly(dump) -> None:
    for changed in changes(ENTRIES, dump.cannot, ports=dump.ports, count=200, seed=80):
        named_exactly(dump, changed)


@every_dump
def test_the_kind_is_found_without_being_told(dump) -> None:
    for text in dump.texts(SAMPLES["2024-04-europe"]):
        assert detect_reader(text.text, text.name).name == text.kind


@every_reader
def test_the_reader_says_how_to_get_its_file(reader: Reader) -> None:
    assert reader.about
    assert reader.export


@every_reader
@pytest.mark.parametrize(
    "text",
    ["", "\0", "{}", "[]", "null", "{" * 100_000, "[" * 100_000, "<a>" * 5000, "x\n" * 1000],
    ids=range(9),
)
def test_what_is_no_such_file_is_one_line_or_unread(reader: Reader, text: str) -> None:
    harmless(reader, text)


@every_reader
@examples(30)
@given(text=st.text(max_size=300))
def test_any_text_at_all(reader: Reader, text: str) -> None:
    harmless(reader, text)


@every_dump
@examples(25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_file(dump, data) -> None:
    texts = whole(dump)
    at = data.draw(st.integers(0, len(texts) - 1))
    text = texts[at].text
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    more = data.draw(st.text(max_size=20) | st.sampled_from(["null", "{}", "[1]", '"', "<b>"]))
    harmless(load_reader(texts[at].kind), text[:start] + more + text[end:])


# What stands where something else is expected; each is JSON.
SHAPES = (
    *(None, True, -1, 10**30, 1.5, "", "any", "@y", "0.0.0.0/0", [], {}, [[]], [None]),
    *({"set": None}, {"prefix": 1}, {"range": [1]}, {"concat": [1, 2, 3]}, {"elem": {}}),
)


@every_json
@examples(40)
@given(data=st.data())
def test_json_of_another_shape(dump, data) -> None:
    texts = whole(dump)
    at = data.draw(st.integers(0, len(texts) - 1))
    document = json.loads(texts[at].text)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(list(places(document))))
        holder[key] = copy.deepcopy(data.draw(st.sampled_from(SHAPES)))
    harmless(load_reader(texts[at].kind), json.dumps(document))


def places(value):
    """Every list and object of a document with each of its keys."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@cache
def whole(dump) -> list[ConfigFile]:
    return dump.texts(SAMPLES["2024-04-europe"])


def harmless(reader: Reader, text: str) -> None:
    """Read, or refused in one line; whatever was read can be compared and shown."""
    try:
        dump = reader.read(text, ReadOptions())
        assert isinstance(dump, ParsedConfig)
        report = audit_report(ENTRIES, ConfigFile("fw", text, reader.name))
    except ConfigParseError as refused:  # also for several firewalls in one file
        error = str(refused)
        assert len(error.splitlines()) == 1
        return
    assert all("\n" not in finding.message for finding in report.findings)


def test_the_names_of_kinds() -> None:
    assert {"ips", "domains", "csv", "nftables"} <= set(list_readers())
    with pytest.raises(UsageError, match='no kind of dump is called "nft"; there are: '):
        load_reader("nft")
    with pytest.raises(ConfigParseError, match="x: is of no known kind; say which with --as: "):
        detect_reader("what is this?", "x")
