"""Writes the lines of a definition, in TOML, that settle a refusal or a hold.

Pure. The lines can be pasted into a source file; `name_source` adds the name of the source to
them if the source is defined in the configuration instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tracker.sources import Source

_IN_PATTERNS = re.compile(r"([\\.^$*+?{}\[\]|()])")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TABLE_LINE = re.compile(r"^(# )?\[\[(tables|lists|reads)\]\]$", re.MULTILINE)
_PLACE_LINE = re.compile(r"\[\[|header = |heading = ")
_TABLES_LINE = re.compile(r"\[\[(?:sources\..+\.)?tables\]\]")
_FEWEST_LINES = 2  # the lines that identify a table: the rule, and a header or a heading
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SURROGATES = range(0xD800, 0xE000)
_MOST_LEFT_OUT = 5
_LONGEST_HEADING = 200


def name_source(settle: str, source: Source) -> str:
    """Return the lines for the file in which the source is defined.

    In a source file they do not have the name of the source.
    """
    if not source.place.endswith("]"):
        return settle
    return _TABLE_LINE.sub(rf"\1[[sources.{write_key(source.name)}.\2]]", settle)


def settle_cell(cell: Sequence[str], reading: str, left_out: Sequence[str] = ()) -> str:
    """Return lines by which a cell with exactly these lines is read as `reading`.

    A comment lists the values that this reading leaves out.
    """
    return "\n".join(
        (
            *_describe_left_out(left_out),
            "[[reads]]",
            f"cell = {write_text(' '.join(cell))}",
            f"as = {write_text(reading)}",
        )
    )


def _describe_left_out(values: Sequence[str]) -> Iterator[str]:
    if values:
        shown = ", ".join(values[:_MOST_LEFT_OUT])
        more = f" and {len(values) - _MOST_LEFT_OUT} more" * (len(values) > _MOST_LEFT_OUT)
        yield f"# Compare it with the page: {shown}{more} would not be read."


def settle_table(header: Sequence[str], heading: str | None) -> str:
    """Return lines that ignore a table; "" if neither header nor heading is known."""
    named = _name_place(header, heading)
    return "\n".join(("[[tables]]", *named, 'action = "ignore"')) if named else ""


def settle_rows(
    header: Sequence[str], heading: str | None, text: str, *, is_whole: bool = False
) -> str:
    """Return lines that omit rows with a cell that starts with `text`, or equals it."""
    named = _name_place(header, heading)
    skip = f"skip_rows = {write_pattern(text, is_whole=is_whole)}"
    return "\n".join(("[[tables]]", *named, skip)) if named else ""


def settle_exclusion(what: str) -> str:
    """Return comments that explain how to exclude an element of the page."""
    return (
        f"# Where {what} is not needed, take its element out by a CSS selector:\n"
        '# exclude = ["CSS SELECTOR"]'
    )


def settle_columns(
    header: Sequence[str],
    heading: str | None,
    columns: Mapping[str, str],
    defaults: Mapping[str, str] = MappingProxyType({}),
    skipped: Sequence[str] = (),
) -> str:
    """Return lines that read a table: the roles of its columns, and defaults for missing ones.

    Rows with a cell that equals one of the `skipped` texts are omitted.
    """
    lines = ["[[tables]]", *_name_place(header, heading)]
    if columns:
        lines.append(f"columns = {_write_table(columns)}")
    if defaults:
        lines.append(f"defaults = {_write_table(defaults)}")
    if skipped:
        any_of = "|".join(map(_escape_pattern, dict.fromkeys(skipped)))
        lines.append(f"skip_rows = {write_text(f'^(?:{any_of})$')}")
    return "\n".join(lines)


def settle_list(heading: str, defaults: Mapping[str, str] | None = None) -> str:
    """Return lines that ignore the list or text below a heading.

    With `defaults`, the lines read it instead, with one value per line.
    """
    last = f"defaults = {_write_table(defaults)}" if defaults else 'action = "ignore"'
    return "\n".join(("[[lists]]", *_name_place((), heading), last))


def _name_place(header: Sequence[str], heading: str | None) -> list[str]:
    lines = []
    if names := [name for name in dict.fromkeys(header) if name.strip()]:
        lines.append(f"header = [{', '.join(map(write_text, names))}]")
    if heading:
        start, is_cut = heading[:_LONGEST_HEADING], len(heading) > _LONGEST_HEADING
        lines.append(f"heading = {write_pattern(start, is_whole=not is_cut)}")
    return lines


def comment_out(lines: str) -> str:
    """Return the lines as comments."""
    return "\n".join(f"# {line}" for line in lines.split("\n"))


def write_pattern(text: str, *, is_whole: bool = True) -> str:
    """Return a TOML string with a regular expression for exactly this text, or its start."""
    return write_text(f"^{_escape_pattern(text)}{'$' if is_whole else ''}")


def _escape_pattern(text: str) -> str:
    return _IN_PATTERNS.sub(r"\\\1", text)


def write_text(text: str) -> str:
    """Return a TOML string for any text; a literal string if that is easier to read."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_escape, text))}"'


def _escape(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code in _SURROGATES:  # TOML does not allow them
        return "\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004  the BMP


def write_key(name: str) -> str:
    """Return a name as a TOML key."""
    return name if _BARE_KEY.fullmatch(name) else f'"{"".join(map(_escape, name))}"'


def _write_table(values: Mapping[str, str]) -> str:
    pairs = (f"{write_key(key)} = {write_text(value)}" for key, value in values.items())
    return f"{{ {', '.join(pairs)} }}"


def join_settling(parts: Iterable[str]) -> str:
    """Return the lines of several findings without repetition, with one rule per table.

    Only the first rule that fits a table is applied to it; a second one would have no effect.
    """
    rules: dict[tuple[str, ...], list[str]] = {}
    others: list[str] = []
    for part in dict.fromkeys(parts):
        lines = part.split("\n")
        place = tuple(line for line in lines if _PLACE_LINE.match(line))
        if not _TABLES_LINE.fullmatch(lines[0]) or len(place) < _FEWEST_LINES:
            others.append(part)
            continue
        known = rules.setdefault(place, list(place))
        for line in lines[len(place) :]:
            _add_line(known, line)
    return "\n\n".join([*("\n".join(lines) for lines in rules.values()), *others])


def _add_line(known: list[str], line: str) -> None:
    """Add a line to a rule; if the rule already has its key, join both values."""
    key = line.partition(" = ")[0]
    at = next((at for at, each in enumerate(known) if each.partition(" = ")[0] == key), None)
    if at is None:
        known.append(line)
        return
    one, other = (tomllib.loads(each)[key] for each in (known[at], line))
    if isinstance(one, dict):
        known[at] = f"{key} = {_write_table({**one, **other})}"
    elif key == "skip_rows" and one != other:
        known[at] = f"{key} = {write_text(f'{one}|{other}')}"
