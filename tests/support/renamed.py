"""The sample page with another name of a region, and with another region in its place."""

from __future__ import annotations

import re


def rename_europe(page: bytes, name: bytes = b"Eurasia") -> bytes:
    """Return the page with another name of Europe throughout, and nothing else changed."""
    return page.replace(b"Europe", name)


def replace_europe(page: bytes) -> bytes:
    """Return the page with a region Eurasia in the place of Europe, at other addresses."""
    before, heading, rest = page.partition(b"<h2>Region: Europe")
    moved = re.sub(rb"\b\d+\.(\d+\.\d+\.\d+)<", rb"9.\1<", rest)
    return rename_europe(before + heading + moved)
