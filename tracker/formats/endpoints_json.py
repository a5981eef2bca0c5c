"""Every endpoint as JSON, for programs; fields as in the published contract."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracker.decoding import decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.flat_rows import FlatRow, list_rows, prove_row, row_line
from tracker.model import SCHEMA, Hash, Number, Time


class Endpoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: which version it is of, and its rows."""

    schema: Literal[1]
    source: str
    rule_set: str
    version: Number
    digest: Hash
    captured_at: Time
    page_url: str
    endpoints: tuple[FlatRow, ...]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole rule set, indented, with a newline at its end."""
    rows = list_rows(rule_set)
    if not rows:
        return Rendered(None)
    file = Endpoints(
        schema=SCHEMA,
        source=rule_set.source,
        rule_set=rule_set.name,
        version=rule_set.version,
        digest=rule_set.digest,
        captured_at=rule_set.captured_at,
        page_url=rule_set.page_url,
        endpoints=rows,
    )
    text = msgspec.json.format(msgspec.json.encode(file), indent=2)
    return Rendered(text.decode() + "\n")


def read_back(text: str) -> frozenset[str]:
    """Return the rows of a file. Raises RuleError if it is not what `render` writes."""
    try:
        document = decode_json(text, Endpoints)
        return frozenset(map(_proof_line, document.endpoints))
    except msgspec.DecodeError as error:
        raise RuleError(f"endpoints.json cannot be read back: {error}") from None


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return all endpoints of the entries, including withheld ones, with all their data."""
    return frozenset(map(_proof_line, list_rows(rule_set)))


def _proof_line(row: FlatRow) -> str:
    return prove_row(row_line(row), row)


FORMAT = Format(
    name="endpoints-json",
    file="endpoints.json",
    about="every endpoint with all that the page says of it, as JSON",
    loaded="in a script of yours",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
)
