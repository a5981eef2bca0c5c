"""The known pages asked for again, on condition. Imports nothing that could parse one."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.errors import FetchError
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.model import Page


def revisit(
    fetcher: Fetcher, url: str, known: Sequence[Page], passed_over: Sequence[Page] = ()
) -> list[Fetched] | None:
    """None where all known pages are as they were, told by a 304 or by their hash.

    Otherwise the answers up to the first that differs; those with a body need no second
    request. The first known page is the main one, asked for at `url`. Pages `passed_over` are
    not read, so one that cannot be had is no news.
    """
    answers: list[Fetched] = []
    for number, page in enumerate(known):
        answers.append(fetcher.get(page.url if number else url, page))
        if answers[-1].page.sha256 != page.sha256:
            return answers
    if not answers:
        return []
    for page in passed_over:
        try:
            answer = fetcher.get(page.url, page)
        except FetchError:
            continue
        if answer.page.sha256 != page.sha256:
            return [*answers, answer]
    return None
