"""What HTML elements do to text: which are blocks, headings, controls, and which nobody sees.

Knows the standard's elements and ARIA's roles; no tree is walked here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bs4 import Tag

from tracker.parse.markup.browser_tree import attribute

BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
NOTE_TAGS = frozenset({"sup", "sub"})  # a footnote's number is no digit of the value before
_MARK = re.compile(
    r"^[\[(]?\s*((?:note\s*)?[0-9]{1,2}|[a-z]|[ivx]{1,4}|[*†‡§¶#]{1,3})\s*[\])]?$",
    re.IGNORECASE,
)
_PERMALINK = re.compile(r"^[\s¶#§🔗⚓\u200b\u2060\ufeff]*$")
_PERMALINK_CLASS = re.compile(
    r"headerlink|permalink|hash-link|heading-anchor|header-anchor|anchor-link|anchorjs"
)
_ICON_CLASS = re.compile(
    r"(?:^|[\s_-])(?:icon|icons|ico|fa|fas|far|fab|fal|glyphicon|dashicons|bi|material-icons|material-symbols\w*)(?:$|[\s_-])"
)
_LIGATURE = re.compile(r"^[a-z]+(?:_[a-z0-9]+)*$")
# What buttons beside a value are for; none of it is content.
_BUTTON_WORDS = frozenset(
    "copy copied copy! copied! sort sorted info information help edit expand collapse show"
    " hide more less share print download toggle close open details".split()
)
_BUTTON_OBJECTS = frozenset(
    "to the this all as on in clipboard table column row rows value text link address ip"
    " code csv about more info information details ascending descending".split()
)
_ASIDE_TAGS = frozenset({"nav", "aside"})
_PAGE_ENDS = frozenset({"header", "footer"})
_ASIDE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"}
)
_NAMED_ENDS = frozenset({"header", "footer", "site-header", "site-footer", "main-header"})
_CONSENT = re.compile(
    r"cookie|consent|gdpr|onetrust|cmplz|cybot|usercentrics|iubenda|didomi|termly|borlabs",
    re.IGNORECASE,
)
HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 6, "caption": 5}
# Emphasis of a part of a word leaves no gap in it; these are drawn as they stand.
EMPHASIS_TAGS = frozenset({"b", "strong", "u", "mark", "font", "big"})
# Emphasis by which pages mark what a reader has to fill in.
PLACEHOLDER_TAGS = frozenset({"em", "i", "var", "cite"})
_TABLE_PARTS = {"table": "table", "tr": "row", "td": "cell", "th": "cell"}
_ROLE_PARTS = {
    **dict.fromkeys(("table", "grid", "treegrid"), "table"),
    "row": "row",
    **dict.fromkeys(("cell", "gridcell", "columnheader", "rowheader"), "cell"),
}
_ROLE_BLOCKS = frozenset(
    {*_ROLE_PARTS, "rowgroup", "tab", "tabpanel", "list", "listitem", "heading"}
)
_SPAN_LIMIT = {"rowspan": 65534, "colspan": 1000}  # the HTML standard's own caps


class Kind(NamedTuple):
    """What an element does to the text inside it, as far as its tag and its role tell.

    `part` is `table`, `row` or `cell`. `is_clicked` says that it may be there to be clicked.
    """

    tag: str
    is_block: bool
    part: str | None
    heading: int
    is_item: bool
    is_clicked: bool


@lru_cache(maxsize=256)  # a page has few of them, and asks at each element
def kind_of(tag: str, role: str | None) -> Kind:
    """The kind of an element with this tag and this value of the attribute `role`."""
    if tag == "br":  # ends a line, whatever role it is given
        role = None
    return Kind(
        tag=tag,
        is_block=tag in BLOCK_TAGS or role in _ROLE_BLOCKS,
        part=part_of(tag, role),
        heading=HEADINGS.get(tag, 2 if role == "heading" else 0),
        is_item=tag == "li",
        is_clicked=tag in {"a", "button", "label"} or role in {"tab", "button"},
    )


def part_of(tag: str, role: str | None) -> str | None:
    """`table`, `row` or `cell`, by the role that ARIA gives an element or by its tag."""
    return _ROLE_PARTS.get(role or "") or _TABLE_PARTS.get(tag)


def span(element: Tag, name: str) -> int:
    """How many rows or columns a cell covers; what is no number counts as one."""
    written = (attribute(element, name) or attribute(element, f"aria-{name}") or "1").strip()
    return min(max(_count(written), 1), _SPAN_LIMIT[name])


def column_of(element: Tag) -> int | None:
    """The column that a cell says it stands in, from 0; None where it says nothing."""
    number = _count(attribute(element, "aria-colindex").strip())
    return number - 1 if number else None


def _count(written: str) -> int:
    """The number, cut off where it is far above any limit; 0 for what is none."""
    return int(written[:12]) if written.isascii() and written.isdecimal() else 0


def mark_of(text: str) -> str | None:
    """Return the footnote sign that raised text or a link is, `[1]`; None for other text."""
    match = _MARK.match(text.strip())
    return f"[{match[1]}]" if match else None


def is_permalink(element: Tag, text: str) -> bool:
    """Whether a link is the sign by which a heading links to itself."""
    if "#" not in attribute(element, "href"):
        return False
    if _PERMALINK.match(text):
        return True
    return bool(_PERMALINK_CLASS.search(attribute(element, "class")))


def is_icon(element: Tag, text: str) -> bool:
    """Whether the text is drawn as a picture, by the font of an icon set."""
    if not _ICON_CLASS.search(attribute(element, "class")):
        return False
    sign = text.strip()
    return len(sign) == 1 or "\ue000" <= sign[:1] <= "\uf8ff" or bool(_LIGATURE.match(sign))


def is_button_label(text: str) -> bool:
    """Whether a control's words say what it does with what stands beside it: "Copy"."""
    words = text.lower().split()
    if not any(sign.isalnum() for sign in text):
        return True
    return words[0] in _BUTTON_WORDS and _BUTTON_OBJECTS.issuperset(words[1:])


def is_aside(element: Tag) -> bool:
    """Whether the element is no content: menus, ends of the page, consent dialogs."""
    role = attribute(element, "role")
    if element.name in _ASIDE_TAGS or role in _ASIDE_ROLES:
        return True
    name = attribute(element, "id")
    if element.name in _PAGE_ENDS or (element.name == "div" and name in _NAMED_ENDS):
        return element.find_parent(["main", "article", "section"]) is None
    if element.name not in {"div", "section", "dialog", "form"}:
        return False
    named = f"{name} {attribute(element, 'class')} {attribute(element, 'aria-label')}"
    return bool(_CONSENT.search(named))
