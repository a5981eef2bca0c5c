"""Where a page's links lead: the server has more pages than the files have."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import msgspec
from markupsafe import Markup

from tracker.site.markup import code, link


class Links(msgspec.Struct, frozen=True):
    """Relative links, as seen from a source's folder. Files link to files only.

    `base` is the public URL of the source's folder, with a slash at the end, or "" where nobody
    has said it; `nav` are the pages of the source, by their address. `root`: as seen from the
    folder above.
    """

    base: str = ""
    live: bool = False
    root: bool = False
    nav: tuple[tuple[str, str], ...] = ()

    @property
    def assets(self) -> str:
        """What stands before the name of the stylesheet."""
        return "../" if self.live and not self.root else ""

    def absolute(self, name: str) -> str:
        """The URL of a published file, as far as it is known."""
        return self.base + quote(name)

    def target(self, text: str) -> Markup:
        """An address or host; on the server with its history behind it."""
        shown = code(text)
        return link(f"value?{urlencode({'q': text})}", shown) if self.live else shown

    def version(self, number: int, word: str = "version") -> Markup:
        """A version, with what it changed behind it."""
        where = f"version?{urlencode({'n': number})}" if self.live else f"#version-{number}"
        return link(where, f"{word} {number}")


def static(base: str) -> Links:
    """The links of the published files."""
    nav = (("#in-force", "In force"), ("#rule-files", "Rule files"), ("#history", "History"))
    return Links(base=base, nav=nav)
