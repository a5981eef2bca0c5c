"""Tables by a definition: columns, defaults, values, reads, rules, and what must stop."""

from __future__ import annotations

import pytest

from tests.support.defined import defined, endpoints, holds, named, read_by, table, targets
from tracker.errors import NothingRead, Unreadable, UsageError

BOTH = 'defaults = { direction = "outbound", ports = "443 TCP" }\n'
HOSTS = table("Host | Purpose", "api.vendor.com | API", "cdn.vendor.com | Files")
COOKIES = table("Name | Domain", "id | track.vendor.com")
TO_API = ("outbound", "api.vendor.com", "tcp", 443, 443)


def test_columns_say_what_headers_mean():
    reading = read_by(
        'columns = { "Where to" = "resource", "How" = "ports", "Way" = "direction",'
        ' "Zone" = "region", "What for" = "purpose", "Who" = "components" }',
        table(
            "Where to | How | Way | Zone | What for | Who",
            "api.vendor.com | 443 TCP | Outbound | Oslo | (Required) Data | Agents",
        ),
    )
    (entry,) = reading.entries
    assert endpoints(reading) == {("Oslo", *TO_API)}
    assert (entry.purpose, entry.requirement) == ("Data", "required")
    assert entry.components == ("Agents",)
    assert reading.findings == ()


def test_defaults_stand_for_columns_that_a_table_lacks():
    reading = read_by(
        'columns = { "Name" = "resource" }\n'
        'defaults = { direction = "inbound", ports = "8443 TCP", region = "Global",'
        ' requirement = "optional", components = ["Agents", "Relays"] }',
        table("Name", "api.vendor.com"),
    )
    (entry,) = reading.entries
    assert endpoints(reading) == {("Global", "inbound", "api.vendor.com", "tcp", 8443, 8443)}
    assert (entry.requirement, entry.components) == ("optional", ("Agents", "Relays"))


def test_a_port_that_no_page_states_is_not_stated():
    reading = read_by('defaults = { direction = "outbound", ports = "TCP" }', HOSTS)
    assert {(e[3], e[4]) for e in endpoints(reading)} == {("tcp", None)}


@pytest.mark.parametrize(
    ("header", "row"),
    [("Host | Ports", "api.vendor.com | "), ("Host | Direction", "api.vendor.com | ")],
)
def test_a_default_never_fills_an_empty_cell_of_a_column_that_is_there(header, row):
    with pytest.raises(Unreadable):
        read_by(BOTH, table(header, row))


def test_the_words_of_a_purpose_and_a_column_win_over_a_default_requirement():
    toml = (
        'defaults = { direction = "outbound", ports = "443 TCP", requirement = "required" }\n'
        'columns = { "Must" = "requirement" }'
    )
    reading = read_by(
        toml,
        table("Host | Purpose", "a.vendor.com | (Optional) Extra", "b.vendor.com | Data"),
        table("Host | Must", "c.vendor.com | No", "d.vendor.com | yes", "e.vendor.com | -"),
    )
    assert [entry.requirement for entry in reading.entries] == [
        *("optional", "required", "optional", "required", "required"),
    ]


def test_a_word_that_does_not_say_whether_it_is_required_stops_the_page():
    with pytest.raises(Unreadable, match="does not say whether the row is required"):
        read_by(
            f'{BOTH}columns = {{ "Must" = "requirement" }}',
            table("Host | Must", "a.vendor.com | Tuesdays"),
        )


def test_several_columns_can_be_one_resource():
    reading = read_by(
        f'{BOTH}columns = {{ "Name" = "resource", "IPv4" = "resource", "IPv6" = "resource" }}',
        table("Name | IPv4 | IPv6", "api.vendor.com | 203.0.114.5 | n/a"),
    )
    (entry,) = reading.entries
    assert (entry.hosts, entry.addresses) == (("api.vendor.com",), ("203.0.114.5",))


def test_two_columns_of_one_meaning_stop_the_page_unless_the_definition_names_both():
    page = table("Host | IP address", "api.vendor.com | 203.0.114.5")
    with pytest.raises(Unreadable, match="two columns of its header mean the same"):
        read_by(BOTH, page)
    both = 'columns = { "Host" = "resource", "IP address" = "resource" }'
    assert targets(read_by(BOTH + both, page)) == ["api.vendor.com", "203.0.114.5"]


