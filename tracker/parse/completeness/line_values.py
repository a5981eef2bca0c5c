"""Finds the values in a line outside the tables, and whether the line is a sentence.

Pure. A line that consists of values, with or without a label before or after them, has the form
of a requirement. A line in which a value is one word among others is a sentence.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from tracker.parse.completeness.line_words import (
    COMMANDS,
    CONTACTS,
    COPYRIGHT,
    FILLERS,
    OTHER_NUMBERS,
    SENTENCE_WORDS,
    LoneTarget,
    StatedPorts,
    could_be_port,
    drop_reader_address,
    is_port_word,
    read_stated_ports,
)
from tracker.parse.values import find_values, join_ranges, may_hold_values

Kind = Literal["value", "brand", "port", "filler", "word", "label", "list", "open", "close"]

_LONGEST = 1000  # characters; a longer line is not split into words
_LETTERS_OF_LABEL = 100  # at most, next to the values of a very long list on one line
_LABEL_WORDS = 4  # at most, in a label without a sign between it and its value
_QUOTES = str.maketrans(dict.fromkeys("\"'`“”‘’«»„", " "))
_DASH_NEXT_TO_WORD = re.compile(r"(?<=[^\W\d])[–—]|[–—](?=[^\W\d])|[→⇒]|->|=>")
_APART = re.compile(r"([()\[\]{}<>,;|])")
_NOTE = re.compile(r"\s\[[\w*]{1,3}\]|(?<=\w)\*+(?=[\s,;)]|$)")  # a footnote mark
_ORDINAL = re.compile(r"^(?:\(?\d{1,2}[.)]|[•◦▪‣·●○■*–-])\s+")
_OPTION = re.compile(
    r"\s--?[A-Za-z]|^[$#>]\s|^PS [A-Z]:|^[A-Z]:\\|^(?:[A-Z][A-Z0-9_]*|\w+_proxy)=\S"
)
_PLACEHOLDER = re.compile(  # `<tenant>.example.com` is read as a wildcard
    r"(?:<[\w -]{1,40}>|\[[\w -]{1,40}\]|\{[\w -]{1,40}\}|\([\w -]{1,40}\)|%\w{1,40}%"
    r"|\$\w{1,40})(?=\.[\w-]+\.\w)"
)
_OPENING, _CLOSING, _LIST = frozenset("([{<"), frozenset(")]}>"), frozenset(",;|/&+·•")
_DASHES = frozenset(["-", "–", "—", "--"])
_ENDPOINT = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<name>[\w.*-]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/\S*)?",
    re.IGNORECASE | re.ASCII,
)
_UNEVEN = re.compile(r"\d+\.\d+\.\d+\.\d+/\d{1,2}", re.ASCII)  # may have host bits set
# File name endings that are also top-level domains.
_FILE_ENDINGS = frozenset(["md", "mov", "pl", "ps", "py", "rs", "sh"])
_REVERSED = frozenset(["com", "org", "net", "io", "de", "edu", "gov"])  # com.example.agent


class LineValues(NamedTuple):
    """The values and ports in a line, and whether the line is not a sentence."""

    targets: tuple[LoneTarget, ...] = ()
    ports: tuple[StatedPorts, ...] = ()
    is_alone: bool = False


class _Item(NamedTuple):
    """A piece of the line and its role."""

    kind: Kind
    text: str
    targets: tuple[LoneTarget, ...] = ()


_NO_VALUES = LineValues()


def read_line(text: str, *, is_item: bool = False, about_ports: bool = False) -> LineValues:
    """Return the values of a line. `is_item`: it is in a list or in a table's cell.

    `about_ports`: by the text above it, numbers are ports.
    """
    if not (may_hold_values(text) or could_be_port(text, about_ports=about_ports)):
        return _NO_VALUES
    if len(text) > _LONGEST:
        return _read_long_text(text)
    return _read_text(text, is_item=is_item, about_ports=about_ports)


@lru_cache(maxsize=512)  # cells are often repeated on a page
def _read_text(text: str, *, is_item: bool, about_ports: bool) -> LineValues:
    if COPYRIGHT.search(text) or not (text := drop_reader_address(text)):
        return _NO_VALUES
    words = list(_drop_other_numbers(_split_items(_simplify(text))))
    items = list(_join_ports(list(_resolve_brands(words)), about_ports=about_ports))
    targets = tuple(target for item in items for target in item.targets)
    ports = tuple(
        read_stated_ports(item.text, about_ports=about_ports)
        for item in items
        if item.kind == "port"
    )
    if not targets and not ports:
        return _NO_VALUES
    is_alone = not _is_command(text, items) and _stands_alone(items, text, is_item=is_item)
    return LineValues(targets, ports, is_alone)


def _read_long_text(text: str) -> LineValues:
    """Return the values of a long text; with many other words it is a sentence."""
    if COPYRIGHT.search(text):
        return _NO_VALUES
    found = find_values(text)
    addresses = (LoneTarget(address, is_address=True) for address in found.addresses)
    hosts = (LoneTarget(host, is_address=False) for host in found.hosts if _is_host(host))
    targets = (*addresses, *hosts)
    letters = sum(sign.isalpha() for sign in found.words)
    return LineValues(targets, is_alone=letters <= _LETTERS_OF_LABEL) if targets else _NO_VALUES


def _simplify(text: str) -> str:
    """Return the line without footnote marks and quotes, and with blanks around brackets."""
    text = _ORDINAL.sub("", _NOTE.sub("", text)).replace("(s)", "s").translate(_QUOTES)
    text = _PLACEHOLDER.sub("*", text)
    return _APART.sub(r" \1 ", _DASH_NEXT_TO_WORD.sub(" — ", join_ranges(text)))


def _drop_other_numbers(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield the items, with numbers such as `Phone: 44.20.30.40` as words."""
    word = ""
    for item in items:
        if item.kind == "word":
            word = item.text
        is_other = item.kind == "value" and _is_address(item) and "/" not in item.text
        is_other = is_other and OTHER_NUMBERS.fullmatch(word) is not None
        yield _Item("word", item.text) if is_other else item


