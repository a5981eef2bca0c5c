"""The pages of a source: the main one, linked ones, and responses that are not the page."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.errors import FetchError


def explain_refusal(
    error: FetchError, url: str, headers: Mapping[str, str], text: str
) -> FetchError:
    """Return the error for a refused request by its response; for use by a `Fetcher`."""
    from tracker.parse.pages.error_pages import classify_refusal  # noqa: PLC0415  rarely needed

    return classify_refusal(error, url, headers, text)
