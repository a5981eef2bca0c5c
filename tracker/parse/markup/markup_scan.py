"""Scans markup in one linear pass before it is parsed, to limit its cost.

The tree construction of browsers takes quadratic time for malicious markup: open elements are
searched one by one, and unclosed formatting elements are created again in each block (HTML
standard, 13.2.4.3 and 13.2.6.4.7). This pass applies the rules that matter for that to tag
names only, and refuses markup beyond the limits of real pages. It also finds elements that are
left open, and removes the content of `noscript`, which the parser would read although browsers
do not show it, and of `template`, which the parser keeps outside the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tracker.errors import NotAPage

MOST_OPEN = 256  # elements inside each other
MOST_FORMATTING = 64  # formatting elements without an end tag
_MOST_REOPENED = 10_000  # formatting elements created again, on a whole page
_MOST_MISPLACED = 500  # texts and elements in tables but not in cells
_MOST_SIGNS = 20_000  # of "<" and "&", each of which costs time
_MOST_SIGNS_SHARE = 0.3  # of the text; it is a quarter in "<p>x"
_MOST_ATTRIBUTES = 256  # of one element; each is compared with all before it
_SAME_FORMATTING = 3  # the standard's "Noah's Ark clause": no more are created again

VOID = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source"
    " track wbr".split()
)
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_RAW = frozenset(
    "script style xmp iframe noembed noframes textarea title noscript template".split()
)
_CLOSES_P = frozenset(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav"
    " ol p pre section summary table ul xmp plaintext".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# An implied end tag does not close elements outside these.
_BARRIERS = frozenset(
    "table td th caption button html object applet marquee template svg".split()
)
_LISTS = frozenset("ul ol dl menu dir".split())
# For a start tag: the open elements that it ends, and the elements at which the search stops.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), _BARRIERS | _LISTS),
    "dd": (frozenset({"dd", "dt"}), _BARRIERS | _LISTS),
    "dt": (frozenset({"dd", "dt"}), _BARRIERS | _LISTS),
    "option": (frozenset({"option"}), frozenset({"select", "datalist"})),
    "optgroup": (frozenset({"option", "optgroup"}), frozenset({"select", "datalist"})),
    "td": (frozenset({"td", "th"}), frozenset({"table", "template"})),
    "th": (frozenset({"td", "th"}), frozenset({"table", "template"})),
    "tr": (frozenset({"tr", "caption", "colgroup"}), frozenset({"table", "template"})),
    **dict.fromkeys(
        ("tbody", "thead", "tfoot", "caption", "colgroup"),
        (
            frozenset({"tbody", "thead", "tfoot", "caption", "colgroup"}),
            frozenset({"table", "template"}),
        ),
    ),
}
_MARKERS = frozenset("td th caption object applet marquee template".split())
_TABLE_PARTS = frozenset("table tbody thead tfoot tr".split())
_IN_TABLES = frozenset(
    "table caption colgroup col tbody thead tfoot tr td th style script template form"
    " input".split()
)
_FOREIGN = frozenset({"svg", "math"})
# If one of these is open at the end of a page, the page may have been cut off.
CONTENT = frozenset("table tr td th ul ol li dl dt dd h1 h2 h3 h4 h5 h6 caption".split())

_TOKEN = re.compile(
    r"<!--(?:>|->|.*?--!?>)|<!\[CDATA\[|<[!?][^>]*>?|</[^a-zA-Z>][^>]*>?"
    r"|<(/?)([a-zA-Z][^\s/>]*)",
    re.DOTALL,
)
_TEMPLATE = re.compile(r"<(/?)template(?=[\s/>])", re.IGNORECASE)
_COMMENT_ENDS = ("-->", "--!>", "<!-->", "<!--->")
_ATTRIBUTE = re.compile(
    r"[\s/]*(?:([^\s/>=][^\s/>=]*|=[^\s/>=]*)"
    r"(?:\s*=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s\"'>][^\s>]*|(?=>)))?|(>))"
)


class Scan(NamedTuple):
    """Markup ready to be parsed, and the results of the scan.

    `inert` are the removed contents of noscript and template elements. `has_end` is true if
    there is `</html>` or `</body>`, and `left_open` lists the content elements that are open at
    the end, outermost first.
    """

    markup: str
    inert: tuple[str, ...]
    has_end: bool
    left_open: tuple[str, ...]


def scan_markup(text: str) -> Scan:
    """Scan the tags of `text`. Raises NotAPage beyond the limits above."""
    return _Scanner(text).scan()


class _Formatting:
    """A formatting element whose end tag has not come yet."""

    __slots__ = ("is_open", "name", "tag")

    def __init__(self, name: str, tag: str) -> None:
        self.name, self.tag, self.is_open = name, tag, True


class _Open(NamedTuple):
    name: str
    formatting: _Formatting | None


class _Scanner:
    """Tracks the stack of open elements and the list of formatting elements, by name."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kept: list[str] = []
        self.kept_to = 0  # the text before this index is in `kept` or was removed
        self.inert: list[str] = []
        self.open: list[_Open] = []
        self.counts: dict[str, int] = {}
        self.formatting: list[_Formatting | None] = []  # None is a marker
        self.unopened = 0  # formatting elements that the next text creates again
        self.reopened = 0
        self.misplaced = 0
        self.has_end = False

    def scan(self) -> Scan:
        """Return the result of the scan. Raises NotAPage."""
        signs = self.text.count("<") + self.text.count("&")
        if signs > _MOST_SIGNS and signs > len(self.text) * _MOST_SIGNS_SHARE:
            raise NotAPage("there are more signs of markup than there is text")
        for at, end, closing, name in self._iter_tags():
            if closing:
                self._end_tag(name)
            else:
                self._start_tag(name, self.text[at:end])
        left = tuple(one.name for one in self.open if one.name in CONTENT)
        return Scan("".join(self.kept), tuple(self.inert), self.has_end, left)

    def _iter_tags(self) -> Iterator[tuple[int, int, bool, str]]:
        """Yield start, end, kind (true for an end tag) and name of each tag of the markup."""
        at = 0
        while match := self._find_token(at):
            if match.start() > at:
                self._check_text(at, match.start())
            if not match[2]:
                at = self._find_end_of_other(match)
                continue
            name, closing = match[2].lower(), bool(match[1])
            at = self._find_end_of_tag(match.end())
            if at < 0:
                break  # the text ends inside a tag, which browsers drop
            yield match.start(), at, closing, name
            if name == "plaintext" and not closing:
                break
            if name not in _RAW or closing or self._is_foreign():
                continue
            start, at = at, self._find_end_of_raw(name, at)
            if name in {"noscript", "template"}:
                self._take_out(start, at)
        self.kept.append(self.text[self.kept_to :])

    def _take_out(self, start: int, end: int) -> None:
        self.kept.append(self.text[self.kept_to : start])
        self.inert.append(self.text[start:end])
        self.kept_to = end

    def _find_end_of_other(self, match: re.Match[str]) -> int:
        """Return the index after a comment, a declaration or a CDATA section."""
        if match[0] != "<![CDATA[":
            return match.end()
        return _find_after(self.text, "]]>" if self._is_foreign() else ">", match.end())

    def _find_token(self, at: int) -> re.Match[str] | None:
        match = _TOKEN.search(self.text, at)
        if match and match[0].startswith("<!--") and not match[0].endswith(_COMMENT_ENDS):
            return None  # an unclosed comment: browsers do not show the rest
        return match

    def _find_end_of_tag(self, at: int) -> int:
        """Return the index after a tag; -1 if the text ends in it."""
        count = 0
        while match := _ATTRIBUTE.match(self.text, at):
            at = match.end()
            if match[2]:
                return at
            count += 1
            if count > _MOST_ATTRIBUTES:
                raise NotAPage(f"an element has more than {_MOST_ATTRIBUTES} attributes")
        return -1

    def _find_end_of_raw(self, name: str, at: int) -> int:
        if name == "template":
            return self._find_end_of_template(at)
        ended = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(self.text, at)
        return ended.start() if ended else len(self.text)

    def _find_end_of_template(self, at: int) -> int:
        """Return the index of a template's end tag; templates can be nested."""
        depth = 1
        for match in _TEMPLATE.finditer(self.text, at):
            depth += -1 if match[1] else 1
            if depth == 0:
                return match.start()
        return len(self.text)

    def _is_foreign(self) -> bool:
        return bool(self.counts.get("svg") or self.counts.get("math"))

    def _check_text(self, start: int, end: int) -> None:
        if self.unopened:
            self._reconstruct()
        if self._is_between_cells() and not self.text[start:end].isspace():
            self._misplace()

    def _is_between_cells(self) -> bool:
        return bool(self.open) and self.open[-1].name in _TABLE_PARTS

    def _misplace(self) -> None:
        """Count a node that browsers move before the table (13.2.6.1, foster parenting)."""
        self.misplaced += 1
        if self.misplaced > _MOST_MISPLACED:
            raise NotAPage(f"more than {_MOST_MISPLACED} pieces stand in tables but in no cell")

    def _start_tag(self, name: str, tag: str) -> None:
        if name in _CLOSES_P and self.counts.get("p"):
            self._pop_to({"p"}, _BARRIERS)
        if name in _ENDS:
            self._pop_to(*_ENDS[name])
        if name in _HEADINGS and self.open and self.open[-1].name in _HEADINGS:
            self._pop()
        if name in {"a", "nobr"}:  # these cannot be nested
            self._end_formatting(name)
        if name not in _IN_TABLES and self._is_between_cells():
            self._misplace()
        if self.unopened and name not in _CLOSES_P and name not in _ENDS:
            self._reconstruct()
        if name in VOID or (name in _FOREIGN and tag.endswith("/>")):
            return
        if self._is_foreign() and tag.endswith("/>"):
            return
        formatting = self._open_formatting(name, tag) if name in _FORMATTING else None
        self._push(name, formatting)
        if name in _MARKERS:
            self.formatting.append(None)

    def _open_formatting(self, name: str, tag: str) -> _Formatting | None:
        """Record a formatting element that begins."""
        same = [one for one in self.formatting if one and one.tag == tag]
        if len(same) >= _SAME_FORMATTING:
            self.formatting.remove(same[0])
            self.unopened -= not same[0].is_open
        formatting = _Formatting(name, tag)
        self.formatting.append(formatting)
        if len(self.formatting) > MOST_FORMATTING + len(self.open):
            raise NotAPage("too many formatting elements are never closed")
        count = sum(one is not None for one in self.formatting)
        if count > MOST_FORMATTING:
            raise NotAPage(f"more than {MOST_FORMATTING} formatting elements are never closed")
        return formatting

    def _reconstruct(self) -> None:
        """Open the formatting elements again that blocks closed, up to the last marker."""
        for at in range(len(self.formatting) - 1, -1, -1):
            one = self.formatting[at]
            if one is None:
                break
            if not one.is_open:
                one.is_open = True
                self.unopened -= 1
                self.reopened += 1
                self._push(one.name, one)
        if self.reopened > _MOST_REOPENED:
            raise NotAPage("formatting elements that are never closed are repeated too often")

    def _end_tag(self, name: str) -> None:
        if name in {"html", "body"}:
            self.has_end = True
            return
        if name in _FORMATTING:
            self._end_formatting(name)
            return
        if not self.counts.get(name):
            if name == "p":
                self._reconstruct()
            return
        stop = frozenset() if name in _BARRIERS else _BARRIERS - {name}
        if name in _HEADINGS:
            self._pop_to(_HEADINGS, stop)
        elif name in {"tr", "tbody", "thead", "tfoot"}:
            self._pop_to({name}, frozenset({"table"}))
        else:
            self._pop_to({name}, stop)

    def _end_formatting(self, name: str) -> None:
        for at in range(len(self.formatting) - 1, -1, -1):
            one = self.formatting[at]
            if one is None:
                return
            if one.name == name:
                del self.formatting[at]
                if one.is_open:
                    self._close(one)
                else:
                    self.unopened -= 1
                return

    def _close(self, formatting: _Formatting) -> None:
        """Remove the element from the stack; elements inside it stay open."""
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at].formatting is formatting:
                self.counts[formatting.name] -= 1
                del self.open[at]
                return

    def _push(self, name: str, formatting: _Formatting | None) -> None:
        self.open.append(_Open(name, formatting))
        self.counts[name] = self.counts.get(name, 0) + 1
        if len(self.open) > MOST_OPEN:
            raise NotAPage(f"more than {MOST_OPEN} elements stand inside each other")

    def _pop(self) -> str:
        name, formatting = self.open.pop()
        self.counts[name] -= 1
        if formatting is not None and formatting.is_open:
            formatting.is_open = False
            self.unopened += 1
        if name in _MARKERS:
            while self.formatting and (one := self.formatting.pop()) is not None:
                self.unopened -= not one.is_open
        return name

    def _pop_to(self, names: frozenset[str] | set[str], barriers: frozenset[str]) -> None:
        """Close the innermost of these elements, and all elements inside it."""
        if not any(self.counts.get(name) for name in names):
            return
        for at in range(len(self.open) - 1, -1, -1):
            name = self.open[at].name
            if name in names:
                while len(self.open) > at:
                    self._pop()
                return
            if name in barriers:
                return


def _find_after(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return found + len(mark) if found >= 0 else len(text)