def _resolve_brands(items: Sequence[_Item]) -> Iterator[_Item]:
    """Yield the items; `Booking.com` is a host only in the position of a value."""
    has_words = any(item.kind == "word" for item in items)
    for at, item in enumerate(items):
        if item.kind != "brand":
            yield item
            continue
        is_last = at + 1 == len(items) or items[at + 1].kind in {"list", "open"}
        is_value = not has_words or (at and items[at - 1].kind == "label" and is_last)
        yield _Item("value", item.text, item.targets) if is_value else _Item("word", item.text)


def _split_items(text: str) -> Iterator[_Item]:
    """Yield every word of the line with its role; ports are still numbers and words."""
    known = frozenset(find_values(text).addresses)
    for word in text.split():
        if word in _OPENING:
            yield _Item("open", word)
        elif word in _CLOSING:
            yield _Item("close", word)
        elif word in _LIST:
            yield _Item("list", word)
        elif word in _DASHES or word in {":", "="}:
            yield _Item("label", word)
        else:
            yield from _split_word(word, known)


def _split_word(word: str, known: frozenset[str]) -> Iterator[_Item]:
    """Yield the items of `Canada:`, `host=a.example.com` and the like."""
    name, equals, rest = word.partition("=")
    if equals and name and "/" not in name:
        yield _Item("word", name)
        yield _Item("label", "=")
        word = rest
    name, colon, rest = word.partition(":")
    if colon and name.isalpha() and find_values(rest).addresses:  # "these:192.0.2.1"
        yield _Item("word", name)
        yield _Item("label", ":")
        word = rest
    core = word.rstrip(".!?…")
    core = core if core.endswith("::") else core.rstrip(":")
    core = core.lstrip("*") if core[:2] == "**" else core
    core = core.rstrip("*") if core[:-1] else core
    targets, port = _read_targets(core, known)
    if targets:
        yield _Item("brand" if _is_brand(core) else "value", core, targets)
    if port:
        yield _Item("word", f"port/{port}")
    if core and not targets:
        yield _Item("filler" if core.lower() in FILLERS else "word", core)
    if word.endswith(":") and not core.endswith(":"):
        yield _Item("label", ":")


def _read_targets(core: str, known: frozenset[str]) -> tuple[tuple[LoneTarget, ...], str]:
    """Return the values that this word consists of, and the port after them.

    `known` are the addresses of the whole line: a word in it may only look like one.
    """
    if not may_hold_values(core) or core == "*":
        return (), ""
    found = find_values(core)
    if found.odd or found.words.strip():
        return _read_uneven(core) or _read_endpoint(core)
    if not known.issuperset(found.addresses):
        return (), ""
    addresses = (LoneTarget(a, is_address=True) for a in found.addresses if a[:4] != "255.")
    hosts = (LoneTarget(host, is_address=False) for host in found.hosts if _is_host(host))
    return (*addresses, *hosts), ""


def _read_uneven(core: str) -> tuple[tuple[LoneTarget, ...], str] | None:
    """Return the target of `10.1.2.3/24`: it is not a valid network, but intended as one."""
    if not _UNEVEN.fullmatch(core):
        return None
    try:
        ipaddress.ip_interface(core)
    except ValueError:
        return None
    return (LoneTarget(core, is_address=True),), ""


def _read_endpoint(core: str) -> tuple[tuple[LoneTarget, ...], str]:
    """Return the targets and port of `a.example.com:443` or `https://a.example.com/x`."""
    match = _ENDPOINT.fullmatch(core)
    if not match or not (match["scheme"] or match["port"] or match["path"]):
        return (), ""
    found = find_values(match["name"])
    is_link = len(match["path"] or "") > 1
    addresses = (LoneTarget(a, is_address=True, is_link=is_link) for a in found.addresses)
    hosts = (LoneTarget(h, is_address=False, is_link=is_link) for h in found.hosts)
    return (*addresses, *hosts), match["port"] or ""


