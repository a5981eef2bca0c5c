"""Finds elements that the page's own styles hide or strike out on a desktop screen.

Rules of `style` elements and `style` attributes are ranked as in browsers: by importance,
origin, specificity and order (CSS Cascading and Inheritance Level 4, section 6). External
sheets are not fetched; elements that only they hide count as visible.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import soupsieve
from bs4 import BeautifulSoup, Tag

from tracker.errors import NotAPage
from tracker.parse.markup.browser_tree import get_attribute
from tracker.parse.markup.css_rules import StyleRule, find_rules, read_inline_rules

# `displayed` shows an element that the browser's style sheet hides, such as a closed dialog;
# `visible` shows one inside an invisible element.
Effect = Literal["none", "invisible", "clear", "clipped", "struck", "displayed", "visible"]

_MOST_MATCHES = 20_000  # attempts to match an element with a selector
_SELECTOR_LENGTH = 500
_AT_REST = re.compile(
    r":(?:hover|focus|focus-within|focus-visible|active|target|visited)\b", re.IGNORECASE
)
_PSEUDO_ELEMENT = re.compile(r"::|:(?:before|after|first-line|first-letter)\b", re.IGNORECASE)
_OUT_OF_SIGHT = re.compile(r"^-\d{3,}(?:\.\d+)?(?:px|em|rem|vw|vh|%)|^-(?:9999|\d{4,})")
_CLEAR = re.compile(r"^(?:-\d*\.?\d+|\+?0*\.?0+)%?$")  # negative values count as 0
_NOTHING = re.compile(r"^0(?:\.0+)?(?:px|em|rem|%|pt)?$")
_CLIPPED = re.compile(
    r"^rect\(\s*(?:0|1)(?:px)?(?:[\s,]+(?:0|1)(?:px)?){3}\s*\)$|inset\(\s*(?:50|100)%"
)


class Styles:
    """The effects of the page's own styles on its elements."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._rules = tuple(find_rules(soup))
        self._hiding = [
            rule for rule in self._rules if _read_effects(rule.declarations) - {"displayed"}
        ]
        self._sheet_effects = self._match_sheets(_Matcher(soup)) if self._rules else {}

    def find_effects(self, element: Tag) -> frozenset[Effect]:
        """Return the effects of the styles that apply to this element."""
        found = self._sheet_effects.get(id(element))
        style = element.attrs.get("style")
        if found is None and not style:
            return frozenset()
        return _resolve_effects([*(found or ()), *read_inline_rules(str(style or ""))])

    def _match_sheets(self, matcher: _Matcher) -> dict[int, list[StyleRule]]:
        """Return all rules for each hidden element, as some of them may undo others."""
        found: dict[int, list[StyleRule]] = defaultdict(list)
        elements: dict[int, Tag] = {}
        for rule in self._hiding:
            for element in matcher.select(rule.selector):
                elements[id(element)] = element
        elements |= {id(element): element for element in matcher.find_hidden_by_browsers()}
        if not elements:
            return {}
        for rule in self._rules:
            for element in matcher.filter(rule.selector, elements.values()):
                found[id(element)].append(rule)
        return found


