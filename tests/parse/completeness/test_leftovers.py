"""What stands outside the tables that were read: held, reported, or harmless."""

from __future__ import annotations

import pytest

from tests.support.readings import page, read, row, table
from tracker.model import Finding

COLUMNS = ("Resource", "Type", "Port & Protocol")
READ = table(
    row("a.example.com: 3.74.63.86", "Outbound", "443 TCP"),
    row("*.updates.example.com", "Outbound", "80, 8000-8100 TCP"),
    row("Relays: 52.10.0.0/16", "Outbound", "3478 UDP"),
    header=COLUMNS,
)


def findings(body: str, before: str = "") -> tuple[Finding, ...]:
    return read(page(f"<h1>Firewall</h1>{before}{READ}{body}")).findings


def verdicts(body: str) -> list[tuple[str, str]]:
    return [(finding.name, finding.verdict) for finding in findings(body)]


@pytest.mark.parametrize(
    ("body", "name", "values"),
    [
        ("<p>relay.example.net</p>", "host", "relay.example.net"),
        ("<ul><li>*.cdn.example.net<li>b.example.net</ul>", "host", "*.cdn.example.net, b"),
        (
            "<ul><li>Canada: 15.222.1.1<li>15.222.1.2 (Canada)</ul>",
            "address",
            "1.1, 15.222.1.2",
        ),
        ("<ol><li>Frankfurt 15.222.1.1</ol>", "address", "15.222.1.1"),
        ("<p>Toronto&mdash;15.222.1.1</p>", "address", "15.222.1.1"),
        ("<pre>15.222.1.0/24\n15.223.0.0/16</pre>", "address", "15.222.1.0/24, 15.223.0.0/16"),
        ("<p>15.222.1.1<br>15.222.1.2</p>", "address", "15.222.1.1, 15.222.1.2"),
        ("<p>Allow these, too: b.example.net, 15.222.1.1</p>", "address", "b.example.net"),
        ("<dl><dt>Relays<dd>b.example.net</dl>", "host", "b.example.net"),
        ("<li>b.example.net &ndash; where the agent sends its logs.</li>", "host", "b.example"),
        ("<p>Relays (b.example.net, c.example.net)</p>", "host", "b.example.net, c.example"),
        ("<li>b.example.net:8443</li>", "host", "b.example.net"),
        ("<li>https://b.example.net/agent/</li>", "host", "b.example.net"),
        ("<p>UDP 10000-20000</p>", "ports", "UDP 10000-20000"),
        ("<li>Media: 10000-20000 (UDP)</li>", "ports", "10000-20000 ( UDP"),
        ("<h3>Required ports</h3><ul><li>5938</li></ul>", "ports", "5938"),
        ("<p>Ports:</p><p>10000-20000</p>", "ports", "10000-20000"),
        ("<li>a.example.com: TCP 8443</li>", "ports", "TCP 8443"),
        ("<p>15.222.1.3/16</p>", "address", "15.222.1.3/16"),
        ("<li>{tenant}.example.net</li>", "host", "*.example.net"),
        ("<li>&lt;region&gt;.relay.example.net:443</li>", "host", "*.relay.example.net"),
        ("<li>Driver server: b.example.net</li>", "host", "b.example.net"),
        ("<p>Host: Vendor.com</p>", "host", "vendor.com"),
    ],
)
def test_what_stands_alone_holds_the_page(body: str, name: str, values: str) -> None:
    (finding,) = findings(body)
    assert (finding.name, finding.verdict) == (f"{name}-outside-tables", "hold")
    assert values in finding.message


@pytest.mark.parametrize(
    "body",
    [
        "<p>Added in May:</p><p>3.74.63.86</p>",
        "<ul><li>a.example.com<li>A.EXAMPLE.COM</ul>",
        "<ul><li>Relay 7: 52.10.3.4<li>52.10.8.0/24</ul>",
        "<li>eu.updates.example.com</li><li>updates.example.com</li>",
        "<p>TCP 443</p><p>TCP 8000-8100</p><p>TCP 8005</p>",
        "<p>a.example.com:443</p>",
        table(row("May", "3.74.63.86"), header=("Date", "Address")),
        table(row("a.example.com", "443"), header=("Name", "TCP port")),
    ],
)
def test_what_an_entry_has_needs_no_word(body: str) -> None:
    assert findings(body) == ()


