"""What a reading says in words: an operator has nothing else to go by."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, URL, page, read, row, table
from tracker.errors import NothingRead, Unreadable
from tracker.model import Entry, Finding, Service

ROW = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")
REST = (
    ": no table with the columns resource, direction and ports was found; the page has moved,"
    " needs a login, or has a new layout"
)


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (1, URL),
        (2, f"{URL}, {URL}"),
        (3, f"{URL}, {URL}, {URL}"),
        (4, f"{URL}, {URL}, {URL} and 1 more"),
        (6, f"{URL}, {URL}, {URL} and 3 more"),
    ],
)
def test_nothing_read_names_the_first_pages(count: int, named: str) -> None:
    with pytest.raises(NothingRead) as caught:
        read(*[page("<p>Firewalls are good.</p>")] * count)
    assert str(caught.value) == named + REST


def test_rows_that_stand_twice_are_reported_once() -> None:
    reading = read(page(table(row(*ROW), row(*ROW), row(*ROW))))
    assert len(reading.entries) == 1
    assert reading.findings == (
        Finding(
            name="repeated-rows",
            verdict="publish",
            message="2 rows stand on the page more than once",
        ),
    )


def test_a_title_and_a_column_that_name_two_regions_are_held() -> None:
    title = "<h3>Region: Europe</h3>"
    body = table(
        row(*ROW, "Europe"), row("b.example.com", *ROW[1:], "Australia"), header=COLUMNS
    )
    reading = read(page(title + body))
    assert [entry.region for entry in reading.entries] == ["Europe", "Australia"]
    assert reading.findings == (
        Finding(
            name="region-uncertain",
            verdict="hold",
            message=f'{URL}, Europe, table 1: its column names "Australia"',
            region="Australia",
        ),
    )


def test_a_title_and_a_column_that_agree_are_no_finding() -> None:
    reading = read(page(f"<h3>Region: Europe</h3>{table(row(*ROW, 'Europe'), header=COLUMNS)}"))
    assert reading.findings == ()


@pytest.mark.parametrize(
    ("heading", "named"), [("<h3>Region: Europe</h3>", "Europe"), ("", "no region")]
)
def test_a_cell_that_is_not_understood_is_reported_with_its_place(
    heading: str, named: str
) -> None:
    broken = row(*ROW[:2], "443 ABCD-EFGH-IJKL", *ROW[3:])
    with pytest.raises(Unreadable) as caught:
        read(page(heading + table(row(*ROW), broken)))
    assert str(caught.value).startswith(f"{URL}, {named}, table 1, row 2: ")


def test_a_protocol_column_joins_the_ports() -> None:
    header = ("Resource", "Type", "Port", "Protocol", "Required for")
    body = table(row("a.example.com", "Outbound", "5000", "UDP", "x"), header=header)
    ((service,),) = (entry.services for entry in read(page(body)).entries)
    assert (service.protocol, service.from_port, service.to_port) == ("udp", 5000, 5000)


def test_every_field_of_a_row_is_in_its_entry() -> None:
    cells = ("Managed endpoints (LAN only)", "Inbound", "6771 UDP")
    words = "(Recommended - only for Europe) Sharing parts."
    assert read(page(table(row(*cells, words, "Agents, Deployer")))).entries == (
        Entry(
            region=None,
            resource="Managed endpoints (LAN only)",
            hosts=(),
            addresses=(),
            scope="lan",
            direction="inbound",
            services=(Service("udp", 6771, 6771),),
            requirement="recommended",
            only_for="Europe",
            components=("Agents", "Deployer"),
            purpose="Sharing parts.",
        ),
    )


PLACE = f"{URL}, no region, table 1"


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([row(*ROW, "Core")], (*HEADER, "Team"), f'{PLACE}: the column "Team" is not read'),
        (
            [row(*ROW), row("<del>192.0.2.9</del> b.example.com", *ROW[1:])],
            HEADER,
            f'{PLACE}: struck out and therefore not read: "192.0.2.9"',
        ),
    ],
)
def test_a_finding_says_where(rows: list[str], header: tuple[str, ...], said: str) -> None:
    (finding,) = read(page(table(*rows, header=header))).findings
    assert finding.message == said


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ((*ROW[:4], "Agents!"), f"{PLACE}, row 1: "),
        ((*ROW[:3], "see 8.8.8.8", ROW[4]), None),
    ],
)
def test_a_refusal_says_where(cells: tuple[str, ...], said: str | None) -> None:
    body = page(table(row(*cells)))
    if said is None:
        assert read(body).findings[0].name == "value-in-words"
        return
    with pytest.raises(Unreadable) as caught:
        read(body)
    assert str(caught.value).startswith(said)


def test_a_value_of_an_unread_column_is_refused_with_its_place() -> None:
    body = table(row(*ROW, "see 8.8.8.8"), header=(*HEADER, "Since"))
    with pytest.raises(Unreadable) as caught:
        read(page(body))
    assert str(caught.value).startswith(f"{PLACE}: 8.8.8.8 stands in the table")


def test_what_the_first_table_says_may_be_hidden_once_more_below_the_second() -> None:
    copy = "<div hidden><table><tr><td>a.example.com</td></tr></table></div>"
    first, second = table(row(*ROW)), table(row("b.example.com", *ROW[1:]))
    body = f"<h2>Europe</h2>{first}<h2>Australia</h2>{second}{copy}"
    assert read(page(body)).findings == ()


COLUMNS = (*HEADER, "Region")