def test_ports_can_stand_in_columns_of_their_protocols():
    reading = read_by(
        'defaults = { direction = "outbound" }\n'
        'columns = { "TCP ports" = "tcp_ports", "UDP ports" = "udp_ports" }',
        table(
            "Host | TCP ports | UDP ports",
            "api.vendor.com | 80, 443 | -",
            "b.vendor.com | | 53",
        ),
    )
    assert {e[2:5] for e in endpoints(reading)} == {
        ("api.vendor.com", "tcp", 80),
        ("api.vendor.com", "tcp", 443),
        ("b.vendor.com", "udp", 53),
    }


def test_a_label_column_names_the_entry_and_a_prefix_stands_before_it():
    reading = read_by(
        f'label_prefix = "Set "\n{BOTH}columns = {{ "ID" = "label" }}',
        table("ID | Host", "4 | api.vendor.com"),
    )
    assert reading.entries[0].resource == "Set 4"


def test_an_ignored_column_is_counted():
    reading = read_by(
        f'{BOTH}columns = {{ "Old" = "ignore", "Host" = "resource" }}',
        table("Host | Old", "api.vendor.com | old.vendor.com"),
    )
    assert targets(reading) == ["api.vendor.com"]
    (finding,) = named(reading, "values-taken-away")
    assert "an ignored column of the definition takes away a value: old.vendor.com" in (
        finding.message
    )
    assert reading.removed == ("old.vendor.com",)


def test_values_are_replaced_dropped_filled_in_split_and_stripped():
    reading = read_by(
        BOTH
        + r"""columns = { "Host" = "resource" }
        [values]
        split = ";"
        drop = ['\(port 443\)']
        replace = { '\n' = ";" }
        footnotes = ["(*)"]
        urls = "host"
        placeholders = { "<tenant>" = "contoso" }
        """,
        table(
            "Host",
            r"a.vendor.com\nb.vendor.com (*)",
            "c.vendor.com (port 443); https://d.vendor.com/api/v1; syslog://e.vendor.com",
            "&lt;tenant&gt;.vendor.com; f.vendor.com/login",
        ),
    )
    assert targets(reading) == [
        *(f"{name}.vendor.com" for name in ("a", "b", "c", "d", "e", "contoso", "f"))
    ]


def test_what_a_pattern_drops_is_counted():
    reading = read_by(
        BOTH
        + r"""columns = { "Host" = "resource" }
        values = { drop = ['formerly \S+'] }""",
        table("Host", "a.vendor.com formerly b.vendor.com"),
    )
    assert (targets(reading), reading.removed) == (["a.vendor.com"], ("b.vendor.com",))


@pytest.mark.parametrize(
    "cell", ["https://a.vendor.com:8443/x", "10.0.0.0/8/x", "a.vendor.com:8443/x"]
)
def test_a_url_with_a_port_or_a_network_with_a_path_is_no_host(cell):
    with pytest.raises(Unreadable):
        read_by(
            f'{BOTH}columns = {{ "Host" = "resource" }}\nvalues = {{ urls = "host" }}',
            table("Host", cell),
        )


def test_networks_stay_networks_where_urls_become_hosts():
    reading = read_by(
        f'{BOTH}columns = {{ "Host" = "resource" }}\nvalues = {{ urls = "host", split = "," }}',
        table("Host", "203.0.114.0/24, a.vendor.com/24/x, 2001:67c::/32"),
    )
    assert targets(reading) == ["a.vendor.com", "203.0.114.0/24", "2001:67c::/32"]


def test_a_cell_of_exactly_that_text_is_read_as_another():
    toml = 'reads = [{ cell = "443 (default) TCP", as = "443 TCP" }]'
    header = "Host | Type | Ports"
    reading = read_by(toml, table(header, "a.vendor.com | Outbound | 443 <b>(default)</b> TCP"))
    assert endpoints(reading) == {(None, "outbound", "a.vendor.com", "tcp", 443, 443)}
    (finding,) = named(reading, "cell-read-as")
    assert 'the cell "443 (default) TCP" is read as "443 TCP"' in finding.message
    with pytest.raises(Unreadable):
        read_by(toml, table(header, "a.vendor.com | Outbound | 443 (default) TCP, UDP 53 (x)"))


def test_a_reading_that_loses_a_value_is_counted():
    reading = read_by(
        f'{BOTH}columns = {{ "Host" = "resource" }}\n'
        'reads = [{ cell = "a.vendor.com (was b.vendor.com)", as = "a.vendor.com" }]',
        table("Host", "a.vendor.com (was b.vendor.com)"),
    )
    assert reading.removed == ("b.vendor.com",)


