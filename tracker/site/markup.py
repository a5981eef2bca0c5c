"""Small pieces of HTML and XML. Every gap in a template escapes what is put into it.

The escaping is that of Jinja2, by the library that Jinja2 uses, without its compiler, which
would make a check that publishes a quarter slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter

from markupsafe import Markup, escape

from tracker.text import clean

# What XML 1.0 cannot hold at all, not even escaped (section 2.2), and `clean` lets through.
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
NOTHING = Markup("")


class Template:
    """Markup with gaps, `{name}` or `{}`, and nothing else in braces.

    `format` does what `Markup.format` does, which reads its text anew each time.
    """

    def __init__(self, text: str) -> None:
        parsed = [(before, gap) for before, gap, _, _ in Formatter().parse(text)]
        count = iter(range(len(parsed)))
        self._gaps = [
            (before, gap if gap is None or gap else str(next(count))) for before, gap in parsed
        ]

    def format(self, *values: object, **named: object) -> Markup:
        """With these values in the gaps, each escaped unless it is Markup."""
        named |= {str(at): value for at, value in enumerate(values)}
        made: list[str] = []
        for before, gap in self._gaps:
            made.append(before)
            if gap is not None:
                made.append(escape(named[gap]))
        return Markup("".join(made))  # noqa: S704  all of it is ours or escaped


_TIME = Template('<time datetime="{0}">{1}</time>')
_CODE = Template("<code>{}</code>")
_LINK = Template('<a href="{}">{}</a>')
_ITEM = Template("<li>{}</li>")
_BARE = Template("<ul>{}</ul>")
_LIST = Template('<ul class="{}">{}</ul>')


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
