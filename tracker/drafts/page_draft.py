"""A first definition for a page: it reads what can be read, and lists the rest to be decided.

Pure. The guesses here are for a person to check; the reader does not rely on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tracker.drafts.survey import (
    FoundList,
    FoundTable,
    Survey,
    has_value,
    list_values,
    survey_page,
)
from tracker.errors import PageError
from tracker.parse.markup.page_rules import PageRules
from tracker.parse.settling import comment_out, write_key, write_pattern, write_text
from tracker.parse.shapes.find import read_document
from tracker.parse.vocabulary import Field, direction_of, field_of, is_protocol

_SEVERAL = frozenset({"resource", "ignore"})  # a table may have several columns of these
_PORTS = re.compile(
    r"(?:(?:tcp|udp|tls|https?|ssl|quic|and|or|any|all)\b|\\n|[\s\d,;:/()\[\]–—|&+-])+",
    re.IGNORECASE,
)
_PORT = re.compile(r"\d{1,5}")
_PORT_NAME = re.compile(r"port|protocol|service", re.IGNORECASE)
_REGION = re.compile(
    r"\b(?:region|location|data ?cent(?:er|re)|site|country)s?\b", re.IGNORECASE
)
_LABEL = re.compile(r"^(?:id|name|service|service name|function|provider)s?$", re.IGNORECASE)
_INBOUND = re.compile(r"\binbound\b|\bincoming\b|\bconnects? from\b", re.IGNORECASE)
_TCP, _UDP = re.compile(r"\bTCP\b"), re.compile(r"\bUDP\b")
_HALF = 0.5
_MAIN = "main"
_HOW_TO_READ = """\
# Ignored, because an item has to be a value and nothing else. If they are needed: take the list
# alone by css, or say by [[reads]] which value each such item is."""
_FOOTNOTES = ("(*)", "(**)", "†", "‡")
_NOT_STATED = "TCP"
_INTRO = """\
# A first definition, made from the page. Read it beside the page, then try it:
#     fwtracker source check {name}
# Every key is described in docs/sources.md.
"""


def draft_page(survey: Survey, name: str, url: str, *, select: str = "") -> str:
    """Return a definition for the page at `url`, as TOML."""
    head = [
        _INTRO.format(name=name),
        f"title = {write_text(survey.title or name)}",
        f"url = {write_text(url)}",
    ]
    if select:
        head.append(f"select = {write_text(select)}")
    tables = [(table, guess_columns(table)) for table in survey.tables]
    readable = [pair for pair in tables if "resource" in pair[1].values()]
    lists = [each for each in survey.lists if each.values and not each.items]
    head += _write_defaults(survey, [columns for _, columns in readable], has_lists=bool(lists))
    head += _write_values([table for table, _ in readable])
    known = {value for table, _ in readable for row in table.rows for value in _values_of(row)}
    blocks = [*_iter_table_rules(tables), *_iter_list_rules(survey.lists, known)]
    if not readable and not lists:
        blocks.append(
            "# No table and no list on it has hosts or addresses. Is this the page? It may be\n"
            "# drawn by a script, or need a login; a feed beside it may say the same.\n"
        )
    return "\n".join([*head, "", *blocks])


def survey_text(text: str) -> tuple[Survey, str]:
    """Return what is on a page, and the selector of its main part if that has all of it."""
    whole = survey_page(read_document(text))
    try:
        part = survey_page(read_document(text, PageRules(select=(_MAIN,))))
    except PageError:  # no such element, more than one, or no markup
        return whole, ""
    same = [(each.rows, each.header) for each in whole.tables] == [
        (each.rows, each.header) for each in part.tables
    ]
    if not same or whole.lists != part.lists:
        return whole, ""
    return msgspec.structs.replace(part, title=whole.title), _MAIN


def guess_columns(table: FoundTable) -> dict[str, Field]:
    """Return what each column of a table seems to be, by its header."""
    found: dict[str, Field] = {}
    for index, name in enumerate(table.header):
        if not name.strip() or name in found:
            continue
        role = _guess_role(name, table.column(index))
        if role not in _SEVERAL and role in found.values():
            if role == "region" and name.lower().endswith("region"):
                found = {one: "ignore" if each == role else each for one, each in found.items()}
            else:
                role = "ignore"
        found[name] = role
    return found


def _values_of(row: Sequence[str]) -> Iterator[str]:
    for cell in row:
        yield from list_values(cell)


def _write_values(tables: Sequence[FoundTable]) -> Iterator[str]:
    """Yield the line for how cells are written: commas, URLs, line ends spelled out."""
    cells = [cell for table in tables for row in table.rows for cell in row]
    hosts = [cell for cell in cells if has_value(cell)]
    pairs = []
    if any("\\n" in cell for cell in cells):
        pairs.append("replace = { '\\n' = \",\" }")
    if any("," in cell or "\\n" in cell for cell in hosts):
        pairs.append('split = ","')
    if marks := [mark for mark in _FOOTNOTES if any(mark in cell for cell in hosts)]:
        pairs.append(f"footnotes = [{', '.join(map(write_text, marks))}]")
    if any("://" in cell for cell in hosts):
        pairs.append('urls = "host"')
    if pairs:
        yield f"values = {{ {', '.join(pairs)} }}"


