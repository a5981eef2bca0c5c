"""The part of a page that counts: select, exclude, and lists by rules."""

from __future__ import annotations

import pytest

from tests.support.defined import endpoints, holds, html, named, read_by, table, targets
from tracker.errors import Unreadable
from tracker.parse.read import parse_page
from tracker.sources.definition import Definition

BOTH = 'defaults = { direction = "outbound", ports = "443 TCP" }\n'
COLUMNS = 'columns = { "Host" = "resource" }\n'
HOSTS = table("Host", "api.vendor.com")
OTHER = table("Host", "other.vendor.com")
LIST = "<ul><li>a.vendor.com</li><li>203.0.114.1</li></ul>"


def test_only_what_is_selected_is_the_page():
    page = f"{OTHER}<p>203.0.114.9</p><main>{HOSTS}</main><ul><li>x.vendor.com</li></ul>"
    reading = read_by(f'select = "main"\n{BOTH}{COLUMNS}', page)
    assert targets(reading) == ["api.vendor.com"]
    assert reading.findings == ()


def test_several_parts_can_be_selected():
    page = f"<div id=a>{HOSTS}</div>{table('Host', 'no.vendor.com')}<div id=b>{OTHER}</div>"
    reading = read_by(f'select = ["#a", "#b"]\n{BOTH}{COLUMNS}', page)
    assert targets(reading) == ["api.vendor.com", "other.vendor.com"]


def test_text_right_inside_what_is_around_the_selection_is_outside_of_it():
    page = f"<div>203.0.114.9<main>{HOSTS}</main>198.51.99.1</div>"
    assert read_by(f'select = "main"\n{BOTH}{COLUMNS}', page).findings == ()


@pytest.mark.parametrize("key", ["select", "exclude"])
def test_a_selector_that_matches_nothing_stops_the_page(key):
    with pytest.raises(Unreadable, match=f'{key}: "#gone" matches nothing on the page'):
        read_by(f'{key} = "#gone"\n{BOTH}{COLUMNS}', HOSTS)


@pytest.mark.parametrize("select", ['["main", "main table"]', '["main", "#a"]', '"div"'])
def test_a_selection_that_takes_a_table_twice_stops_the_page(select):
    page = f"<main id=a><div><div>{HOSTS}</div></div></main>"
    with pytest.raises(Unreadable, match="select: "):
        read_by(f"select = {select}\n{BOTH}{COLUMNS}", page)


def test_an_exclusion_has_to_match_on_one_page_only():
    toml = f'exclude = ".promo"\n{BOTH}{COLUMNS}'
    reading = read_by(toml, f"{HOSTS}<div class=promo>x.vendor.com</div>", OTHER)
    assert targets(reading) == ["api.vendor.com", "other.vendor.com"]


def test_what_is_excluded_is_counted():
    page = f"{HOSTS}<div class=promo>{OTHER}<p>203.0.114.9</p><script>1.2.3.4</script></div>"
    reading = read_by(f'exclude = ".promo"\n{BOTH}{COLUMNS}', page)
    assert targets(reading) == ["api.vendor.com"]
    assert set(reading.removed) == {"other.vendor.com", "203.0.114.9"}
    (finding,) = reading.findings
    assert (finding.name, finding.verdict) == ("values-taken-away", "publish")
    assert "exclude of the definition takes away 2 values" in finding.message


def test_a_page_of_plain_text_has_nothing_to_select():
    with pytest.raises(Unreadable, match="plain text"):
        parse_page("u", "Host | Type", definition=Definition(select="main"))


def test_a_list_below_a_heading_is_an_entry():
    reading = read_by(
        f'{BOTH}[[lists]]\nheading = "Relays"\ndefaults = {{ ports = "3478 UDP" }}',
        f"<h2>Relays</h2><p>Allow these:</p>{LIST}<h2>Support</h2><p>Write to us.</p>",
    )
    (entry,) = reading.entries
    assert (entry.resource, entry.hosts) == ("Relays", ("a.vendor.com",))
    assert {e[1:] for e in endpoints(reading)} == {
        ("outbound", "a.vendor.com", "udp", 3478, 3478),
        ("outbound", "203.0.114.1", "udp", 3478, 3478),
    }


