"""From the configuration to sources: where definitions stand, what they are laid over, and what
is said of one that is wrong.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tracker import config
from tracker.errors import UsageError
from tracker.parse.pages.selectors import check_selectors
from tracker.sources import DEFAULT, list_shipped, load_source
from tracker.sources.definition import Definition, check_definition

PAGE = "https://docs.example.com/network.html"
OWN = f'url = "{PAGE}"\n'


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load `c.toml` with this text, and definitions beside it by name."""
    monkeypatch.chdir(tmp_path)

    def loaded(text: str = "", **files: str) -> config.Config:
        (tmp_path / "sources").mkdir(exist_ok=True)
        for name, definition in files.items():
            (tmp_path / f"sources/{name}.toml").write_text(definition, "utf-8")
        (tmp_path / "c.toml").write_text(text, "utf-8")
        return config.load(Path("c.toml"))

    return loaded


def refusal(load, *args, **files) -> str:
    """The one line that is said of a configuration that cannot be used."""
    with pytest.raises(UsageError) as caught:
        load(*args, **files)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Where definitions stand


def test_a_table_of_the_configuration_is_a_source(load):
    source = load(f"[sources.chime]\n{OWN}").source("chime")
    assert (source.url, source.is_named) == (PAGE, True)
    assert source.place == "c.toml: [sources.chime]"


def test_a_file_beside_the_configuration_is_a_source(load):
    source = load(chime=OWN).source("chime")
    assert (source.url, source.is_named) == (PAGE, True)
    assert source.place == "sources/chime.toml"


def test_a_table_and_a_file_say_the_same(load):
    text = 'select = "main"\ncolumns = { Destination = "resource" }\n'
    table = load(f"[sources.one]\n{OWN}{text}", two=OWN + text)
    assert table.source("one").definition == table.source("two").definition


def test_files_count_beside_a_default_configuration_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / config.DEFAULT.parent / "sources"
    folder.mkdir(parents=True)
    (folder / "chime.toml").write_text(OWN)
    assert not config.DEFAULT.exists()
    assert list(config.load(None).sources) == ["action1", "chime"]
    (folder / "chime.toml").write_text("ulr = 1\n")
    message = refusal(config.load, None)
    assert message == 'config/sources/chime.toml: unknown key "ulr"; did you mean "url"?'


def test_one_source_in_both_places_names_both(load):
    message = refusal(load, f"[sources.chime]\n{OWN}", chime=OWN)
    assert message == (
        "sources/chime.toml: [sources.chime] is in c.toml as well; remove one of them"
    )


def test_other_files_in_the_folder_are_no_definitions(load, tmp_path):
    (tmp_path / "sources").mkdir()
    for name in ("notes.txt", "chime.toml~", ".chime.toml"):
        (tmp_path / "sources" / name).write_text("what = ever")
    assert list(load().sources) == ["action1"]


def test_a_folder_that_cannot_be_listed_is_no_empty_one(load, monkeypatch):
    def denied(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refusal(load) == "sources: cannot be listed: Permission denied; check it"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Chime", OWN, 'sources/Chime.toml: sources: the name "Chime" must be lower-case'),
        ("chime", "url = ", "sources/chime.toml: not valid TOML"),
        ("chime", "", "sources/chime.toml: it has no url; say which page to read"),
        ("chime", "url = 5", "sources/chime.toml: [url] expected a string or a list"),
    ],
)
def test_a_file_that_is_wrong_is_named(load, name, text, words):
    assert refusal(load, "", **{name: text}).startswith(words)


def test_sources_that_are_no_tables(load):
    words = "c.toml: sources are tables: write [sources.NAME]"
    assert refusal(load, "sources = 1") == words
    assert refusal(load, "[sources]\nchime = 1").startswith("c.toml: [sources.chime] expected")
    assert 'the name "A b"' in refusal(load, f'[sources."A b"]\n{OWN}')


def test_what_is_passed_on_to_another_process_names_the_same_places(load, tmp_path):
    direct = load(f"[sources.one]\n{OWN}", two=OWN)
    raw = config.read_raw(Path("c.toml"))
    (tmp_path / "passed").write_bytes(msgspec.json.encode(raw))
    passed = config.load(tmp_path / "passed")
    assert passed == direct
    for name in ("action1", "one", "two"):
        assert passed.source(name).place == direct.source(name).place


# Which sources are checked


def test_action1_is_checked_beside_others_and_first(load):
    assert list(load(f"[sources.chime]\n{OWN}", acme=OWN).sources) == [
        "action1",
        "chime",
        "acme",
    ]


