"""What fwtracker knows of each vendor: one module a source, found by its name.

A module in this package defines `SOURCE`, a Source. Nothing else of a vendor is known
anywhere in the program.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tracker.errors import UsageError
from tracker.extract.words import VOCABULARY, Vocabulary
from tracker.modules import names_in
from tracker.text import slug


@dataclass(frozen=True, slots=True)
class Source:
    """A vendor's page: where it is, and how it names its regions.

    `region_titles` are patterns with a group `name`, tried on the words that may name a
    table; which of them counts is decided in `regions.py`. `page_prefix` is what region pages
    carry in front of the region's name in the last part of their URL.
    """

    name: str
    title: str
    url: str
    region_titles: tuple[re.Pattern[str], ...]
    page_prefix: str = ""
    vocabulary: Vocabulary = field(default_factory=lambda: VOCABULARY)

    def region_in(self, title: str, page_region: str | None = None) -> str | None:
        """The region that this title names, if it is known to be one.

        The region of the page itself is known, too, and so are its further parts by number.
        """
        for pattern in self.region_titles:
            if match := pattern.match(title):
                return match["name"].strip()
        if page_region and re.fullmatch(rf"{re.escape(page_region)}( \d+)?", title):
            return title
        return None

    def page_region(self, url: str, wordings: tuple[str, ...]) -> str:
        """The region of a page below the main one: its URL's name, as its headings spell it."""
        last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
        name = last.removeprefix(self.page_prefix)
        for wording in wordings:
            for part in (wording, *re.split(r"\s*[:|–—-]\s+", wording)):
                if slug(part) in {name, last}:
                    return re.sub(r"^Region:?\s+", "", part)
        return name.replace("-", " ").title()


def names() -> list[str]:
    """All sources that ship with the program."""
    return list(names_in(__path__[0]))


def load(name: str) -> Source:
    """The source with this name. Raises UsageError naming the ones there are."""
    if name not in names():
        raise UsageError(f'no source is called "{name}"; there is: {", ".join(names())}')
    source = importlib.import_module(f"{__name__}.{name}").SOURCE
    if not isinstance(source, Source) or source.name != name:
        raise TypeError(
            f"tracker/sources/{name}.py must define SOURCE, a Source named {name!r}"
        )
    return source
