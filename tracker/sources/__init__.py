"""Sources: the pages to read, their URLs, and how they name their regions.

A source has a definition: one that ships with the program, or one in the configuration, which
may extend a shipped one. The rest of the program has no knowledge of vendors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tracker.decoding import convert_checked
from tracker.errors import Incomplete, UsageError
from tracker.filters.scope import is_outside
from tracker.plugins import read_resource
from tracker.sources.definition import Definition, as_texts, check_definition, check_repeats
from tracker.text import comparable, find_nearest

# The revision of the reader: raised when the same page is read differently than before.
READER = 3
READER_OF_ALL = 3  # the first whose versions contain all regions of the page, chosen or not
PAGE_ENDINGS = "html?|php|aspx?|txt|md"
_SIGNS = " \t.,:;|/\\()[]<>#*+-–—→←↗›»‹«▸▶►•·…"
# Words that may be in a link to a region's page besides the region; not "faq" or "archive".
_USUAL_WORDS = frozenset(
    (
        "a address addresses all and allowlist center centre click configuration data details"
        " domains endpoints firewall for go here hosts in instance instances ip ips list learn"
        " more network of open our page port ports requirements region regions rule rules see"
        " server servers settings show table tables the to urls view whitelist"
    ).split()
) | {""}
DEFAULT = "action1"  # checked even if the configuration does not mention it
_PACKAGE, _FOLDER = "tracker.sources", "shipped"


@dataclass(frozen=True, slots=True)
class Source:
    """A name and a definition. `place` is the location of the definition, for messages.

    `is_named` is true if an operator named its pages: they may be private, or plain http.

    `parse/rows/regions.py` decides which of a table's possible titles are compared with
    `region_titles`.
    """

    name: str
    definition: Definition = field(default_factory=Definition)
    place: str = field(default="", compare=False)
    is_named: bool = False

    @property
    def title(self) -> str:
        """Return the name of the vendor's page on screen."""
        return self.definition.title or self.name

    @property
    def url(self) -> str:
        """The URL of its first page; empty if only the command line gives one."""
        return next(iter(self.definition.urls), "")

    @property
    def region_titles(self) -> tuple[str, ...]:
        """Regular expressions with a group `name`."""
        return as_texts(self.definition.region_titles)

    def is_outside(self, region: str | None) -> bool:
        """Return whether a region is certainly not among those that the operator chose."""
        return is_outside(region, self.definition.regions)

    def find_region(self, title: str, page_region: str | None = None) -> str | None:
        """Return the region that this title names, or None if it names none.

        The region of the page itself counts too, also with a number after it for further parts.
        """
        for pattern in self.region_titles:
            if match := re.match(pattern, title):
                return match["name"].strip()
        if page_region and re.fullmatch(rf"{re.escape(page_region)}( \d+)?", title):
            return title
        return None

    def find_region_in_words(self, words: str, known: Collection[str] = ()) -> str | None:
        """Return the region that a link's words name; None if they name anything else.

        Words that are common on firewall pages may surround the name, as in "Rules for Europe".
        `known` are regions of earlier versions, which need not match `region_titles`.
        """
        for wording in dict.fromkeys((_without_usual_words(words), words.strip())):
            if name := self.find_region(wording):
                return name
            for region in known:
                if comparable(region) == comparable(wording):
                    return region
        return None

    def find_region_in_url(self, url: str, known: Collection[str] = ()) -> str | None:
        """Return the region that the last part of a URL's path names; None if it names none."""
        name = self._name_in_url(url)
        return self.find_region_in_words(re.sub(r"[-_+\s]+", " ", name), known)

    def is_region_url(self, url: str) -> bool:
        """Return whether the last part of a URL's path matches that of region pages."""
        return any(True for _ in self._iter_follow_names(url))

    def _name_in_url(self, url: str) -> str:
        """Return the last part of a URL without the text that all region pages share."""
        return next(self._iter_follow_names(url), last_url_part(url))

    def _iter_follow_names(self, url: str) -> Iterator[str]:
        """Yield the text that the star matches, for each `follow` pattern that fits a URL."""
        last = last_url_part(url)
        for pattern in as_texts(self.definition.follow):
            if fnmatchcase(last, pattern.lower()):
                start, _, end = pattern.lower().partition("*")
                yield last.removeprefix(start).removesuffix(end) or last

    def name_page_region(
        self, url: str, wordings: tuple[str, ...], known: Collection[str] = ()
    ) -> str:
        """Return the region of a linked page: the name in its URL, spelled as in a heading."""
        last, name = last_url_part(url), self._name_in_url(url)
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
    """Return the text without common words and signs before and after a region's name."""
    words = text.split()
    while words and words[0].strip(_SIGNS).lower() in _USUAL_WORDS:
        del words[0]
    while words and words[-1].strip(_SIGNS).lower() in _USUAL_WORDS:
        del words[-1]
    return " ".join(words).strip(_SIGNS)


@cache
def list_shipped() -> tuple[str, ...]:
    """Return the names of the definitions that ship with the program. Raises Incomplete."""
    folder = Path(__file__).with_name(_FOLDER)
    try:
        names = tuple(sorted(path.stem for path in folder.iterdir() if path.suffix == ".toml"))
    except OSError as error:
        raise Incomplete(f"{folder}: cannot list it: {error.strerror}; install again") from None
    if not names:
        raise Incomplete(f"{folder}: a part of fwtracker is missing there; install it again")
    return names


def read_shipped(name: str) -> str:
    """Return the TOML of a shipped definition. Raises UsageError for an unknown name."""
    if name not in list_shipped():
        known = ", ".join(list_shipped())
        raise UsageError(
            f'no definition called "{name}" ships with fwtracker; there is: {known}'
        )
    return read_resource(_PACKAGE, f"{_FOLDER}/{name}.toml").decode()


@cache
def load_source(name: str) -> Source:
    """Return a source that ships with the program. Raises UsageError for an unknown name."""
    import tomllib  # noqa: PLC0415

    raw: dict[str, Any] = tomllib.loads(read_shipped(name))
    return Source(name, convert_checked(raw, Definition), f"the definition {name} of fwtracker")


def build_source(
    name: str, definition: Definition, place: str, keys: Collection[str] = ()
) -> Source:
    """Return a source of the configuration: an operator's definition on top of a shipped one.

    `keys` are those that the operator has set. Raises UsageError for values that cannot be
    right for any page.
    """
    base = definition.use or (name if name == DEFAULT else None)
    whole = definition
    if base is not None:
        check_repeats(definition, place)
        whole = definition.over(_load_base(base, place), keys)
    check_definition(whole, place)
    is_named = bool(definition.urls)
    return Source(name, _with_url(whole, name, place), place, is_named or base is None)


def _load_base(name: str, place: str) -> Definition:
    if name not in list_shipped():
        known = ", ".join(list_shipped())
        raise UsageError(f'{place} use: no definition "{name}" is shipped; there are: {known}')
    return load_source(name).definition


def _with_url(definition: Definition, name: str, place: str) -> Definition:
    if definition.urls:
        return definition
    near = find_nearest(name, list_shipped())
    hint = f'; or use = "{near}", which ships with fwtracker' if near else ""
    raise UsageError(f"{place}: it has no url; say which page to read{hint}")