class _Matcher:
    """Matches selectors with elements; indexes give the candidates, so that it is fast."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._by_class: dict[str, list[Tag]] = defaultdict(list)
        self._by_id: dict[str, list[Tag]] = defaultdict(list)
        self._by_tag: dict[str, list[Tag]] = defaultdict(list)
        self._all: list[Tag] = []
        self._left = _MOST_MATCHES
        for element in soup.find_all(name=True):
            self._all.append(element)
            self._by_tag[element.name].append(element)
            for name in get_attribute(element, "class").split():
                self._by_class[name].append(element)
            if name := get_attribute(element, "id"):
                self._by_id[name].append(element)

    def select(self, selector: str) -> Iterator[Tag]:
        """Yield the elements that match a selector without user interaction."""
        subject = _parse_selector(selector)
        if subject is None:
            return
        if subject.last.ids:
            candidates = self._by_id[subject.last.ids[0]]
        elif subject.last.classes:
            candidates = min((self._by_class[name] for name in subject.last.classes), key=len)
        elif subject.last.tag:
            candidates = self._by_tag[subject.last.tag]
        else:
            candidates = self._all
        yield from self.filter(selector, candidates)

    def find_hidden_by_browsers(self) -> Iterator[Tag]:
        """Yield the elements that the browser's style sheet may hide."""
        yield from self._by_tag["dialog"]
        for element in self._all:
            if "hidden" in element.attrs or "popover" in element.attrs:
                yield element

    def filter(self, selector: str, candidates: Iterable[Tag]) -> Iterator[Tag]:
        """Yield the candidates that match a selector."""
        subject = _parse_selector(selector)
        if subject is None or not self._can_match(subject):
            return
        fitting = [element for element in candidates if subject.last.fits(element)]
        if subject.chains is not None or not fitting:
            for element in fitting:
                self._count_matches(len(subject.chains or ()))
                if _matches_chains(element, subject.chains or ()):
                    yield element
            return
        try:
            compiled = soupsieve.compile(selector)
        except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
            return  # browsers also ignore rules with unknown selectors
        for element in fitting:
            self._count_matches(1)
            if compiled.match(element):
                yield element

    def _count_matches(self, matches: int) -> None:
        self._left -= matches
        if self._left < 0:
            raise NotAPage("the page's style sheets take too long to be applied")

    def _can_match(self, subject: _Subject) -> bool:
        return all(self._by_class.get(name) for name in subject.mentioned)


class _Compound(NamedTuple):
    """Tag, ids and classes that one element must have."""

    tag: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]

    def fits(self, element: Tag) -> bool:
        """Return whether the element has this tag, id and classes."""
        if self.tag and element.name != self.tag:
            return False
        if self.ids and get_attribute(element, "id") != self.ids[0]:
            return False
        return not self.classes or set(self.classes) <= set(
            get_attribute(element, "class").split()
        )


class _Subject(NamedTuple):
    """A selector's `last` compound, and the classes `mentioned` in all of them.

    `chains` are the compounds, if all are plain and joined only by `>` and white space; each
    chain has compounds joined by `>`, and innermost ones come first. Otherwise it is None, and
    soupsieve has to match the selector; its first one costs a tenth of a second.
    """

    last: _Compound
    mentioned: tuple[str, ...]
    chains: tuple[tuple[_Compound, ...], ...] | None


def _matches_chains(element: Tag, chains: Sequence[Sequence[_Compound]]) -> bool:
    """Return whether the element matches the first chain, and its ancestors the others.

    Each chain is matched as near as possible, which leaves the most ancestors for the rest.
    """
    at: Tag | None = element
    for number, chain in enumerate(chains):
        while at is not None and not _matches_chain(at, chain):
            at = at.parent if number else None
        if at is None:
            return False
        for _ in chain:
            at = at.parent if at is not None else None
    return True


def _matches_chain(element: Tag, chain: Sequence[_Compound]) -> bool:
    at: Tag | None = element
    for compound in chain:
        if at is None or at.parent is None or not compound.fits(at):
            return False  # a node without a parent is the document, not an element
        at = at.parent
    return True


_SIMPLE = re.compile(r"([.#]?)(-?(?:[_a-zA-Z]|[^\x00-\x7f])(?:[\w-]|[^\x00-\x7f])*)")
_PLAIN = re.compile(r"(?:\*|[\w-]+)?(?:\.[\w-]+)*(?:#[\w-]+)?(?:\.[\w-]+)*")
_FUNCTION = re.compile(r":[\w-]+\([^()]*\)")
_BRACKETS = re.compile(r"\[[^\]]*\]|:[\w-]+")