def _is_host(host: str) -> bool:
    """Return whether a name is a host, and not a file or a software package."""
    labels = host.split(".")
    if labels[0] in _REVERSED and len(labels) > 2:  # noqa: PLR2004
        return labels[-1] in _REVERSED
    return len(labels) != 2 or labels[1] not in _FILE_ENDINGS  # noqa: PLR2004


def _is_brand(core: str) -> bool:
    """Return whether the spelling is that of a brand: `Booking.com`, `ASP.NET`."""
    return core.count(".") == 1 and core != core.lower() and "://" not in core


def _join_ports(items: Sequence[_Item], *, about_ports: bool) -> Iterator[_Item]:
    """Yield the items, with words and numbers that together state ports as one item."""
    run: list[_Item] = []
    for item in items:
        if item.kind in {"list", "open", "close", "filler"} or is_port_word(item.text):
            run.append(item)
        else:
            yield from _join_run(run, about_ports=about_ports)
            run.clear()
            yield item
    yield from _join_run(run, about_ports=about_ports)


def _join_run(run: Sequence[_Item], *, about_ports: bool) -> Iterator[_Item]:
    if not any(sign.isdigit() for item in run for sign in item.text):
        yield from run
        return
    first, end = 0, len(run)
    while first < end and run[first].kind != "word":
        first += 1
    while end > first and run[end - 1].kind != "word":
        end -= 1
    text = " ".join(item.text for item in run[first:end])
    if not read_stated_ports(text, about_ports=about_ports).ranges:
        yield from run
        return
    yield from run[:first]
    yield _Item("port", text)
    yield from run[end:]


def _is_command(text: str, items: Sequence[_Item]) -> bool:
    """Return whether the line is a command to type at a prompt."""
    if _OPTION.search(text):
        return True
    is_label = len(items) > 1 and items[1].kind == "label"
    return items[0].kind == "word" and items[0].text in COMMANDS and not is_label


def _stands_alone(items: Sequence[_Item], text: str, *, is_item: bool) -> bool:
    if not any(item.kind == "word" for item in items):
        return True
    if _is_contact(items):
        return False
    return (
        _ends_with_values(items)
        or _begins_with_values(items)
        or _has_short_label(items, text, is_item=is_item)
    )


def _is_contact(items: Sequence[_Item]) -> bool:
    """Return whether a host is only a contact: `Website: www.example.com`."""
    if any(item.kind == "port" or _is_address(item) for item in items):
        return False
    words = (item.text for item in items if item.kind in {"word", "filler"})
    return CONTACTS.fullmatch(" ".join(words)) is not None


def _ends_with_values(items: Sequence[_Item]) -> bool:
    """Return whether only values follow a label: `Canada: 15.222.1.1`."""
    at = max((n for n, item in enumerate(items) if item.kind == "label"), default=-1)
    label, tail = items[: max(at, 0)], items[at + 1 :]
    return bool(label) and _holds_values(tail) and _is_quiet(tail)


def _begins_with_values(items: Sequence[_Item]) -> bool:
    """Return whether a label follows values: `15.222.1.1 (Canada)`."""
    at = 0
    while at < len(items) and items[at].kind in {"value", "port", "list", "filler"}:
        at += 1
    if not _holds_values(items[:at]):
        return False
    rest = items[at:]
    if rest[0].kind == "label":
        return True
    return rest[0].kind == "open" and _is_quiet(rest)


def _has_short_label(items: Sequence[_Item], text: str, *, is_item: bool) -> bool:
    """Return whether the words next to the value are a short label: `Relay 2 15.222.1.1`."""
    words = [item.text for item in items if item.kind == "word"]
    values = sum(item.kind in {"value", "port"} for item in items)
    if text[-1] in ".!?" or len(words) > _LABEL_WORDS * max(values, 1):
        return False
    if any(item.kind == "filler" and item.text.lower() in SENTENCE_WORDS for item in items):
        return False
    is_of_hosts = not any(item.kind == "port" or _is_address(item) for item in items)
    if is_of_hosts and not (is_item or _is_in_brackets(items)):
        return False
    return not any(word.lower() in SENTENCE_WORDS for word in words)


def _is_in_brackets(items: Sequence[_Item]) -> bool:
    """Return whether all values are in brackets after a label: `Relays (a.example.com)`."""
    kinds = [item.kind for item in items]
    at = kinds.index("open") if kinds[-1] == "close" and "open" in kinds else len(kinds)
    return not _holds_values(items[:at]) and "word" not in kinds[at:]


def _is_quiet(items: Sequence[_Item]) -> bool:
    """Return whether there are only values, ports and short remarks in brackets."""
    words, is_open = 0, False
    for item in items:
        if item.kind == "open":
            words, is_open = 0, True
        elif item.kind == "close":
            is_open = False
        elif item.kind == "word":
            words += 1
            if not is_open or words > _LABEL_WORDS:
                return False
    return True


def _holds_values(items: Sequence[_Item]) -> bool:
    return any(item.kind in {"value", "port"} for item in items)


def _is_address(item: _Item) -> bool:
    return any(target.is_address for target in item.targets)