@pytest.mark.parametrize(
    "body",
    [
        "<p>The agent sends its logs to b.vendor.io over TLS.</p>",
        "<p>If you are in Canada, allow 15.222.1.1, then start it again.</p>",
        "<li>Allow 15.222.1.1</li>",
        "<pre>curl https://b.vendor.io\nping b.vendor.io</pre>",
        "<pre>$ nslookup b.vendor.io</pre>",
        "<pre>Test-NetConnection b.vendor.io -Port 443</pre>",
        "<p>Website: www.vendor.io</p>",
        "<pre>HTTP_PROXY=http://15.222.1.1:8080</pre>",
        "<p>Media then needs UDP 10000-20000 to be open.</p>",
        "<p><a href='https://docs.vendor.io/'>docs.vendor.io</a></p>",
    ],
)
def test_what_a_sentence_says_is_reported(body: str) -> None:
    assert verdicts(body) == [("values-in-text", "publish")]


def test_one_finding_tells_of_all_sentences() -> None:
    sentences = "".join(f"<p>See n{n}.vendor.io for more.</p>" for n in range(9))
    (finding,) = findings(sentences)
    assert "n0.vendor.io, n1.vendor.io" in finding.message
    assert "n4.vendor.io and 4 more" in finding.message
    assert "n8" not in finding.message


@pytest.mark.parametrize(
    "body",
    [
        "<ul><li>setup.sh<li>readme.md<li>agent.exe<li>com.vendor.network</ul>",
        "<ul><li>Booking.com connector<li>ASP.NET Core 8</ul>",
        "<p>help@vendor.io</p><p>+1.346.444.8530</p><p>Phone: 44.20.30.40</p>",
        "<p>See https://docs.vendor.io/firewall/ for more.</p>",
        "<p><a href='/help'>Help</a> <a href='/x'>More</a></p>",
        "<p>For example, *.example.com includes child.example.com.</p>",
        "<p>A proxy at 192.0.2.10 is ignored.</p>",
        "<p>© 2024 vendor.io</p><li>Copyright vendor.io</li>",
        "<p>Version 2023-2024</p><p>10:30:45</p><p>00:1A:2B:3C:4D:5E</p>",
        "<h3>Agent versions</h3><ul><li>5.22.60.1<li>5.22.61.2</ul>",
        table(row("Agent", "5.22.60.1"), header=("Product", "Version")),
        table(row("Version", "5.22.60.1"), row("Size", "12 MB"), header=("Name", "Value")),
        table(row("1", "Power"), row("2", "Disk"), header=("Port", "LED")),
        table(row("Windows Server", "2012"), header=("Service", "Since")),
        "<p>HTTP 404: not found</p><p>Page 24/7</p>",
    ],
)
def test_harmless_words_say_nothing(body: str) -> None:
    assert findings(body) == ()


@pytest.mark.parametrize(
    "words",
    [
        "Your IP address is {}",
        "Your IP: {}",
        "Your public IPv4 address: {}",
        "You are visiting from {}.",
        "You're connected from IP {}",
        "{} is your IP address",
        "We see you coming from {}",
    ],
)
@pytest.mark.parametrize("address", ["81.2.69.142", "81.2.69.160", "2a02:8070::7"])
def test_the_own_address_of_the_reader_is_another_one_each_time(
    words: str, address: str
) -> None:
    assert findings(f"<p>{words.format(address)}</p>") == ()
    assert findings(f"<table><tr><td>{words.format(address)}</td></tr></table>") == ()


@pytest.mark.parametrize(
    "body",
    [
        "<p>Your IP address:</p><p>81.2.69.142</p>",
        "<table><tr><td>Your IP address</td><td>81.2.69.142</td></tr></table>",
    ],
)
def test_the_label_of_the_own_address_can_stand_above_or_before_it(body: str) -> None:
    assert findings(body) == ()


