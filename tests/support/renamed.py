"""The sample page with another name of a region, and with another region in its place."""

from __future__ import annotations

import re


def rename_europe(page: bytes, name: bytes = b"Eurasia") -> bytes:
    """Return the page with only the name in the heading of Europe changed."""
    return page.replace(b"Region: Europe", b"Region: " + name)


def replace_europe(page: bytes) -> bytes:
    """Return the page with a region Eurasia in place of Europe, with other addresses."""
    before, heading, rest = page.partition(b"<h2>Region: Europe")
    moved = re.sub(rb"\b\d+\.(\d+\.\d+\.\d+)<", rb"9.\1<", rest)
    return (before + heading + moved).replace(b"Europe", b"Eurasia")
