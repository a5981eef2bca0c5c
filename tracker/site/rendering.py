"""Render pages and feeds from the templates in this folder.

All templates escape the values that they print. `make_printable` cleans these values as well,
so that text from a vendor's page needs no further care. It also strips white space at the ends:
write a separator such as ", " into the template, not into an expression.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from tracker.model import format_cause
from tracker.plugins import read_resource
from tracker.text import make_printable

if TYPE_CHECKING:
    from jinja2 import Environment


class Links(msgspec.Struct, frozen=True):
    """Relative links, as seen from a source's folder. Files link to files only.

    `base` is the public URL of the source's folder, with a slash at the end, or "" if it is not
    configured; `live` is true in the HTTP service; `depth` is the number of folders in its
    address above the page; `nav` lists the pages of the source by their addresses.
    """

    base: str = ""
    live: bool = False
    depth: int = 1
    nav: tuple[tuple[str, str], ...] = ()

    @property
    def assets(self) -> str:
        """Return the prefix of the stylesheet's name: the path to the service's root."""
        return "../" * self.depth if self.live else ""

    def absolute(self, name: str) -> str:
        """Return the URL of a published file; it is relative if the base is unknown."""
        return self.base + quote(name)

    def value_url(self, text: str) -> str:
        """Return the live page with the history of an address, host or port."""
        return f"value?{urlencode({'q': text})}"

    def version_url(self, number: int) -> str:
        """Return the URL of the description of a version."""
        return f"version?{urlencode({'n': number})}" if self.live else f"#version-{number}"


def build_static_links(base: str) -> Links:
    """Return the links of the published files; for `base` see `Links`."""
    nav = (
        ("#in-force", "In force"),
        ("#rule-files", "Rule files"),
        ("#paste", "What to paste"),
        ("#history", "History"),
    )
    return Links(base=base, nav=nav)


def render(template: str, **values: Any) -> bytes:
    """Return a template of the folder `templates` with these values, as UTF-8.

    Raises Incomplete for a template that cannot be read.
    """
    return _environment().get_template(template).render(values).encode()


@cache
def _environment() -> Environment:
    from jinja2 import (  # noqa: PLC0415  a check that finds no change renders nothing
        Environment,
        FunctionLoader,
        StrictUndefined,
    )

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_read_template),
        undefined=StrictUndefined,
        finalize=_print_clean,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals["format_region"] = format_region
    environment.globals["format_cause"] = format_cause
    return environment


def _read_template(name: str) -> str:
    return read_resource("tracker.site", f"templates/{name}").decode()


def _print_clean(value: object) -> object:
    """Clean plain text; leave markup, which is a subclass of str, and other values alone."""
    return make_printable(value) if type(value) is str else value


def format_count(count: int, one: str, many: str = "") -> str:
    """Return `1 entry`, `2 entries`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def format_region(region: str | None) -> str:
    """Return a region's name for people, also for entries without a region."""
    return "All regions" if region is None else make_printable(region)
