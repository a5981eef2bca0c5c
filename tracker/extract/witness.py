"""A second parser as a witness: what it sees of addresses and hosts, the first must have seen.

libxml2 and Python's own parser have no line in common, and fail in different places. Only
strings that hold a dot or two colons are looked at.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Collection, Sequence

from tracker.errors import Unreadable
from tracker.text import quote

_LIKE = re.compile(
    r"(?<![\w.*-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-])"
    r"|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"
    r"|(?<![\w.*-])(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?![\w-])",
    re.IGNORECASE,
)
_WORTH = re.compile(r"\w\.\w|:[0-9a-f]*:", re.IGNORECASE)


def compare(text: str, first: Collection[str], url: str) -> None:
    """Raise Unreadable for a value that only the second parser finds in this markup.

    `first` are the strings that the first one found (`Document.strings`).
    """
    from tracker.extract.find import is_markup  # noqa: PLC0415  only there for markup

    if not is_markup(text):
        return
    known = set(first)
    others = [piece for piece in _second_parser(text, url) if piece not in known]
    if others:
        _compare_values(others, "\n".join(first), url)


def _compare_values(others: Sequence[str], first: str, url: str) -> None:
    """The values in strings that the first parser has in other pieces, or not at all."""
    seen = set(_LIKE.findall(first))
    for token in (token for piece in others for token in _LIKE.findall(piece)):
        if token not in seen and token not in first:
            raise Unreadable(
                f"{url}: two parsers read the page differently near {quote(token)}; its"
                " markup is broken there"
            )


def _second_parser(text: str, url: str) -> list[str]:
    """The strings that html.parser finds in the text of the page."""
    _load_bs4()
    from tracker.extract.strings import strings_of  # noqa: PLC0415  only for markup

    try:
        return strings_of(text, _WORTH)
    except ValueError as error:
        raise Unreadable(
            f"{url}: a second parser gives up inside the page: {quote(str(error))}"
        ) from None


def _load_bs4() -> None:
    """Import Beautiful Soup without its CSS selectors, which are not used here.

    They are an optional package of their own, and three quarters of the import's time.
    """
    if "bs4" in sys.modules or "soupsieve" in sys.modules:
        return
    sys.modules["soupsieve"] = None  # type: ignore[assignment]  # None: not to be had
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that selectors cannot be used
            import bs4  # noqa: F401, PLC0415
    finally:
        del sys.modules["soupsieve"]