def _parse_selector(selector: str) -> _Subject | None:
    """Parse a selector; None for pseudo-elements and states such as `:hover`."""
    if len(selector) > _SELECTOR_LENGTH or _PSEUDO_ELEMENT.search(selector):
        return None
    if _AT_REST.search(_FUNCTION.sub("", selector)):
        return None
    plain = selector
    while _FUNCTION.search(plain):
        plain = _FUNCTION.sub("\0", plain)
    plain = _BRACKETS.sub("\0", plain)
    parts = re.split(r"\s*([>+~])\s*|\s+", plain.strip())
    compounds = [_parse_compound(part) for part in parts[::2]]
    return _Subject(
        last=compounds[-1],
        mentioned=tuple(name for compound in compounds for name in compound.classes),
        chains=_group_chains(compounds, parts[1::2]) if _is_plain(parts) else None,
    )


def _is_plain(parts: Sequence[str | None]) -> bool:
    """Return whether alternating compounds and combinators are all plain."""
    return all(part and _PLAIN.fullmatch(part) for part in parts[::2]) and {*parts[1::2]} <= {
        None,
        ">",
    }


def _parse_compound(text: str) -> _Compound:
    names = _SIMPLE.findall(text.replace("\0", ""))
    return _Compound(
        tag="".join(name.lower() for sign, name in names if not sign),
        ids=tuple(name for sign, name in names if sign == "#"),
        classes=tuple(name for sign, name in names if sign == "."),
    )


def _group_chains(
    compounds: Sequence[_Compound], combinators: Sequence[str | None]
) -> tuple[tuple[_Compound, ...], ...]:
    """Split the compounds into chains at white space; chains and compounds innermost first."""
    chains = [[compounds[0]]]
    for combinator, compound in zip(combinators, compounds[1:], strict=True):
        if combinator == ">":
            chains[-1].insert(0, compound)
        else:
            chains.append([compound])
    return tuple(tuple(chain) for chain in reversed(chains))


def _resolve_effects(rules: Iterable[StyleRule]) -> frozenset[Effect]:
    """Return the effects of the winning declaration of each property."""
    won: dict[str, tuple[str, bool]] = {}
    for rule in sorted(rules, key=lambda rule: rule.weight):
        won.update(rule.declarations)
    return _read_effects(won)


def _read_effects(declarations: Mapping[str, tuple[str, bool]]) -> frozenset[Effect]:
    """Return the effects of these declarations, all of which apply."""
    value = {name: text for name, (text, _) in declarations.items()}
    found: set[Effect] = set()
    if value.get("display") == "none" or value.get("content-visibility") == "hidden":
        found.add("none")
    elif "display" in value:
        found.add("displayed")
    if value.get("visibility") in {"hidden", "collapse"}:
        found.add("invisible")
    elif value.get("visibility") == "visible":
        found.add("visible")
    if _CLEAR.match(value.get("opacity", "1")) or _NOTHING.match(value.get("font-size", "1em")):
        found.add("clear")
    if _is_clipped(value):
        found.add("clipped")
    if "line-through" in value.get("text-decoration-line", ""):
        found.add("struck")
    return frozenset(found)


def _is_clipped(value: Mapping[str, str]) -> bool:
    """Return whether the element is placed off the screen, or has no visible area."""
    if _CLIPPED.search(value.get("clip", "")) or _CLIPPED.search(value.get("clip-path", "")):
        return True
    is_placed = value.get("position") in {"absolute", "fixed"}
    if is_placed and any(_OUT_OF_SIGHT.match(value.get(side, "")) for side in ("left", "top")):
        return True
    if _OUT_OF_SIGHT.match(value.get("text-indent", "")):
        return True
    if re.match(r"^scale[xy]?\(\s*0\s*[,)]", value.get("transform", "")):
        return True
    heights = value.get("height", ""), value.get("max-height", "")
    return "hidden" in value.get("overflow", "") and any(map(_NOTHING.match, heights))