def _guess_role(name: str, cells: Sequence[str]) -> Field:
    usual = field_of(name)
    if usual and _fits(usual, cells):
        return usual
    guesses: tuple[Field, ...] = ("resource", "direction", "protocol")
    if _PORT_NAME.search(name) or any("tcp" in cell.lower() for cell in cells):
        guesses = ("ports", *guesses)
    for role in guesses:
        if _fits(role, cells):
            return role
    if _REGION.search(name):
        return "region"
    return "label" if _LABEL.match(name.strip()) else "ignore"


def _fits(role: Field, cells: Sequence[str]) -> bool:
    """Return whether most cells of a column fit the role that it would have."""
    tests: Mapping[Field, object] = {
        "resource": has_value,
        "ports": lambda cell: bool(_PORTS.fullmatch(cell) and _PORT.search(cell)),
        "direction": direction_of,
        "protocol": is_protocol,
    }
    test = tests.get(role)
    if not callable(test):
        return True
    return bool(cells) and sum(bool(test(cell)) for cell in cells) / len(cells) >= _HALF


def _write_defaults(
    survey: Survey, tables: Sequence[Mapping[str, Field]], *, has_lists: bool
) -> Iterator[str]:
    """Yield the lines for fields that some table or list does not have."""
    said = [set(columns.values()) for columns in tables] + ([set()] if has_lists else [])
    pairs = []
    if not said or any("direction" not in roles for roles in said):
        words = " ".join((survey.title, *survey.headings))
        yield "# Who connects: your network (outbound), or the vendor (inbound)?"
        direction = "inbound" if _INBOUND.search(words) else "outbound"
        pairs.append(f"direction = {write_text(direction)}")
    if not said or any("ports" not in roles for roles in said):
        yield '# "TCP" is a port that is not stated: nothing is opened. Does the page say in'
        yield '# words which port it is? Then write that: "443 TCP".'
        pairs.append(f"ports = {write_text(_NOT_STATED)}")
    if pairs:
        yield f"defaults = {{ {', '.join(pairs)} }}"


def _iter_table_rules(
    tables: Sequence[tuple[FoundTable, Mapping[str, Field]]],
) -> Iterator[str]:
    """Yield a rule for each kind of table; tables with the same header share one."""
    seen: set[tuple[str, ...]] = set()
    for table, columns in tables:
        kind = tuple(columns) or (table.heading, "")
        if kind in seen or not (table.has_values or "resource" in columns.values()):
            continue
        seen.add(kind)
        yield _write_table_rule(table, columns)


def _write_table_rule(table: FoundTable, columns: Mapping[str, Field]) -> str:
    count = len(table.rows)
    about = f"# Under {write_text(table.heading)}: a table of {count} row{'s' * (count > 1)}."
    place = _write_place(table, columns)
    has_ports = "ports" in columns.values()
    if "resource" in columns.values():
        pairs = (f"{write_key(name)} = {write_text(role)}" for name, role in columns.items())
        rule = f"{about}\n[[tables]]\n{place}\ncolumns = {{ {', '.join(pairs)} }}\n"
        words = " ".join((table.heading, *columns))
        is_udp = _UDP.search(words) and not _TCP.search(words)
        return rule + ('defaults = { ports = "UDP" }\n' if is_udp and not has_ports else "")
    if not place:
        return f"{about} It has neither header nor heading; take it by css.\n"
    why = "# No column of it is mostly hosts or addresses. To read it: docs/sources.md."
    return f'{about}\n{why}\n[[tables]]\n{place}\naction = "ignore"\n'


def _write_place(table: FoundTable, columns: Mapping[str, Field]) -> str:
    if columns:
        return f"header = [{', '.join(map(write_text, columns))}]"
    return f"heading = {write_pattern(table.heading)}" if table.heading else ""


def _iter_list_rules(lists: Sequence[FoundList], known: set[str]) -> Iterator[str]:
    """Yield a rule for the text below each heading; sentences with a value are a comment.

    `known` are the values of the tables that are read.
    """
    for found in lists:
        about = f"# Under {write_text(found.heading)}: "
        if not found.heading:
            yield f"{about}{_describe_list(found)}. Take it by css, or exclude it.\n"
            continue
        rule = f"[[lists]]\nheading = {write_pattern(found.heading)}"
        repeats = known.issuperset(_values_of((*found.values, *found.items, *found.sentences)))
        if repeats and not (found.values or found.items):
            continue
        if repeats:
            about += "all of it stands in tables as well; "
        if found.items or repeats:
            how = f"\n{_HOW_TO_READ}" if found.items and not repeats else ""
            yield f'{about}{_describe_list(found)}.{how}\n{rule}\naction = "ignore"\n'
        elif found.values:
            yield f"{about}{_describe_list(found)}.\n{rule}\n"
        else:
            ignored = comment_out(f'{rule}\naction = "ignore"')
            yield f"{about}{_describe_list(found)}; if they are in no table:\n{ignored}\n"


def _describe_list(found: FoundList) -> str:
    kinds = (
        (found.values, "lines with nothing but a value"),
        (found.items, "items with more than a value"),
        (found.sentences, "sentences with a value"),
    )
    counted = ((len(lines), words) for lines, words in kinds if lines)
    return ", ".join(
        f"{count} {words}" if count > 1 else f"1 {words.replace('s with', ' with', 1)}"
        for count, words in counted
    )
