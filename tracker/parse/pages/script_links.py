"""Links that stand in no visible <a>: in attributes, handlers, page builders' data, scripts.

Pure: decoded markup in, addresses as written out. Every repetition is bounded or stops at the
next tag, so the time is linear in the page's length. What lies below the page, and which of it
is a region's, is decided in `linked_pages.py`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from tracker.parse.pages.error_pages import strip_between
from tracker.text import clean

_TAG = re.compile(r"<([a-z][a-z0-9-]{0,20})\b([^<>]{0,4000})>?([^<]{0,200})", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([\w:-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]{0,4000})\"|'([^']{0,4000})'|([^\s\"'>]{1,1000}))"
)
_BASE = re.compile(r"<base\b([^<>]{0,1000})>", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'`]([^\"'`\s<>]{1,300})[\"'`]")
_GOES = re.compile(r"\blocation\b|\bopen\s{0,3}\(|\bnavigat", re.IGNORECASE)
# What scripts put in front of an address: `location.href = "..."`, `"url": "..."`.
_ASSIGNED = re.compile(
    r"\b(?:href|url|uri|link|path|permalink|location|assign|replace|open|navigate|push)\b"
    r"[\"']?\s{0,5}[:=(]\s{0,5}[\"'`]([^\"'`\s<>]{1,300})[\"'`]",
    re.IGNORECASE,
)
_DIVI_LINKS = "et_link_options_data"
# Attributes that hold an address wherever they stand, and those that do on some elements.
_ADDRESSES = frozenset({"data-href", "data-url", "data-link", "data-permalink", "formaction"})
_BY_TAG = {
    ("option", "value"),
    ("form", "action"),
    ("area", "href"),
    *((tag, "src") for tag in ("iframe", "frame", "embed")),
    ("iframe", "data-src"),
    ("object", "data"),
}
_TAGS = frozenset(tag for tag, _ in _BY_TAG)
_HINT = re.compile(r"\bdata-|\bon[a-z]|formaction|javascript:", re.IGNORECASE)
_LINKED_DATA = "ld+json"  # what search engines are told; nobody clicks on it
_UNSEEN = (("<!--", "-->"), ("<template", "</template"), ("<noscript", "</noscript"))
_PATH = r"[\w%~.\-]{1,100}(?:/[\w%~.\-]{1,100}){0,5}/?"
_HOST = re.compile(r"(?:https?:)?//[\w.:\[\]-]{1,250}$", re.IGNORECASE)
_BEFORE_PATH = 260


class ScriptLink(NamedTuple):
    """An address as written, the words beside it, and whether a click leads there.

    Otherwise a script only mentions it.
    """

    href: str
    text: str
    leads_there: bool


def base_of(text: str) -> str | None:
    """Return what the page's relative links stand on by its <base>, None without one."""
    match = _BASE.search(strip_between(text, "<!--", "-->"))
    return _attributes(match[1]).get("href", "").strip() or None if match else None


def find_script_links(text: str, folder: str) -> Iterator[ScriptLink]:
    """Yield the addresses in attributes and scripts; of scripts' paths those in `folder`."""
    paths = re.compile(r"(?<![/:])" + re.escape(folder) + _PATH, re.IGNORECASE)
    markup, *scripts = _SCRIPT.split(text)
    parts = [markup]
    for script in scripts:
        code, *after = _SCRIPT_END.split(script, maxsplit=1)
        parts += after
        yield from _in_script(code, paths)
    markup = "\n".join(parts)
    for opening, closing in _UNSEEN:
        markup = strip_between(markup, opening, closing)
    for match in _TAG.finditer(markup):
        tag, inside = match[1].lower(), match[2]
        if tag in _TAGS or _HINT.search(inside):  # most have neither
            yield from _in_tag(tag, inside, clean(html.unescape(match[3])))


def _in_tag(tag: str, inside: str, words: str) -> Iterator[ScriptLink]:
    for name, value in _attributes(inside).items():
        if (tag, name) in _BY_TAG or name in _ADDRESSES:
            yield ScriptLink(value.strip(), words, leads_there=True)
        if name.startswith(("on", "data-")) or value.lower().startswith("javascript:"):
            for href in _in_value(name, value):
                yield ScriptLink(href, words, leads_there=True)


def _in_value(name: str, value: str) -> Iterator[str]:
    """Addresses in a handler or in a builder's settings. A bare word there is a name."""
    value = _unescaped(value)
    if name.startswith("data-") and "/" in value and " " not in value.strip():
        yield value.strip()
    goes = not name.startswith("data-") and _GOES.search(value)
    for match in _QUOTED.finditer(value):
        if goes or "/" in match[1]:
            yield match[1]


def _in_script(code: str, paths: re.Pattern[str]) -> Iterator[ScriptLink]:
    start, _, code = code.partition(">")
    if _LINKED_DATA in start.lower():
        return
    code = _unescaped(code)
    divi = code.partition(_DIVI_LINKS)[2].partition("]")[0]
    for match in _ASSIGNED.finditer(divi):
        yield ScriptLink(match[1], "", leads_there=True)
    for match in _ASSIGNED.finditer(code):
        yield ScriptLink(match[1], "", leads_there=False)
    for match in paths.finditer(code):
        host = _HOST.search(code[max(0, match.start() - _BEFORE_PATH) : match.start()])
        yield ScriptLink((host[0] if host else "") + match[0], "", leads_there=False)


def _unescaped(text: str) -> str:
    """A script's text with its slashes as they are meant."""
    return text.replace("\\/", "/").replace("\\u002F", "/").replace("\\u002f", "/")


def _attributes(inside: str) -> dict[str, str]:
    """The attributes of a tag by lower-case name; of several with one name the first."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), html.unescape(double or single or bare))
    return found