def test_the_first_rule_that_fits_takes_a_table():
    reading = read_by(
        BOTH
        + """
        [[tables]]
        header = ["Provider", "Host"]
        columns = { "Provider" = "ignore" }
        defaults = { ports = "22 TCP" }
        [[tables]]
        heading = "(?i)cookies"
        action = "ignore"
        [[tables]]
        heading = "."
        """,
        f"<h2>Hosts</h2>{HOSTS}"
        f"<h2>More</h2>{table('Provider | Host', 'ACME | ssh.vendor.com')}"
        f"<h2>Our Cookies</h2>{table('Name | Domain', 'id | track.vendor.com')}",
    )
    assert {e[2:5] for e in endpoints(reading)} == {
        ("api.vendor.com", "tcp", 443),
        ("cdn.vendor.com", "tcp", 443),
        ("ssh.vendor.com", "tcp", 22),
    }
    (ignored,) = named(reading, "table-ignored")
    assert 'under "Our Cookies": tables[1] of the definition ignores it' in ignored.message
    assert reading.removed == ("track.vendor.com",)


def test_a_rule_can_take_a_table_by_css():
    reading = read_by(
        f'{BOTH}[[tables]]\ncss = "table.cookies"\naction = "ignore"',
        HOSTS
        + table("Name | Domain", "id | track.vendor.com").replace(
            "<table", '<table class="cookies"'
        ),
    )
    assert targets(reading) == ["api.vendor.com", "cdn.vendor.com"]


def test_rows_of_a_text_are_skipped_and_counted():
    reading = read_by(
        f'{BOTH}[[tables]]\nheader = ["Host"]\nskip_rows = "^Your own "',
        table("Host | Purpose", "a.vendor.com | Data", "me.vendor.com | Your own server"),
    )
    assert (targets(reading), reading.removed) == (["a.vendor.com"], ("me.vendor.com",))


def test_a_table_of_which_all_rows_are_skipped_is_taken_and_counted():
    reading = read_by(
        f'{BOTH}[[tables]]\nheading = "Old"\nskip_rows = "."\n[[tables]]\nheading = "Hosts"',
        f"<h2>Hosts</h2>{HOSTS}<h2>Old</h2>{table('Host', 'old.vendor.com')}",
    )
    assert targets(reading) == ["api.vendor.com", "cdn.vendor.com"]
    assert (reading.removed, holds(reading)) == (("old.vendor.com",), set())


def test_a_region_can_be_the_heading_above_or_a_title_that_a_pattern_knows():
    page = f"<h2>Oslo</h2>{HOSTS}<h2>Rome</h2>{table('Host', 'it.vendor.com')}"
    by_rule = f'{BOTH}[[tables]]\nheader = ["Host"]\nregion = "heading"'
    assert {e[0] for e in endpoints(read_by(by_rule, page))} == {"Oslo", "Rome"}
    by_title = f"{BOTH}region_titles = ['^Site: (?P<name>.+)$']"
    page = page.replace("<h2>", "<h2>Site: ")
    assert {e[0] for e in endpoints(read_by(by_title, page))} == {"Oslo", "Rome"}


def test_without_a_heading_there_is_no_region_to_take():
    with pytest.raises(Unreadable, match="no heading stands above it"):
        read_by(f'{BOTH}[[tables]]\nheader = ["Host"]\nregion = "heading"', HOSTS)


def test_two_headers_in_one_table_are_each_read_by_their_rule():
    reading = read_by(
        BOTH
        + """[[tables]]
        header = ["UDP host"]
        columns = { "UDP host" = "resource", "Place" = "ignore" }
        defaults = { ports = "514 UDP" }
        [[tables]]
        heading = "."
        columns = { "TCP host" = "resource", "Place" = "ignore" }
        """,
        "<h2>Hosts</h2><table><tr><th>Place</th><th>TCP host</th></tr>"
        "<tr><td>Oslo</td><td>a.vendor.com</td></tr>"
        "<tr><th>Place</th><th>UDP host</th></tr>"
        "<tr><td>Oslo</td><td>b.vendor.com</td></tr></table>",
    )
    assert {e[2:5] for e in endpoints(reading)} == {
        ("a.vendor.com", "tcp", 443),
        ("b.vendor.com", "udp", 514),
    }


def test_a_table_of_which_one_rule_ignores_a_part_and_another_reads_one_is_stopped():
    with pytest.raises(
        Unreadable, match=r"tables\[0\] of the definition ignores it, but it has"
    ):
        read_by(
            f'{BOTH}[[tables]]\nheader = ["Old host"]\naction = "ignore"\n'
            '[[tables]]\nheading = "."',
            "<h2>Hosts</h2><table><tr><th>Host</th><th>Place</th></tr>"
            "<tr><td>a.vendor.com</td><td>Oslo</td></tr>"
            "<tr><th>Old host</th><th>Place</th></tr>"
            "<tr><td>b.vendor.com</td><td>Oslo</td></tr></table>",
        )


