"""Records of labelled values are whole and alike, or the page is refused."""

from __future__ import annotations

import pytest

from tests.support.readings import page, read
from tracker.errors import PageError

LABELS = ("Host", "Type", "Port", "Used by")
A = ("a.example.com", "Outbound", "443 TCP", "Agents")
B = ("b.example.com", "Inbound", "80 TCP", "Agents")
FOOTER = "<h6>Products</h6><p>Agent</p><h6>Services</h6><p>Hosting</p>"


def inline(*cells: str, labels: tuple[str, ...] = LABELS) -> str:
    pairs = zip(labels, cells, strict=False)
    return (
        f"<div>{''.join(f'<p><b>{name}:</b> {cell}</p>' for name, cell in pairs if cell)}</div>"
    )


def defined(*cells: str) -> str:
    pairs = zip(LABELS, cells, strict=False)
    return "".join(f"<dt>{name}</dt><dd>{cell}</dd>" for name, cell in pairs if cell)


def card(*cells: str) -> str:
    return f"<div><h4>{cells[0]}</h4>{inline(*cells[1:], labels=LABELS[1:])}</div>"


def found(body: str) -> list[tuple[str | None, str, str]]:
    return [(e.region, *e.targets, e.direction) for e in read(page(body)).entries]


BOTH = [(None, "a.example.com", "outbound"), (None, "b.example.com", "inbound")]
SHAPES = {
    "labels with a colon": inline(*A) + inline(*B),
    "a list for each": f"<dl>{defined(*A)}</dl><dl>{defined(*B)}</dl>",
    "one list for all": f"<dl>{defined(*A)}{defined(*B)}</dl>",
    "cards with headings": card(*A) + card(*B),
    "prose and other words around": f"<p>Services</p>{inline(*A)}{inline(*B)}{FOOTER}",
    "plain text": "",
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_every_record_is_read(body: str) -> None:
    if not body:
        text = "\n\n".join(
            "\n".join(f"{name}: {cell}" for name, cell in zip(LABELS, cells, strict=True))
            for cells in (A, B)
        )
        entries = read(text).entries
        assert [(e.region, *e.targets, e.direction) for e in entries] == BOTH
    else:
        assert found(body) == BOTH


@pytest.mark.parametrize("make", [inline, card])
def test_values_may_go_on_below_their_label(make: object) -> None:
    assert callable(make)
    listed = "Servers:<ul><li>10.0.0.1</li><li>10.0.0.2</li></ul>"
    (entry,) = read(page(make(listed, "Outbound", "443 TCP,<br>TLS 1.2", "Agents"))).entries
    assert (entry.resource, entry.addresses) == ("Servers", ("10.0.0.1", "10.0.0.2"))
    assert entry.services[0].name == "TLS 1.2"


def test_records_are_of_the_region_above_them() -> None:
    body = f"<h3>Europe</h3>{card(*A)}<h3>Australia</h3>{card(*B)}"
    assert [region for region, *_ in found(body)] == ["Europe", "Australia"]
    body = f"<p>Region: Europe</p>{inline(*A)}{inline(*A)}<p>Region: Asia</p>{inline(*B)}"
    assert [region for region, *_ in found(body)] == ["Europe", "Asia"]


def test_a_label_may_name_the_region_of_its_record() -> None:
    labels = ("Region", *LABELS)
    body = inline("Europe", *A, labels=labels) + inline("Asia", *B, labels=labels)
    assert [region for region, *_ in found(body)] == ["Europe", "Asia"]


@pytest.mark.parametrize("make", [inline, card, defined])
@pytest.mark.parametrize("lost", [0, 1, 2, 3])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_record_that_lost_a_label_is_refused(make: object, lost: int, which: int) -> None:
    assert callable(make)
    if make is card and lost == 0:
        return  # an empty heading: the label below it has no resource
    records = [list(A), list(B), list(A)]
    records[which][lost] = ""
    body = "".join(make(*cells) for cells in records)
    with pytest.raises(PageError):
        found(f"<dl>{body}</dl>")


@pytest.mark.parametrize("make", [inline, card])
@pytest.mark.parametrize("wrong", ["Sideways", "Outbound Inbound"])
def test_a_record_with_a_broken_direction_is_refused(make: object, wrong: str) -> None:
    assert callable(make)
    with pytest.raises(PageError):
        found(make(*A) + make(B[0], wrong, *B[2:]))


def test_labels_beside_no_resource_are_refused() -> None:
    with pytest.raises(PageError):
        found(inline(*A[1:], labels=LABELS[1:]) * 2)
