"""The feeds below `/v1`: those of the tree, with links that are right from there.

In the tree links are relative to the feed's own folder, unless `public_url` is configured. Feed
readers see them from the address that they asked for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec

from tracker.site.web.files import PublishedFile

FEEDS = frozenset({"feed.atom", "feed.json"})
_RELATIVE_LINK = re.compile(rb'(<link [^<>]*\bhref=")(?![a-z]+:)')
_URLS = frozenset({"url", "home_page_url", "feed_url", "external_url", "next_url"})


@lru_cache(maxsize=64)
def move_feed(file: PublishedFile, source: str) -> PublishedFile:
    """Return a feed of the tree as it is given at `/v1/SOURCE/NAME`."""
    folder = f"../../{source}/"
    if file.name == "feed.json":
        body = msgspec.json.encode(_move_urls(msgspec.json.decode(file.body), folder))
    else:
        body = _RELATIVE_LINK.sub(rb"\g<1>" + folder.encode(), file.body)
    return replace(file, body=body)


def _move_urls(value: Any, folder: str) -> Any:
    """Return JSON with its relative URLs put below a folder."""
    if isinstance(value, list):
        return [_move_urls(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{folder}{inner}"
        if name in _URLS and isinstance(inner, str) and "://" not in inner
        else _move_urls(inner, folder)
        for name, inner in value.items()
    }