def test_a_rule_takes_a_table_whose_header_it_cannot_read_is_an_error():
    with pytest.raises(Unreadable, match=r"tables\[0\] of the definition takes it, but no row"):
        read_by(
            f'{BOTH}[[tables]]\nheading = "Hosts"', f"<h2>Hosts</h2>{table('A | B', 'x | y')}"
        )


def test_a_table_that_only_defaults_make_one_of_ours_is_asked_about():
    page = table("Server | Note", "dns.vendor.com | Resolver")
    assert holds(read_by(BOTH, page)) == {"table-read-by-defaults"}
    named_column = f'{BOTH}columns = {{ "Server" = "resource" }}'
    assert holds(read_by(named_column, page)) == set()
    assert holds(read_by('defaults = { ports = "443 TCP" }', HOSTS + _OUTBOUND)) == {
        "table-not-read"
    }


_OUTBOUND = table("Host | Type", "out.vendor.com | Outbound")


@pytest.mark.parametrize(
    ("rest", "value"),
    [
        (table("Place | Address", "Oslo | 203.0.114.9"), "203.0.114.9"),
        ("<ul><li>x.vendor.com</li></ul>", "x.vendor.com"),
        ("<pre>203.0.114.0/25\n203.0.114.128/25</pre>", "203.0.114.0/25"),
        ("<dl><dt>Relay</dt><dd>y.vendor.com</dd></dl>", "y.vendor.com"),
        ("<p>203.0.114.77</p>", "203.0.114.77"),
        ('<p><a href="https://z.vendor.com">z.vendor.com</a></p>', "z.vendor.com"),
    ],
    ids=["table", "list", "pre", "dl", "line", "link"],
)
def test_what_no_rule_takes_below_the_selection_stops_the_page_by_heading_and_value(
    rest, value
):
    toml = f'select = "main"\n{BOTH}[[tables]]\nheader = ["Host", "Purpose"]'
    reading = read_by(toml, f"<main>{HOSTS}<h2>Further</h2>{rest}</main>")
    (finding,) = [f for f in reading.findings if f.verdict == "hold"]
    assert value in finding.message
    assert 'under "Further"' in finding.message


def test_a_rule_or_a_reading_that_matches_nothing_is_said():
    reading = read_by(
        f"""{BOTH}columns = {{ "Host" = "resource" }}
        reads = [{{ cell = "nowhere", as = "443 TCP" }}]
        [[tables]]
        heading = "Nowhere"
        [[lists]]
        css = "ul.nowhere"
        """,
        HOSTS,
    )
    said = [
        f.message.removeprefix("https://docs.example.org/network/: ") for f in reading.findings
    ]
    assert said == [
        f"{rule} of the definition matches nothing on the page"
        for rule in ("tables[0]", "lists[0]", 'reads "nowhere"')
    ]
    assert holds(reading) == set()


def test_what_the_operator_expects_is_held_where_it_is_not_so():
    toml = f'{BOTH}columns = {{ "Host" = "resource" }}\n'
    good = 'expect = { at_least = 2, contains = ["API.vendor.com"] }'
    assert read_by(toml + good, HOSTS).findings == ()
    few = read_by(toml + "expect = { at_least = 3 }", HOSTS)
    assert holds(few) == {"expectation-failed"}
    assert "2 entries, fewer than 3" in few.findings[0].message
    other = read_by(toml + 'expect = { contains = ["x.vendor.com"] }', HOSTS)
    assert "no entry with x.vendor.com" in other.findings[0].message


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[[tables]]\naction = "ignore"', r"tables\[0\]: it takes nothing"),
        ('[[lists]]\naction = "ignore"', r"lists\[0\]: it takes nothing"),
        (
            '[[tables]]\nheading = "x"\n[[tables]]\nheading = "x"\naction = "ignore"',
            r"tables\[1\]: tables\[0\] takes the same; keep one of them",
        ),
        ('region_titles = "^Region (.+)$"', r"no group \(\?P<name>\.\.\.\)"),
        ("values = { drop = ['('] }", r'values\.drop: "\(" is not a regular expression'),
        ("reads = [{cell='a', as='b'}, {cell='a', as='c'}]", 'the cell "a" is given twice'),
    ],
)
def test_what_cannot_be_right_in_any_page_is_an_error_of_the_definition(toml, message):
    with pytest.raises(UsageError, match=message):
        defined(toml)


def test_no_table_at_all_is_nothing_read():
    with pytest.raises(NothingRead):
        read_by(BOTH, "<h1>We have moved</h1><p>Soon more.</p>")