def test_what_is_not_enabled_is_not_checked(load):
    text = f"[sources.action1]\nenabled = false\n[sources.chime]\n{OWN}"
    found = load(text, acme=f"{OWN}enabled = false\n")
    assert list(found.sources) == ["chime"]
    assert list(found.disabled) == ["action1", "acme"]
    for name, place in (
        ("acme", "sources/acme.toml"),
        ("action1", "c.toml: [sources.action1]"),
    ):
        assert refusal(found.source, name) == (
            f"{place} has enabled = false: it is not checked; there are: chime"
        )
    assert refusal(found.source, "xyz") == (
        'no enabled source is called "xyz"; there are: chime'
    )


def test_what_is_not_checked_is_no_key(load):
    assert refusal(load, "[disabled]").startswith('c.toml: unknown key "disabled"; there are:')


def test_nothing_left_to_check_is_an_error(load):
    assert refusal(load, "[sources.action1]\nenabled = false\n") == (
        "c.toml: no source is enabled; remove `enabled = false`, or add a source"
    )


def test_what_is_not_enabled_is_checked_for_errors_all_the_same(load):
    assert "did you mean" in refusal(load, acme=f"{OWN}enabled = false\nslect = 'main'\n")


# What an operator's definition is laid over


def test_the_old_tables_still_work(load):
    shipped = load_source(DEFAULT).definition
    found = load('[sources.action1]\nregions = ["Europe"]\n').source("action1")
    assert found.definition == msgspec.structs.replace(shipped, regions=("Europe",))
    assert not found.is_named
    found = load(f"[sources.action1]\n{OWN}").source("action1")
    assert found.definition == msgspec.structs.replace(shipped, url=PAGE)
    assert found.is_named


def test_without_a_configuration_it_is_as_shipped(load):
    assert load().source("action1").definition == load_source("action1").definition


def test_keys_for_action1_stand_before_the_shipped_ones(load):
    shipped = load_source(DEFAULT).definition
    found = load(
        "[sources.action1]\n"
        'exclude = [".promo"]\n'
        '[[sources.action1.reads]]\ncell = "443 (default)"\nas = "443 TCP"\n'
        '[[sources.action1.tables]]\nheading = "cookies"\naction = "ignore"\n'
    ).source("action1")
    assert found.definition.exclude == (".promo",)
    assert found.definition.reads[0].text == "443 TCP"
    assert found.definition.tables[0].action == "ignore"
    assert found.definition.urls == shipped.urls
    assert found.definition.region_titles == shipped.region_titles


def test_another_name_for_a_shipped_definition(load):
    shipped = load_source("action1").definition
    found = load('[sources.mine]\nuse = "action1"\ntitle = "Mine"\n').source("mine")
    assert found.definition == msgspec.structs.replace(shipped, use="action1", title="Mine")
    assert not found.is_named


def test_a_shipped_definition_that_is_not_there(load):
    message = refusal(load, '[sources.mine]\nuse = "acton1"\n')
    assert message.startswith('c.toml: [sources.mine] use: no definition "acton1" is shipped;')
    assert "action1" in message


def test_a_name_alone_is_not_a_shipped_definition(load):
    name = next((name for name in list_shipped() if name != DEFAULT), None)
    if name is None:
        pytest.skip("only one definition is shipped")
    assert f'or use = "{name}"' in refusal(load, f"[sources.{name}]\n")


def laid_over(own: dict, base: dict) -> Definition:
    found: Definition = msgspec.convert(own, Definition)
    return found.over(msgspec.convert(base, Definition), own)


