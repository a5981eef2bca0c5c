"""Every endpoint as JSON, for programs; fields as in the published contract."""

from __future__ import annotations

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._rows import Row, line_of, rows_of

SCHEMA = 1


class Endpoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: which version it is of, and its rows."""

    schema: int
    source: str
    rule_set: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    endpoints: tuple[Row, ...]


def render(rule_set: RuleSet) -> Rendered:
    """The whole rule set, indented, with a newline at its end."""
    rows = rows_of(rule_set)
    if not rows:
        return Rendered(None)
    document = Endpoints(
        schema=SCHEMA,
        source=rule_set.source,
        rule_set=rule_set.name,
        version=rule_set.version,
        digest=rule_set.digest,
        captured_at=rule_set.captured_at,
        page_url=rule_set.page_url,
        endpoints=rows,
    )
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return Rendered(text.decode() + "\n")


def read_back(text: str) -> frozenset[str]:
    """The rows of a file. Raises RuleError where it is not what `render` writes."""
    try:
        document = msgspec.json.decode(text, type=Endpoints)
    except msgspec.DecodeError as error:
        raise RuleError(f"endpoints.json cannot be read back: {error}") from None
    return frozenset(map(_line, document.endpoints))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """All endpoints of the entries, the withheld ones too, with all that is said of them."""
    return frozenset(map(_line, rows_of(rule_set)))


def _line(row: Row) -> str:
    return f"{line_of(row)} {msgspec.json.encode(row).decode()}"


FORMAT = Format(
    name="endpoints-json",
    file="endpoints.json",
    about="every endpoint with all that the page says of it, as JSON",
    render=render,
    read_back=read_back,
    expressed=expressed,
)
