"""Small pieces of HTML and XML. Every gap in a template escapes what is put into it.

A template is a Markup constant, and `format` escapes each value that is not Markup itself: the
escaping of Jinja2, by the library that Jinja2 uses, without its compiler, which would make a
check that publishes a quarter slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup

from tracker.text import clean

# What XML 1.0 cannot hold at all, not even escaped (section 2.2), and `clean` lets through.
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_TIME = Markup('<time datetime="{0}">{1}</time>')
_CODE = Markup("<code>{}</code>")
_LINK = Markup('<a href="{}">{}</a>')
_ITEM = Markup("<li>{}</li>")
_BARE = Markup("<ul>{}</ul>")
_LIST = Markup('<ul class="{}">{}</ul>')

NOTHING = Markup("")


def shown(text: str | None) -> str:
    """Text of the page on one line, without what no reader sees or no XML file may hold."""
    return _NO_XML.sub("�", clean(text or ""))


def join(parts: Iterable[object], between: str = "") -> Markup:
    """Parts one after the other, each escaped unless it is Markup."""
    return Markup(between).join(parts)  # type: ignore[arg-type]  # noqa: S704  it escapes any object


def lines(items: Iterable[object], kind: str = "") -> Markup:
    """A list, one item a line; nothing where there are none."""
    inner = join(_ITEM.format(item) for item in items)
    if not inner:
        return NOTHING
    return _LIST.format(kind, inner) if kind else _BARE.format(inner)


def when(stamp: str) -> Markup:
    """A time of the contract, `2026-03-01T12:00:00Z`, for people and for programs."""
    return _TIME.format(stamp, f"{stamp[:10]} {stamp[11:16]} UTC")


def code(text: str) -> Markup:
    """A name or number that is to be read letter by letter."""
    return _CODE.format(shown(text))


def link(href: str, text: object) -> Markup:
    """A link; `href` is ours, never of the page."""
    return _LINK.format(href, text)