@pytest.mark.parametrize(
    "body",
    ["<pre>a.vendor.com\n203.0.114.1</pre>", "<p>a.vendor.com<br>203.0.114.1</p>", LIST],
)
def test_preformatted_text_and_lines_are_lists_too(body):
    reading = read_by(f'{BOTH}[[lists]]\nheading = "Relays"', f"<h2>Relays</h2>{body}")
    assert targets(reading) == ["a.vendor.com", "203.0.114.1"]


def test_a_table_below_the_heading_of_a_list_is_not_a_part_of_it():
    reading = read_by(
        f'{BOTH}[[lists]]\nheading = "Relays"',
        f"<h2>Relays</h2>{LIST}{table('Thing | Value', 'Mirror | 203.0.114.9')}"
        "<p>203.0.114.4</p>",
    )
    assert targets(reading) == ["a.vendor.com", "203.0.114.1", "203.0.114.4"]
    assert holds(reading) == {"table-not-read"}


def test_lists_can_be_taken_by_css_and_name_their_region():
    reading = read_by(
        f'{BOTH}[[lists]]\ncss = "main ul"\nregion = "heading"',
        f"<main><h2>Oslo</h2>{LIST}<h2>Rome</h2><ul><li>203.0.114.2<ul><li>203.0.114.3</li>"
        "</ul></li></ul></main>",
    )
    assert {(e[0], e[2]) for e in endpoints(reading)} == {
        ("Oslo", "a.vendor.com"),
        ("Oslo", "203.0.114.1"),
        ("Rome", "203.0.114.2"),
        ("Rome", "203.0.114.3"),
    }


def test_a_list_inside_a_table_that_is_ignored_can_be_read():
    page = (
        "<h2>Details</h2><table><tr><th>Topic</th><th>What</th></tr>"
        f"<tr><td>Servers</td><td>Open {LIST}</td></tr></table>"
    )
    toml = f'{BOTH}[[tables]]\nheading = "Details"\naction = "ignore"\n[[lists]]\ncss = "td ul"'
    reading = read_by(toml, page)
    assert targets(reading) == ["a.vendor.com", "203.0.114.1"]
    assert holds(reading) == set()


def test_an_item_that_is_more_than_a_value_stops_the_page_unless_it_is_settled():
    page = "<h2>Relays</h2><ul><li>a.vendor.com (new)</li><li>b.vendor.com</li></ul>"
    rule = '[[lists]]\nheading = "Relays"\n'
    with pytest.raises(Unreadable, match=r"the item .a\.vendor\.com \(new\). is more than"):
        read_by(BOTH + rule, page)
    drop = f"{BOTH}values = {{ drop = ['\\(new\\)'] }}\n"
    assert targets(read_by(drop + rule, page)) == ["a.vendor.com", "b.vendor.com"]
    reads = f'{BOTH}reads = [{{ cell = "a.vendor.com (new)", as = "a.vendor.com" }}]\n'
    assert targets(read_by(reads + rule, page)) == ["a.vendor.com", "b.vendor.com"]


def test_an_item_that_only_looks_like_a_value_stops_the_page():
    with pytest.raises(Unreadable):
        read_by(
            f'{BOTH}[[lists]]\nheading = "Relays"',
            "<h2>Relays</h2><ul><li>203.0.114.300</li><li>b.vendor.com</li></ul>",
        )


def test_an_ignored_list_is_counted_and_its_tables_are_not_ignored():
    reading = read_by(
        f'{BOTH}{COLUMNS}[[lists]]\nheading = "Hosts"\naction = "ignore"',
        f"<h2>Hosts</h2>{LIST}{HOSTS}<p>203.0.114.7</p>",
    )
    assert targets(reading) == ["api.vendor.com"]
    assert set(reading.removed) == {"a.vendor.com", "203.0.114.1", "203.0.114.7"}
    assert len(named(reading, "list-ignored")) == 1


def test_a_caption_that_takes_a_list_out_of_force_holds_it():
    reading = read_by(
        f'{BOTH}[[lists]]\nheading = "Relays"',
        "<h2>Relays</h2><ul><li>a.vendor.com</li></ul><p>Retired:</p>"
        "<ul><li>b.vendor.com</li></ul>",
    )
    assert "out-of-force" in holds(reading)


def test_the_page_that_is_read_is_the_one_that_a_browser_shows():
    page = html(f"<main>{HOSTS}<div hidden>{OTHER}</div></main>")
    reading = read_by(f'select = "main"\n{BOTH}{COLUMNS}', page)
    assert targets(reading) == ["api.vendor.com"]