@pytest.mark.parametrize(
    "words",
    [
        "Your server address: 15.222.1.1",
        "Your IP address is 81.2.69.142. Relay: 15.222.1.1",
        "Your firewall must let through: 15.222.1.1",
    ],
)
def test_an_address_that_is_not_the_readers_is_held(words: str) -> None:
    (finding,) = findings(f"<p>{words}</p>")
    assert finding.verdict == "hold"
    assert "15.222.1.1" in finding.message
    assert "81.2" not in finding.message


@pytest.mark.parametrize("tag", ["nav", "header", "footer", "aside"])
def test_what_is_no_content_is_passed_over(tag: str) -> None:
    inner = table(row("x", "9.9.9.9"), header=("Name", "Address"))
    assert findings(f"<{tag}><ul><li>b.example.net<li>15.222.1.1</ul>{inner}</{tag}>") == ()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Relays: " + ", ".join(f"15.222.1.{n}" for n in range(200)), "hold"),
        (" ".join(f"The agents of site {n} use 15.222.1.{n}." for n in range(60)), "publish"),
    ],
)
def test_a_very_long_line_is_a_list_or_a_text(text: str, verdict: str) -> None:
    (finding,) = findings(f"<p>{text}</p>")
    assert finding.verdict == verdict


def test_a_place_is_one_finding_with_its_heading() -> None:
    body = "<h3>Relays</h3><p>15.222.1.1</p><p>b.example.net</p><h3>More</h3><p>15.222.1.9</p>"
    relays, more = findings(body)
    assert 'under "Relays": 2 values stand' in relays.message
    assert 'under "More": a value stands' in more.message


def test_very_many_places_are_reported_together() -> None:
    body = "".join(f"<h3>{n}</h3><p>15.222.1.{n}</p>" for n in range(60))
    *_, last = found = findings(body)
    assert len(found) == 21
    assert "40 more places: 40 values" in last.message


def test_a_value_that_is_not_shown_in_the_finding_changes_it() -> None:
    items = [f"<li>15.222.1.{n}</li>" for n in range(9)]
    first, second = findings("".join(items)), findings("".join([*items[:-1], "<li>15.222.2.1"]))
    assert first != second
    assert first == findings("".join(items))


def test_values_on_a_page_that_has_no_table_are_held() -> None:
    reading = read(page("<h1>Overview</h1><ul><li>15.222.1.1</ul>"), page(READ))
    assert [(f.name, f.verdict) for f in reading.findings] == [
        ("address-outside-tables", "hold")
    ]


WHOLE = """
<header><a href="/">Vendor</a> <a href="tel:+13464448530">+1 346 444 8530</a></header>
<nav><ul><li><a href="/docs">Docs</a><li><a href="https://status.vendor.io">status.vendor.io</a>
</ul></nav>
<main><h1>Firewall configuration</h1><p>Updated 12.05.2024, agent 5.221.608.1 and later.</p>
<p>Your IP address is 81.2.69.142</p>
{}
<h2>Test the connection</h2><p>Run this:</p><pre>curl -v https://a.example.com
ping a.example.com</pre>
<h2>Supported systems</h2><ul><li>Windows 10, 11<li>macOS 12 (arm64)<li>Booking.com add-in</ul>
<h2>Version history</h2><table><tr><th>Version</th><th>Date</th><th>Changes</th></tr>
<tr><td>5.22.60.1</td><td>2024-05-01</td><td>Fixes for readme.md and setup.sh</td></tr></table>
<h2>Related</h2><ul><li><a href="/a">Proxy settings</a><li><a href="/b">Agent.exe options</a>
</ul><p>Write to help@vendor.io or call +1.346.444.8530.</p><p>Was this helpful? 3 of 5 found it
helpful</p></main>
<footer><p>www.vendor.io</p><p>Vendor, 24 Main Street, Suite 1.2</p></footer>
"""


def test_a_whole_page_around_the_table_is_harmless() -> None:
    assert read(page(WHOLE.format(READ))).findings == ()
