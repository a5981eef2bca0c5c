"""The sources that ship with the program: one module each, found by its name.

A module in this package defines `SOURCE`, a Source. Nothing else in the program knows anything
about a vendor.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tracker.errors import UsageError
from tracker.plugins import discover_modules
from tracker.text import comparable

if TYPE_CHECKING:
    from tracker.parse.vocabulary import Field, Vocabulary

PAGE_ENDINGS = "html?|php|aspx?|txt|md"
_SIGNS = " \t.,:;|/\\()[]<>#*+-–—→←↗›»‹«▸▶►•·…"
# What a link to a region's page may say besides the region; not "faq" or "archive".
_USUAL_WORDS = frozenset(
    (
        "a address addresses all and allowlist center centre click configuration data details"
        " domains endpoints firewall for go here hosts in instance instances ip ips list learn"
        " more network of open our page port ports requirements region regions rule rules see"
        " server servers settings show table tables the to urls view whitelist"
    ).split()
) | {""}


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor's page: its address, and how it names its regions.

    `region_titles` are regular expressions with a group `name`, tried on the words that may
    name a table; `parse/rows/regions.py` decides which of them counts. `page_prefix` is what
    region pages carry in front of the region's name in the last part of their URL. `columns`
    are names of columns beyond the usual words of the trade.
    """

    name: str
    title: str
    url: str
    region_titles: tuple[str, ...]
    page_prefix: str = ""
    columns: Mapping[str, Field] | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """What the columns of its tables are called, in lower case."""
        from tracker.parse.vocabulary import VOCABULARY  # noqa: PLC0415  only to read a page

        return {**VOCABULARY, **self.columns} if self.columns else VOCABULARY

    def find_region(self, title: str, page_region: str | None = None) -> str | None:
        """Return the region that this title names, if it is a known one, or None.

        The region of the page itself is known too, and so are its further parts by number.
        """
        for pattern in self.region_titles:
            if match := re.match(pattern, title):
                return match["name"].strip()
        if page_region and re.fullmatch(rf"{re.escape(page_region)}( \d+)?", title):
            return title
        return None

    def find_region_in_words(self, words: str, known: Collection[str] = ()) -> str | None:
        """Return the region that a link's words name; None if they are about more.

        Words of every firewall page, as in "Rules for Europe", may stand around the name.
        `known` are regions of earlier versions, whatever they are called.
        """
        for wording in dict.fromkeys((_without_usual_words(words), words.strip())):
            if name := self.find_region(wording):
                return name
            for region in known:
                if comparable(region) == comparable(wording):
                    return region
        return None

    def find_region_in_url(self, url: str, known: Collection[str] = ()) -> str | None:
        """Return the region that the last part of a URL's path names by itself."""
        last = last_url_part(url)
        name = last.removeprefix(self.page_prefix)
        return self.find_region_in_words(re.sub(r"[-_+\s]+", " ", name), known)

    def is_region_url(self, url: str) -> bool:
        """Return whether the last part of a URL's path begins like those of region pages."""
        return bool(self.page_prefix) and last_url_part(url).startswith(self.page_prefix)

    def name_page_region(
        self, url: str, wordings: tuple[str, ...], known: Collection[str] = ()
    ) -> str:
        """Return the region of a linked page: its URL's name, as a heading spells it."""
        last = last_url_part(url)
        name = last.removeprefix(self.page_prefix)
        for wording in wordings:
            for part in (wording, *re.split(r"\s*[:|–—-]\s+", wording)):
                if comparable(part) in {comparable(name), comparable(last)}:
                    return re.sub(r"^Region:?\s+", "", part)
        spelled = (region for region in known if comparable(region) == comparable(name))
        return next(spelled, name.replace("-", " ").title())


def last_url_part(url: str) -> str:
    """Return the last part of a URL's path as a name: lower case, without ".html"."""
    path = re.sub(r"/index\.\w{2,5}$", "/", unquote(urlsplit(url).path).lower())
    last = path.rstrip("/").rpartition("/")[2]
    return re.sub(rf"\.(?:{PAGE_ENDINGS})$", "", last)


def _without_usual_words(text: str) -> str:
    """Return the text without usual words and signs before and after a region's name."""
    words = text.split()
    while words and words[0].strip(_SIGNS).lower() in _USUAL_WORDS:
        del words[0]
    while words and words[-1].strip(_SIGNS).lower() in _USUAL_WORDS:
        del words[-1]
    return " ".join(words).strip(_SIGNS)


def list_names() -> list[str]:
    """Return the names of all sources that ship with the program."""
    return list(discover_modules(__path__[0]))


def load_source(name: str) -> Source:
    """Return the source with this name. Raises UsageError that lists the existing ones."""
    if name not in list_names():
        raise UsageError(f'no source is called "{name}"; there is: {", ".join(list_names())}')
    source = importlib.import_module(f"{__name__}.{name}").SOURCE
    if not isinstance(source, Source) or source.name != name:
        raise TypeError(
            f"tracker/sources/{name}.py must define SOURCE, a Source named {name!r}"
        )
    return source
