"""Any feed under any definition of its form is read exactly, or stopped."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.feeds import attempt, holds, read, said
from tracker.errors import Unreadable

VALUES = st.one_of(
    st.integers(0, 255 * 256 - 1).map(lambda n: f"11.{n >> 8}.{n & 255}.0/24"),
    st.integers(1, 2**16 - 1).map(lambda n: f"2a{n >> 8:02x}:{n & 255:x}::/32"),
    st.from_regex(r"(\*\.)?[a-z]{3,8}\.example\.(com|net)", fullmatch=True),
)
WORDS = st.sampled_from(["eu-west-1", "Global", "Service A", "x y", "7"])
NOISE = st.sampled_from(
    [
        *("null", "true", "17", "1.5", "[]", "{}", '["x"]', '"10:03:28.1"'),
        *('"2023-06-16-20-03-10"', '"ssh-rsa AAA+/="'),
    ]
).map(json.loads)
KEYS = st.lists(
    st.text("abcdef_ -'\"é", min_size=1, max_size=6), min_size=8, max_size=8, unique=True
)
ITEMS = st.lists(
    st.tuples(st.lists(VALUES, min_size=1, max_size=3), WORDS, WORDS), min_size=1, max_size=6
)


def step(key: str) -> str:
    return f"[{json.dumps(key)}]"


@st.composite
def json_feeds(draw):
    """A feed, its definition, and the rows that it says."""
    names, items = draw(KEYS), draw(ITEMS)
    resource, region, label, above, around, other, *_ = names
    as_objects = draw(st.booleans())
    listed: list[Any] = []
    rows: list[dict[str, list[str]]] = []
    for values, area, name in items:
        whole = values if len(values) > 1 or draw(st.booleans()) else values[0]
        if as_objects:
            listed.append({region: area, resource: whole, other: draw(NOISE), label: name})
            rows.append({"resource": [*values], "region": [area], "label": [name]})
        else:
            listed.append(whole)
            rows.append({"resource": [*values], "label": [" ".join(above.split())]})
    feed = {around: draw(NOISE), above: listed}
    keys: dict[str, Any] = {"items": f"${step(above)}[*]"}
    if as_objects:
        keys["fields"] = {
            "resource": f"${step(resource)}",
            "region": f"${step(region)}",
            "label": f"${step(label)}",
        }
    elif not above.strip():
        rows = [{**row, "label": []} for row in rows]
    return feed, keys, rows


@given(json_feeds())
def test_any_json_is_read_exactly(case):
    feed, keys, rows = case
    reading = read(feed, **keys)
    assert said(reading) == rows
    assert holds(reading) == []


@given(json_feeds(), st.data())
def test_json_with_one_more_value_anywhere_says_it_or_is_stopped(case, data):
    feed, keys, rows = case
    extra = "9.9.9.9"
    places = list(_containers(feed))
    place = data.draw(st.sampled_from(places))
    if isinstance(place, list):
        place.insert(data.draw(st.integers(0, len(place))), extra)
    else:
        place["new"] = data.draw(st.sampled_from([extra, [extra], {"x": extra}]))
    if (reading := attempt(feed, **keys)) is None:
        return
    assert any(extra in row["resource"] for row in said(reading)) or extra in holds(reading)[0]
    kept = [value for row in said(reading) for value in row["resource"] if value != extra]
    assert kept == [value for row in rows for value in row["resource"]]


@given(json_feeds(), st.data())
def test_json_of_which_a_part_is_something_else_is_read_exactly_or_stopped(case, data):
    feed, keys, rows = case
    places = [place for place in _containers(feed) if place]
    place = data.draw(st.sampled_from(places))
    at = data.draw(
        st.sampled_from(range(len(place)) if isinstance(place, list) else list(place))
    )
    lost = set(_texts(place[at]))
    place[at] = data.draw(NOISE)
    if (reading := attempt(feed, **keys)) is None:
        return
    found = [value for row in said(reading) for value in row["resource"]]
    expected = [value for row in rows for value in row["resource"]]
    assert set(found) <= {*expected, *_texts(place[at])}
    assert set(expected) - set(found) <= lost


def _containers(value: Any):
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _containers(child)


def _texts(value: Any):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


LEAVES = st.sampled_from(["9.9.9.9", "8.8.0.0/16", "2a00::/16", "a.example.com", "word"])
TREES = st.recursive(
    LEAVES | st.lists(LEAVES, min_size=1, max_size=2),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1)
    ),
    max_leaves=8,
)


def _paths(value: Any, path: str = "$"):
    """Paths to all that stands in a feed: one by one, all alike, and by a filter."""
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _paths(child, f"{path}.{key}")
    elif isinstance(value, list):
        for at, child in enumerate(value):
            yield from _paths(child, f"{path}[{at}]")
            yield from _paths(child, f"{path}[*]")
            yield from _paths(child, f"{path}[?@ != 'word']")


@st.composite
def chosen_feeds(draw):
    """A feed, and a definition that chooses from what is there."""
    feed = draw(st.dictionaries(st.sampled_from("abc"), TREES, min_size=1))
    paths = st.sampled_from(sorted({*_paths(feed)} - {"$"}))
    keys: dict[str, Any] = {"items": tuple(draw(st.lists(paths, min_size=1, max_size=2)))}
    if draw(st.booleans()):
        keys["exclude"] = draw(paths)
    if draw(st.booleans()):
        keys["select"] = draw(paths)
    return feed, keys


@given(chosen_feeds())
@examples(300)
def test_every_value_of_a_feed_is_in_a_row_removed_held_or_left_out_by_choice(case):
    feed, keys = case
    if (reading := attempt(feed, **keys)) is None:
        return
    messages = " ".join(one.message for one in reading.findings)
    known = {text for row in said(reading) for texts in row.values() for text in texts}
    lost = {text for text in _texts(feed) if text != "word"} - known - {*reading.removed}
    is_chosen = "passes over" in messages or "outside of `select`" in messages
    assert is_chosen or all(value in messages for value in lost)
    if not {"select", "exclude"} & keys.keys() and "?" not in "".join(keys["items"]):
        assert bool(lost) == bool(holds(reading))


@given(ITEMS, st.permutations(range(4)), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_any_csv_is_read_exactly(items, order, sign, has_header):
    names = ["range", "region, or area", "label", "note"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign)
    if has_header:
        writer.writerow([names[i] for i in order])
    for values, area, name in items:
        cells = ["\n".join(values), area, name, "no; value, here"]
        writer.writerow([cells[i] for i in order])
    columns = names if has_header else [str(order.index(i) + 1) for i in range(4)]
    fields = dict(zip(("resource", "region", "label"), columns, strict=False))
    # What parts the cells has to be told from what stands in them, by the first line.
    if not out.getvalue().splitlines()[0].count(",") and sign == ",":
        return
    try:
        reading = read(out.getvalue(), items="csv", fields=fields)
    except Unreadable:
        assert sign != ","
        return
    assert said(reading) == [
        {"resource": values, "region": [area], "label": [name]} for values, area, name in items
    ]
    assert reading.findings == ()


@given(st.lists(st.tuples(VALUES, st.sampled_from(["", " # note", "\t; x"])), min_size=1))
def test_any_lines_are_read_exactly(lines):
    reading = read("".join(f"{value}{note}\n" for value, note in lines), items="lines")
    assert said(reading) == [{"resource": [value]} for value, _ in lines]
    assert reading.findings == ()


@given(st.text(max_size=60), st.sampled_from(["$.a[*]", "$[*]", "csv", "lines"]))
def test_any_text_is_read_or_refused_in_one_line(text, items):
    attempt(text, items=items, fields={"resource": "1"} if items == "csv" else {})
