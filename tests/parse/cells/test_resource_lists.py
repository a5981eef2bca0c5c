"""Lists in a resource cell: what stands beside a value, and what makes a second list."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.readings import WHERE, cell
from tracker.errors import Unreadable
from tracker.parse.cells.resource import read_resource
from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine

ONE, TWO, THREE = "203.0.113.5", "198.51.100.7", "192.0.2.9"
BROKEN = "relay.example.con"


@pytest.mark.parametrize(
    "kind",
    [
        *("IP: {}", "IP {}", "IP = {}", "IPs: {}", "IPv4: {}", "IP address: {}", "Address: {}"),
        *(
            "Public IP: {}",
            "Host: {}",
            "Hostname: {}",
            "FQDN: {}",
            "Domain name: {}",
            "URL: {}",
        ),
        *("{} (IP)", "{}.", "{},", "({})", "[{}]", "`{}`", "IP:{}", "Static IP: {}"),
    ],
)
def test_a_word_for_the_kind_of_a_value_is_no_words(kind: str) -> None:
    for value in (ONE, "a.example.com"):
        item = kind.format(value)
        alone = read_resource(cell(bullets=[item]), WHERE)
        assert alone.hosts + alone.addresses == (value,)
        assert alone.label == value
        listed = read_resource(cell("Relays:", bullets=[TWO, item]), WHERE)
        assert set(listed.hosts + listed.addresses) == {TWO, value}
        assert listed.label == "Relays"


@pytest.mark.parametrize(
    "sign",
    [
        *(" / ", " & ", " | ", " and ", ", ", "; ", " or ", ", and ", " • ", " ", "|", " + "),
        ", IP: ",
    ],
)
def test_values_side_by_side_are_each_read(sign: str) -> None:
    line = sign.join((ONE, TWO, THREE))
    for given_cell in (cell(line), cell(bullets=[line]), cell(f"Relays: {line}")):
        assert read_resource(given_cell, WHERE).addresses == (ONE, TWO, THREE)


@pytest.mark.parametrize("line", ["and", "or", ",", "|", "/", "&", "IP addresses:", "Hosts"])
def test_a_line_without_a_meaning_of_its_own_parts_nothing(line: str) -> None:
    found = read_resource(cell("Relays:", ONE, line, TWO), WHERE)
    assert found.label == "Relays"
    assert found.addresses == (ONE, TWO)


@pytest.mark.parametrize(
    "caption",
    [
        *(
            "Old:",
            "Old",
            "From 1 May:",
            "Until 30 June",
            "Backup servers",
            "In Asia:",
            "Relays 2",
        ),
        *(
            "(old):",
            "For reference, before the move",
            "plus, where IPv6 is used",
            "–",
            "...",
            "to",
        ),
        *("For the servers (b.example.com):", "Spare: 192.0.2.77", "Spare 192.0.2.77", "→"),
    ],
)
@pytest.mark.parametrize("is_bullet", [True, False])
def test_a_second_list_with_a_caption_is_refused(caption: str, *, is_bullet: bool) -> None:
    lines = [PageLine("Relays:"), PageLine(ONE, bullet=is_bullet), PageLine(caption)]
    with pytest.raises(Unreadable):
        read_resource(Cell((*lines, PageLine(TWO, bullet=is_bullet))), WHERE)


@pytest.mark.parametrize(
    ("lines", "label"),
    [
        (("Relays", "in Europe", "(agents only)", ONE), "Relays in Europe (agents only)"),
        ((ONE, "Relays in Europe"), "Relays in Europe"),
        ((ONE, "(Relays)"), "(Relays)"),
        (("a.example.com (Windows Update)", "b.example.com (Office)"), None),
        (("Relays (v5.2.60.1 and up):", ONE), "Relays (v5.2.60.1 and up)"),
        (("Booking.com servers:", ONE), "Booking.com servers"),
        (("Agents (setup.exe):", ONE), "Agents (setup.exe)"),
        (("Relays: IP: 203.0.113.5",), "Relays"),
    ],
)
def test_words_around_one_list_are_its_label(lines: Sequence[str], label: str | None) -> None:
    found = read_resource(cell(*lines), WHERE)
    assert found.label == label or (label is None and len(found.hosts) == len(lines))


@pytest.mark.parametrize(
    "mark", [" [1]", " [12]", " [a]", " [*]", "*", "**", " †", "‡", "¹", "²³", " [1] [2]"]
)
def test_the_mark_of_a_footnote_is_no_part_of_a_label(mark: str) -> None:
    for label in (f"Relays{mark}", f"Relays{mark}:"):
        assert read_resource(cell(label, bullets=[ONE]), WHERE).label == "Relays"
    with_host = read_resource(cell(f"Relays (a.example.com){mark}:", ONE), WHERE)
    assert with_host.label == "Relays (a.example.com)"


@pytest.mark.parametrize("mark", [" [1]", "[a]", "*", " *", " †", "¹", " (1)", " 1", " ²"])
@pytest.mark.parametrize("value", [ONE, "a.example.com"])
def test_a_mark_behind_a_value_is_refused(value: str, mark: str) -> None:
    for given_cell in (
        cell(value + mark),
        cell(f"({value}){mark}"),
        cell("Relays:", bullets=[value + mark]),
    ):
        with pytest.raises(Unreadable):
            read_resource(given_cell, WHERE)


@pytest.mark.parametrize(
    "lines",
    [
        ("203.0.113.0 -", "203.0.113.15"),
        ("203.0.113.0", "- 203.0.113.15"),
        ("203.0.113.0 –", "15"),
        ("203.0.113.0 to", "203.0.113.15"),
        ("203.0.113.0", "to 203.0.113.15"),
        ("203.0.113.0", "–", "203.0.113.15"),
        ("203.0.113.0 …", "203.0.113.15"),
        ("203.0.113.0...", "203.0.113.15"),
        ("203.0.113.0, ...",),
        ("203.0.113.0, 1, 2, 3",),
        ("IP range:", "203.0.113.0", "203.0.113.15"),
        ("Range: 203.0.113.0, 203.0.113.15",),
    ],
)
def test_what_may_be_a_range_is_refused(lines: Sequence[str]) -> None:
    with pytest.raises(Unreadable):
        read_resource(cell(*lines), WHERE)


@pytest.mark.parametrize(
    "lines",
    [
        ("IP range: 203.0.113.0 - 203.0.113.15",),
        ("203.0.113.0 to 203.0.113.15",),
        ("Relays:", "203.0.113.0…203.0.113.15"),
        ("IP ranges: 203.0.113.0/28",),
    ],
)
def test_a_range_is_read_as_its_networks(lines: Sequence[str]) -> None:
    assert read_resource(cell(*lines), WHERE).addresses == ("203.0.113.0/28",)


def test_a_list_that_is_typed_with_dashes_is_no_range() -> None:
    found = read_resource(cell("Relays (a.example.com):", f"- {ONE}", f"- {TWO}"), WHERE)
    assert found.addresses == (ONE, TWO)


@pytest.mark.parametrize(
    "item",
    [
        *("version 5.2.60.1", BROKEN, "setup.sh", "Old 203.0.113.5", "203.0.113.5 until May"),
        *(
            "203.0.113.5 (old)",
            "Relay: 203.0.113.5",
            "203.0.113.5 443",
            "203.0.113.5 → 192.0.2.1",
        ),
        "Build: 203.0.113.5",
    ],
)
def test_an_item_with_more_than_values_is_refused(item: str) -> None:
    with pytest.raises(Unreadable):
        read_resource(cell("Relays:", bullets=[TWO, item]), WHERE)


@pytest.mark.parametrize(
    "line",
    [
        "Build: 203.0.113.5",  # of a build server, or of no server
        "Europe: 203.0.113.5, Asia: 192.0.2.9",
        "203.0.113.5 → 192.0.2.9",
        f"Relays ({BROKEN}):",
        "Office.com sign-in page",
    ],
)
def test_a_line_that_can_mean_two_things_is_refused(line: str) -> None:
    with pytest.raises(Unreadable):
        read_resource(cell(line, TWO), WHERE)


def test_the_refusal_names_the_place_the_cell_and_what_it_is_about() -> None:
    with pytest.raises(Unreadable) as caught:
        read_resource(cell("Relays:", ONE, "Spare", TWO), "page, row 3")
    assert str(caught.value) == (
        'page, row 3, in "Relays: 203.0.113.5 Spare 198.51.100.7": two resources stand in one'
        ' cell, the second at "Spare"'
    )


addresses = st.ip_addresses(v=4).filter(lambda a: 1 <= int(str(a).split(".")[0]) < 255)
hosts = st.from_regex(
    r"(?:\*\.)?[a-z]{2,9}(?:-[a-z0-9]{1,5})?\.[a-z]{2,9}\.(?:com|net|org)", fullmatch=True
)
signs = st.sampled_from([" - ", "-", "–", " — ", " to ", "…", " ... ", "..", " −"])


@st.composite
def values(draw: st.DrawFn) -> tuple[str, frozenset[str]]:
    """A value as a page spells it, and what it means."""
    kind = draw(st.sampled_from(["address", "host", "network", "range"]))
    if kind == "host":
        host = draw(hosts)
        return draw(st.sampled_from(["{}", "https://{}/", "{}.", "Host: {}"])).format(
            host
        ) if "*" not in host else host, frozenset({host})
    first = draw(addresses)
    if kind == "address":
        spelled = draw(st.sampled_from(["{}", "IP: {}", "IPv4 {}", "({})", "`{}`", "{}/32"]))
        return spelled.format(first), frozenset({str(first)})
    if kind == "network":
        network = ipaddress.ip_network((first, draw(st.integers(8, 31))), strict=False)
        return draw(st.sampled_from(["{}", "CIDR {}"])).format(network), frozenset(
            {str(network)}
        )
    last = ipaddress.ip_address(min(int(first) + draw(st.integers(1, 99)), 2**32 - 1))
    networks = ipaddress.summarize_address_range(first, last)
    meant = {str(n.network_address if n.num_addresses == 1 else n) for n in networks}
    return f"{first}{draw(signs)}{last}", frozenset(meant)


@given(
    st.lists(values(), min_size=1, max_size=5),
    st.sampled_from(["bullets", "lines", ", ", "; ", " | ", " & ", " and ", " / "]),
    st.sampled_from([(), ("Relays:",), ("Relays in Europe", "(agents):")]),
)
def test_lists_in_any_spelling_are_read_exactly(
    listed: list[tuple[str, frozenset[str]]], form: str, label: tuple[str, ...]
) -> None:
    texts = [text for text, _ in listed]
    if form == "bullets":
        given_cell = cell(*label, bullets=texts)
    else:
        given_cell = cell(*label, *(texts if form == "lines" else [form.join(texts)]))
    found = read_resource(given_cell, WHERE)
    assert {*found.hosts, *found.addresses} == frozenset().union(*(m for _, m in listed))


@given(
    st.lists(values(), min_size=2, max_size=4),
    st.one_of(
        st.text("–… ,;/|&*[]():=→+", min_size=1, max_size=4),
        st.sampled_from(
            [" to ", " and ", " - ", "...", " .. ", ", ..., ", ": ", " not ", " old "]
        ),
    ),
)
def test_lists_with_any_sign_between_them_are_read_exactly_or_refused(
    listed: list[tuple[str, frozenset[str]]], sign: str
) -> None:
    """What is read holds every value, whole; a sign can make a range of two, never less."""
    try:
        found = read_resource(cell(sign.join(text for text, _ in listed)), WHERE)
    except Unreadable:
        return
    read = [ipaddress.IPv4Network(address) for address in found.addresses]
    for value in frozenset().union(*(meant for _, meant in listed)) - {*found.hosts}:
        assert any(ipaddress.IPv4Network(value).subnet_of(network) for network in read)
