"""Parses the resource cell: a label, a host in brackets, a list of addresses or hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from typing import Literal, NamedTuple

from tracker.errors import Unreadable
from tracker.model import Scope
from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine
from tracker.parse.meaning import find_out_of_force
from tracker.parse.values import DASHES, Values, find_values, join_ranges, may_hold_values
from tracker.text import quote

_LAN = re.compile(r"\b(LAN|local (area )?network)\b", re.IGNORECASE)
# Words next to a value by which it is excluded.
_EXCLUDES = re.compile(
    r"\b(?:except(?:ing)?|exclud(?:e[sd]?|ing)|not|never|unless|instead of|other than"
    r"|apart from)\b",
    re.IGNORECASE,
)
_STUB = re.compile(r"^(?=.*\d)[\d.,:/ ]+$")  # the rest of a truncated address
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_ALL_IN_BRACKETS = re.compile(r"^\([^()]*\)\.?$")
# Words for the kind of a value, with the sign after them.
_KIND = re.compile(
    r"\b(?:(?:public|static)\s+)?(?:ip(?:v[46])?s?(?:\s+address(?:es)?)?|address(?:es)?"
    r"|(?:host|domain|dns)\s*names?|hosts?|fqdns?|domains?|urls?|networks?|subnets?"
    r"|cidrs?(?:\s+blocks?)?|(?:(?:ip|address)\s+)?ranges?)\b(?![.-]\w)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(
    rf"[\s,;:.()\[\]{{}}<>\"'`“”‘’„«»•|/&+=]+|\b(?:and|or)\b|[{DASHES}]", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]{2}")
_RANGE_WORD = re.compile(r"\branges?\b", re.IGNORECASE)
_A_RANGE = re.compile(r"\brange\b", re.IGNORECASE)
_ENDS = 2
_IS_RANGE = re.compile(r"\d-[\da-f:]|[\d:]/\d", re.IGNORECASE)
# The open end of a range, or a list that omits something.
_OPEN = re.compile(
    rf"(?:[{DASHES}]|\b(?:to|through|thru))\s*[:;,.]?$|\.{{2,}}|…", re.IGNORECASE
)
_LEADING_DASH = re.compile(rf"^[{DASHES}]")
_LONE_SIGN = re.compile(rf"[{DASHES}…]|\.\.")
# A footnote mark at the end of a label.
_MARK = re.compile(
    r"(?:\s*\[(?:\d{1,2}|[a-z]|[*†‡§]{1,3})\]|(?<=[\w)])\*{1,3}|\s*[†‡§¹²³⁰-⁹]{1,3})+(?=\s*:?$)",
    re.IGNORECASE,
)
_COLON = re.compile(r":\s")
_MOST_COLONS = 4  # on one line, before its list
_BARE_MARK = re.compile(r"^\W*\[\w{1,2}\]\W*$")  # the only text next to a value


class Resource(NamedTuple):
    """The content of a resource cell. A LAN resource has neither hosts nor addresses."""

    label: str
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    scope: Scope


# A list of values; a label with a list after its colon; a label with or without values in it;
# a note in brackets; words for a kind of value; a separator.
_Role = Literal["list", "labelled", "label", "note", "kind", "sign"]


# Placeholders: `app-${id}.example.com`, `{tenant}.example.com`, `:id.example.com`
_FILL_IN = re.compile(
    r"(?:\$?\{[^{}\s]{1,40}\}|<[^<>\s]{1,40}>|\[[a-z][\w-]{1,40}\]|%\w{1,40}%|\$\w{1,40}"
    r"|(?<![\w:)]):[a-z]\w{0,40})[\w-]{0,60}\.[\w-]{1,60}",
    re.IGNORECASE,
)
_END_OF_RANGE = re.compile(r"^(?:[–—-]|to|through|…|\.{2,3})\s*\d")
_COMMENTED_OUT = re.compile(r"^\s*(?://|#|--|;|<!--)")


class _Part(NamedTuple):
    """One line of a resource cell, with its role."""

    role: _Role
    text: str
    label: str
    values: Values

    @property
    def names(self) -> bool:
        """Return whether the line contains an address or a host."""
        return _names_values(self.values)


def read_resource(cell: Cell, where: str) -> Resource:
    """Return the content of a resource cell. Raises Unreadable if it is empty or ambiguous."""
    try:
        parts = [_read_line(line) for line in cell.lines]
        return _build_resource(" ".join(_iter_labels(parts)), parts)
    except Unreadable as problem:
        raise Unreadable(
            f"{where}, in {quote(cell.text)}: {problem}",
            cell=tuple(line.text for line in cell.lines),
            field="resource",
        ) from None


def is_plain_label(label: str) -> bool:
    """Return whether a label has values only at its start or separately in brackets.

    Elsewhere the words around a value may mean anything: "replaces 192.0.2.1".
    """
    if not may_hold_values(label):
        return True
    brackets = map(find_values, _IN_BRACKETS.findall(label))
    if not all(_is_marks(inside.words) for inside in brackets if _names_values(inside)):
        return False
    outside = _IN_BRACKETS.sub(" ", label)
    if not may_hold_values(outside):
        return True
    words = dropwhile(lambda word: _is_marks(find_values(word).words), outside.split())
    return not _names_values(find_values(" ".join(words)))


def _read_line(line: PageLine) -> _Part:
    """Return one line with its role. Raises Unreadable if it is ambiguous."""
    text = line.text if line.bullet else _strip_footnote_mark(line.text)
    if fill_in := _FILL_IN.search(text):
        raise Unreadable(f"a part of {quote(fill_in[0])} has to be filled in by a reader")
    values = find_values(text)
    if line.bullet and _END_OF_RANGE.match(text):
        raise Unreadable(f"{quote(text)} can be the end of a range")
    if _names_values(values) and _COMMENTED_OUT.match(text):
        raise Unreadable(f"{quote(text)} is commented out")
    if values.odd:
        raise Unreadable(
            f"{quote(values.odd[0])} is neither an address nor a host name; compare it with the"
            " page"
        )
    if not values.words and _names_values(values) and not text.endswith(".."):  # most lines
        return _Part("list", text, "", values)
    role, label = _find_role(line, text, values)
    listing = text[len(label) :] if role == "labelled" else text
    if _names_values(values) and _OPEN.search(join_ranges(listing)):
        raise Unreadable(f"{quote(text)} leaves open what belongs to it")
    return _Part(role, text, label, values)


def _find_role(line: PageLine, text: str, values: Values) -> tuple[_Role, str]:
    """Return the role of a line, and the part of it that is a label."""
    if _is_list(text, values):
        return "list", ""
    if _STUB.match(text):
        raise Unreadable(f"{quote(text)} is not a complete address")
    rest = _strip_kinds(values.words)
    if not rest and not _names_values(values) and _KIND.search(text):
        return "kind", text
    if line.bullet:
        raise Unreadable(f"the item {quote(text)} is not just an address or a host name")
    if head := _find_head(text):
        if not _names_values(values):  # "Build: 3.74.63.86"
            raise Unreadable(f"{quote(text)} can be an address or the number of a version")
        return "labelled", head
    if _names_values(values) and (not _LETTER.search(rest) or _BARE_MARK.match(rest)):
        raise Unreadable(f"{quote(rest)} beside a value may mean anything")
    if not rest and not _names_values(values):
        return "sign", ""
    return ("note" if _ALL_IN_BRACKETS.match(text) else "label"), text


def _find_head(text: str) -> str:
    """Return the label before a list on the same line, or ""."""
    for colon in islice(_COLON.finditer(text), _MOST_COLONS):
        head, tail = text[: colon.start()], text[colon.end() :]
        if head.count("(") == head.count(")") and _is_list(tail, find_values(tail)):
            if not is_plain_label(head):
                raise Unreadable(f"two resources stand in one cell, {quote(text)}")
            return head
    return ""


def _iter_labels(parts: Sequence[_Part]) -> Iterator[str]:
    """Yield the label of each line that has one. Raises Unreadable for a second list.

    Any words between two lists of values are the caption of the second list, such as "Backup
    servers" or "Before May".
    """
    is_listed = False
    caption = ""
    for above, part in zip((None, *parts), parts, strict=False):
        is_list = part.names and (
            part.role in ("list", "labelled") or _starts_with_value(part.text)
        )
        is_second = part.role == "labelled" or (part.names and not is_list)
        is_caption = part.role == "label" and not part.names
        if is_listed and (is_second or (is_caption and part.text.endswith(":"))):
            caption = part.text
        if caption and (part.names or part.text.endswith(":")):
            raise Unreadable(f"two resources stand in one cell, the second at {quote(caption)}")
        if above and _is_range_over_lines(above, part):
            raise Unreadable(f"{quote(part.text)} can be the end of a range")
        if is_listed and (is_caption or (part.role == "sign" and _LONE_SIGN.search(part.text))):
            caption = part.text
        if part.label and not (is_listed and part.role == "kind"):
            yield part.label
        is_listed = is_listed or is_list


def _build_resource(label: str, parts: Sequence[_Part]) -> Resource:
    label = label.strip().removesuffix(":").strip()
    hosts = tuple(dict.fromkeys(host for part in parts for host in part.values.hosts))
    addresses = tuple(dict.fromkeys(one for part in parts for one in part.values.addresses))
    if hosts or addresses:
        _check_not_excluded(label)
        if len(addresses) == _ENDS and not hosts and _A_RANGE.search(label):
            raise Unreadable(f"{' and '.join(addresses)} can be the ends of {quote(label)}")
        return Resource(label or ", ".join(hosts + addresses), hosts, addresses, "internet")
    if _LAN.search(label):
        return Resource(label, (), (), "lan")
    raise Unreadable("it names no address, no host and no local network")


def _check_not_excluded(label: str) -> None:
    """Raise Unreadable for words that exclude a value; out-of-force words are held later."""
    force = find_out_of_force(label)
    if force and not _EXCLUDES.fullmatch(force):
        label = label.replace(force, " ", 1)
    if turn := _EXCLUDES.search(label):
        raise Unreadable(
            f"{quote(turn[0])} in {quote(label)} may exclude what stands beside it"
        )


def _strip_footnote_mark(text: str) -> str:
    """Return a line without the footnote marks after its words; after a value they stay."""
    mark = _MARK.search(text)
    if not mark or not (words := text[: mark.start()].split()):
        return text
    head, last = text[: mark.start()], find_values(words[-1])
    is_behind_value = not words[-1].endswith(")") and (_names_values(last) or last.odd)
    if is_behind_value or _is_list(head, find_values(head)):
        return text
    return head + text[mark.end() :]


def _is_list(text: str, values: Values) -> bool:
    """Return whether the text has only values, separators and words for kinds of values."""
    if not _names_values(values) or not _is_marks(values.words):
        return False
    return not _RANGE_WORD.search(values.words) or bool(_IS_RANGE.search(join_ranges(text)))


def _is_range_over_lines(above: _Part, part: _Part) -> bool:
    """Return whether a dash before an address may form a range with the address above.

    In a list with dashes as bullets, there is one before each value.
    """
    return bool(
        above.values.addresses
        and part.values.addresses
        and _LEADING_DASH.match(part.text)
        and not _LEADING_DASH.match(above.text)
    )


def _starts_with_value(text: str) -> bool:
    return _names_values(find_values(text.split(maxsplit=1)[0]))


def _names_values(values: Values) -> bool:
    return bool(values.hosts or values.addresses)


def _strip_kinds(words: str) -> str:
    """Return the words without separators and names of kinds of values."""
    return _SEPARATORS.sub(" ", _KIND.sub(" ", words)).strip()


def _is_marks(words: str) -> bool:
    return not _strip_kinds(words)
