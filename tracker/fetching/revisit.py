"""The known pages asked for again, on condition. Imports nothing that could parse one."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.fetch import Fetched, Fetcher
from tracker.model import Page


def revisit(fetcher: Fetcher, url: str, known: Sequence[Page]) -> list[Fetched] | None:
    """None where all known pages are as they were, told by a 304 or by their hash.

    Otherwise the answers up to the first that differs; those with a body need no second
    request. The first known page is the main one, asked for at `url`.
    """
    answers: list[Fetched] = []
    for number, page in enumerate(known):
        answers.append(fetcher.get(page.url if number else url, page))
        if answers[-1].page.sha256 != page.sha256:
            return answers
    return None if answers else []
