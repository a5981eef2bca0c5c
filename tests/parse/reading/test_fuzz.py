"""Anything at all in place of a page: only our own named errors come out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import tracker
from tests.support.examples import examples
from tests.support.parsing import outcome
from tracker.errors import NotAPage, Unreadable
from tracker.fetch.decode import decode
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.text_cells import read_components, read_purpose
from tracker.parse.values import find_values

SAMPLES = [
    path.read_bytes()
    for path in sorted((Path(tracker.__file__).parent / "samples").rglob("*.*"))
    if path.suffix in {".html", ".txt"} and path.stat().st_size < 20_000
]
TYPES = (None, "text/html", "text/plain; charset=utf-8", "text/html; charset=windows-1252")

HEADERS = ("Resource", "Type", "Port & Protocol", "Protocol", "Required for", "Components")
VALUES = (
    *("54.210.188.13", "3.74.63.86", "10.0.0.0/8", "0.0.0.0/0", "1.2.3.4-1.2.3.9", "::1"),
    *("2600:1f18::/36", "*.windowsupdate.com", "server.action1.com", "1.2.3", "5.221.608.1"),
    *("Action1 servers (server.action1.com):", "Managed endpoints (LAN only)", "*", "any"),
)
PORTS = (
    *("443 HTTPS", "22543 TCP,", "TLS 1.2 over TCP", "22551 TCP/UDP, 6771 UDP", "HTTP"),
    *("49152 - 65535", "TCP, proprietary by Microsoft", "0", "65536 TCP", "50,000-59,999"),
)
WORDS = (
    *("(Required) Connection.", "(Required - only for Europe) x", "(Recommended)", "Agents"),
    *("Agents, Deployer", "Region: Europe", "Region: North America", "Europe", "Outbound"),
    *("Inbound", "outbound only", "•", "\u00a0", "\u200b", "\u202e", "١٢", "４４３", "é", "¹"),
)
TAGS = (
    *("<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<th>", "</th>", "<tbody>"),
    *('<td rowspan="3">', '<td colspan="2">', '<td rowspan="65534">', '<th colspan="0">'),
    *("<ul>", "<li>", "</li>", "</ul>", "<p>", "</p>", "<br>", "<div>", "</div>", "<h3>"),
    *("</h3>", "<caption>", "</caption>", "<dl>", "<dt>", "<dd>", "</dl>", "<a href='x/'>"),
    *("</a>", "<!--", "-->", "<script>", "</script>", "<details>", "<summary>", "<sup>"),
    *("</sup>", "<span hidden>", '<div role="row">', '<div role="cell">', "<del>", "</del>"),
    *("<title>", "</title>", "<template>", "<svg>", "<select>", "<option>", "<pre>", "|"),
    *("<html>", "</html>", "<body>", "<meta charset='x'>", "<!DOCTYPE html>", "&amp;", "&#0;"),
)
SIGNS = ("\n", "\n\n", " ", ", ", "; ", ": ", " - ", "  • ", "| ", "\t", "**", "# ", "---", "")

words = st.sampled_from((*HEADERS, *VALUES, *PORTS, *WORDS))
pieces = st.one_of(
    words, words, st.sampled_from(TAGS), st.sampled_from(SIGNS), st.text(max_size=3)
)
cells = st.lists(words, min_size=1, max_size=3).map("<br>".join)
tables = st.lists(st.lists(cells, min_size=1, max_size=6), max_size=6).map(
    lambda rows: "<table>{}{}</table>".format(
        "".join(f"<th>{name}</th>" for name in HEADERS if name != "Protocol"),
        "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows),
    )
)
columns = st.lists(st.lists(words, max_size=5), min_size=3, max_size=5).map(
    lambda found: "\n\n".join(
        "\n".join((name, *column)) for name, column in zip(HEADERS, found, strict=False)
    )
)
soup = st.lists(st.one_of(pieces, pieces, pieces, tables, columns), max_size=60).map("".join)
few = examples(75, derandomize=True)
many = examples(150, derandomize=True)


@many
@given(st.binary(max_size=600), st.sampled_from(TYPES))
def test_any_bytes_are_read_or_refused_by_name(body: bytes, content_type: str | None) -> None:
    outcome(body, content_type)


@many
@given(st.text(max_size=400), st.sampled_from(("utf-8", "utf-16", "utf-8-sig", "utf-32")))
def test_any_text_is_read_or_refused_by_name(text: str, charset: str) -> None:
    outcome(text.encode(charset, "replace"))


@many
@given(soup)
def test_soup_of_the_words_of_a_page_is_read_or_refused_by_name(text: str) -> None:
    outcome(text.encode(errors="replace"))
    outcome(f"<!DOCTYPE html><html><body>{text}</body></html>".encode(errors="replace"))


@few
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), pieces), min_size=1, max_size=6),
)
def test_samples_with_pieces_replaced_are_read_or_refused_by_name(
    sample: bytes, changes: list[tuple[float, int, str]]
) -> None:
    for place, length, piece in changes:
        at = int(place * len(sample))
        sample = sample[:at] + piece.encode(errors="replace") + sample[at + length :]
    outcome(sample)


@many
@given(st.lists(st.one_of(pieces, st.text(max_size=8)), max_size=12).map("".join))
def test_any_cell_is_typed_or_refused_by_name(text: str) -> None:
    for read in (read_ports, read_purpose, read_components):
        with suppress(Unreadable):
            read(text, "here")
    find_values(text)


@many
@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_charset_is_decoded_or_refused_by_name(body: bytes, charset: str) -> None:
    for content_type in (charset, f"text/html; charset={charset}"):
        with suppress(NotAPage):
            text = decode(body, content_type, "here")
            assert "\x00" not in text
            assert "\ufffd" not in text