@pytest.mark.parametrize(
    ("own", "base", "whole"),
    [
        ({"select": "main"}, {"select": "body"}, {"select": "main"}),
        ({"follow": []}, {"follow": "region-*"}, {"follow": []}),
        ({"label_prefix": ""}, {"label_prefix": "Set "}, {"label_prefix": ""}),
        ({"enabled": True}, {"enabled": False}, {"enabled": True}),
        ({"exclude": ".ad"}, {"exclude": ["nav"]}, {"exclude": ["nav", ".ad"]}),
        ({}, {"exclude": "nav"}, {"exclude": "nav"}),
        (
            {"columns": {"Port": "ignore"}},
            {"columns": {"Host": "resource", "Port": "ports"}},
            {"columns": {"Host": "resource", "Port": "ignore"}},
        ),
        (
            {"fields": {"region": "$.r"}},
            {"items": "$", "fields": {"resource": "$.p"}},
            {"items": "$", "fields": {"resource": "$.p", "region": "$.r"}},
        ),
        (
            {"defaults": {"ports": "443 TCP"}},
            {"defaults": {"ports": "80 TCP", "direction": "inbound"}},
            {"defaults": {"ports": "443 TCP", "direction": "inbound"}},
        ),
        (
            {"values": {"split": ";"}},
            {"values": {"split": ",", "drop": ["x"]}},
            {"values": {"split": ";", "drop": ["x"]}},
        ),
        (
            {"expect": {"at_least": 9}},
            {"expect": {"at_least": 2, "contains": ["a.example"]}},
            {"expect": {"at_least": 9, "contains": ["a.example"]}},
        ),
        (
            {"tables": [{"heading": "B", "action": "ignore"}]},
            {"tables": [{"heading": "A"}, {"heading": "B"}]},
            {"tables": [{"heading": "B", "action": "ignore"}, {"heading": "A"}]},
        ),
        (
            {"lists": [{"css": "ul", "action": "ignore"}]},
            {"lists": [{"css": "ul"}, {"css": "pre"}]},
            {"lists": [{"css": "ul", "action": "ignore"}, {"css": "pre"}]},
        ),
        (
            {"reads": [{"cell": "a", "as": "c"}]},
            {"reads": [{"cell": "a", "as": "b"}, {"cell": "d", "as": "e"}]},
            {"reads": [{"cell": "a", "as": "c"}, {"cell": "d", "as": "e"}]},
        ),
    ],
    ids=lambda value: next(iter(value), "nothing"),
)
def test_what_is_said_is_laid_over(own, base, whole):
    assert laid_over(own, base) == msgspec.convert(whole, Definition)


@pytest.mark.parametrize("name", list_shipped())
def test_a_shipped_definition_is_whole_and_right(name):
    definition = load_source(name).definition
    check_definition(definition, name)
    check_selectors(definition, name)
    assert definition.urls
    assert definition.use is None
    assert definition.enabled


# What is said of a definition that is wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slect = 'main'", '[@] unknown key "slect"; did you mean "select"?'),
        (
            "defaults = { port = '443' }",
            '[@.defaults] unknown key "port"; did you mean "ports"?',
        ),
        ("values = { splt = ',' }", '[@.values] unknown key "splt"; did you mean "split"?'),
        (
            "expect = { atleast = 1 }",
            '[@.expect] unknown key "atleast"; did you mean "at_least"',
        ),
        (
            "tables = [{ heder = ['a'] }]",
            '[@.tables[0]] unknown key "heder"; did you mean "header"',
        ),
        (
            "tables = [{ css = 'a' }, { css = 'b', defaults = { regin = 'x' } }]",
            '[@.tables[1].defaults] unknown key "regin"; did you mean "region"?',
        ),
        (
            "lists = [{ headin = 'a' }]",
            '[@.lists[0]] unknown key "headin"; did you mean "heading"',
        ),
        ("reads = [{ cel = 'a' }]", '[@.reads[0]] unknown key "cel"; did you mean "cell"?'),
        ("reads = [{ cell = 'a' }]", '[@.reads[0]] the key "as" is missing'),
        (
            "columns = { Host = 'resurce' }",
            '[@.columns] "resurce" is not a possible value; did you mean "resource"?',
        ),
        (
            "fields = { resurce = '$.x' }",
            '[@.fields] "resurce" is not a possible value; did you mean "resource"?',
        ),
        (
            "tables = [{ css = 'a', columns = { Host = 'x' } }]",
            '[@.tables[0].columns] "x" is not a possible value; there are: action, components,',
        ),
        (
            "tables = [{ css = 'a', action = 'ignored' }]",
            '[@.tables[0].action] "ignored" is not a possible value; did you mean "ignore"?',
        ),
        (
            "defaults = { direction = 'out' }",
            '[@.defaults.direction] "out" is not a possible value; there are: inbound, outb',
        ),
        ("expect = { at_least = -1 }", "[@.expect.at_least] expected a whole number >= 0"),
        ("exclude = [1]", "[@.exclude[0]] expected a string, got a whole number"),
    ],
)
def test_a_key_or_word_that_is_not_known_at_any_depth(load, text, words):
    before, _, after = words.partition("@")
    in_table = refusal(load, f"[sources.chime]\n{OWN}{text}\n")
    assert in_table.startswith(f"c.toml: {before}sources.chime{after}")
    in_file = refusal(load, chime=f"{OWN}{text}\n")
    place = f"{before}{after}".replace("[.", "[").removeprefix("[] ")
    assert in_file.startswith(f"sources/chime.toml: {place}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("region_titles = '('", 'region_titles: "(" is not a regular expression: missing )'),
        ("region_titles = '^Region'", 'region_titles: "^Region" has no group (?P<name>...)'),
        ("values = { drop = ['a', '*'] }", 'values.drop: "*" is not a regular expression'),
        ("tables = [{ heading = '[' }]", 'tables[0].heading: "[" is not a regular expression'),
        (
            "tables = [{ css = 'a', skip_rows = '(?P<' }]",
            'tables[0].skip_rows: "(?P<" is not a regular expression',
        ),
        (
            "lists = [{ heading = 'a{1,99999999999}' }]",
            'lists[0].heading: "a{1,99999999999}" is not a regular expression',
        ),
        ("tables = [{}]", "tables[0]: it takes nothing; give it a header, heading or css"),
        (
            "lists = [{ region = 'heading' }]",
            "lists[0]: it takes nothing; give it a heading or",
        ),
        (
            "tables = [{ css = 'a' }, { css = 'b' }, { css = 'a', action = 'ignore' }]",
            "tables[2]: tables[0] takes the same; keep one of them",
        ),
        (
            "reads = [{ cell = 'a', as = 'b' }, { cell = 'a', as = 'c' }]",
            'reads: the cell "a" is given twice',
        ),
        ("fields = { resource = '$.x' }", "fields: they belong to a feed; say by `items`"),
        ("items = '$.x'\nfollow = 'a-*'", "follow: it is for pages, and `items` is for feeds"),
    ],
)
def test_what_cannot_be_right_in_any_page(load, text, words):
    assert refusal(load, f"[sources.chime]\n{OWN}{text}\n").startswith(
        f"c.toml: [sources.chime] {words}"
    )
    assert refusal(load, chime=f"{OWN}{text}\n").startswith(f"sources/chime.toml {words}")


def test_rules_over_shipped_ones_are_checked_with_their_own_numbers(load):
    text = (
        "[[sources.action1.tables]]\nheading = 'a'\n[[sources.action1.tables]]\nheading = '('"
    )
    assert "[sources.action1] tables[1].heading:" in refusal(load, text)


def test_a_command_says_it_in_one_line(fwtracker, tmp_path):
    (tmp_path / "c.toml").write_text(f"[sources.chime]\n{OWN}tables = [{{ heading = '[' }}]\n")
    ran = fwtracker("run", "--config", "c.toml")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith('fwtracker: c.toml: [sources.chime] tables[0].heading: "["')
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"select": "main["}, 'select: "main[" is not a CSS selector: malformed attribute'),
        ({"exclude": ["nav", "a:foo"]}, "exclude: \"a:foo\" is not a CSS selector: ':foo' was"),
        ({"tables": [{"css": ""}]}, 'tables[0].css: "" is not a CSS selector: expected a'),
        ({"tables": [{"css": "a"}, {"css": ">"}]}, 'tables[1].css: ">" is not a CSS selector:'),
        ({"lists": [{"css": "ul"}, {"css": "li,,"}]}, 'lists[1].css: "li,," is not a CSS'),
        ({"items": "$.["}, 'items: "$.[" is not a JSONPath of RFC 9535: expected a'),
        (
            {"items": "$[*]", "fields": {"resource": ["$.a", "$..["]}},
            'fields.resource: "$..[" is not a JSONPath of RFC 9535: unexpected end',
        ),
    ],
)
def test_a_selector_or_path_that_is_none(keys, words):
    definition = msgspec.convert(keys, Definition)
    with pytest.raises(UsageError) as caught:
        check_selectors(definition, "sources/chime.toml")
    assert str(caught.value).startswith(f"sources/chime.toml {words}")
    assert "\n" not in str(caught.value)


def test_selectors_that_are_some():
    check_selectors(
        msgspec.convert(
            {
                "select": ["main", "#content > div:not(.ad)"],
                "exclude": 'table[class~="cookies"]',
                "tables": [{"css": "table:nth-of-type(2)"}],
                "lists": [{"css": "h2 + ul"}],
            },
            Definition,
        ),
        "here",
    )


def test_reading_definitions_loads_no_library_for_pages(load, tmp_path):
    load("[sources.chime]\n" + OWN + 'select = "main["\nexclude = ["a"]\n')
    code = (
        "import sys; from pathlib import Path; from tracker import config;"
        " config.load(Path('c.toml'));"
        " print([name for name in ('soupsieve', 'bs4', 'jsonpath', 'tracker.parse.feeds')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
